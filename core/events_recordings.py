"""Kinds of facts about recordings; core/events.py gives them to all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("recording.asked")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAsked(Payload):
    """A conversation is to be recorded. `basis`: announced or agreed."""

    call_id: UUID
    basis: str


@fact("recording.began")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingBegan(Payload):
    """The carrier records. `kind`: conversation or message."""

    call_id: UUID
    kind: str


@fact("recording.paused")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPaused(Payload):
    """What is said is not recorded, until `until` at the latest."""

    until: datetime | None = None


@fact("recording.resumed")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResumed(Payload):
    """It is recorded again."""


@fact("recording.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEnded(Payload):
    """It is over: ready, absent or failed. `code`: of a failure."""

    outcome: str
    seconds: int | None = None
    code: str | None = None


@fact("recording.listened")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingListened(Payload):
    """Somebody listens. `reason`: a code."""

    user_id: UUID
    reason: str


@fact("recording.kept")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingKept(Payload):
    """It is kept beyond its time."""

    user_id: UUID


@fact("recording.released")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingReleased(Payload):
    """It is kept no longer than others."""

    user_id: UUID


@fact("recording.expired")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingExpired(Payload):
    """The carrier is to erase it. `why`: retention or person."""

    why: str
    user_id: UUID | None = None


@fact("recording.deleted")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDeleted(Payload):
    """The carrier has erased it."""
