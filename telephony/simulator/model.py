"""What the carrier knows: calls, queues, conferences, recordings, messages, numbers. State only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

CallStatus = Literal[
    "queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"
]
FINAL = ("completed", "busy", "failed", "no-answer", "canceled")
Direction = Literal["inbound", "outbound-api", "outbound-dial"]


@dataclass(frozen=True, slots=True)
class Hook:
    """An address of the product and how it is asked. `events`: which of them it wants."""

    url: str
    method: str = "POST"
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document comes from: an address, or given inline. `extra`: more parameters."""

    url: str = ""
    method: str = "POST"
    twiml: str | None = None
    fallback: Hook | None = None
    extra: tuple[tuple[str, str], ...] = ()


@dataclass
class Call:
    """One leg."""

    sid: str
    direction: Direction
    from_: str
    to: str
    created_at: datetime
    updated_at: datetime
    status: CallStatus = "queued"
    parent: str | None = None
    number_sid: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: str | None = None
    callback: Hook | None = None
    fallback: Hook | None = None
    told: int = 0
    sip: int = 200

    @property
    def over(self) -> bool:
        return self.status in FINAL

    @property
    def duration(self) -> int:
        """Whole seconds from answer to end."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(round((self.ended_at - self.answered_at).total_seconds()), 0)


@dataclass
class Member:
    """A caller in a queue."""

    call_sid: str
    enqueued_at: datetime


@dataclass
class Queue:
    """Callers who wait, the longest first."""

    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    max_size: int = 1000
    members: list[Member] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def average_wait(self) -> int:
        return round(sum(self.waits) / len(self.waits)) if self.waits else 0

    def position(self, call_sid: str) -> int:
        """Place in the queue from 1; 0 when not in it."""
        sids = [member.call_sid for member in self.members]
        return sids.index(call_sid) + 1 if call_sid in sids else 0


@dataclass
class Participant:
    """A leg in a conference."""

    call_sid: str
    joined_at: datetime
    updated_at: datetime
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    coached: str | None = None
    starts: bool = True
    ends: bool = False
    label: str | None = None


@dataclass
class Conference:
    """A conference. `callbacks` are those of its first participant."""

    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    status: Literal["init", "in-progress", "completed"] = "init"
    callbacks: Hook | None = None
    participants: dict[str, Participant] = field(default_factory=dict)
    told: int = 0
    ended_because: str | None = None
    ended_by: str | None = None


@dataclass
class Recording:
    """A recording of a call or a conference."""

    sid: str
    source: str
    started_at: datetime
    updated_at: datetime
    call_sid: str | None = None
    conference_sid: str | None = None
    status: str = "in-progress"
    duration: int | None = None
    callback: Hook | None = None
    channels: int = 1
    recorded_s: float = 0.0
    running_since: datetime | None = None


@dataclass
class Message:
    """A short message."""

    sid: str
    direction: str
    from_: str
    to: str
    body: str
    created_at: datetime
    updated_at: datetime
    status: str = "queued"
    sent_at: datetime | None = None
    error_code: int | None = None
    callback: Hook | None = None


@dataclass
class Number:
    """A number of the account and whom it asks."""

    sid: str
    phone_number: str
    created_at: datetime
    updated_at: datetime
    name: str = ""
    voice: Hook | None = None
    voice_fallback: Hook | None = None
    sms: Hook | None = None
    sms_fallback: Hook | None = None
    callback: Hook | None = None


@dataclass
class World:
    """All of it. `deleted` are addresses that answer 404 though they once were something."""

    account: str
    token: str
    calls: dict[str, Call] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    conferences: dict[str, Conference] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    unsubscribed: set[tuple[str, str]] = field(default_factory=set)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def number(self, phone_number: str) -> Number | None:
        """The number of the account that is written so."""
        return next((n for n in self.numbers.values() if n.phone_number == phone_number), None)

    def queue_named(self, name: str) -> Queue | None:
        return next((q for q in self.queues.values() if q.name == name), None)

    def conference_named(self, name: str) -> Conference | None:
        """The conference of this name that is not over."""
        found = (c for c in self.conferences.values() if c.name == name and c.status != "completed")
        return next(found, None)
