"""When customers are called back, and what a call adds up to: pure.

Within 24 hours of restoration (or of the end, where nothing was restored); up to three tries, at
least two hours apart; a dissatisfied customer's call opens a complaint.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.recorded import Recorded

DUE_WITHIN = timedelta(hours=24)
MAX_TRIES = 3
GAP = timedelta(hours=2)
OUTCOMES = ("reached", "not_reached", "refused")
SATISFACTIONS = ("satisfied", "neutral", "dissatisfied")
TAKE_OVER_REASONS = ("agent_left", "agent_busy", "urgent", "other")


@dataclass(frozen=True, slots=True)
class FollowUpState:
    """One customer to be called. `state`: open, claimed, done, dropped."""

    id: UUID
    ticket_id: UUID
    state: str
    opened_at: datetime
    due_at: datetime
    next_at: datetime | None
    order_id: UUID | None = None
    tries: int = 0
    claimed_by: UUID | None = None
    claimed_at: datetime | None = None
    outcome: str | None = None
    satisfaction: str | None = None
    complaint_id: UUID | None = None
    ended_at: datetime | None = None


FIELDS = tuple(FollowUpState.__dataclass_fields__)
LIVE = ("open", "claimed")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a try: the next one not before `next_at`, or the end."""

    next_at: datetime | None
    ends: bool
    complains: bool


def due_at(ended_at: datetime, restored_at: datetime | None) -> datetime:
    """By when the customer is to be called."""
    return (restored_at or ended_at) + DUE_WITHIN


def too_early(state: FollowUpState, now: datetime) -> bool:
    """Whether the last try is less than two hours ago."""
    return state.next_at is not None and now < state.next_at


def judge(tries: int, outcome: str, satisfaction: str | None, now: datetime) -> Verdict:
    """What follows from try number `tries` (from 1)."""
    if outcome == "not_reached" and tries < MAX_TRIES:
        return Verdict(next_at=now + GAP, ends=False, complains=False)
    return Verdict(next_at=None, ends=True, complains=satisfaction == "dissatisfied")


def evolve(state: FollowUpState | None, event: Recorded) -> FollowUpState:
    """The follow-up after one more fact of its stream."""
    payload, at = event.payload, event.occurred_at
    if isinstance(payload, ev.FollowUpOpened):
        return FollowUpState(
            id=event.stream_id,
            ticket_id=payload.ticket_id,
            state="open",
            opened_at=at,
            due_at=payload.due_at,
            next_at=at,
            order_id=payload.order_id,
        )
    if state is None:
        raise ValueError(f"{event.type} before the follow-up was opened")
    match payload:
        case ev.FollowUpClaimed():
            return replace(state, state="claimed", claimed_by=payload.agent_id, claimed_at=at)
        case ev.FollowUpReleased():
            return replace(state, state="open", claimed_by=None, claimed_at=None)
        case ev.FollowUpDropped():
            return replace(state, state="dropped", next_at=None, ended_at=at)
        case ev.FollowUpTried():
            return _tried(state, payload, at)
    raise ValueError(f"{event.type} is not a fact of a follow-up")


def _tried(state: FollowUpState, payload: ev.FollowUpTried, at: datetime) -> FollowUpState:
    """Not reached: back to the queue, so that anybody makes the next try."""
    tried = replace(state, tries=payload.attempt, next_at=payload.next_at)
    if payload.next_at is not None:
        return replace(tried, state="open", claimed_by=None, claimed_at=None)
    return replace(
        tried,
        state="done",
        outcome=payload.outcome,
        satisfaction=payload.satisfaction,
        complaint_id=payload.complaint_id,
        ended_at=at,
    )
