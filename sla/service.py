"""Use cases of the service levels: open a case, reassess it when stamps move, sweep, acknowledge.

Every writer of a case's stream holds the case row, so the sweep never collides with a dispatcher.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import read_session
from core.errors import NotFound
from core.events import (
    Payload,
    SlaAcknowledged,
    SlaAlarmRaised,
    SlaBreached,
    SlaCaseOpened,
    SlaWithdrawn,
)
from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from sla import repository
from sla.documents import load_policy
from sla.models import SlaCase, SlaTimer
from sla.policy import Policy
from sla.rules import timer_id, verdict
from sla.segments import Timeline
from sla.timers import Timer, merged_timers

SOURCE = "sla"


def open_case(uow: UnitOfWork, order_id: UUID, policy: Policy, now: datetime) -> SlaCase:
    """Put an order under a policy. Once per order; the caller's transaction."""
    case = SlaCase(
        org_id=uow.org_id,
        id=order_id,
        policy=policy.code,
        policy_version=policy.version,
        opened_at=now,
    )
    uow.session.add(case)
    uow.session.flush()
    opened = SlaCaseOpened(policy=policy.code, version=policy.version)
    uow.emit(order_id, opened, occurred_at=now, source=SOURCE)
    return case


def policy_of(case: SlaCase) -> Policy:
    """The policy, in the version that the case began under."""
    return load_policy(f"{case.policy}@{case.policy_version}")


def policy_of_order(session: Session, org_id: int, order_id: UUID) -> Policy | None:
    """The policy of an order; None where it has none."""
    case = session.get(SlaCase, (org_id, order_id))
    return policy_of(case) if case else None


def reassess(
    uow: UnitOfWork,
    order_id: UUID,
    timelines: Sequence[Timeline],
    now: datetime,
    beside: Sequence[Timer] = (),
) -> list[SlaTimer]:
    """Bring the deadlines of an order up to date with its stamps; called where stamps are made.

    `timelines`: all attempts, oldest first; `beside`: alarms that no policy knows. A breach that
    did not happen is withdrawn, one that is found late fires at once. An order without a case
    has no deadlines: nothing is done.
    """
    case = repository.case_locked(uow.session, uow.org_id, order_id)
    if case is None:
        return []
    stored = {(row.code, row.subject_id): row for row in _timers(uow, order_id)}

    wanted = merged_timers(policy_of(case), timelines, now)

    for timer in (*wanted, *beside):
        row = stored.pop((timer.code, timer.subject_id), None) or _new_row(uow, order_id, timer)
        _apply(uow, row, timer, now)
    for row in stored.values():
        row.stopped_at = row.stopped_at or now
    uow.session.flush()
    return _timers(uow, order_id)


def _timers(uow: UnitOfWork, order_id: UUID) -> list[SlaTimer]:
    return repository.timers_of(uow.session, uow.org_id, [order_id])


def _new_row(uow: UnitOfWork, order_id: UUID, timer: Timer) -> SlaTimer:
    row = SlaTimer(
        org_id=uow.org_id,
        id=timer_id(order_id, timer.code, timer.subject_id),
        case_id=order_id,
        code=timer.code,
        kind=timer.kind,
        subject_id=timer.subject_id,
    )
    uow.session.add(row)
    return row


def _apply(uow: UnitOfWork, row: SlaTimer, timer: Timer, now: datetime) -> None:
    row.starts_at, row.due_at, row.limit_s = timer.starts_at, timer.due_at, timer.limit_s
    row.stopped_at = timer.stopped_at
    decided = verdict(timer, now, fired=row.fired_at is not None)
    if decided == "fire":
        _fire(uow, row, now)
    elif decided == "withdraw":
        row.fired_at = row.acknowledged_at = row.acknowledged_by = None
        row.withdrawn_at = now
        fact = SlaWithdrawn(code=row.code, subject_id=row.subject_id, timer_id=row.id)
        uow.emit(row.case_id, fact, occurred_at=now, source=SOURCE)
        uow.touch("order", row.case_id)


def _fire(uow: UnitOfWork, row: SlaTimer, now: datetime) -> None:
    """Record a breach or alarm with its deadline as the time; tell somebody while it still runs."""
    row.fired_at, row.withdrawn_at = now, None
    kind = SlaAlarmRaised if row.kind == "alarm" else SlaBreached
    fact: Payload = kind(
        code=row.code, subject_id=row.subject_id, timer_id=row.id, limit_s=row.limit_s
    )
    uow.emit(row.case_id, fact, occurred_at=row.due_at, source=SOURCE)
    uow.touch("order", row.case_id)
    if row.kind == "alarm" and row.stopped_at is None:
        body = {"timer_id": str(row.id), "order_id": str(row.case_id), "code": row.code}
        uow.effect("job", name="notice.alarm", body=body)


def acknowledge(uow: UnitOfWork, timer_id: UUID, now: datetime) -> SlaTimer:
    """A person takes note of a breach or alarm; a second time changes nothing. Raises NotFound."""
    row = repository.timer(uow.session, uow.org_id, timer_id)
    if row is None or row.fired_at is None:
        raise NotFound(what="SLA", id=timer_id)
    repository.case_locked(uow.session, uow.org_id, row.case_id)
    uow.session.refresh(row)
    if row.fired_at is not None and row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = now, uow.actor.user_id
        uow.emit(row.case_id, SlaAcknowledged(timer_id=row.id), occurred_at=now, source=SOURCE)
        uow.touch("order", row.case_id)
    return row


def sweep(now: datetime, limit: int = 200) -> int:
    """Fire what is due at `now`, at most `limit` cases per organisation; returns how many fired.

    Any number of sweeps may run at once: each takes cases that no other holds.
    """
    with read_session() as session:
        organisations = repository.organisations_due(session, now)
    fired = 0
    for org_id in organisations:
        with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
            due = repository.claim_due(uow.session, org_id, now, limit)
            for row in due:
                _fire(uow, row, now)
            fired += len(due)
    return fired


def next_due(session: Session) -> datetime | None:
    """When the sweep has work next; None where no deadline runs."""
    return repository.next_due(session)
