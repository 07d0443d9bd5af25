"""Which facts are stamps: pure. One event makes none, one or (imported) several stamps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from core import events as ev
from core.recorded import Recorded

# Of several stamps of one point the first of the best source counts; a correction beats all.
SOURCE_RANK = {"gps": 0, "carrier": 0, "receipt": 0, "terminal": 0}
_OTHER = 1
PLACE_CORRECTED = "place_corrected"
"""Why H counts anew: the first arrival was at a place that the order had wrong."""
LATE_POSITIONS = "late_positions"
"""Why G or H by GPS counts anew: positions that came late show the moment better."""


@dataclass(frozen=True, slots=True)
class StampState:
    """Evidence of one point, as it will be a row of `stamp`."""

    id: UUID
    event_id: UUID
    point: str
    at: datetime
    recorded_at: datetime
    source: str
    actor_kind: str
    actor_id: UUID | None
    uncertainty_s: float = 0.0
    evidence: str | None = None
    reason: str | None = None
    order_id: UUID | None = None
    ticket_id: UUID | None = None
    hop_id: UUID | None = None
    assignment_id: UUID | None = None
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None


def stamps_of(event: Recorded, order_id: UUID | None) -> list[StampState]:
    """The stamps that a fact makes. `order_id`: the order of an assignment's stream."""
    return [
        StampState(
            id=uuid5(event.id, point),
            event_id=event.id,
            point=point,
            at=at,
            recorded_at=event.recorded_at,
            source=event.source,
            actor_kind=event.actor_kind,
            actor_id=event.actor_id,
            uncertainty_s=getattr(event.payload, "uncertainty_s", 0.0),
            evidence=_evidence(event.payload),
            reason=event.payload.reason
            if isinstance(event.payload, ev.OrderStampCorrected)
            else None,
            order_id=event.stream_id if event.stream == "order" else order_id,
            ticket_id=event.stream_id if event.stream == "ticket" else None,
            hop_id=getattr(event.payload, "hop_id", None) if event.stream == "order" else None,
            assignment_id=event.stream_id
            if event.stream == "assignment"
            else getattr(event.payload, "assignment_id", None),
            **_where(event.payload),
        )
        for point, at in _points(event)
    ]


def _where(payload: ev.Payload) -> dict[str, float | None]:
    """Where the phone was when it was tapped."""
    if not isinstance(payload, ev.AssignmentDeparted | ev.AssignmentArrived):
        return {}
    return {"lat": payload.lat, "lon": payload.lon, "accuracy_m": payload.accuracy_m}


def _points(event: Recorded) -> Iterator[tuple[str, datetime]]:
    payload = event.payload
    if isinstance(payload, ev.OrderStampCorrected):
        yield payload.point, event.occurred_at
    elif isinstance(payload, ev.OrderImported):
        yield from _imported(payload, ("a", "b", "c"))
    elif isinstance(payload, ev.AssignmentImported):
        yield from _imported(payload, ("d", "e", "f", "g", "h", "restored", "closed"))
    elif point := _POINT_OF.get(type(payload)):
        yield point, event.occurred_at


def _imported(payload: ev.Payload, names: Sequence[str]) -> Iterator[tuple[str, datetime]]:
    for name in names:
        if (at := getattr(payload, name)) is not None:
            yield name.upper() if len(name) == 1 else name, at


_POINT_OF: dict[type[ev.Payload], str] = {
    ev.TicketClockStarted: "A",
    ev.OrderClockStarted: "A",
    ev.OrderReleased: "B",
    ev.OrderReachedCentre: "C",
    ev.OrderCentreAccepted: "centre_accepted",
    ev.AssignmentSent: "D",
    ev.AssignmentReachedCrew: "E",
    ev.AssignmentAccepted: "F",
    ev.AssignmentActivated: "activated",
    ev.AssignmentDeparted: "G",
    ev.AssignmentArrived: "H",
    ev.OrderRestored: "restored",
    ev.AssignmentFinished: "recorded",
    ev.OrderClosed: "closed",
}


def _evidence(payload: ev.Payload) -> str | None:
    for name in ("device", "evidence_id", "receipt_id", "evidence"):
        if (value := getattr(payload, name, None)) is not None:
            return str(value)
    return None


def counting(stamps: Sequence[StampState]) -> StampState | None:
    """The stamp of a point that counts: last correction, else best source, else earliest."""
    if not stamps:
        return None
    corrections = [stamp for stamp in stamps if stamp.reason is not None]
    if corrections:
        return max(corrections, key=lambda stamp: (stamp.recorded_at, str(stamp.id)))
    return min(
        stamps,
        key=lambda stamp: (SOURCE_RANK.get(stamp.source, _OTHER), stamp.at, str(stamp.id)),
    )


def counting_start(stamps: Sequence[StampState]) -> StampState | None:
    """The A that counts where several tickets share an order: each has its own, the first counts.

    A correction of the order's A beats all.
    """
    corrected = [stamp for stamp in stamps if stamp.reason is not None]
    if corrected:
        return counting(corrected)
    by_ticket: dict[UUID | None, list[StampState]] = {}
    for stamp in stamps:
        by_ticket.setdefault(stamp.ticket_id, []).append(stamp)
    each = [one for group in by_ticket.values() if (one := counting(group)) is not None]
    return min(each, key=lambda stamp: (stamp.at, str(stamp.id)), default=None)
