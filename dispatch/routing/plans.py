"""The automatic release of an order, as the use cases of orders see it: plan, withdraw, alarm.

Whoever calls here holds the order's row, so that a lead and the timer never both act.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.uow import UnitOfWork
from dispatch.routing import repository
from dispatch.routing.plan_rules import OPEN, PlanState, evolve_plan
from sla.timers import Timer

SOURCE = "system"
ALARM = "no_route"
"""Code of the alarm that runs while the routing table names nobody."""


def plan(uow: UnitOfWork, order_id: UUID, now: datetime) -> None:
    """The order was filed: from now on the release is awaited, where the organisation says so."""
    after_s = repository.settings_of(uow.session, uow.org_id).release_after_s
    if after_s is not None:
        due_at = now + timedelta(seconds=after_s)
        record(uow, order_id, None, ev.ReleasePlanned(due_at=due_at), next_try_at=due_at)


def withdraw(uow: UnitOfWork, order_id: UUID, cause: str) -> None:
    """A lead acted first, or the order ended. Nothing happens where it is over already."""
    found = repository.plans_of(uow.session, uow.org_id, [order_id]).get(order_id)
    if found is not None and found.state in OPEN:
        record(uow, order_id, found, ev.ReleaseWithdrawn(cause=cause))


def record(
    uow: UnitOfWork,
    order_id: UUID,
    before: PlanState | None,
    payload: ev.Payload,
    next_try_at: datetime | None = None,
) -> PlanState:
    """Record a fact of the release and write what follows from it."""
    event = uow.emit(order_id, payload, source=SOURCE)
    after = evolve_plan(before, event)
    repository.save_plan(
        uow.session, uow.org_id, order_id, after, next_try_at or after.ended_at or after.due_at
    )
    return after


def alarms(uow: UnitOfWork, order_id: UUID) -> Sequence[Timer]:
    """The alarm of a release that names nobody: from when it was due until somebody acts."""
    found = repository.plans_of(uow.session, uow.org_id, [order_id]).get(order_id)
    if found is None or found.stuck_at is None:
        return []
    return [
        Timer(
            code=ALARM,
            kind="alarm",
            subject_id=order_id,
            starts_at=found.due_at,
            due_at=found.stuck_at,
            limit_s=(found.stuck_at - found.due_at).total_seconds(),
            stopped_at=found.ended_at,
        )
    ]
