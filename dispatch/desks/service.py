"""Use cases of presence: processes say who is connected, and facts follow from it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.db import read_session, session_factory
from core.identity import system_actor
from core.recorded import Recorded
from core.uow import UnitOfWork, unit_of_work
from dispatch.desks import repository
from dispatch.desks.repository import DESK_KINDS, Saying
from dispatch.desks.rules import DeskState, Lease, Said, decide, evolve_desk
from dispatch.orders.work import work_on

SOURCE = "presence"


@dataclass(frozen=True, slots=True)
class Look:
    """When presence is looked at, by business time and by the wall clock, and who is on duty.

    `absences` False: too little time has passed since this process began to say who is missing.
    """

    now: datetime
    real: datetime
    on_duty: Mapping[UUID, bool]
    absences: bool


def keep_leases(process_id: UUID, said: Collection[Saying]) -> None:
    """One process says who is connected to it."""
    with session_factory()() as session:
        repository.say(session, process_id, said)
        session.commit()


def settle(org_id: int, look: Look) -> int:
    """Record what is new about the desks of an organisation; returns how many facts."""
    with read_session() as session:
        known = repository.desks(session, org_id)
        leases = repository.leases(session, org_id)
        units = repository.desk_units(session, org_id)
        news = [
            unit_id
            for unit_id, kind in units.items()
            if _news(known.get(unit_id), leases.get(unit_id, []), unit_id, kind, look)
        ]
    return sum(_settle_one(org_id, unit_id, units[unit_id], look) for unit_id in news)


def _news(
    desk: DeskState | None, leases: Sequence[Lease], unit_id: UUID, kind: str, look: Look
) -> Said | None:
    said = decide(
        desk,
        leases,
        look.now,
        look.real,
        on_duty=look.on_duty.get(unit_id, True),
        tells=kind in DESK_KINDS,
    )
    return None if said is not None and not look.absences and _is_absence(said) else said


def _settle_one(org_id: int, unit_id: UUID, kind: str, look: Look) -> bool:
    with unit_of_work(system_actor(org_id, SOURCE), now=look.now) as uow:
        if not repository.lock_unit(uow.session, org_id, unit_id):
            return False
        said = _news(
            repository.desks(uow.session, org_id).get(unit_id),
            repository.leases(uow.session, org_id).get(unit_id, []),
            unit_id,
            kind,
            look,
        )
        if said is None:
            return False
        _record(uow, unit_id, said)
        repository.drop_leases(uow.session, org_id, unit_id, look.real)
        return True


def _is_absence(said: Said) -> bool:
    return isinstance(said.payload, ev.DeskClosed) and said.payload.cause in ("absent", "expired")


def _record(uow: UnitOfWork, unit_id: UUID, said: Said) -> None:
    before = repository.desks(uow.session, uow.org_id).get(unit_id)
    event = uow.emit(unit_id, said.payload, occurred_at=said.at, source=SOURCE)
    repository.save(uow.session, uow.org_id, unit_id, evolve_desk(before, event))
    if isinstance(said.payload, ev.DeskClosed) and said.payload.on_duty:
        repository.begin_closing(uow.session, uow.org_id, unit_id, said.at)
    else:
        repository.end_closing(uow.session, uow.org_id, unit_id, said.at)
    uow.touch("desk", unit_id)
    for order_id in repository.orders_touched(uow.session, uow.org_id, unit_id, said.at):
        uow.touch("order", order_id)


def desk_moved(uow: UnitOfWork, event: Recorded) -> None:
    """Subscriber: whose time it is has changed, so the deadlines of these orders have."""
    for order_id in repository.orders_touched(
        uow.session, uow.org_id, event.stream_id, event.occurred_at
    ):
        with work_on(uow, order_id):
            pass
