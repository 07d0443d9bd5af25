"""Kinds of facts about calls, customers and what is masked; core/events.py gives them to all."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("call.opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallOpened(Payload):
    """A contact with the carrier began (first webhook of a call)."""

    carrier: str
    carrier_call: str
    direction: str


@fact("call.progressed")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallProgressed(Payload):
    """The carrier reported a state on the way: ringing, in-progress."""

    state: str
    sequence: int


@fact("call.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Payload):
    """The caller or the carrier ended the call: point A. `occurred_at` is the carrier's time."""

    end_state: str
    evidence: str
    uncertainty_s: float = 0.0


@fact("call.taken")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaken(Payload):
    """An agent said "this is my call"; the first one has it."""

    agent_id: UUID


@fact("customer.note_added")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNoteAdded(Payload):
    """Somebody wrote a note about the customer."""

    note_id: UUID
    pinned: bool


@fact("customer.note_pinned")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNotePinned(Payload):
    """A note stands above the others, or does so no longer."""

    note_id: UUID
    pinned: bool


@fact("customer.note_hidden")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNoteHidden(Payload):
    """A note is no longer shown; the reason is beside its words."""

    note_id: UUID


@fact("customer.phone_added")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPhoneAdded(Payload):
    """The customer has one more phone."""

    phone_id: UUID
    used_by: str
    verified: bool


@fact("customer.phone_verified")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPhoneVerified(Payload):
    """A phone is known to be the customer's, or no longer so."""

    phone_id: UUID
    verified: bool


@fact("customer.phone_language")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPhoneLanguage(Payload):
    """Whoever answers a phone wants messages in this language."""

    phone_id: UUID
    language: str


@fact("customer.phone_removed")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPhoneRemoved(Payload):
    """A phone is the customer's no more."""

    phone_id: UUID


@fact("customer.corrected")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCorrected(Payload):
    """Facts of the account were put right; `fields`: their names, joined by +."""

    fields: str


@fact("privacy.unmasked")
@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyUnmasked(Payload):
    """Somebody saw one masked value in clear; the words of the reason are in a table."""

    entity: str
    entity_id: UUID
    field: str
    reason: str
