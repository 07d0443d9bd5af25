"""Kinds of facts about agents and call-backs; core/events.py gives them to all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("agent.moved")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMoved(Payload):
    """An agent is in another state, or in it for another reason or call.

    `until`: when after-call work ends.
    """

    state: str
    reason: str | None = None
    call_id: UUID | None = None
    until: datetime | None = None


@fact("agent.equipped")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEquipped(Payload):
    """Skills, languages or the phone of an agent were set. `skills`: how many."""

    skills: int
    languages: int
    phone: bool


@fact("agent.offered")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOffered(Payload):
    """An agent was reserved for somebody. `kind`: caller, callback, transfer,
    consult or resume."""

    offer_id: UUID
    call_id: UUID
    kind: str
    queue: str | None = None


@fact("agent.offer_ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOfferEnded(Payload):
    """The reservation is over: accepted, declined, no_answer, failed, left or withdrawn."""

    offer_id: UUID
    call_id: UUID
    outcome: str


@fact("agent.acted")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentActed(Payload):
    """Somebody did something in a call: hold, resume, transfer, listen, whisper, barge and so on.

    `other_id`: the agent that it concerns.
    """

    act: str
    call_id: UUID
    other_id: UUID | None = None
    queue: str | None = None


@fact("agent.wrapped")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWrapped(Payload):
    """An agent said what a call came to."""

    call_id: UUID
    disposition: str


@fact("callback.asked")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAsked(Payload):
    """A customer is to be called back: asked, abandoned or missed. `since`: the place kept."""

    reason: str
    queue: str
    since: datetime
    priority: int
    call_id: UUID | None = None


@fact("callback.dialled")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDialled(Payload):
    """An agent is there and the customer's phone is called. `number` of the try, from 1."""

    number: int
    call_id: UUID
    agent_id: UUID


@fact("callback.answered")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAnswered(Payload):
    """The customer is on the line."""

    call_id: UUID


@fact("callback.put_off")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPutOff(Payload):
    """It is to be tried at another time: the customer did not answer, or somebody moved it."""

    reason: str
    next_at: datetime


@fact("callback.taken_up")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTakenUp(Payload):
    """A person sees to one that has failed; others may from `until` on."""

    agent_id: UUID
    until: datetime


@fact("callback.given_back")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackGivenBack(Payload):
    """That person leaves it to others."""


@fact("callback.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackEnded(Payload):
    """It is over: done, cancelled or failed, so that a person must see to it; given_up, done or
    cancelled by that person.
    """

    outcome: str
