"""The life of a ticket: a pure transition table and the fold of its facts.

open → (ordered | answered | transferred | returned | merged) → follow_up → closed; a closed one is
reopened with a reason. Whatever is not in the table is refused with the state it met. `evolve` is
the one place that turns facts into state: use cases and `paidan verify` both call it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from core import events as ev
from core.recorded import Recorded

STATES = (
    "open",
    "ordered",
    "merged",
    "transferred",
    "returned",
    "answered",
    "follow_up",
    "closed",
)
UNDECIDED = ("open", "transferred", "returned")
"""Nobody has answered, ordered or merged it."""
BEFORE = "before"
"""The state that a merge found; unmerging leads back to it."""

TABLE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "order": dict.fromkeys(UNDECIDED, "ordered"),
        "merge": dict.fromkeys((*UNDECIDED, "ordered"), "merged"),
        "unmerge": {"merged": BEFORE},
        "transfer": dict.fromkeys(UNDECIDED, "transferred"),
        "return": dict.fromkeys(("open", "transferred"), "returned"),
        "contact": {state: state for state in UNDECIDED},
        "answer": dict.fromkeys(UNDECIDED, "answered"),
        "follow_up": dict.fromkeys(("ordered", "merged", "answered"), "follow_up"),
        "close": dict.fromkeys((*UNDECIDED, "answered", "follow_up"), "closed"),
        "settle": dict.fromkeys(("ordered", "merged"), "closed"),
        "reopen": dict.fromkeys(("answered", "follow_up", "closed"), "open"),
    }
)
"""Act → state before → state after. `settle`: its order is closed and nobody is to be called."""

_BROUGHT_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ordered": ("ticket.ordered",),
        "merged": ("ticket.merged",),
        "transferred": ("ticket.transferred",),
        "returned": ("ticket.returned",),
        "answered": ("ticket.answered",),
        "follow_up": ("ticket.answered",),
        "closed": ("ticket.closed",),
    }
)

RELATIONS = ("same_cause", "follow_up_of", "see_also")
MERGE_REASONS = ("same_fault", "same_line", "same_caller", "other")
UNMERGE_REASONS = ("different_fault", "mistake", "other")
RETURN_REASONS = ("place_unclear", "customer_unclear", "wrong_type", "incomplete", "other")
TRANSFER_REASONS = ("other_department", "needs_expert", "needs_approval", "other")
REOPEN_REASONS = ("not_solved", "answer_wrong", "closed_by_mistake", "other")
CLOSE_WAYS = ("answered", "solved", "withdrawn", "unreachable", "duplicate", "other")
HIDE_REASONS = ("wrong_file", "personal", "unreadable", "other")

FOLLOWED_UP = ("fault_repair", "complaint", "report", "service_request")
DONE_OUTCOMES = ("repaired", "customer_side", "made_safe")
"""Outcomes of an order after which its customers are asked whether all is well."""


@dataclass(frozen=True, slots=True)
class TicketState:
    """A ticket as its events tell it, without names, words and files.

    `order_id`: the order it shares now; `left_order_id`, `left_closed`: what a merge left behind.
    """

    id: UUID
    number: str | None
    kind: str
    channel: str
    state: str
    filed_at: datetime
    filed_by: UUID | None = None
    call_id: UUID | None = None
    customer_id: UUID | None = None
    due_at: datetime | None = None
    clock_started_at: datetime | None = None
    unit_id: UUID | None = None
    order_id: UUID | None = None
    left_order_id: UUID | None = None
    left_closed: bool = False
    state_before: str | None = None
    guide_code: str | None = None
    guide_version: int | None = None
    guided_urgency: int | None = None
    guided_trade: str | None = None
    customer_side: str | None = None
    answered_at: datetime | None = None
    reopened_at: datetime | None = None
    closed_at: datetime | None = None
    closed_how: str | None = None


FIELDS = tuple(TicketState.__dataclass_fields__)


def allowed(act: str, state: str) -> bool:
    """Whether `act` is possible in `state`."""
    return state in TABLE[act]


def brought_by(state: str) -> tuple[str, ...]:
    """Types of the fact that brought a ticket into `state`; none for one that is untouched."""
    return _BROUGHT_BY.get(state, ())


def evolve(ticket: TicketState | None, event: Recorded) -> TicketState:
    """The ticket after one more fact of its stream."""
    payload = event.payload
    if isinstance(payload, ev.TicketFiled):
        return TicketState(
            id=event.stream_id,
            number=payload.number,
            kind=payload.kind,
            channel=payload.channel,
            state="open",
            filed_at=event.occurred_at,
            filed_by=event.actor_id,
            call_id=payload.call_id,
            customer_id=payload.customer_id,
            due_at=payload.due_at,
        )
    if ticket is None:
        raise ValueError(f"{event.type} before the ticket was filed")
    return replace(ticket, **_changes(ticket, payload, event.occurred_at))


def _changes(ticket: TicketState, payload: ev.Payload, at: datetime) -> dict[str, Any]:
    match payload:
        case ev.TicketClockStarted():
            return {"clock_started_at": ticket.clock_started_at or at}
        case ev.TicketGuided():
            return {
                "guide_code": payload.guide,
                "guide_version": payload.version,
                "guided_urgency": payload.urgency,
                "guided_trade": payload.trade,
                "customer_side": payload.customer_side,
            }
        case ev.TicketDueChanged():
            return {"due_at": payload.due_at}
        case ev.TicketOrdered():
            return {"state": "ordered", "order_id": payload.order_id}
        case ev.TicketMerged() | ev.TicketUnmerged():
            return _merging(ticket, payload)
        case ev.TicketReturned():
            return {"state": "returned", "unit_id": None}
        case ev.TicketTransferred():
            return {"state": "transferred", "unit_id": payload.unit_id}
        case ev.TicketAnswered():
            return {"state": "answered", "answered_at": at}
        case ev.TicketFollowUpOpened():
            return {"state": "follow_up"}
        case ev.TicketClosed():
            return {"state": "closed", "closed_at": at, "closed_how": payload.how}
        case ev.TicketReopened():
            return {
                "state": "open",
                "reopened_at": at,
                "answered_at": None,
                "closed_at": None,
                "closed_how": None,
            }
    return {}


def _merging(ticket: TicketState, payload: ev.TicketMerged | ev.TicketUnmerged) -> dict[str, Any]:
    if isinstance(payload, ev.TicketMerged):
        return {
            "state": "merged",
            "order_id": payload.order_id,
            "left_order_id": payload.from_order_id,
            "left_closed": payload.from_closed,
            "state_before": ticket.state,
        }
    return {
        "state": ticket.state_before or "open",
        "order_id": ticket.left_order_id,
        "left_order_id": None,
        "left_closed": False,
        "state_before": None,
    }


def related(events: Sequence[Recorded]) -> dict[UUID, str]:
    """Other ticket → relation, as the facts of one stream say."""
    found: dict[UUID, str] = {}
    for event in events:
        if isinstance(event.payload, ev.TicketRelated):
            found[event.payload.other_id] = event.payload.relation
        elif isinstance(event.payload, ev.TicketUnrelated):
            found.pop(event.payload.other_id, None)
    return found


def answers(events: Sequence[Recorded]) -> list[tuple[str, str]]:
    """Question and answer in the order asked, as the facts of one stream say."""
    return [
        (event.payload.question, event.payload.answer)
        for event in events
        if isinstance(event.payload, ev.TicketQuestionAnswered)
    ]


def attached(events: Sequence[Recorded]) -> dict[UUID, bool]:
    """Attachment → whether it is hidden, as the facts of one stream say."""
    found: dict[UUID, bool] = {}
    for event in events:
        if isinstance(event.payload, ev.TicketAttached):
            found[event.payload.attachment_id] = False
        elif isinstance(event.payload, ev.TicketAttachmentHidden):
            found[event.payload.attachment_id] = True
    return found


def chased_urgency(urgency: int, chase_ups: int) -> int:
    """What an order's urgency is after its chase-up number `chase_ups` (from 1).

    The first and the third raise it by one; chasing alone never says danger to life (3).
    """
    if urgency >= 2 or chase_ups not in (1, 3):
        return urgency
    return urgency + 1
