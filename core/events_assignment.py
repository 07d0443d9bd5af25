"""Facts of one order to one crew: points D to H, its end, and imported records."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("assignment.sent")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentSent(Payload):
    """Point D: the centre dispatched the order to a crew."""

    order_id: UUID
    attempt: int
    hop_id: UUID
    crew_id: UUID
    vehicle_id: UUID | None
    same_site: bool


@fact("assignment.reached_crew")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentReachedCrew(Payload):
    """Point E: a crew phone or the vehicle terminal confirmed."""

    receipt_id: UUID
    device: str


@fact("assignment.accepted")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentAccepted(Payload):
    """Point F: the crew accepted. `queued_behind`: its active assignment, if any."""

    queued_behind: UUID | None = None


@fact("assignment.activated")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentActivated(Payload):
    """The crew made this its active order; the time since F was queueing."""


@fact("assignment.departed")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentDeparted(Payload):
    """Point G: the crew is on its way (source gps or crew). The place: of the phone, if told."""

    evidence_id: UUID | None = None
    uncertainty_s: float = 0.0
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None


@fact("assignment.arrived")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentArrived(Payload):
    """Point H: the crew is at the site (source gps or crew). The place: of the phone, if told."""

    evidence_id: UUID | None = None
    uncertainty_s: float = 0.0
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None


@fact("assignment.finished")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentFinished(Payload):
    """The crew's work for this order is done: record filled. `found`, `done`: codes, if told."""

    found: str | None = None
    done: str | None = None


@fact("assignment.returned")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentReturned(Payload):
    """退单: the crew sent the order back to the centre."""

    reason: str


@fact("assignment.recalled")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRecalled(Payload):
    """The centre took the order back from the crew."""

    reason: str


@fact("assignment.recall_confirmed")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRecallConfirmed(Payload):
    """A device of the crew confirmed the recall."""

    receipt_id: UUID
    device: str


@fact("assignment.imported")
@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentImported(Payload):
    """A past assignment from another system; each time is UTC."""

    order_id: UUID
    crew: str
    crew_id: UUID | None = None
    attempt: int = 1
    same_site: bool = False
    d: datetime | None = None
    e: datetime | None = None
    f: datetime | None = None
    g: datetime | None = None
    h: datetime | None = None
    restored: datetime | None = None
    closed: datetime | None = None
