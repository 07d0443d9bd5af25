"""The review of a breach: who answers for it, and what its facts add up to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.recorded import Recorded
from dispatch.orders.lost_time import Units, lost_time
from sla.arrivals import path
from sla.policy import Policy
from sla.segments import goals, segments, total
from sla.timelines import Timeline

RULINGS = ("upheld", "waived", "reattributed")
APPEALS = (
    "not_reachable", "weather", "traffic", "wrong_dispatch", "device_failed", "evidence", "other"
)  # fmt: skip
SHARED = ("chain",)
"""A party that stands for nobody: the worst stretch says who answers."""


@dataclass(frozen=True, slots=True)
class Blame:
    """Who answers: a party of the policy, its unit where it is one, and the stretch (a segment or
    what held its clock) that says so."""

    party: str
    unit: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewState:
    """A review as its events tell it. Its id is that of the breach's timer, its case an order or
    a ticket."""

    id: UUID
    case_id: UUID
    code: str
    subject_id: UUID
    limit_s: float
    due_at: datetime
    opened_at: datetime
    party: str
    unit: str | None = None
    cause: str | None = None
    state: str = "open"
    withdrawn_at: datetime | None = None
    appealed_at: datetime | None = None
    appealed_by: UUID | None = None
    appeal_reason: str | None = None
    ruled_at: datetime | None = None
    ruled_by: UUID | None = None
    ruling: str | None = None
    waived_s: float = 0.0
    ruled_party: str | None = None
    ruled_unit: str | None = None
    files: int = 0

    @property
    def blame(self) -> Blame:
        return Blame(self.party, self.unit, self.cause)


def evolve_review(review: ReviewState | None, event: Recorded) -> ReviewState:
    """The review after one more fact of its stream."""
    payload, at = event.payload, event.occurred_at
    if isinstance(payload, ev.ReviewOpened):
        if review is not None:  # it was withdrawn, and happened after all
            return replace(
                review,
                due_at=at,
                limit_s=payload.limit_s,
                withdrawn_at=None,
                party=payload.party,
                unit=payload.unit,
                cause=payload.cause,
            )
        case_id = payload.order_id or payload.ticket_id
        assert case_id is not None
        return ReviewState(
            id=event.stream_id,
            case_id=case_id,
            code=payload.code,
            subject_id=payload.subject_id,
            limit_s=payload.limit_s,
            due_at=at,
            opened_at=event.recorded_at,
            party=payload.party,
            unit=payload.unit,
            cause=payload.cause,
        )
    assert review is not None
    match payload:
        case ev.ReviewAttributed():
            return replace(review, party=payload.party, unit=payload.unit, cause=payload.cause)
        case ev.ReviewWithdrawn():
            return replace(review, withdrawn_at=at)
        case ev.ReviewAppealed():
            return replace(
                review,
                state="appealed",
                appealed_at=at,
                appealed_by=event.actor_id,
                appeal_reason=payload.reason,
            )
        case ev.ReviewAttached():
            return replace(review, files=review.files + 1)
        case ev.ReviewRuled():
            return replace(
                review,
                state="ruled",
                ruled_at=at,
                ruled_by=event.actor_id,
                ruling=payload.ruling,
                waived_s=payload.waived_s,
                ruled_party=payload.party,
                ruled_unit=payload.unit,
            )
        case _:
            raise TypeError(f"{event.type} does not belong to a review")


def blame(
    policy: Policy,
    attempts: Sequence[Timeline],
    code: str,
    subject_id: UUID,
    units: Units,
    now: datetime,
) -> Blame:
    """Who answers for a breach of `code`: the responsible of the segment; of the whole promise
    whoever took most beyond a limit, the causer of a detour included.
    """
    for timeline in reversed(attempts):
        for one in segments(policy, timeline, now):
            if (one.code, one.subject_id) == (code, subject_id):
                unit = units.of(one.responsible, timeline.hop_id, timeline.assignment_id)
                return Blame(one.responsible, unit, one.code)
    if policy.total is not None and code == policy.total.code:
        attempts = path(policy, attempts)
    lost = [one for one in lost_time(policy, attempts, now, units) if not one.earlier]
    if lost:
        worst = max(lost, key=lambda one: (one.over_s, one.start))
        return Blame(worst.responsible, worst.unit_id, worst.code)
    return _running(policy, attempts, code, units, now)


def _running(
    policy: Policy, attempts: Sequence[Timeline], code: str, units: Units, now: datetime
) -> Blame:
    timeline = attempts[-1]
    running = next((one for one in segments(policy, timeline, now) if one.state == "running"), None)
    if running is not None:
        unit = units.of(running.responsible, timeline.hop_id, timeline.assignment_id)
        return Blame(running.responsible, unit, running.code)
    whole = total(policy, timeline, now)
    rules = [*([whole] if whole else []), *goals(policy, timeline, now)]
    found = next((one.responsible for one in rules if one.code == code), "chain")
    return Blame(found)


def blame_of_ticket(
    policy: Policy, code: str, due_at: datetime, passed_on: Sequence[tuple[datetime, UUID | None]]
) -> Blame:
    """Who answers for a ticket's breach: the responsible of the rule. `passed_on`: who had it since
    when (None: the hotline again); whoever had it at the deadline stands for the department.
    """
    party = next((one.responsible for one in policy.rules if one.code == code), "chain")
    had = [unit for at, unit in passed_on if at <= due_at]
    unit = had[-1] if had and policy.covers == "ticket" else None
    return Blame(party, str(unit) if unit else None)


def adjusted_s(spent_s: float, waived_s: float) -> float:
    """What counts after the ruling; never below nothing."""
    return max(spent_s - waived_s, 0.0)
