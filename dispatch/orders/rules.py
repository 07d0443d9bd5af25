"""The life of an order and of an assignment: pure transition tables and folds.

An order goes hotline → centre → crew; one that is scheduled (appointment, materials) waits
first. Each act is allowed from named states only; whatever is not in the table is refused with the
state it met. `evolve_*` is the one place that turns facts into state: use cases and `paidan verify`
both call it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.recorded import Recorded

_RUNNING = ("scheduled", "filed", "released", "accepted", "assigned", "returned", "finished")
ORDER_TABLE: dict[str, dict[str, str]] = {
    "release": {"filed": "released", "returned": "released"},
    "accept": {"released": "accepted"},
    "return": {"released": "returned", "accepted": "returned"},
    "recall": {"released": "filed", "accepted": "filed", "assigned": "filed"},
    "dispatch": {"released": "assigned", "accepted": "assigned"},
    "unassign": {"assigned": "accepted"},
    "finish": {"assigned": "finished"},
    "close": dict.fromkeys(("scheduled", "filed", "returned", "finished"), "closed"),
    "begin": {"scheduled": "filed"},
    "chase": {state: state for state in _RUNNING},
    "follow_on": {state: state for state in (*_RUNNING, "closed")},
    "hold": {one: one for one in ("filed", "released", "accepted", "assigned", "returned")},
    "site": {state: state for state in _RUNNING},
}
ASSIGNMENT_TABLE: dict[str, dict[str, str]] = {
    "accept": {"sent": "accepted"},
    "activate": {"accepted": "active"},
    "depart": {"active": "departed"},
    "arrive": {"active": "arrived", "departed": "arrived"},
    "restore": {"arrived": "arrived"},
    "finish": {"arrived": "finished"},
    "place": {one: one for one in ("sent", "accepted", "active", "departed", "arrived")},
    "hold": {one: one for one in ("accepted", "active", "departed", "arrived")},
    "return": dict.fromkeys(("sent", "accepted", "active", "departed", "arrived"), "returned"),
    "recall": dict.fromkeys(("sent", "accepted", "active", "departed", "arrived"), "recalled"),
}
OPEN_ASSIGNMENT = ("sent", "accepted", "active", "departed", "arrived")
ACTIVE_ASSIGNMENT = ("active", "departed", "arrived")
REASONS = (
    "wrong_department",
    "wrong_place",
    "duplicate",
    "crew_unavailable",
    "safety",
    "other",
)


@dataclass(frozen=True, slots=True)
class HopState:
    """One sending of the order to a centre."""

    id: UUID
    attempt: int
    centre_id: UUID
    state: str
    released_at: datetime
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    during_call: bool = False


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as its events tell it."""

    id: UUID
    number: str
    system: str
    state: str
    filed_at: datetime
    ticket_id: UUID | None = None
    location_id: UUID | None = None
    area_class: str = "urban"
    urgency: int = 0
    trade: str = "any"
    centre_id: UUID | None = None
    centre_code: str | None = None
    hops: tuple[HopState, ...] = ()
    assignment_id: UUID | None = None
    attempts: int = 0
    parent_id: UUID | None = None
    relation: str | None = None
    appointment_at: datetime | None = None
    begins_at: datetime | None = None
    chase_ups: int = 0

    @property
    def hop(self) -> HopState | None:
        return self.hops[-1] if self.hops else None


@dataclass(frozen=True, slots=True)
class AssignmentState:
    """An assignment as its events tell it."""

    id: UUID
    order_id: UUID
    attempt: int
    state: str
    hop_id: UUID | None = None
    crew_id: UUID | None = None
    crew_code: str | None = None
    vehicle_id: UUID | None = None
    same_site: bool = False
    sent_at: datetime | None = None
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    queued_behind: UUID | None = None
    activated_at: datetime | None = None
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    recall_confirmed_at: datetime | None = None


def allowed(table: dict[str, dict[str, str]], act: str, state: str) -> bool:
    """Whether `act` is possible in `state`."""
    return state in table[act]


def evolve_order(order: OrderState | None, event: Recorded) -> OrderState:
    """The order after one more fact of its stream."""
    payload, at = event.payload, event.occurred_at
    match payload:
        case ev.OrderFiled():
            return OrderState(
                id=event.stream_id,
                number=payload.number,
                system="paidan",
                state="scheduled" if _kept_for_later(payload) else "filed",
                filed_at=at,
                ticket_id=payload.ticket_id,
                location_id=payload.location_id,
                area_class=payload.area_class,
                urgency=payload.urgency,
                trade=payload.trade,
                parent_id=payload.parent_id,
                relation=payload.relation,
                appointment_at=payload.appointment_at,
                begins_at=payload.begins_at,
            )
        case ev.OrderImported():
            return OrderState(
                id=event.stream_id,
                number=payload.number,
                system=payload.system,
                state="closed",
                filed_at=at,
                location_id=payload.location_id,
                area_class=payload.area_class,
                centre_id=payload.centre_id,
                centre_code=payload.centre,
            )
    if order is None:
        raise ValueError(f"{event.type} before the order was filed")
    return _evolve_hop(order, event) if _is_hop(payload) else _evolve_state(order, event)


def _kept_for_later(payload: ev.OrderFiled) -> bool:
    """Materials may come at a time that nobody knows yet; an appointment has one."""
    return payload.begins_at is not None or payload.relation == "materials"


def _is_hop(payload: ev.Payload) -> bool:
    return isinstance(
        payload,
        ev.OrderReleased
        | ev.OrderReachedCentre
        | ev.OrderCentreAccepted
        | ev.OrderReturned
        | ev.OrderRecalled,
    )


def _evolve_hop(order: OrderState, event: Recorded) -> OrderState:
    payload, at = event.payload, event.occurred_at
    match payload:
        case ev.OrderReleased():
            hop = HopState(
                id=payload.hop_id,
                attempt=payload.attempt,
                centre_id=payload.centre_id,
                state="released",
                released_at=at,
                during_call=payload.during_call,
            )
            return replace(
                order, state="released", centre_id=hop.centre_id, hops=(*order.hops, hop)
            )
        case ev.OrderReachedCentre():
            return _with_hop(order, payload.hop_id, first={"received_at": at})
        case ev.OrderCentreAccepted():
            changed = _with_hop(order, payload.hop_id, state="accepted", accepted_at=at)
            return replace(changed, state="accepted")
        case ev.OrderReturned():
            changed = _with_hop(
                order, payload.hop_id, state="returned", ended_at=at, reason=payload.reason
            )
            return replace(changed, state="returned", centre_id=None)
        case ev.OrderRecalled():
            changed = _with_hop(
                order, payload.hop_id, state="recalled", ended_at=at, reason=payload.reason
            )
            return replace(changed, state="filed", centre_id=None)
    raise ValueError(f"{event.type} is not a fact of a centre hop")


def _with_hop(
    order: OrderState,
    hop_id: UUID,
    first: dict[str, datetime] | None = None,
    **changes: object,
) -> OrderState:
    """The order with one hop changed; `first` sets a time only where there is none yet."""
    hops = []
    for hop in order.hops:
        if hop.id == hop_id:
            kept = {
                name: value for name, value in (first or {}).items() if getattr(hop, name) is None
            }
            hop = replace(hop, **changes, **kept)  # type: ignore[arg-type]  # names are of HopState
        hops.append(hop)
    return replace(order, hops=tuple(hops))


def _evolve_state(order: OrderState, event: Recorded) -> OrderState:
    payload = event.payload
    match payload:
        case ev.OrderAssigned():
            return replace(
                order,
                state="assigned",
                assignment_id=payload.assignment_id,
                attempts=payload.attempt,
            )
        case ev.OrderUnassigned():
            return replace(order, state="accepted")
        case ev.OrderFinished():
            return replace(order, state="finished")
        case ev.OrderClosed():
            return replace(order, state="closed")
        case ev.OrderBegun():
            return replace(order, state="filed", begins_at=None)
        case ev.OrderChasedUp():
            return replace(order, chase_ups=order.chase_ups + 1, urgency=payload.urgency)
        case ev.OrderLocated() | ev.OrderSiteDrawn():
            return replace(order, location_id=payload.location_id)
        case ev.OrderReopened():
            return replace(order, state=payload.state)
        case (
            ev.OrderRestored()
            | ev.OrderStampCorrected()
            | ev.OrderClockStarted()
            | ev.OrderFollowOnFiled()
        ):
            return order
    raise ValueError(f"{event.type} is not a fact of an order")


def evolve_assignment(state: AssignmentState | None, event: Recorded) -> AssignmentState:
    """The assignment after one more fact of its stream."""
    payload, at = event.payload, event.occurred_at
    match payload:
        case ev.AssignmentSent():
            return AssignmentState(
                id=event.stream_id,
                order_id=payload.order_id,
                attempt=payload.attempt,
                state="sent",
                hop_id=payload.hop_id,
                crew_id=payload.crew_id,
                vehicle_id=payload.vehicle_id,
                same_site=payload.same_site,
                sent_at=at,
            )
        case ev.AssignmentImported():
            return AssignmentState(
                id=event.stream_id,
                order_id=payload.order_id,
                attempt=payload.attempt,
                state="finished",
                crew_id=payload.crew_id,
                crew_code=payload.crew,
                same_site=payload.same_site,
                sent_at=payload.d,
                received_at=payload.e,
                accepted_at=payload.f,
                departed_at=payload.g,
                arrived_at=payload.h,
                ended_at=payload.closed,
            )
    if state is None:
        raise ValueError(f"{event.type} before the assignment was sent")
    return _evolve_open(state, payload, at, event.type)


def _evolve_open(
    state: AssignmentState, payload: ev.Payload, at: datetime, type_: str
) -> AssignmentState:
    is_open = state.state in OPEN_ASSIGNMENT
    match payload:
        case ev.AssignmentReachedCrew():
            return replace(state, received_at=state.received_at or at)
        case ev.AssignmentAccepted():
            return replace(
                state, state="accepted", accepted_at=at, queued_behind=payload.queued_behind
            )
        case ev.AssignmentActivated():
            return replace(state, state="active", activated_at=at)
        case ev.AssignmentDeparted():
            moved = "departed" if state.state == "active" else state.state
            return replace(state, state=moved, departed_at=state.departed_at or at)
        case ev.AssignmentArrived():
            moved = "arrived" if state.state in ("active", "departed") else state.state
            return replace(state, state=moved, arrived_at=state.arrived_at or at)
        case ev.AssignmentFinished():
            return replace(state, state="finished", ended_at=at)
        case ev.AssignmentReturned() if is_open:
            return replace(state, state="returned", ended_at=at, reason=payload.reason)
        case ev.AssignmentRecalled() if is_open:
            return replace(state, state="recalled", ended_at=at, reason=payload.reason)
        case ev.AssignmentRecallConfirmed():
            return replace(state, recall_confirmed_at=state.recall_confirmed_at or at)
    raise ValueError(f"{type_} does not fit an assignment that is {state.state}")
