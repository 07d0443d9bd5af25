"""Kinds of facts about what happens in a call; core/events.py gives them to all.

Those of calls but the last two tell the stage that the call has come to.
"""

from dataclasses import dataclass
from datetime import datetime

from core.facts import Payload, fact


@fact("call.greeted")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallGreeted(Payload):
    """The caller hears the hotline: announcements, the menu."""


@fact("call.queued")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(Payload):
    """The caller waits in a queue. `number`: the call's first stay in one is 1."""

    number: int
    queue: str
    priority: int
    language: str


@fact("call.offered")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(Payload):
    """An agent's phone is called for the caller who waits."""


@fact("call.bridged")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallBridged(Payload):
    """An agent and the caller hear each other."""


@fact("call.held")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(Payload):
    """The caller hears music."""


@fact("call.resumed")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(Payload):
    """The hold is over."""


@fact("call.left_queue")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeftQueue(Payload):
    """A stay in a queue is over: bridged, hangup, leave, moved, full or failed."""

    number: int
    queue: str
    result: str
    wait_s: float


@fact("call.concluded")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallConcluded(Payload):
    """What became of a call that has ended. Evidence that comes late may conclude it anew."""

    outcome: str
    left_in: str | None
    short: bool | None
    queued_at: datetime | None
    bridged_at: datetime | None
    hung_up_at: datetime
    hung_up_by: str
    wait_s: float | None
    ring_s: float | None
    talk_s: float
    held_s: float
    transfers: int


@fact("announcement.began")
@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementBegan(Payload):
    """Every caller hears an emergency announcement first; its words are in a table."""


@fact("announcement.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementEnded(Payload):
    """It is heard no more."""


@fact("number.registered")
@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRegistered(Payload):
    """A number that callers dial is the organisation's; it is in a table."""


@fact("number.labelled")
@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLabelled(Payload):
    """It is called otherwise."""


@fact("number.withdrawn")
@dataclass(frozen=True, slots=True, kw_only=True)
class NumberWithdrawn(Payload):
    """It is the organisation's no more."""
