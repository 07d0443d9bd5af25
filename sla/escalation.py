"""Ladders that are being climbed: begun where a deadline fires, ended where nobody waits any more.

Every function runs in a transaction that holds the case. Who a step's recipient is, is looked up
where the roster is known (`dispatch.escalation`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.ids import new_id
from core.listen import OUTBOX
from core.uow import UnitOfWork
from sla import repository
from sla.firing import SOURCE, Deadline
from sla.ladders import ladder_called, ladders_for, step_due, warns_at
from sla.models import SlaCase, SlaLadder, SlaTimer
from sla.policy import Ladder, Occasion, Policy, Recipient, Step
from sla.versions import version_of


def begin(uow: UnitOfWork, rang: Sequence[Deadline], now: datetime) -> None:
    """Deadlines fired while they ran: the ladders for them begin now; those that a lesser occasion
    had begun for the same timers end. A few statements, however many fired.
    """
    named = repository.policies_of(uow.session, uow.org_id, {one.case_id for one in rang})
    policies = {name: version_of(uow.session, uow.org_id, *name) for name in set(named.values())}
    found: list[SlaLadder] = []
    for one in rang:
        occasion: Occasion = "alarm" if one.kind == "alarm" else "breach"
        for ladder in ladders_for(policies[named[one.case_id]], one.code, occasion):
            found.append(_row(uow, one.case_id, one.id, ladder, occasion, now))
    if not found:
        return
    timers = [one.timer_id for one in found]
    for row in repository.climbed_for(uow.session, uow.org_id, timers):
        end(uow, row, "overtaken", now)
    uow.session.add_all(found)
    uow.session.flush()
    uow.notify(OUTBOX, "")


def _row(
    uow: UnitOfWork,
    case_id: UUID,
    timer_id: UUID,
    ladder: Ladder,
    occasion: Occasion,
    began_at: datetime,
) -> SlaLadder:
    return SlaLadder(
        org_id=uow.org_id,
        id=new_id(),
        case_id=case_id,
        timer_id=timer_id,
        ladder=ladder.code,
        occasion=occasion,
        began_at=began_at,
        steps=0,
        due_at=step_due(ladder, 0, began_at),
    )


def end(uow: UnitOfWork, row: SlaLadder, cause: str, now: datetime) -> None:
    """Nobody else is told. One that never told anybody leaves no trace."""
    if row.steps == 0:
        uow.session.delete(row)
        uow.session.flush()
        return
    row.ended_at, row.cause, row.due_at = now, cause, None
    fact = ev.SlaLadderEnded(ladder_id=row.id, timer_id=row.timer_id, cause=cause)
    uow.emit(row.case_id, fact, occurred_at=now, source=SOURCE)
    uow.touch("order", row.case_id)


def follow(uow: UnitOfWork, policy: Policy, timers: Iterable[SlaTimer], now: datetime) -> None:
    """Stamps moved: end the ladders whose point came, put the warnings where they belong now."""
    rows = {row.id: row for row in timers}
    if not rows:
        return
    case_id = next(iter(rows.values())).case_id
    climbing = repository.open_ladders(uow.session, uow.org_id, case_id)
    for row in climbing:
        timer = rows.get(row.timer_id)
        cause = _over(timer) if timer is not None else None
        if cause == "reached" or (cause and row.occasion != "risk"):
            end(uow, row, cause, now)
    warned = {(row.timer_id, row.ladder): row for row in climbing if row.occasion == "warning"}
    for timer in rows.values():
        if timer.kind == "breach" and timer.fired_at is None and timer.stopped_at is None:
            for ladder in ladders_for(policy, timer.code, "warning"):
                _warn(uow, policy, timer, ladder, warned.get((timer.id, ladder.code)))


def _over(timer: SlaTimer) -> str | None:
    """Why nobody waits for a timer any more."""
    if timer.stopped_at is not None:
        return "reached"
    if timer.fired_at is None and timer.withdrawn_at is not None:
        return "withdrawn"
    return None


def _warn(
    uow: UnitOfWork, policy: Policy, timer: SlaTimer, ladder: Ladder, row: SlaLadder | None
) -> None:
    """The warning begins when so much of the limit is gone; while the clock is held it waits."""
    if row is not None and row.steps > 0:
        return
    at = timer.due_at and warns_at(
        timer.due_at, timer.limit_s, policy.warn_share, policy.warn_left_s
    )
    if at is None:
        if row is not None:
            uow.session.delete(row)
    elif row is None:
        uow.session.add(_row(uow, timer.case_id, timer.id, ladder, "warning", at))
    else:
        row.began_at, row.due_at = at, step_due(ladder, 0, at)


def begin_risk(uow: UnitOfWork, policy: Policy, case_id: UUID, now: datetime) -> None:
    """The promise is at risk: the ladders for that begin, under the total's timer."""
    if policy.total is None:
        return
    timer_id = repository.timer_called(uow.session, uow.org_id, case_id, policy.total.code)
    if timer_id is None:
        return
    for ladder in ladders_for(policy, policy.total.code, "risk"):
        uow.session.add(_row(uow, case_id, timer_id, ladder, "risk", now))
    uow.session.flush()


def end_risk(uow: UnitOfWork, case_id: UUID, cause: str, now: datetime) -> None:
    """It is not at risk any more."""
    for row in repository.open_ladders(uow.session, uow.org_id, case_id):
        if row.occasion == "risk":
            end(uow, row, cause, now)


def acknowledged(uow: UnitOfWork, timer: SlaTimer, now: datetime) -> bool:
    """A person took note: nobody else is told for this timer. True where somebody had been."""
    mine = [
        row
        for row in repository.open_ladders(uow.session, uow.org_id, timer.case_id)
        if row.timer_id == timer.id and row.steps > 0
    ]
    for row in mine:
        end(uow, row, "acknowledged", now)
    return bool(mine)


@dataclass(frozen=True, slots=True)
class Due:
    """A step whose time has come, with all that is needed to say who it is for."""

    row: SlaLadder
    timer: SlaTimer
    policy: Policy
    ladder: Ladder

    @property
    def step(self) -> Step:
        return self.ladder.steps[self.row.steps]


def claim_due(
    uow: UnitOfWork, limit: int, only: UUID | None = None
) -> list[tuple[SlaLadder, SlaTimer]]:
    """Ladders with a step that is due, of cases that nobody else holds; they stay locked."""
    return repository.claim_ladders(uow.session, uow.org_id, uow.now, limit, only)


def due_of(policy: Policy, row: SlaLadder, timer: SlaTimer) -> Due:
    return Due(row, timer, policy, ladder_called(policy, row.ladder))


@dataclass(frozen=True, slots=True)
class Told:
    """Who a step was for. `person`: member's id, or user's; None: the unit's desk as such."""

    unit_id: UUID
    member_id: UUID | None
    user_id: UUID | None
    instead: bool


def took_step(uow: UnitOfWork, due: Due, told: Told | None, now: datetime) -> None:
    """Record the step that was due. None: nobody was on duty, so the next step comes at once."""
    row, number = due.row, due.row.steps
    to: Recipient = due.step.to
    fact = ev.SlaStepTaken(
        ladder_id=row.id,
        timer_id=row.timer_id,
        ladder=row.ladder,
        occasion=row.occasion,
        step=number + 1,
        recipient=to,
        unit_id=told.unit_id if told else None,
        member_id=told.member_id if told else None,
        user_id=told.user_id if told else None,
        instead=bool(told and told.instead),
        nobody=told is None,
    )
    uow.emit(row.case_id, fact, occurred_at=now, source=SOURCE)
    row.steps = number + 1
    coming = step_due(due.ladder, row.steps, row.began_at)
    row.due_at = now if coming is not None and told is None else coming
    uow.touch("order", row.case_id)


def record_attempt(
    uow: UnitOfWork, case_id: UUID, notice: ev.SlaNoticeEnded, now: datetime
) -> None:
    """An attempt to tell somebody ended. The caller holds the case."""
    uow.emit(case_id, notice, occurred_at=now, source=SOURCE)
    uow.touch("order", case_id)


def lock_case(uow: UnitOfWork, case_id: UUID) -> SlaCase | None:
    """Whoever holds the case may append to its stream."""
    return repository.case_locked(uow.session, uow.org_id, case_id)


def climbing(uow: UnitOfWork, ladder_id: UUID) -> bool:
    """Whether a ladder still stands; what was asked for in its name may be left otherwise."""
    row = uow.session.get(SlaLadder, (uow.org_id, ladder_id), populate_existing=True)
    return row is not None and row.ended_at is None
