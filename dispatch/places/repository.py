"""All queries of places."""

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from dispatch.directory.models import Customer, NetworkNode, Premise, Region, ServicePoint
from dispatch.orders.models import Location, Order, OrderTicket
from dispatch.places.models import PlaceProposal
from dispatch.tickets.models import Ticket

METRES_PER_DEGREE = 111_195.0
_DEPTH = 12

PointRow = Row[ServicePoint, Premise, Customer]


def premise(session: Session, org_id: int, premise_id: UUID) -> Premise | None:
    return session.get(Premise, (org_id, premise_id))


def node(session: Session, org_id: int, node_id: UUID) -> NetworkNode | None:
    return session.get(NetworkNode, (org_id, node_id))


def node_of_code(session: Session, org_id: int, code: str) -> NetworkNode | None:
    """The node of exactly this code, as written or in capitals."""
    query = select(NetworkNode).where(
        NetworkNode.org_id == org_id, NetworkNode.code.in_({code, code.upper()})
    )
    return session.scalars(query.limit(1)).first()


def points_by(session: Session, org_id: int, text: str, limit: int) -> Sequence[PointRow]:
    """Service points whose meter, account or premise number is exactly this."""
    return [
        row
        for column in (ServicePoint.meter, Customer.number, Premise.code)
        for row in session.execute(_points(org_id).where(column == text).limit(limit)).all()
    ]


def points_of_premise(
    session: Session, org_id: int, premise_id: UUID, limit: int
) -> Sequence[PointRow]:
    query = _points(org_id).where(ServicePoint.premise_id == premise_id).limit(limit)
    return session.execute(query).all()


def point_of_meter(session: Session, org_id: int, meter: str) -> PointRow | None:
    return session.execute(_points(org_id).where(ServicePoint.meter == meter)).first()


def points_of_customer(
    session: Session, org_id: int, customer_ids: Collection[UUID]
) -> Sequence[PointRow]:
    query = _points(org_id).where(ServicePoint.customer_id.in_(customer_ids))
    return session.execute(query.order_by(ServicePoint.meter)).all()


def _points(org_id: int) -> Select[ServicePoint, Premise, Customer]:
    return (
        select(ServicePoint, Premise, Customer)
        .join(
            Premise,
            (Premise.org_id == ServicePoint.org_id) & (Premise.id == ServicePoint.premise_id),
        )
        .join(
            Customer,
            (Customer.org_id == ServicePoint.org_id) & (Customer.id == ServicePoint.customer_id),
        )
        .where(ServicePoint.org_id == org_id)
    )


def outlines(session: Session, org_id: int) -> list[tuple[UUID, str, str, str, Any]]:
    """Regions as (id, code, zh, en, outline)."""
    query = select(Region).where(Region.org_id == org_id).order_by(Region.code)
    return [
        (one.id, one.code, one.name_zh, one.name_en, one.outline) for one in session.scalars(query)
    ]


def extent_below(
    session: Session, org_id: int, node_id: UUID
) -> tuple[float, float, float, float, float, float] | None:
    """Mean, least and greatest (lat, lon) of the devices below a node, where they have points."""
    start = (
        select(NetworkNode.id, literal(0).label("depth"))
        .where(NetworkNode.org_id == org_id, NetworkNode.id == node_id)
        .cte("below", recursive=True)
    )
    child = aliased(NetworkNode)
    below = start.union_all(
        select(child.id, start.c.depth + 1)
        .join(start, child.parent_id == start.c.id)
        .where(child.org_id == org_id, start.c.depth < _DEPTH)
    )
    lat, lon = NetworkNode.lat, NetworkNode.lon
    query = (
        select(
            func.avg(lat), func.avg(lon), func.min(lat), func.min(lon), func.max(lat), func.max(lon)
        )
        .join(below, below.c.id == NetworkNode.id)
        .where(NetworkNode.org_id == org_id, lat.is_not(None), lon.is_not(None))
    )
    row = session.execute(query).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3], row[4], row[5])


def box(column_lat: Any, column_lon: Any, lat: float, lon: float, metres: float) -> tuple[Any, Any]:
    """Conditions that hold at least the circle of so many metres around a point."""
    high = metres / METRES_PER_DEGREE
    wide = high / max(0.05, math.cos(math.radians(lat)))
    return column_lat.between(lat - high, lat + high), column_lon.between(lon - wide, lon + wide)


def nodes_near(
    session: Session, org_id: int, lat: float, lon: float, metres: float, limit: int
) -> Sequence[NetworkNode]:
    query = select(NetworkNode).where(
        NetworkNode.org_id == org_id, *box(NetworkNode.lat, NetworkNode.lon, lat, lon, metres)
    )
    return session.scalars(query.limit(limit)).all()


def open_orders_near(
    session: Session,
    org_id: int,
    at: datetime,
    span: timedelta,
    where: tuple[float, float, float] | None,
    order_ids: Collection[UUID],
    limit: int,
) -> Sequence[Row[Order, Location, Ticket]]:
    """Open orders filed within `span` of `at` that lie near (lat, lon, metres), or are listed."""
    near: list[Any] = [Order.id.in_(order_ids)]
    if where is not None:
        lat_in, lon_in = box(Location.lat, Location.lon, *where)
        near.append(lat_in & lon_in)
    query = (
        select(Order, Location, Ticket)
        .outerjoin(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .outerjoin(Ticket, (Ticket.org_id == Order.org_id) & (Ticket.id == Order.ticket_id))
        .where(
            Order.org_id == org_id,
            Order.state.not_in(("closed", "finished")),
            Order.filed_at.between(at - span, at + span),
            or_(*near),
        )
        .order_by(Order.filed_at.desc())
        .limit(limit)
    )
    return session.execute(query).all()


def tickets_without_order(
    session: Session, org_id: int, at: datetime, span: timedelta, limit: int
) -> Sequence[Ticket]:
    """Faults told within `span` of `at`, about an account, that nobody made an order of."""
    has_order = (
        select(OrderTicket.ticket_id)
        .where(OrderTicket.org_id == Ticket.org_id, OrderTicket.ticket_id == Ticket.id)
        .exists()
    )
    query = (
        select(Ticket)
        .where(
            Ticket.org_id == org_id,
            Ticket.kind == "fault_repair",
            Ticket.state != "closed",
            Ticket.customer_id.is_not(None),
            Ticket.filed_at.between(at - span, at + span),
            ~has_order,
        )
        .order_by(Ticket.filed_at.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def orders_of_premises(
    session: Session, org_id: int, premise_ids: Collection[UUID], limit: int
) -> list[UUID]:
    """Open orders about any account at these premises."""
    query = (
        select(Order.id)
        .join(Ticket, (Ticket.org_id == Order.org_id) & (Ticket.id == Order.ticket_id))
        .join(
            ServicePoint,
            (ServicePoint.org_id == Ticket.org_id)
            & (ServicePoint.customer_id == Ticket.customer_id),
        )
        .where(
            Order.org_id == org_id,
            Order.state.not_in(("closed", "finished")),
            ServicePoint.premise_id.in_(premise_ids),
        )
        .limit(limit)
    )
    return list(session.scalars(query))


def locations_of(session: Session, org_id: int, order_id: UUID) -> list[Location]:
    """Every place that an order had, the first one first."""
    query = select(Location).where(Location.org_id == org_id, Location.order_id == order_id)
    return list(session.scalars(query.order_by(Location.recorded_at, Location.id)))


def open_proposal(session: Session, org_id: int, subject_id: UUID) -> PlaceProposal | None:
    """The one that waits, locked; who else proposes about the same subject waits, too."""
    key = f"place:{org_id}:{subject_id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    query = select(PlaceProposal).where(
        PlaceProposal.org_id == org_id,
        PlaceProposal.subject_id == subject_id,
        PlaceProposal.state == "open",
    )
    return session.scalars(query.with_for_update()).one_or_none()


def proposals(
    session: Session, org_id: int, state: str, limit: int
) -> Sequence[Row[PlaceProposal, Order, Location]]:
    """Proposals in a state, the oldest open first, decided ones newest first."""
    when = PlaceProposal.made_at
    query = (
        select(PlaceProposal, Order, Location)
        .join(Order, (Order.org_id == PlaceProposal.org_id) & (Order.id == PlaceProposal.order_id))
        .join(
            Location,
            (Location.org_id == PlaceProposal.org_id) & (Location.id == PlaceProposal.location_id),
        )
        .where(PlaceProposal.org_id == org_id, PlaceProposal.state == state)
        .order_by(when if state == "open" else when.desc(), PlaceProposal.id)
        .limit(limit)
    )
    return session.execute(query).all()


def premises_of(session: Session, org_id: int, ids: Iterable[UUID]) -> dict[UUID, Premise]:
    query = select(Premise).where(Premise.org_id == org_id, Premise.id.in_(list(ids)))
    return {one.id: one for one in session.scalars(query)}


def nodes_of(session: Session, org_id: int, ids: Iterable[UUID]) -> dict[UUID, NetworkNode]:
    query = select(NetworkNode).where(NetworkNode.org_id == org_id, NetworkNode.id.in_(list(ids)))
    return {one.id: one for one in session.scalars(query)}
