"""Every kind of fact that Paidan records; docs/events.md describes them (tested).

A payload carries ids, codes, times and numbers only. Names, phones, addresses and free text
live in tables that can be corrected, masked and erased; `core.eventlog` refuses them here.
`at` of a stamp is the event's own `occurred_at`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.events_assignment import AssignmentAccepted as AssignmentAccepted
from core.events_assignment import AssignmentActivated as AssignmentActivated
from core.events_assignment import AssignmentArrived as AssignmentArrived
from core.events_assignment import AssignmentDeparted as AssignmentDeparted
from core.events_assignment import AssignmentFinished as AssignmentFinished
from core.events_assignment import AssignmentImported as AssignmentImported
from core.events_assignment import AssignmentReachedCrew as AssignmentReachedCrew
from core.events_assignment import AssignmentRecallConfirmed as AssignmentRecallConfirmed
from core.events_assignment import AssignmentRecalled as AssignmentRecalled
from core.events_assignment import AssignmentReturned as AssignmentReturned
from core.events_assignment import AssignmentSent as AssignmentSent
from core.events_directory import DirectoryImportBegan as DirectoryImportBegan
from core.events_directory import DirectoryImported as DirectoryImported
from core.events_organisation import OrganisationDeviceChanged as OrganisationDeviceChanged
from core.events_organisation import OrganisationMemberChanged as OrganisationMemberChanged
from core.events_organisation import OrganisationShiftChanged as OrganisationShiftChanged
from core.events_organisation import OrganisationUnitChanged as OrganisationUnitChanged
from core.events_organisation import OrganisationUserChanged as OrganisationUserChanged
from core.events_organisation import OrganisationVehicleChanged as OrganisationVehicleChanged
from core.events_places import PlaceAccepted as PlaceAccepted
from core.events_places import PlaceProposed as PlaceProposed
from core.events_places import PlaceRefused as PlaceRefused
from core.events_places import PlaceSuperseded as PlaceSuperseded
from core.events_routing import DeskClosed as DeskClosed
from core.events_routing import DeskOpened as DeskOpened
from core.events_routing import ReleaseDone as ReleaseDone
from core.events_routing import ReleasePlanned as ReleasePlanned
from core.events_routing import ReleaseStuck as ReleaseStuck
from core.events_routing import ReleaseWithdrawn as ReleaseWithdrawn
from core.events_routing import RoutingRowChanged as RoutingRowChanged
from core.events_routing import RoutingSettingsChanged as RoutingSettingsChanged
from core.events_sla import SlaAcknowledged as SlaAcknowledged
from core.events_sla import SlaAlarmRaised as SlaAlarmRaised
from core.events_sla import SlaBreached as SlaBreached
from core.events_sla import SlaCaseOpened as SlaCaseOpened
from core.events_sla import SlaWithdrawn as SlaWithdrawn
from core.events_tickets import FollowUpClaimed as FollowUpClaimed
from core.events_tickets import FollowUpDropped as FollowUpDropped
from core.events_tickets import FollowUpOpened as FollowUpOpened
from core.events_tickets import FollowUpReleased as FollowUpReleased
from core.events_tickets import FollowUpTried as FollowUpTried
from core.events_tickets import TicketAnswered as TicketAnswered
from core.events_tickets import TicketAttached as TicketAttached
from core.events_tickets import TicketAttachmentHidden as TicketAttachmentHidden
from core.events_tickets import TicketClockStarted as TicketClockStarted
from core.events_tickets import TicketClosed as TicketClosed
from core.events_tickets import TicketFiled as TicketFiled
from core.events_tickets import TicketFollowUpOpened as TicketFollowUpOpened
from core.events_tickets import TicketGuided as TicketGuided
from core.events_tickets import TicketMerged as TicketMerged
from core.events_tickets import TicketOrdered as TicketOrdered
from core.events_tickets import TicketQuestionAnswered as TicketQuestionAnswered
from core.events_tickets import TicketRelated as TicketRelated
from core.events_tickets import TicketReopened as TicketReopened
from core.events_tickets import TicketReturned as TicketReturned
from core.events_tickets import TicketTransferred as TicketTransferred
from core.events_tickets import TicketUnmerged as TicketUnmerged
from core.events_tickets import TicketUnrelated as TicketUnrelated
from core.events_vehicle import VehicleArrived as VehicleArrived
from core.events_vehicle import VehicleDeparted as VehicleDeparted
from core.events_vehicle import VehicleKeyPressed as VehicleKeyPressed
from core.events_vehicle import VehicleMessageAcked as VehicleMessageAcked
from core.events_vehicle import VehicleMessageFailed as VehicleMessageFailed
from core.facts import REGISTRY as REGISTRY
from core.facts import Payload as Payload
from core.facts import fact as fact


@fact("call.opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallOpened(Payload):
    """A contact with the carrier began (first webhook of a call)."""

    carrier: str
    carrier_call: str
    direction: str


@fact("call.progressed")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallProgressed(Payload):
    """The carrier reported a state on the way: ringing, in-progress."""

    state: str
    sequence: int


@fact("call.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Payload):
    """The caller or the carrier ended the call: point A. `occurred_at` is the carrier's time."""

    end_state: str
    evidence: str
    uncertainty_s: float = 0.0


@fact("call.taken")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaken(Payload):
    """An agent said "this is my call"; the first one has it."""

    agent_id: UUID


@fact("customer.note_added")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNoteAdded(Payload):
    """Somebody wrote a note about the customer."""

    note_id: UUID
    pinned: bool


@fact("customer.note_pinned")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNotePinned(Payload):
    """A note stands above the others, or does so no longer."""

    note_id: UUID
    pinned: bool


@fact("customer.note_hidden")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNoteHidden(Payload):
    """A note is no longer shown; the reason is beside its words."""

    note_id: UUID


@fact("customer.phone_added")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPhoneAdded(Payload):
    """The customer has one more phone."""

    phone_id: UUID
    used_by: str
    verified: bool


@fact("customer.phone_verified")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPhoneVerified(Payload):
    """A phone is known to be the customer's, or no longer so."""

    phone_id: UUID
    verified: bool


@fact("customer.phone_removed")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPhoneRemoved(Payload):
    """A phone is the customer's no more."""

    phone_id: UUID


@fact("customer.corrected")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCorrected(Payload):
    """Facts of the account were put right; `fields`: their names, joined by +."""

    fields: str


@fact("privacy.unmasked")
@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyUnmasked(Payload):
    """Somebody saw one masked value in clear; the words of the reason are in a table."""

    entity: str
    entity_id: UUID
    field: str
    reason: str


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


@fact("crew.went_away")
@dataclass(frozen=True, slots=True, kw_only=True)
class CrewWentAway(Payload):
    """离岗: the crew cannot be sent orders; said again, reason and return change."""

    reason: str
    until: datetime | None = None
    stand_in_id: UUID | None = None


@fact("crew.return_overdue")
@dataclass(frozen=True, slots=True, kw_only=True)
class CrewReturnOverdue(Payload):
    """The expected return has passed and the crew is still away. `occurred_at`: that time."""

    until: datetime


@fact("crew.came_back")
@dataclass(frozen=True, slots=True, kw_only=True)
class CrewCameBack(Payload):
    """返岗: the crew can be sent orders again."""
