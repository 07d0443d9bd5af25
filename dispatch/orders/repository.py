"""All queries of orders, assignments, stamps and receipts."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import InvalidField, NotFound
from core.identity import Access
from core.listen import DELIVER
from core.models import Event, Unit, User
from core.rights import Scope
from core.uow import UnitOfWork
from dispatch.crews.models import Crew, Vehicle
from dispatch.desks import repository as desks
from dispatch.desks.rules import Closing
from dispatch.orders.models import (
    Assignment,
    CentreHop,
    Location,
    Order,
    OrderTicket,
    Receipt,
    Stamp,
)
from dispatch.orders.rules import ACTIVE_ASSIGNMENT, AssignmentState, HopState, OrderState
from dispatch.orders.stamps import StampState, counting
from dispatch.orders.timeline import Busy

ORDER_FIELDS = (
    "id",
    "number",
    "system",
    "state",
    "filed_at",
    "ticket_id",
    "location_id",
    "area_class",
    "urgency",
    "trade",
    "centre_id",
    "centre_code",
    "assignment_id",
    "attempts",
    "parent_id",
    "relation",
    "appointment_at",
    "begins_at",
    "chase_ups",
)
HOP_FIELDS = tuple(HopState.__dataclass_fields__)
ASSIGNMENT_FIELDS = tuple(AssignmentState.__dataclass_fields__)
STAMP_FIELDS = tuple(StampState.__dataclass_fields__)


def get_order(
    session: Session, org_id: int, order_id: UUID, access: Access, *, lock: bool = False
) -> Order:
    """The order, if this reader may see it; NotFound otherwise, whether it exists or not."""
    query = select(Order).where(Order.org_id == org_id, Order.id == order_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    order = session.scalars(query).one_or_none()
    if order is None or not visible(session, order, access):
        raise NotFound(what="order", id=order_id)
    return order


def order(session: Session, org_id: int, order_id: UUID, field: str = "") -> Order:
    """The order as it is now. Raises NotFound, or InvalidField where a `field` named it."""
    query = select(Order).where(Order.org_id == org_id, Order.id == order_id)
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is not None:
        return found
    if field:
        raise InvalidField(field, "there is no such order", "没有此工单")
    raise NotFound(what="order", id=order_id)


def children(session: Session, org_id: int, order_id: UUID, relation: str) -> list[Order]:
    """Orders that follow on this one in that way, the first one first."""
    query = select(Order).where(
        Order.org_id == org_id, Order.parent_id == order_id, Order.relation == relation
    )
    return list(session.scalars(query.order_by(Order.filed_at, Order.id)))


def lock_order(session: Session, org_id: int, order_id: UUID) -> None:
    """Nobody else changes this order until the commit; harmless where there is none."""
    query = select(Order.id).where(Order.org_id == org_id, Order.id == order_id)
    session.execute(query.with_for_update())


def visible(session: Session, order: Order, access: Access) -> bool:
    """A centre sees the orders it holds, a crew those of its assignments, others all."""
    if access.scope is Scope.ALL:
        return True
    if access.scope is Scope.CENTRE:
        return order.centre_id == access.unit_id
    query = select(Assignment.id).where(
        Assignment.org_id == order.org_id,
        Assignment.order_id == order.id,
        Assignment.crew_id == access.unit_id,
    )
    return session.execute(query.limit(1)).first() is not None


def visible_of(
    session: Session, org_id: int, order_ids: Iterable[UUID], access: Access
) -> set[UUID]:
    """Those of these orders that `access` may see: all, or what its centre holds."""
    if access.scope is Scope.ALL:
        return set(order_ids)
    query = select(Order.id).where(
        Order.org_id == org_id, Order.id.in_(order_ids), Order.centre_id == access.unit_id
    )
    return set(session.scalars(query))


def order_of_ticket(session: Session, org_id: int, ticket_id: UUID) -> Order | None:
    """The newest order that was made for a ticket or that it shares, if there is one.

    Orders that follow on another one are not meant.
    """
    query = (
        select(Order)
        .join(
            OrderTicket,
            (OrderTicket.org_id == Order.org_id) & (OrderTicket.order_id == Order.id),
        )
        .where(
            OrderTicket.org_id == org_id,
            OrderTicket.ticket_id == ticket_id,
            Order.parent_id.is_(None),
        )
        .order_by(Order.filed_at.desc(), Order.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def order_id_of(session: Session, org_id: int, assignment_id: UUID) -> UUID:
    """The order of an assignment; NotFound where there is no such assignment."""
    query = select(Assignment.order_id).where(
        Assignment.org_id == org_id, Assignment.id == assignment_id
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(what="assignment", id=assignment_id)
    return found


def hops_of(session: Session, org_id: int, order_ids: Iterable[UUID]) -> list[CentreHop]:
    query = (
        select(CentreHop)
        .where(CentreHop.org_id == org_id, CentreHop.order_id.in_(list(order_ids)))
        .order_by(CentreHop.attempt)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def assignments_of(session: Session, org_id: int, order_ids: Iterable[UUID]) -> list[Assignment]:
    query = (
        select(Assignment)
        .where(Assignment.org_id == org_id, Assignment.order_id.in_(list(order_ids)))
        .order_by(Assignment.attempt)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def busy_of(session: Session, org_id: int, assignments: Iterable[AssignmentState]) -> list[Busy]:
    """When the crews of the queued ones among `assignments` had an order active."""
    queued = [one for one in assignments if one.queued_behind and one.accepted_at]
    if not queued:
        return []
    since = min(one.accepted_at for one in queued if one.accepted_at)
    query = select(
        Assignment.id, Assignment.crew_id, Assignment.activated_at, Assignment.ended_at
    ).where(
        Assignment.org_id == org_id,
        Assignment.crew_id.in_({one.crew_id for one in queued}),
        Assignment.activated_at.is_not(None),
        or_(Assignment.ended_at.is_(None), Assignment.ended_at > since),
    )
    return [
        Busy(id_, crew_id, start, end)
        for id_, crew_id, start, end in session.execute(query)
        if crew_id is not None and start is not None
    ]


def closed_of(
    session: Session,
    org_id: int,
    hops: Iterable[HopState],
    assignments: Iterable[AssignmentState],
) -> dict[UUID, list[Closing]]:
    """When the centres of these hops, and the crews of these assignments, were closed."""
    sent = [(hop.centre_id, hop.released_at) for hop in hops]
    sent += [(one.crew_id, one.sent_at) for one in assignments if one.crew_id and one.sent_at]
    since = min((at for _, at in sent), default=None)
    return desks.closings_of(session, org_id, {unit_id for unit_id, _ in sent}, since)


def queued_orders(session: Session, org_id: int, crew_id: UUID) -> list[UUID]:
    """Orders that the crew accepted and has not taken up."""
    query = select(Assignment.order_id).where(
        Assignment.org_id == org_id,
        Assignment.crew_id == crew_id,
        Assignment.state == "accepted",
        Assignment.queued_behind.is_not(None),
    )
    return list(session.scalars(query.order_by(Assignment.order_id)))


def stamps_of_orders(
    session: Session, org_id: int, order_ids: Iterable[UUID]
) -> dict[UUID, list[Stamp]]:
    """All stamps of each order, those of its tickets included."""
    wanted = list(order_ids)
    tickets: dict[UUID, list[UUID]] = {}
    links = select(OrderTicket.order_id, OrderTicket.ticket_id).where(
        OrderTicket.org_id == org_id, OrderTicket.order_id.in_(wanted), OrderTicket.clock
    )
    for order_id, ticket_id in session.execute(links):
        tickets.setdefault(ticket_id, []).append(order_id)
    query = select(Stamp).where(
        Stamp.org_id == org_id,
        or_(Stamp.order_id.in_(wanted), Stamp.ticket_id.in_(list(tickets))),
    )
    found: dict[UUID, list[Stamp]] = {order_id: [] for order_id in wanted}
    for stamp in session.scalars(query.order_by(Stamp.at, Stamp.id)):
        owners = [stamp.order_id] if stamp.order_id else tickets.get(stamp.ticket_id or stamp.id)
        for owner in owners or []:
            found[owner].append(stamp)
    return found


def restored_at(session: Session, org_id: int, order_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When supply was back at each order, by the stamp that counts; unknown ones are missing."""
    found = {}
    for order_id, stamps in stamps_of_orders(session, org_id, order_ids).items():
        states = [stamp_state(one) for one in stamps if one.point == "restored"]
        if (one := counting(states)) is not None:
            found[order_id] = one.at
    return found


def receipts_of(session: Session, org_id: int, order_ids: Iterable[UUID]) -> list[Receipt]:
    query = (
        select(Receipt)
        .where(Receipt.org_id == org_id, Receipt.order_id.in_(list(order_ids)))
        .order_by(Receipt.sent_at)
    )
    return list(session.scalars(query))


def order_state(order: Order, hops: Sequence[CentreHop]) -> OrderState:
    """The state that rules work on, from its rows."""
    return OrderState(
        **{name: getattr(order, name) for name in ORDER_FIELDS},
        hops=tuple(HopState(**{n: getattr(hop, n) for n in HOP_FIELDS}) for hop in hops),
    )


def assignment_state(row: Assignment) -> AssignmentState:
    return AssignmentState(**{name: getattr(row, name) for name in ASSIGNMENT_FIELDS})


def stamp_state(row: Stamp) -> StampState:
    return StampState(**{name: getattr(row, name) for name in STAMP_FIELDS})


def save_order(session: Session, org_id: int, state: OrderState, **extra: Any) -> None:
    """Write the order and its hops as `state` says; `extra` holds columns that events do not."""
    values = {name: getattr(state, name) for name in ORDER_FIELDS}
    values["hop_id"] = state.hop.id if state.hop and state.hop.ended_at is None else None
    _upsert(session, Order, {"org_id": org_id, **values, **extra})
    for hop in state.hops[-2:]:  # an act changes the last hop, and at most ends the one before
        _upsert(session, CentreHop, {"org_id": org_id, "order_id": state.id, **asdict(hop)})


def save_assignment(session: Session, org_id: int, state: AssignmentState) -> None:
    _upsert(session, Assignment, {"org_id": org_id, **asdict(state)})


def add_stamps(session: Session, org_id: int, stamps: Sequence[StampState]) -> None:
    if stamps:
        rows = [{"org_id": org_id, **asdict(stamp)} for stamp in stamps]
        session.execute(insert(Stamp).on_conflict_do_nothing(), rows)


def _upsert(session: Session, model: type[Any], values: dict[str, Any]) -> None:
    statement = insert(model).values(**values)
    changes = {name: value for name, value in values.items() if name not in ("org_id", "id")}
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", "id"], set_=changes))


def lock_crew(session: Session, org_id: int, crew_id: UUID) -> Crew:
    query = select(Crew).where(Crew.org_id == org_id, Crew.id == crew_id).with_for_update()
    crew = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if crew is None:
        raise NotFound(what="crew", id=crew_id)
    return crew


def active_assignment(session: Session, org_id: int, crew_id: UUID) -> Assignment | None:
    """The one that the crew is working on."""
    query = select(Assignment).where(
        Assignment.org_id == org_id,
        Assignment.crew_id == crew_id,
        Assignment.state.in_(ACTIVE_ASSIGNMENT),
    )
    return session.scalars(query).one_or_none()


def vehicle_of(session: Session, org_id: int, crew_id: UUID) -> Vehicle | None:
    """A vehicle in use that the crew has."""
    query = select(Vehicle).where(
        Vehicle.org_id == org_id, Vehicle.crew_id == crew_id, Vehicle.active
    )
    return session.scalars(query.order_by(Vehicle.plate).limit(1)).one_or_none()


def vehicles_of(session: Session, org_id: int, crew_ids: Iterable[UUID | None]) -> dict[UUID, UUID]:
    """A vehicle in use of each of these crews that has one, the same as `vehicle_of` gives."""
    wanted = list(crew_ids)
    if not wanted:
        return {}
    query = select(Vehicle.crew_id, Vehicle.id).where(
        Vehicle.org_id == org_id, Vehicle.crew_id.in_(wanted), Vehicle.active
    )
    found = session.execute(query.order_by(Vehicle.plate.desc()))
    return {crew_id: id_ for crew_id, id_ in found if crew_id is not None}


def unit(session: Session, org_id: int, unit_id: UUID, kind: str) -> Unit:
    """A unit of that kind; NotFound otherwise."""
    found = session.get(Unit, (org_id, unit_id))
    if found is None or found.kind != kind:
        raise NotFound(what=kind, id=unit_id)
    return found


def location(session: Session, org_id: int, location_id: UUID | None) -> Location | None:
    return session.get(Location, (org_id, location_id)) if location_id else None


def locations(session: Session, org_id: int, ids: Iterable[UUID]) -> dict[UUID, Location]:
    """Locations by their ids."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = select(Location).where(Location.org_id == org_id, Location.id.in_(wanted))
    return {row.id: row for row in session.scalars(query)}


def last_event(
    session: Session, org_id: int, stream: str, stream_id: UUID, types: Sequence[str]
) -> Event | None:
    """The last event of one of these types in a stream: who was first, and when."""
    query = (
        select(Event)
        .where(
            Event.org_id == org_id,
            Event.stream == stream,
            Event.stream_id == stream_id,
            Event.type.in_(types),
        )
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def user_name(session: Session, org_id: int, user_id: UUID | None) -> str | None:
    if user_id is None:
        return None
    found = session.get(User, (org_id, user_id))
    return found.name if found else None


def add_receipt(uow: UnitOfWork, receipt: Receipt) -> None:
    """Ask the receiving unit's devices for a confirmation, now and until it comes."""
    uow.session.add(receipt)
    uow.notify(DELIVER, f"{uow.org_id} {receipt.target_unit_id}")


def void_receipts(uow: UnitOfWork, subject_id: UUID, purpose: str) -> None:
    uow.session.execute(
        update(Receipt)
        .where(
            Receipt.org_id == uow.org_id,
            Receipt.subject_id == subject_id,
            Receipt.purpose == purpose,
            Receipt.status == "sent",
        )
        .values(status="void")
    )


def find_unit(session: Session, org_id: int, unit_id: UUID) -> Unit | None:
    return session.get(Unit, (org_id, unit_id))


def demand_own(assignment: AssignmentState, access: Access) -> None:
    """A crew may touch its own assignments only; another crew's do not exist for it."""
    if access.scope is Scope.CREW and assignment.crew_id != access.unit_id:
        raise NotFound(what="assignment", id=assignment.id)
