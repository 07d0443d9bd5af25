"""What becomes of a call for help: pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.recorded import Recorded

OUTCOMES = ("helped", "mistake")


@dataclass(frozen=True, slots=True)
class HelpState:
    """A call as its events tell it. The place is the last one told."""

    id: UUID
    source: str
    called_at: datetime
    last_at: datetime
    times: int = 1
    crew_id: UUID | None = None
    centre_id: UUID | None = None
    vehicle_id: UUID | None = None
    order_id: UUID | None = None
    lat: float | None = None
    lon: float | None = None
    seen_at: datetime | None = None
    seen_by: UUID | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    outcome: str | None = None


def evolve_help(state: HelpState | None, event: Recorded) -> HelpState:
    """The call after one more fact. Called again, it waits for somebody to take note anew."""
    payload, at = event.payload, event.occurred_at
    if isinstance(payload, ev.HelpCalled):
        return HelpState(
            id=event.stream_id,
            source=payload.how,
            called_at=at,
            last_at=at,
            crew_id=payload.crew_id,
            centre_id=payload.centre_id,
            vehicle_id=payload.vehicle_id,
            order_id=payload.order_id,
            lat=payload.lat,
            lon=payload.lon,
        )
    if state is None:
        raise ValueError(f"{event.type} before anybody called")
    match payload:
        case ev.HelpRepeated():
            placed = payload.lat is not None
            return replace(
                state,
                last_at=max(at, state.last_at),
                times=state.times + 1,
                lat=payload.lat if placed else state.lat,
                lon=payload.lon if placed else state.lon,
                seen_at=None,
                seen_by=None,
            )
        case ev.HelpAcknowledged():
            return replace(state, seen_at=at, seen_by=event.actor_id)
        case ev.HelpEnded():
            return replace(state, ended_at=at, ended_by=event.actor_id, outcome=payload.outcome)
    raise ValueError(f"{event.type} is not a fact of a call for help")
