"""What the crew says with the keys of its vehicle's terminal, as it would by phone.

A key knows nothing of what the phone did meanwhile: one that says nothing new is harmless.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from core.errors import Problem
from core.identity import EVERYTHING, Access
from core.logging import logger
from core.uow import UnitOfWork
from dispatch.crews.models import Vehicle
from dispatch.orders import crew_service, repository
from dispatch.orders.taps import Tap
from dispatch.orders.work import work_on_assignment

log = logger(__name__)

TERMINAL = "terminal"
"""Source of F that the vehicle's terminal made."""

RETURNED = "other"
"""Why an order came back: the terminal's answer gives no reason."""

TAPS: dict[str, Callable[[UnitOfWork, UUID, Access, datetime | None], UUID]] = {
    "depart": crew_service.depart,
    "arrive": crew_service.arrive,
    "finish": crew_service.finish,
}


def accept(uow: UnitOfWork, assignment_id: UUID, at: datetime) -> None:
    """Point F; harmless where it is not awaited any more."""
    with work_on_assignment(uow, assignment_id) as (work, assignment):
        if assignment.state != "sent":
            return
        pressed = Tap(max(at, assignment.sent_at or at), TERMINAL)
        crew_service.accepted(work, assignment, pressed)


def give_back(uow: UnitOfWork, assignment_id: UUID, at: datetime) -> None:
    """退单, while it is not accepted yet: an accepted order is given back by phone."""
    with work_on_assignment(uow, assignment_id) as (_, assignment):
        awaited = assignment.state == "sent"
    if awaited:
        crew_service.return_to_centre(uow, assignment_id, RETURNED, EVERYTHING, at)


def tap(uow: UnitOfWork, vehicle_id: UUID, key: str, at: datetime) -> None:
    """The crew's tap for the order that it is at: G and H stand beside those by GPS."""
    vehicle = uow.session.get(Vehicle, (uow.org_id, vehicle_id))
    if vehicle is None or vehicle.crew_id is None or key not in TAPS:
        return
    active = repository.active_assignment(uow.session, uow.org_id, vehicle.crew_id)
    if active is None:
        return
    try:
        TAPS[key](uow, active.id, EVERYTHING, at)
    except Problem as problem:  # nothing is written before the state is looked at
        log.info("terminal_key_says_nothing", key=key, reason=problem.code)
