"""Use cases of the service levels: open a case, reassess it when stamps move, acknowledge.

Every writer of a case's stream holds the case row, so the sweep never collides with a dispatcher.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.events import SlaAcknowledged, SlaCaseOpened, SlaWithdrawn
from core.uow import UnitOfWork
from sla import escalation, forecasts, repository
from sla.book import Covers
from sla.facts import Facts
from sla.firing import SOURCE, fire, wake
from sla.models import SlaCase, SlaTimer
from sla.policy import Policy
from sla.repository import case_of as case_of
from sla.rules import Steps, delay, facts_of, set_back_since, timer_id, verdict
from sla.segments import rule_due
from sla.sweep import sweep as sweep
from sla.timelines import Timeline
from sla.timers import Timer, merged_timers
from sla.versions import book_of, choose, ensure_kept
from sla.versions import policy_of as policy_of


def open_case(
    uow: UnitOfWork,
    order_id: UUID,
    policy: Policy,
    now: datetime,
    facts: Facts | None = None,
    subject: Covers = "order",
) -> SlaCase:
    """Put an order or ticket under a policy. Once for each; the caller's transaction."""
    about = facts or Facts()
    ensure_kept(uow, policy)
    case = SlaCase(
        org_id=uow.org_id,
        id=order_id,
        policy=policy.code,
        policy_version=policy.version,
        opened_at=now,
        subject=subject,
        customer_class=about.customer_class,
        fault_class=about.fault_class,
        kind=about.kind,
        channel=about.channel,
    )
    uow.session.add(case)
    uow.session.flush()
    opened = SlaCaseOpened(
        policy=policy.code,
        version=policy.version,
        subject=subject,
        customer_class=about.customer_class,
        fault_class=about.fault_class,
        kind=about.kind,
        channel=about.channel,
    )
    uow.emit(order_id, opened, occurred_at=now, source=SOURCE)
    return case


def begin(
    uow: UnitOfWork, id_: UUID, covers: Covers, facts: Facts, subject: Covers | None = None
) -> SlaCase | None:
    """Put an order or ticket under the policy that is in force for it now; None where none is.

    `covers`: whose policies; a fault that has no order yet is under those of orders.
    """
    policy = choose(uow.session, uow.org_id, covers, facts, uow.now)
    if policy is None:
        return None
    return open_case(uow, id_, policy, uow.now, facts, subject or covers)


def answer_due(policy: Policy | None, facts: Facts, start: datetime) -> datetime | None:
    """When a ticket that was received at `start` must be answered, else closed; None where nobody
    says so, or no calendar reaches so far.
    """
    if policy is None:
        return None
    found = (
        rule_due(policy, rule, facts, start)
        for point in ("answered", "closed")
        for rule in policy.rules
        if rule.to_point == point and rule.from_point in ("A", "received")
    )
    return next((due for due in found if due is not None), None)


def versions_on(session: Session, org_id: int, calendar: str) -> list[tuple[str, int]]:
    """Codes and versions of the policies that are counted on this calendar."""
    return [
        (kept.policy.code, kept.policy.version)
        for versions in book_of(session, org_id).policies.values()
        for kept in versions
        if kept.policy.calendar == calendar
    ]


def is_untouched(session: Session, org_id: int, case_id: UUID) -> bool:
    """Whether a case never had a deadline."""
    return not repository.timers_of(session, org_id, [case_id])


def begun_with(session: Session, org_id: int, case_id: UUID) -> Facts:
    """The facts that the limits of a case depend on, as they were when it began."""
    return facts_of(case_of(session, org_id, case_id))


def policy_of_order(session: Session, org_id: int, order_id: UUID) -> Policy | None:
    """The policy of an order; None where it has none."""
    case = case_of(session, org_id, order_id)
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
    timers = repository.timers_of(uow.session, uow.org_id, [order_id])
    stored = {(row.code, row.subject_id): row for row in timers}
    steps = repository.clock_steps(uow.session)

    policy = policy_of(case)
    wanted = merged_timers(policy, timelines, now)

    rows = []
    for timer in (*wanted, *beside):
        row = stored.pop((timer.code, timer.subject_id), None) or _new_row(uow, order_id, timer)
        _apply(uow, row, timer, now, steps)
        rows.append(row)
    for row in stored.values():
        row.stopped_at = row.stopped_at or now
    uow.session.flush()
    wake(uow, rows)
    rows += stored.values()
    escalation.follow(uow, policy, rows, now)
    if case.subject == "order" and policy.total is not None:
        forecasts.mark(uow, order_id)
    return rows


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


def _apply(uow: UnitOfWork, row: SlaTimer, timer: Timer, now: datetime, steps: Steps) -> None:
    if row.due_at != timer.due_at or row.armed_at is None:
        row.armed_at, row.clock_step = now, max(steps, default=0)
    row.starts_at, row.due_at, row.limit_s = timer.starts_at, timer.due_at, timer.limit_s
    row.stopped_at = timer.stopped_at
    decided = verdict(timer, now, fired=row.fired_at is not None)
    if decided == "fire":
        _fire(uow, row, now, steps)
    elif decided == "withdraw":
        row.fired_at = row.acknowledged_at = row.acknowledged_by = row.late_s = None
        row.withdrawn_at, row.shown = now, True
        fact = SlaWithdrawn(code=row.code, subject_id=row.subject_id, timer_id=row.id)
        uow.emit(row.case_id, fact, occurred_at=now, source=SOURCE)
        uow.touch("order", row.case_id)


def _fire(uow: UnitOfWork, row: SlaTimer, now: datetime, steps: Steps) -> None:
    """A stamp showed that a deadline had passed."""
    assert row.due_at is not None
    found = delay(row.due_at, row.armed_at, now, set_back_since(steps, row.clock_step))
    row.fired_at, row.withdrawn_at, row.late_s, row.shown = now, None, found.late_s, True
    fire(uow, row, found)
    uow.touch("order", row.case_id)


def alerts_of(session: Session, org_id: int, case_id: UUID) -> list[UUID]:
    """Timers of a case of which somebody was told and nobody has taken note."""
    told = [one for one in repository.open_ladders(session, org_id, case_id) if one.steps > 0]
    return list(dict.fromkeys(one.timer_id for one in told))


def acknowledge(uow: UnitOfWork, timer_id: UUID, now: datetime) -> SlaTimer:
    """A person takes note of a breach or alarm; a second time changes nothing. Raises NotFound."""
    row = repository.timer(uow.session, uow.org_id, timer_id)
    if row is None:
        raise NotFound(what="SLA", id=timer_id)
    repository.case_locked(uow.session, uow.org_id, row.case_id)
    uow.session.refresh(row)
    if row.fired_at is None and not escalation.acknowledged(uow, row, now):
        raise NotFound(what="SLA", id=timer_id)
    if row.fired_at is not None and row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = now, uow.actor.user_id
        uow.emit(row.case_id, SlaAcknowledged(timer_id=row.id), occurred_at=now, source=SOURCE)
        escalation.acknowledged(uow, row, now)
        uow.touch("order", row.case_id)
    return row
