"""Bodies and answers of the API about agents, what they do in calls, and call-backs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import RATE, Body, Moment
from api.schemas_announcements import Announcement
from telephony.routing.agents import PHONE

State = Literal["offline", "available", "reserved", "on_call", "wrap_up", "break"]
CallbackState = Literal["waiting", "dialling", "talking", "done", "failed", "cancelled", "given_up"]
RecordingState = Literal[
    "asked", "in-progress", "paused", "ready", "absent", "failed", "expired", "deleted"
]
Skill = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Level = Annotated[int, Field(ge=1, le=5)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class OfferRow(BaseModel):
    """Somebody is offered to the agent, whose phone rings; answering it accepts."""

    id: UUID
    kind: Literal["caller", "callback", "transfer", "consult", "resume"]
    call_id: UUID
    callback_id: UUID | None
    queue: str | None = Field(description="Whose needs the agent met.")
    offered_at: datetime
    expires_at: datetime


class TapeRow(BaseModel):
    """The recording of a conversation. `wanted` and `state` differ while the carrier is asked."""

    id: UUID
    state: RecordingState
    wanted: Literal["on", "paused", "off"]
    until: datetime | None = Field(description="When a pause ends by itself.")
    code: str | None = Field(description="Why something failed.")


class PartRow(BaseModel):
    """The agent's part in a call."""

    call_id: UUID
    part: Literal["main", "consulted"]
    state: Literal["active", "parked", "ended"] = Field(
        description="Parked: on hold while the agent is free. Ended: worked on after the call."
    )
    queue: str | None
    began_at: datetime
    disposition: str | None
    recording: TapeRow | None = Field(description="Null: nothing of it was recorded.")
    on_demand: bool = Field(description="The agent may begin a recording.")


class AgentRow(BaseModel):
    """One agent."""

    id: UUID
    name: str
    state: State
    reason: str | None = Field(description="Of a break.")
    since: datetime
    until: datetime | None = Field(description="When after-call work ends.")
    call_id: UUID | None = Field(description="Offered, spoken in or worked on after.")
    next_state: State | None = Field(description="Asked for, once the call is over.")
    next_reason: str | None
    skills: dict[str, int]
    serves: list[str] = Field(
        description="Queues whose callers may come to the agent, at once or after a wait."
    )
    languages: list[str] = Field(description="BCP 47; none: every one.")
    has_phone: bool
    answers: bool = Field(description="May answer calls; a supervisor has a telephone to listen.")
    offer: OfferRow | None
    calls: list[PartRow]


class CallbackRow(BaseModel):
    """A customer to be called back. `failed`: a person must see to it; `given_up`: has done so."""

    id: UUID
    number: str
    reason: Literal["asked", "abandoned", "missed"]
    queue: str
    since: datetime = Field(description="The place in the queue that is kept.")
    priority: int
    language: str | None
    from_call_id: UUID | None
    state: CallbackState
    tries: int
    next_at: datetime | None
    call_id: UUID | None = Field(description="Of the present or last try.")
    ended_at: datetime | None
    worked_by: UUID | None = Field(description="Who sees to one that has failed.")
    worked_by_name: str | None
    worked_at: datetime | None
    worked_until: datetime | None = Field(description="From then on others may take it up.")


class CarrierSilence(BaseModel):
    """The carrier does not answer."""

    id: UUID
    since: datetime
    waiting: int = Field(description="What was asked of it and waits for an answer.")


class AgentList(BaseModel):
    """All agents and the number of the topic's last delta."""

    topic: str
    number: int
    server_time: datetime
    rate: float = Field(description=RATE)
    agents: list[AgentRow]
    callbacks: list[CallbackRow] = Field(
        description="Those that are not over, the place in the queue first."
    )
    announcements: list[Announcement] = Field(description="The one that callers hear now, if any.")
    carrier: list[CarrierSilence] = Field(description="One while the carrier does not answer.")


class Word(BaseModel):
    code: str
    zh: str
    en: str


class Reason(Word):
    system: bool = Field(description="Set by the system; no person chooses it.")


class OnHold(BaseModel):
    call_id: UUID
    since: datetime


class AgentDesk(BaseModel):
    """The agent's own view. `number`: of the last delta of the topic `agents`."""

    topic: str
    number: int
    server_time: datetime
    rate: float = Field(description=RATE)
    agent: AgentRow | None = Field(description="Null before the first state was chosen.")
    phone: str | None
    on_hold: list[OnHold] = Field(description="Customers who hear music.")
    queues: list[Word]
    reasons: list[Reason]
    dispositions: list[Reason]


class StateBody(Body):
    """During a call it holds from the end of the call on."""

    state: Literal["available", "break", "offline"] = Field(examples=["break"])
    reason: str | None = Field(None, examples=["meal"], description="Of a break.")


class PhoneBody(Body):
    phone: str = Field(
        pattern=PHONE, examples=["+861095598001"], description="E.164, sip: or client:."
    )


class EquipBody(Body):
    """What is left out stays."""

    skills: dict[Skill, Level] | None = Field(None, examples=[{"fault": 3, "general": 1}])
    languages: list[Language] | None = Field(None, max_length=20, examples=[["cmn-CN"]])
    phone: str | None = Field(
        None, pattern=f"^$|{PHONE}", examples=["client:agent7"], description="Empty: none any more."
    )


class ExtendBody(Body):
    seconds: float = Field(gt=0, le=3600, examples=[60])


class TargetBody(Body):
    """Exactly one; a queue only of a transfer."""

    queue: str | None = Field(None, examples=["enquiry"])
    user_id: UUID | None = None
    number: str | None = Field(None, max_length=256)


class DispositionBody(Body):
    disposition: str = Field(examples=["answered"])


class RecordingBody(Body):
    act: Literal["start", "pause", "resume", "stop"] = Field(examples=["pause"])


class SuperviseBody(Body):
    mode: Literal["listen", "whisper", "barge", "stop"] = Field(examples=["listen"])


class Supervised(BaseModel):
    call_id: UUID
    mode: Literal["listen", "whisper", "barge", "stop"]


class SettleBody(Body):
    outcome: Literal["reached", "given_up", "not_needed"] = Field(examples=["reached"])


class RescheduleBody(Body):
    at: Moment = Field(examples=["2026-11-23T09:00:00+08:00"])
