"""Kinds of facts about orders; core/events.py gives them to all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("order.filed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFiled(Payload):
    """An order was made from a ticket.

    `guided_*`: what the answers to the guide would have had, where somebody chose otherwise.
    `parent_id`, `relation`, `appointment_at`: of an order that follows on another.
    """

    number: str
    ticket_id: UUID
    location_id: UUID
    area_class: str
    urgency: int
    trade: str
    guided_urgency: int | None = None
    guided_trade: str | None = None
    parent_id: UUID | None = None
    relation: str | None = None
    appointment_at: datetime | None = None
    begins_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    place_source: str | None = None
    uncertainty_m: float | None = None


@fact("order.located")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLocated(Payload):
    """The place of an order was corrected: WGS-84 degrees, metres."""

    location_id: UUID
    assignment_id: UUID | None
    place_source: str
    lat: float
    lon: float
    uncertainty_m: float


@fact("order.site_drawn")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSiteDrawn(Payload):
    """Somebody drew what counts as being there, or took the drawing back (`shape` null).

    `shape`: circle, polygon or corridor; its points are in the row of the location. The point of
    the place is in WGS-84 degrees, metres.
    """

    location_id: UUID
    shape: str | None
    place_source: str
    lat: float
    lon: float
    uncertainty_m: float | None


@fact("order.released")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReleased(Payload):
    """Point B: the hotline sent the order to a centre."""

    hop_id: UUID
    attempt: int
    centre_id: UUID
    during_call: bool = False


@fact("order.reached_centre")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReachedCentre(Payload):
    """Point C: the centre's own client confirmed."""

    hop_id: UUID
    receipt_id: UUID
    device: str


@fact("order.centre_accepted")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCentreAccepted(Payload):
    """The centre accepted the order."""

    hop_id: UUID


@fact("order.returned")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReturned(Payload):
    """退单: the centre sent the order back to the hotline."""

    hop_id: UUID
    reason: str


@fact("order.recalled")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecalled(Payload):
    """The hotline took the order back from the centre."""

    hop_id: UUID
    reason: str


@fact("order.assigned")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAssigned(Payload):
    """An assignment of this order began (D belongs to the assignment)."""

    assignment_id: UUID
    attempt: int
    crew_id: UUID


@fact("order.unassigned")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnassigned(Payload):
    """The order's assignment ended without work done."""

    assignment_id: UUID
    how: str


@fact("order.restored")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRestored(Payload):
    """恢复供电: supply is back."""

    assignment_id: UUID | None = None


@fact("order.finished")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFinished(Payload):
    """The crew's work is done and recorded; the order waits to be closed."""

    assignment_id: UUID


@fact("order.closed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClosed(Payload):
    """归档: the order is closed."""

    outcome: str


@fact("order.clock_started")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClockStarted(Payload):
    """Point A of an order with a clock of its own: it follows on another, or on a reopening."""

    evidence: str
    uncertainty_s: float = 0.0


@fact("order.begun")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBegun(Payload):
    """An order that was kept for later (appointment, materials) waits for release from now on."""


@fact("order.follow_on_filed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFollowOnFiled(Payload):
    """Another order follows on this one."""

    child_id: UUID
    relation: str


@fact("order.chased_up")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChasedUp(Payload):
    """催办: the customer asked again. `urgency`: what it is from now on."""

    chase_up_id: UUID
    urgency: int
    call_id: UUID | None = None
    ticket_id: UUID | None = None


@fact("order.reopened")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReopened(Payload):
    """The merge that had closed it was undone; it waits for release as before."""

    state: str


@fact("order.stamp_corrected")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStampCorrected(Payload):
    """A point got a new time, with a reason; `occurred_at` is that time."""

    point: str
    reason: str
    hop_id: UUID | None = None
    assignment_id: UUID | None = None
    evidence_id: UUID | None = None
    uncertainty_s: float = 0.0


@fact("order.imported")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderImported(Payload):
    """A past order from another system; each time is UTC."""

    number: str
    system: str
    centre: str
    centre_id: UUID | None = None
    location_id: UUID | None = None
    area_class: str = "unknown"
    a: datetime | None = None
    b: datetime | None = None
    c: datetime | None = None
    lat: float | None = None
    lon: float | None = None
