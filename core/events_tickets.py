"""Kinds of facts about tickets and follow-up calls; core/events.py gives them to all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("ticket.filed")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFiled(Payload):
    """A customer's request was taken. `due_at`: when an answer is due; not of a fault."""

    kind: str
    channel: str
    call_id: UUID | None = None
    customer_id: UUID | None = None
    number: str | None = None
    due_at: datetime | None = None


@fact("ticket.clock_started")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClockStarted(Payload):
    """Point A of this ticket, with its evidence."""

    evidence: str
    evidence_id: UUID | None = None
    uncertainty_s: float = 0.0


@fact("ticket.question_answered")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuestionAnswered(Payload):
    """One question of the guide of this fault type was answered; a number or a code."""

    guide: str
    version: int
    question: str
    answer: str


@fact("ticket.guided")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketGuided(Payload):
    """What the answers add up to: urgency and trade of the order, a cause behind the meter."""

    guide: str
    version: int
    urgency: int
    trade: str
    customer_side: str | None = None


@fact("ticket.ordered")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOrdered(Payload):
    """An order was made from this ticket."""

    order_id: UUID


@fact("ticket.merged")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMerged(Payload):
    """合并: it shares an order that was there. `from_order_id`: the one it left, closed or not."""

    order_id: UUID
    reason: str
    from_order_id: UUID | None = None
    from_closed: bool = False


@fact("ticket.unmerged")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUnmerged(Payload):
    """The merge was undone: the ticket is what it was before, and has the order it had."""

    order_id: UUID
    reason: str


@fact("ticket.related")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRelated(Payload):
    """It has to do with another ticket: same_cause, follow_up_of, see_also."""

    other_id: UUID
    relation: str


@fact("ticket.unrelated")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUnrelated(Payload):
    """It has nothing to do with the other ticket after all."""

    other_id: UUID


@fact("ticket.returned")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReturned(Payload):
    """退回: whoever filed it must complete or correct it."""

    reason: str


@fact("ticket.transferred")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTransferred(Payload):
    """转办: a department or centre has it."""

    unit_id: UUID
    reason: str


@fact("ticket.due_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDueChanged(Payload):
    """The answer is due at another time: it was reopened, or a calendar has changed."""

    due_at: datetime | None


@fact("ticket.contacted")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketContacted(Payload):
    """Somebody spoke with the customer about it; an answer is still to come."""


@fact("ticket.answered")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAnswered(Payload):
    """The customer has an answer; its words are kept beside the log."""


@fact("ticket.follow_up_opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFollowUpOpened(Payload):
    """回访: the customer is to be asked whether all is well."""

    follow_up_id: UUID


@fact("ticket.closed")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClosed(Payload):
    """归档: nothing more is to be done about it. `how`: what ended it."""

    how: str


@fact("ticket.reopened")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened(Payload):
    """It is open again; an order that follows has a clock of its own, from now."""

    reason: str


@fact("ticket.attached")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAttached(Payload):
    """A file was attached; its name is kept beside the log."""

    attachment_id: UUID
    content_type: str
    size: int


@fact("ticket.attachment_hidden")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAttachmentHidden(Payload):
    """An attachment is shown no more; it is kept."""

    attachment_id: UUID
    reason: str


@fact("followup.opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOpened(Payload):
    """The customer of a ticket is to be called by `due_at`."""

    ticket_id: UUID
    due_at: datetime
    order_id: UUID | None = None


@fact("followup.claimed")
@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpClaimed(Payload):
    """An agent makes this call. `reason`: why it was taken over from the one who had it."""

    agent_id: UUID
    reason: str | None = None


@fact("followup.released")
@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpReleased(Payload):
    """The agent gave it back to the queue."""


@fact("followup.tried")
@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpTried(Payload):
    """The customer was called. `next_at`: not before then again; None: that was the last time."""

    attempt: int
    outcome: str
    satisfaction: str | None = None
    next_at: datetime | None = None
    complaint_id: UUID | None = None


@fact("followup.dropped")
@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDropped(Payload):
    """Nobody needs to be called any more: the ticket was reopened."""
