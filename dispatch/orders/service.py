"""Use cases of the hotline and of the repair centre."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.clock import real_now
from core.errors import InvalidField, OrderExists
from core.identity import EVERYTHING, Access
from core.ids import new_id
from core.models import Unit
from core.uow import UnitOfWork
from dispatch.crews.service import demand_present
from dispatch.directory.models import Customer
from dispatch.numbering import next_number
from dispatch.orders import repository
from dispatch.orders.models import Location, OrderTicket, Receipt
from dispatch.orders.rules import OPEN_ASSIGNMENT, AssignmentState, OrderState, evolve_order
from dispatch.orders.timeline import ASSIGNMENT_POINTS, HOP_POINTS
from dispatch.orders.work import Work, work_on, work_on_assignment
from dispatch.routing import plans
from dispatch.tickets.models import Ticket
from dispatch.tickets.work import TicketWork, work_on_ticket
from gps import service as gps
from sla import service as sla
from sla.facts import Facts
from sla.versions import USUAL

POLICY = USUAL
DISPATCHER = "dispatcher"
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What an agent files. `lat`/`lon` are WGS-84 degrees; `place_en` is `place` in English.

    `urgency`, `trade`: None takes what the answers to the ticket's guide say.
    """

    ticket_id: UUID
    fault_code: str
    place: str
    area_class: str
    urgency: int | None
    trade: str | None
    lat: float | None = None
    lon: float | None = None
    location_source: str = "map_pin"
    uncertainty_m: float | None = None
    place_en: str | None = None
    premise_id: UUID | None = None
    node_id: UUID | None = None


def file_order(uow: UnitOfWork, new: NewOrder) -> UUID:
    """Make an order from a ticket and put it under its policy. Returns its id.

    The ticket is locked, so that its clock starts before or after, never unseen in between, and
    so that two agents cannot make two orders of one request. The order of a ticket that was
    reopened has a clock of its own: it runs from the reopening.
    """
    if uow.session.get(Ticket, (uow.org_id, new.ticket_id)) is None:
        raise InvalidField("body.ticket_id", "there is no such ticket", "没有此受理单")
    with work_on_ticket(uow, new.ticket_id) as ticket:
        existing = repository.order_of_ticket(uow.session, uow.org_id, ticket.row.id)
        reopened_at = ticket.ticket.reopened_at
        if existing is not None and (reopened_at is None or existing.state != "closed"):
            first = ticket.first()
            raise OrderExists(
                number=existing.number,
                since_zh="（{}，{}）".format(*first) if first else "",
                since_en=" ({}, {})".format(*first) if first else "",
            )
        ticket.demand("order")
        order_id = new_id()
        place = _keep_place(uow, new, order_id)
        event = uow.emit(order_id, _filed(uow, new, ticket, place.id), source="agent")
        state = evolve_order(None, event)
        ticket.record(ev.TicketOrdered(order_id=state.id))
        add_order(uow, state, new.fault_code, ticket.row.id, clock=existing is None)
        plans.plan(uow, state.id, uow.now)
    with work_on(uow, state.id) as work:  # deadlines run from A, which the ticket may have already
        if existing is not None:
            assert reopened_at is not None
            work.record(
                state.id, ev.OrderClockStarted(evidence="reopened"), occurred_at=reopened_at,
                source="agent",
            )  # fmt: skip
    return state.id


def _keep_place(uow: UnitOfWork, new: NewOrder, order_id: UUID) -> Location:
    place = Location(
        org_id=uow.org_id,
        id=new_id(),
        order_id=order_id,
        premise_id=new.premise_id,
        node_id=new.node_id,
        lat=new.lat,
        lon=new.lon,
        source=new.location_source,
        uncertainty_m=new.uncertainty_m,
        place=new.place,
        place_en=new.place_en,
        recorded_at=uow.now,
    )
    uow.session.add(place)
    return place


def _filed(uow: UnitOfWork, new: NewOrder, ticket: TicketWork, location_id: UUID) -> ev.OrderFiled:
    """The fact of filing. Where somebody chose otherwise than the guide, it says what that was."""
    guided_urgency, guided_trade = ticket.ticket.guided_urgency, ticket.ticket.guided_trade
    urgency = new.urgency if new.urgency is not None else guided_urgency or 0
    trade = new.trade or guided_trade or "any"
    return ev.OrderFiled(
        number=next_number(uow, "order"),
        ticket_id=ticket.row.id,
        location_id=location_id,
        area_class=new.area_class,
        urgency=urgency,
        trade=trade,
        guided_urgency=guided_urgency if guided_urgency != urgency else None,
        guided_trade=guided_trade if guided_trade != trade else None,
        lat=new.lat,
        lon=new.lon,
        place_source=new.location_source,
        uncertainty_m=new.uncertainty_m,
    )


def add_order(
    uow: UnitOfWork, state: OrderState, fault_code: str, ticket_id: UUID, *, clock: bool
) -> None:
    """Write a new order, its link to the ticket and its SLA case.

    `clock`: the ticket's point A is the order's.
    """
    repository.save_order(uow.session, uow.org_id, state, fault_code=fault_code)
    uow.session.add(
        OrderTicket(org_id=uow.org_id, order_id=state.id, ticket_id=ticket_id, clock=clock)
    )
    uow.session.flush()
    sla.begin(uow, state.id, "order", _about(uow, state, fault_code, ticket_id))


def _about(uow: UnitOfWork, state: OrderState, fault_code: str, ticket_id: UUID) -> Facts:
    """What decides under which policy an order begins, and how long its limits are."""
    ticket = uow.session.get(Ticket, (uow.org_id, ticket_id))
    customer_id = ticket.customer_id if ticket else None
    customer = uow.session.get(Customer, (uow.org_id, customer_id)) if customer_id else None
    return Facts(
        area_class=state.area_class,
        customer_class=customer.importance if customer else None,
        fault_class=fault_code,
        kind=ticket.kind if ticket else None,
        channel=ticket.channel if ticket else None,
    )


def release(uow: UnitOfWork, order_id: UUID, centre_id: UUID) -> None:
    """Point B: the shift lead sends the order to a centre, whose client must confirm."""
    with work_on(uow, order_id) as work:
        work.demand("release")
        plans.withdraw(uow, order_id, "released")
        _release(work, centre_id, DISPATCHER)


def release_by_system(uow: UnitOfWork, order_id: UUID, centre_id: UUID) -> UUID:
    """Point B, as no lead acted in time: the same, stamped by the system. Returns the hop's id."""
    with work_on(uow, order_id) as work:
        work.demand("release")
        return _release(work, centre_id, SYSTEM)


def _release(work: Work, centre_id: UUID, source: str) -> UUID:
    uow, order_id = work.uow, work.order.id
    centre = _unit(uow, centre_id, "centre", "body.centre_id")
    ticket = uow.session.get(Ticket, (uow.org_id, work.order.ticket_id))
    talking = ticket is not None and ticket.channel == "phone" and not ticket.clock_started_at
    hop_id = new_id()
    work.record(
        order_id,
        ev.OrderReleased(
            hop_id=hop_id,
            attempt=len(work.order.hops) + 1,
            centre_id=centre.id,
            during_call=bool(talking and ticket and ticket.call_id),
        ),
        source=source,
    )
    _ask_receipt(uow, work.order, "centre", hop_id, "order", centre.id)
    return hop_id


def accept_at_centre(uow: UnitOfWork, order_id: UUID, access: Access) -> None:
    """The centre accepts: the 4-minute alarm of the first hop stops."""
    with work_on(uow, order_id, access) as work:
        work.demand("accept")
        _accept(work)


def _accept(work: Work) -> None:
    assert work.order.hop is not None
    work.record(work.order.id, ev.OrderCentreAccepted(hop_id=work.order.hop.id), source=DISPATCHER)


def return_to_hotline(uow: UnitOfWork, order_id: UUID, reason: str, access: Access) -> None:
    """退单: the centre gives the order back with a reason."""
    with work_on(uow, order_id, access) as work:
        work.demand("return")
        assert work.order.hop is not None
        hop_id = work.order.hop.id
        repository.void_receipts(uow, hop_id, "order")
        work.record(order_id, ev.OrderReturned(hop_id=hop_id, reason=reason), source=DISPATCHER)


def recall_from_centre(uow: UnitOfWork, order_id: UUID, reason: str) -> None:
    """The hotline takes the order back, from the crew too where one has it."""
    with work_on(uow, order_id) as work:
        work.demand("recall")
        assert work.order.hop is not None
        if work.assignment is not None and work.assignment.state in OPEN_ASSIGNMENT:
            _recall_assignment(work, work.assignment, reason)
        hop_id = work.order.hop.id
        repository.void_receipts(uow, hop_id, "order")
        work.record(order_id, ev.OrderRecalled(hop_id=hop_id, reason=reason), source=DISPATCHER)


def dispatch(uow: UnitOfWork, order_id: UUID, crew_id: UUID, access: Access) -> None:
    """Point D: the centre sends the order to the crew's phones and its vehicle's terminal."""
    with work_on(uow, order_id, access) as work:
        work.demand("dispatch")
        crew = _unit(uow, crew_id, "crew", "body.crew_id")
        if access != EVERYTHING and crew.centre_id != access.unit_id:
            raise InvalidField(
                "body.crew_id", "the crew belongs to another centre", "班组属于其他中心"
            )
        demand_present(uow, crew)
        if work.order.state == "released":
            _accept(work)
        assignment = _send(work, crew)
        _ask_receipt(uow, work.order, "crew", assignment.id, "order", crew.id)
        _tell_terminal(uow, work.order, assignment, "order")


def _send(work: Work, crew: Unit) -> AssignmentState:
    uow = work.uow
    assert work.order.hop is not None
    centre = repository.unit(uow.session, uow.org_id, work.order.hop.centre_id, "centre")
    vehicle = repository.vehicle_of(uow.session, uow.org_id, crew.id)
    attempt = work.order.attempts + 1
    assignment_id = new_id()
    work.record(
        assignment_id,
        ev.AssignmentSent(
            order_id=work.order.id,
            attempt=attempt,
            hop_id=work.order.hop.id,
            crew_id=crew.id,
            vehicle_id=vehicle.id if vehicle else None,
            same_site=crew.site == centre.site,
        ),
        source=DISPATCHER,
    )
    work.record(
        work.order.id,
        ev.OrderAssigned(assignment_id=assignment_id, attempt=attempt, crew_id=crew.id),
        source=DISPATCHER,
    )
    return work.assignments[assignment_id]


def recall_from_crew(uow: UnitOfWork, assignment_id: UUID, reason: str, access: Access) -> UUID:
    """The centre takes the order back from every phone and terminal. Returns the order's id."""
    with work_on_assignment(uow, assignment_id, access) as (work, assignment):
        work.demand_of(assignment, "recall")
        _recall_assignment(work, assignment, reason)
        work.record(
            work.order.id,
            ev.OrderUnassigned(assignment_id=assignment_id, how="recalled"),
            source=DISPATCHER,
        )
        return work.order.id


def _recall_assignment(work: Work, assignment: AssignmentState, reason: str) -> None:
    uow = work.uow
    work.record(assignment.id, ev.AssignmentRecalled(reason=reason), source=DISPATCHER)
    end_watch_and_deliveries(uow, assignment.id)
    assert assignment.crew_id is not None
    _ask_receipt(uow, work.order, "crew", assignment.id, "recall", assignment.crew_id)
    _tell_terminal(uow, work.order, assignment, "recall")


def end_watch_and_deliveries(uow: UnitOfWork, assignment_id: UUID) -> None:
    """Nothing of this assignment is delivered or watched for any more."""
    repository.void_receipts(uow, assignment_id, "order")
    gps.cancel_messages(uow, assignment_id, "order")
    gps.unwatch(uow, assignment_id, uow.now)


def close(uow: UnitOfWork, order_id: UUID, outcome: str) -> None:
    """归档: nothing more is to be done. Only finished work can be closed as repaired."""
    with work_on(uow, order_id) as work:
        work.demand("close")
        if outcome in ("repaired", "made_safe") and work.order.state != "finished":
            raise InvalidField(
                "body.outcome",
                "nobody repaired it: say customer_side, duplicate or cancelled",
                "尚无人抢修：请选 customer_side、duplicate 或 cancelled",
            )
        if outcome == "made_safe" and not repository.children(
            uow.session, uow.org_id, order_id, "made_safe"
        ):
            raise InvalidField(
                "body.outcome",
                "file the order that repairs it first",
                "请先派生修复工单",
            )
        plans.withdraw(uow, order_id, "closed")
        work.record(order_id, ev.OrderClosed(outcome=outcome), source=DISPATCHER)


def correct_stamp(
    uow: UnitOfWork,
    order_id: UUID,
    *,
    point: str,
    at: datetime,
    reason: str,
    assignment_id: UUID | None,
) -> None:
    """A new stamp for a point, with a reason; the old ones stay.

    B and C are those of the last hop, D to H those of `assignment_id`, or of the last assignment.
    """
    if at > uow.now + timedelta(minutes=1):
        raise InvalidField("body.at", "lies in the future", "时间在将来")
    with work_on(uow, order_id) as work:
        if assignment_id is not None and assignment_id not in work.assignments:
            raise InvalidField("body.assignment_id", "is not of this order", "不属于该工单")
        hop = work.order.hop
        if point in HOP_POINTS and hop is None:
            raise InvalidField("body.point", "the order was never released", "工单从未派发")
        if point in ASSIGNMENT_POINTS:
            assignment_id = assignment_id or work.order.assignment_id
            if assignment_id is None:
                raise InvalidField("body.point", "the order was never dispatched", "工单从未派单")
        work.record(
            order_id,
            ev.OrderStampCorrected(
                point=point,
                reason=reason,
                hop_id=hop.id if hop and point in HOP_POINTS else None,
                assignment_id=assignment_id if point in ASSIGNMENT_POINTS else None,
            ),
            occurred_at=at,
            source=DISPATCHER,
        )


def _unit(uow: UnitOfWork, unit_id: UUID, kind: str, field: str) -> Unit:
    found = repository.find_unit(uow.session, uow.org_id, unit_id)
    if found is None or found.kind != kind or not found.active:
        raise InvalidField(field, f"there is no such {kind}", "没有此单位")
    return found


def _ask_receipt(
    uow: UnitOfWork, order: OrderState, hop: str, subject_id: UUID, purpose: str, target: UUID
) -> None:
    repository.add_receipt(
        uow,
        Receipt(
            org_id=uow.org_id,
            id=new_id(),
            order_id=order.id,
            hop=hop,
            subject_id=subject_id,
            purpose=purpose,
            target_unit_id=target,
            status="sent",
            attempts=0,
            next_attempt_at=real_now(),
            sent_at=uow.now,
        ),
    )


def _tell_terminal(
    uow: UnitOfWork, order: OrderState, assignment: AssignmentState, purpose: str
) -> None:
    if assignment.vehicle_id is None:
        return
    place = repository.location(uow.session, uow.org_id, order.location_id)
    text = (
        f"工单{order.number} {place.place if place and place.place else ''} 请受理"
        if purpose == "order"
        else f"工单{order.number} 已召回，请勿前往"
    )
    gps.send_text(
        uow,
        vehicle_id=assignment.vehicle_id,
        assignment_id=assignment.id,
        purpose=purpose,
        text=text,
    )
    if purpose == "order":
        gps.ask(
            uow,
            vehicle_id=assignment.vehicle_id,
            assignment_id=assignment.id,
            text=f"是否受理工单{order.number}？",
        )
