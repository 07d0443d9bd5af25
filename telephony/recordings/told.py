"""A recording as its facts tell it: pure. `paidan verify` compares it with the row."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.recorded import Recorded


@dataclass(frozen=True, slots=True)
class RecordingState:
    """`call_id`, `kind` and `basis` are None until a fact says them. `kept_by`: who keeps it
    beyond its time; `gone_why`: retention or person. `heard`: who listened when, and why.
    """

    state: str = "asked"
    call_id: UUID | None = None
    kind: str | None = None
    basis: str | None = None
    seconds: int | None = None
    kept_by: UUID | None = None
    gone_why: str | None = None
    gone_by: UUID | None = None
    gone_at: datetime | None = None
    heard: tuple[tuple[datetime, UUID, str], ...] = ()


def evolve(state: RecordingState, event: Recorded) -> RecordingState:
    """The recording after one more fact of its stream. Raises ValueError for a foreign fact."""
    match event.payload:
        case ev.RecordingAsked() as asked:
            return replace(
                state, call_id=asked.call_id, basis=asked.basis, kind="conversation", state="asked"
            )
        case ev.RecordingBegan() as began:
            return replace(state, call_id=began.call_id, kind=began.kind, state="in-progress")
        case ev.RecordingPaused():
            return replace(state, state="paused")
        case ev.RecordingResumed():
            return replace(state, state="in-progress")
        case ev.RecordingEnded() as ended:
            return replace(state, state=ended.outcome, seconds=ended.seconds)
        case ev.RecordingListened() as one:
            heard = (*state.heard, (event.occurred_at, one.user_id, one.reason))
            return replace(state, heard=heard)
        case ev.RecordingKept() as kept:
            return replace(state, kept_by=kept.user_id)
        case ev.RecordingReleased():
            return replace(state, kept_by=None)
        case ev.RecordingExpired() as expired:
            return replace(state, state="expired", gone_why=expired.why, gone_by=expired.user_id)
        case ev.RecordingDeleted():
            return replace(state, state="deleted", gone_at=event.occurred_at)
    raise ValueError(f"{event.type} does not fit a recording")
