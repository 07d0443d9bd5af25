"""Orders that follow on another one: made safe, another trade, a second crew, materials,
an appointment.

Each has a clock of its own: point A is the moment it was asked for; of one that is kept for later,
the moment it begins. An appointment begins so early that the promise of the policy ends at the
appointed time; materials begin when they are there. The parent's clock stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert

from core import events as ev
from core.clock import real_now, seconds_until
from core.errors import Conflict, InvalidField
from core.identity import Access
from core.ids import new_id
from core.local import local_time
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.numbering import next_number
from dispatch.orders import repository
from dispatch.orders.models import Location, OrderTicket
from dispatch.orders.rules import OrderState, evolve_order
from dispatch.orders.service import DISPATCHER, SYSTEM, add_order, release
from dispatch.orders.work import Work, work_on
from dispatch.routing import plans
from dispatch.tickets import repository as tickets
from dispatch.tickets.models import TicketNote
from sla.facts import Facts
from sla.versions import usual

KINDS = ("made_safe", "other_trade", "second_crew", "materials", "appointment")
BEGIN_DUE = "orders.begin_due"
_LATER = ("materials", "appointment")
_ONCE = ("made_safe", "other_trade")
_ENDED = ("finished", "closed")


class NothingToFollow(Conflict):
    """An imported order has no ticket; a second crew helps one that is at work."""

    code = "nothing_to_follow"
    zh = "工单 {number} 不能派生此类后续工单。"
    en = "No order of this kind can follow on order {number}."


class FollowOnExists(Conflict):
    """Somebody was first: this trade is on its way for this already."""

    code = "follow_on_exists"
    zh = "{who} 已于 {at} 派生同工种的后续工单 {number}。"
    en = "{who} already filed the follow-on order {number} of this trade at {at}."


@dataclass(frozen=True, slots=True)
class FollowOn:
    """What is wanted. `urgency` None: that of the parent for a second crew, else 0."""

    kind: str
    trade: str
    reason: str
    urgency: int | None = None
    appointment_at: datetime | None = None


def file_follow_on(uow: UnitOfWork, parent_id: UUID, new: FollowOn, access: Access) -> UUID:
    """File an order that follows on `parent_id`, linked both ways. Returns its id.

    Raises NotFound where `access` hides the parent, NothingToFollow, FollowOnExists, InvalidField.
    """
    with work_on(uow, parent_id, access) as parent:
        parent.demand("follow_on")
        _check(uow, parent.order, new)
        _demand_first(uow, parent.order, new)
        state = _file(uow, parent, new)
        told = parent.record(
            parent_id,
            ev.OrderFollowOnFiled(child_id=state.id, relation=new.kind),
            source=DISPATCHER,
        )
    assert state.ticket_id is not None
    uow.session.add(
        TicketNote(org_id=uow.org_id, id=told.id, ticket_id=state.ticket_id, words=new.reason)
    )
    with work_on(uow, state.id) as work:
        if state.state != "scheduled":
            plans.plan(uow, state.id, uow.now)
            _start_clock(work, "follow_on", uow.now)
    if new.kind == "second_crew" and parent.order.centre_id is not None:
        release(uow, state.id, parent.order.centre_id)  # whoever has the first sends the second
    return state.id


def _check(uow: UnitOfWork, parent: OrderState, new: FollowOn) -> None:
    if parent.ticket_id is None or (new.kind == "second_crew" and parent.state in _ENDED):
        raise NothingToFollow(number=parent.number)
    if new.kind == "appointment" and new.appointment_at is None:
        raise InvalidField("body.appointment_at", "an appointment needs a time", "预约须填时间")
    if new.appointment_at is None:
        return
    if new.kind not in _LATER:
        raise InvalidField(
            "body.appointment_at",
            "belongs to an appointment or to materials",
            "仅用于预约或等待材料",
        )
    if new.appointment_at <= uow.now:
        raise InvalidField("body.appointment_at", "is over already", "时间已过")


def _demand_first(uow: UnitOfWork, parent: OrderState, new: FollowOn) -> None:
    """One repair of each trade: a second one would send a second crew for the same work."""
    if new.kind not in _ONCE:
        return
    session, org_id = uow.session, uow.org_id
    before = repository.children(session, org_id, parent.id, new.kind)
    same = [one for one in before if one.trade == new.trade and one.state != "closed"]
    if not same:
        return
    first = same[0]
    filed = repository.last_event(session, org_id, "order", first.id, ("order.filed",))
    name = repository.user_name(session, org_id, filed.actor_id if filed else None)
    raise FollowOnExists(
        who=name or (filed.source if filed else SYSTEM),
        at=local_time(first.filed_at),
        number=first.number,
    )


def _file(uow: UnitOfWork, parent: Work, new: FollowOn) -> OrderState:
    order = parent.order
    assert order.ticket_id is not None
    child_id = new_id()
    place = _same_place(uow, order, child_id)
    inherited = order.urgency if new.kind == "second_crew" else 0
    filed = ev.OrderFiled(
        number=next_number(uow, "order"),
        ticket_id=order.ticket_id,
        location_id=place.id,
        area_class=order.area_class,
        urgency=new.urgency if new.urgency is not None else inherited,
        trade=new.trade,
        parent_id=order.id,
        relation=new.kind,
        appointment_at=new.appointment_at,
        begins_at=_begins_at(uow, order, new),
        lat=place.lat,
        lon=place.lon,
        place_source=place.source,
        uncertainty_m=place.uncertainty_m,
    )
    event = uow.emit(child_id, filed, source=DISPATCHER)
    state = evolve_order(None, event)
    add_order(uow, state, parent.row.fault_code, order.ticket_id, clock=False)
    others = [
        {"org_id": uow.org_id, "order_id": state.id, "ticket_id": one, "clock": False}
        for one in tickets.tickets_of_order(uow.session, uow.org_id, order.id)
        if one != order.ticket_id
    ]
    if others:
        uow.session.execute(insert(OrderTicket), others)
    if filed.begins_at is not None:
        ask_to_begin(uow, event.id, filed.begins_at)
    return state


def _same_place(uow: UnitOfWork, parent: OrderState, child_id: UUID) -> Location:
    """The parent's place as a row of the child's own: correcting one leaves the other as it is."""
    known = repository.location(uow.session, uow.org_id, parent.location_id)
    assert known is not None
    place = Location(
        org_id=uow.org_id,
        id=new_id(),
        order_id=child_id,
        premise_id=known.premise_id,
        node_id=known.node_id,
        lat=known.lat,
        lon=known.lon,
        source=known.source,
        uncertainty_m=known.uncertainty_m,
        place=known.place,
        place_en=known.place_en,
        recorded_at=uow.now,
    )
    uow.session.add(place)
    return place


def _begins_at(uow: UnitOfWork, parent: OrderState, new: FollowOn) -> datetime | None:
    """When a kept order begins; None: at once, or when somebody says so.

    An appointment that is nearer than the promise begins at once, too.
    """
    if new.kind not in _LATER or new.appointment_at is None:
        return None
    if new.kind == "materials":
        return new.appointment_at
    total = usual(uow.session, uow.org_id, uow.now).total
    promised = total.seconds(Facts(area_class=parent.area_class)) if total else None
    return max(new.appointment_at - timedelta(seconds=promised or 0.0), uow.now)


def ask_to_begin(uow: UnitOfWork, event_id: UUID, at: datetime) -> None:
    """Have the engine begin the order of a fact at a moment of business time."""
    due = real_now() + timedelta(seconds=max(seconds_until(at), 0.0))
    uow.effect("subscriber", name=BEGIN_DUE, body={"event_id": str(event_id)}, due_at=due)


def begin_due(uow: UnitOfWork, event: Recorded) -> None:
    """The time of a kept order has come. Harmless where somebody was first; may run twice."""
    assert isinstance(event.payload, ev.OrderFiled)
    begins_at = event.payload.begins_at
    assert begins_at is not None
    if begins_at > uow.now:  # business time goes slower than it did
        ask_to_begin(uow, event.id, begins_at)
        return
    with work_on(uow, event.stream_id) as work:
        if work.order.state == "scheduled":
            _begin(work, begins_at, "engine")


def begin(uow: UnitOfWork, order_id: UUID, access: Access) -> None:
    """Begin a kept order now: the materials are there, or the appointment was moved forward."""
    with work_on(uow, order_id, access) as work:
        work.demand("begin")
        _begin(work, uow.now, DISPATCHER)


def _begin(work: Work, at: datetime, source: str) -> None:
    relation = work.order.relation or "follow_on"
    work.record(work.order.id, ev.OrderBegun(), source=source)
    plans.plan(work.uow, work.order.id, work.uow.now)
    _start_clock(work, relation, at)


def _start_clock(work: Work, evidence: str, at: datetime) -> None:
    work.record(
        work.order.id, ev.OrderClockStarted(evidence=evidence), occurred_at=at, source="system"
    )
