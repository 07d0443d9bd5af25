"""A proposal to correct the directory, folded from its events: pure."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core import events as ev
from core.recorded import Recorded

REFUSALS = (
    ("directory_right", "档案位置正确", "the directory is right"),
    ("another_place", "是另一处地点", "it was another place"),
    ("too_uncertain", "定位不够准确", "too uncertain"),
    ("other", "其他原因", "another reason"),
)
"""Why the directory keeps its point: code, zh, en."""
REFUSAL_CODES = tuple(code for code, *_ in REFUSALS)


@dataclass(frozen=True, slots=True)
class ProposalState:
    """A row of `place_proposal` without its organisation."""

    id: UUID
    subject: str
    subject_id: UUID
    order_id: UUID
    location_id: UUID
    old_lat: float | None
    old_lon: float | None
    lat: float
    lon: float
    uncertainty_m: float
    distance_m: float | None
    state: str
    made_at: datetime
    made_by: UUID | None
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    reason: str | None = None

    def columns(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, row: Any) -> "ProposalState":
        """From a row with the same names."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})


def evolve_proposal(state: ProposalState | None, event: Recorded) -> ProposalState:
    """The proposal after one more fact of its stream."""
    payload, at = event.payload, event.occurred_at
    if isinstance(payload, ev.PlaceProposed):
        return ProposalState(
            id=event.stream_id,
            subject=payload.subject,
            subject_id=payload.subject_id,
            order_id=payload.order_id,
            location_id=payload.location_id,
            old_lat=payload.old_lat,
            old_lon=payload.old_lon,
            lat=payload.lat,
            lon=payload.lon,
            uncertainty_m=payload.uncertainty_m,
            distance_m=payload.distance_m,
            state="open",
            made_at=at,
            made_by=event.actor_id,
        )
    if state is None:
        raise ValueError(f"{event.type} before a place was proposed")
    decided = replace(state, decided_at=at, decided_by=event.actor_id)
    match payload:
        case ev.PlaceAccepted():
            return replace(decided, state="accepted")
        case ev.PlaceRefused():
            return replace(decided, state="refused", reason=payload.reason)
        case ev.PlaceSuperseded():
            return replace(decided, state="superseded")
    raise ValueError(f"{event.type} is not a fact of a proposal")
