"""The system releases what no lead has touched in time.

The order is claimed before its plan is looked at, as a lead's release does, so that the two never
both act; any number of sweeps may run. What fails is tried again, one order never holds up others.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import events as ev
from core.db import read_session
from core.identity import system_actor
from core.logging import logger
from core.uow import UnitOfWork, unit_of_work
from dispatch.orders.models import Order
from dispatch.orders.service import release_by_system
from dispatch.orders.work import work_on
from dispatch.routing import plans, repository
from dispatch.routing.service import propose_for

log = logger(__name__)
TRY_AGAIN = timedelta(seconds=30)
"""Business time until an order is looked at again that nobody could be found for."""


def sweep(now: datetime, limit: int = 100) -> int:
    """Release what is due at `now`; returns how many orders were released or found stuck."""
    with read_session() as session:
        due = repository.plans_due(session, now, limit)
    done = 0
    for org_id, order_id in due:
        try:
            done += _one(org_id, order_id, now)
        except Exception:
            log.exception("automatic_release_failed", order_id=str(order_id))
            _later(org_id, order_id, now)
    return done


def next_due(session: Session) -> datetime | None:
    """When the sweep has work next; None where nothing waits."""
    return repository.next_due(session)


def _one(org_id: int, order_id: UUID, now: datetime) -> bool:
    with unit_of_work(system_actor(org_id, "routing"), now=now) as uow:
        order = repository.claim(uow, order_id)
        if order is None:  # a lead, or another sweep, is at it
            return False
        if order.state != "filed":
            plans.withdraw(uow, order_id, order.state)
            return False
        proposal = propose_for(uow.session, org_id, order, now)
        choice = proposal.choice
        if choice.centre_id is None or choice.row is None:
            return _stuck(uow, order)
        hop_id = release_by_system(uow, order_id, choice.centre_id)
        plan = repository.plans_of(uow.session, org_id, [order_id])[order_id]
        fact = ev.ReleaseDone(
            hop_id=hop_id,
            centre_id=choice.centre_id,
            trade=choice.trade,
            row_id=choice.row.id,
        )
        plans.record(uow, order_id, plan, fact)
        with work_on(uow, order_id):  # its alarm, if one ran, ends with this
            pass
        return True


def _stuck(uow: UnitOfWork, order: Order) -> bool:
    """Nobody can be named: say so once, raise the alarm, look again later."""
    plan = repository.plans_of(uow.session, uow.org_id, [order.id])[order.id]
    again = uow.now + TRY_AGAIN
    if plan.stuck_at is not None:
        repository.save_plan(uow.session, uow.org_id, order.id, plan, again)
        return False
    plans.record(uow, order.id, plan, ev.ReleaseStuck(), next_try_at=again)
    with work_on(uow, order.id):
        pass
    return True


def _later(org_id: int, order_id: UUID, now: datetime) -> None:
    with unit_of_work(system_actor(org_id, "routing"), now=now) as uow:
        if repository.claim(uow, order_id) is not None:
            plan = repository.plans_of(uow.session, org_id, [order_id])[order_id]
            repository.save_plan(uow.session, org_id, order_id, plan, now + TRY_AGAIN)
