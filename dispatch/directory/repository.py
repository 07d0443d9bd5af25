"""All queries of the directory; those of customers' orders, calls and tickets are in `dealings`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import Row, Select, case, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from core.models import Unit
from dispatch.directory.callers import LineNode, RegionOf
from dispatch.directory.models import (
    IMPORTANCES,
    BaseMap,
    Customer,
    CustomerPhone,
    NetworkNode,
    Premise,
    Region,
    ServicePoint,
)
from dispatch.orders.models import Order, OrderTicket
from dispatch.tickets.models import Ticket

Columns = TypeVarTuple("Columns")
_DEPTH = 12
"""Levels of network that are followed; more are a mistake in the data, perhaps a circle."""


def save_map(session: Session, org_id: int, digest: str, document: Mapping[str, Any]) -> None:
    """Replace the organisation's base map."""
    values = {"digest": digest, "document": document}
    statement = insert(BaseMap).values(org_id=org_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id"], set_=values))


def map_digest(session: Session, org_id: int) -> str | None:
    return session.scalar(select(BaseMap.digest).where(BaseMap.org_id == org_id))


def base_map(session: Session, org_id: int) -> BaseMap | None:
    return session.get(BaseMap, org_id)


def has_customer(session: Session, org_id: int, customer_id: UUID) -> bool:
    return session.get(Customer, (org_id, customer_id)) is not None


def customer_by_number(session: Session, org_id: int, number: str) -> UUID | None:
    """Whose account number it is."""
    query = select(Customer.id).where(Customer.org_id == org_id, Customer.number == number)
    return session.scalars(query).one_or_none()


def regions(session: Session, org_id: int) -> list[tuple[RegionOf, dict[str, Any] | None]]:
    """All regions by code, with their outlines."""
    query = (
        select(Region, Unit)
        .outerjoin(Unit, (Unit.org_id == Region.org_id) & (Unit.id == Region.centre_id))
        .where(Region.org_id == org_id)
        .order_by(Region.code)
    )
    return [(_region(region, unit), region.outline) for region, unit in session.execute(query)]


def _region(region: Region, centre: Unit | None) -> RegionOf:
    return RegionOf(
        id=region.id,
        code=region.code,
        name_zh=region.name_zh,
        name_en=region.name_en,
        centre_id=region.centre_id,
        centre_code=centre.code if centre else None,
        centre_name_zh=centre.name_zh if centre else None,
        centre_name_en=centre.name_en if centre else None,
    )


def customers_of_phone(
    session: Session, org_id: int, number: str, limit: int
) -> list[tuple[Customer, bool]]:
    """Customers with this E.164 number and whether it is verified, important ones first."""
    rank = case({name: place for place, name in enumerate(_BY_RANK)}, value=Customer.importance)
    query = (
        select(Customer, CustomerPhone.verified)
        .join(
            CustomerPhone,
            (CustomerPhone.org_id == Customer.org_id) & (CustomerPhone.customer_id == Customer.id),
        )
        .where(CustomerPhone.org_id == org_id, CustomerPhone.number == number)
        .order_by(rank, CustomerPhone.verified.desc(), Customer.number)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


_BY_RANK = (*(one for one in IMPORTANCES if one != "ordinary"), "ordinary")


def points_of(
    session: Session, org_id: int, customer_ids: Collection[UUID]
) -> Sequence[Row[ServicePoint, Premise, Region, Unit]]:
    """Service points of customers with premise, region and its centre, by meter."""
    query = (
        select(ServicePoint, Premise, Region, Unit)
        .join(
            Premise,
            (Premise.org_id == ServicePoint.org_id) & (Premise.id == ServicePoint.premise_id),
        )
        .outerjoin(Region, (Region.org_id == Premise.org_id) & (Region.id == Premise.region_id))
        .outerjoin(Unit, (Unit.org_id == Region.org_id) & (Unit.id == Region.centre_id))
        .where(ServicePoint.org_id == org_id, ServicePoint.customer_id.in_(customer_ids))
        .order_by(ServicePoint.meter)
    )
    return session.execute(query).all()


def region_of_row(region: Region | None, centre: Unit | None) -> RegionOf | None:
    return _region(region, centre) if region is not None else None


def lines_above(
    session: Session, org_id: int, node_ids: Iterable[UUID]
) -> dict[UUID, list[tuple[UUID, LineNode]]]:
    """For each node itself and all above it, upwards."""
    found: dict[UUID, list[tuple[UUID, LineNode]]] = {}
    values = {"org_id": org_id, "ids": list(node_ids), "most": _DEPTH}
    for start_id, id_, *line in session.execute(_LINES_ABOVE, values):
        found.setdefault(start_id, []).append((id_, LineNode(*line)))
    return found


# Plain SQL: every hit of a search needs it, and putting it together took longer than its answer.
_LINES_ABOVE = text(
    """
WITH RECURSIVE above (start, id, depth) AS (
    SELECT id, id, 0 FROM network_node WHERE org_id = :org_id AND id = ANY(:ids)
    UNION ALL
    SELECT above.start, n.parent_id, above.depth + 1 FROM above
    JOIN network_node n ON n.org_id = :org_id AND n.id = above.id
    WHERE n.parent_id IS NOT NULL AND above.depth < :most
)
SELECT above.start, n.id, n.kind, n.code, n.name_zh, n.name_en FROM above
JOIN network_node n ON n.org_id = :org_id AND n.id = above.id
ORDER BY above.start, above.depth
"""
)


def orders_below(
    session: Session, org_id: int, node_ids: Collection[UUID], limit: int
) -> dict[UUID, list[UUID]]:
    """For each device, open orders of customers that are supplied through it, newest first."""
    start = (
        select(NetworkNode.id.label("start"), NetworkNode.id, literal(0).label("depth"))
        .where(NetworkNode.org_id == org_id, NetworkNode.id.in_(node_ids))
        .cte("below", recursive=True)
    )
    child = aliased(NetworkNode)
    below = start.union_all(
        select(start.c.start, child.id, start.c.depth + 1)
        .join(start, child.parent_id == start.c.id)
        .where(child.org_id == org_id, start.c.depth < _DEPTH)
    )
    newest = Order.filed_at.desc()
    place = func.row_number().over(partition_by=below.c.start, order_by=(newest, Order.id))
    listed = (
        open_with_tickets(select(below.c.start, Order.id, place.label("place")), org_id)
        .join(
            ServicePoint,
            (ServicePoint.org_id == Ticket.org_id)
            & (ServicePoint.customer_id == Ticket.customer_id),
        )
        .join(below, below.c.id == ServicePoint.transformer_id)
        .group_by(below.c.start, Order.id, Order.filed_at)
        .subquery()
    )
    query = select(listed.c.start, listed.c.id).where(listed.c.place <= limit)
    found: dict[UUID, list[UUID]] = {id_: [] for id_ in node_ids}
    for node_id, order_id in session.execute(query.order_by(listed.c.start, listed.c.place)):
        found[node_id].append(order_id)
    return found


def open_with_tickets(query: Select[*Columns], org_id: int) -> Select[*Columns]:
    """Orders that are not closed, with their tickets."""
    return (
        query.select_from(Order)
        .join(
            OrderTicket,
            (OrderTicket.org_id == Order.org_id) & (OrderTicket.order_id == Order.id),
        )
        .join(Ticket, (Ticket.org_id == OrderTicket.org_id) & (Ticket.id == OrderTicket.ticket_id))
        .where(Order.org_id == org_id, Order.state != "closed")
    )


def customer_of(session: Session, org_id: int, customer_id: UUID) -> Customer | None:
    return session.get(Customer, (org_id, customer_id))


def phones_of(
    session: Session, org_id: int, customer_ids: Collection[UUID]
) -> dict[UUID, list[CustomerPhone]]:
    """For each account its phones, in the order of calling."""
    query = (
        select(CustomerPhone)
        .where(CustomerPhone.org_id == org_id, CustomerPhone.customer_id.in_(customer_ids))
        .order_by(CustomerPhone.position, CustomerPhone.verified.desc(), CustomerPhone.number)
    )
    found: dict[UUID, list[CustomerPhone]] = {id_: [] for id_ in customer_ids}
    for phone in session.scalars(query):
        found[phone.customer_id].append(phone)
    return found


def customers_by_id(
    session: Session, org_id: int, customer_ids: Collection[UUID]
) -> list[tuple[Customer, Premise | None, Region | None]]:
    """Accounts with the premise of their first meter and its region, in the order asked."""
    place = func.row_number().over(
        partition_by=ServicePoint.customer_id, order_by=ServicePoint.meter
    )
    first = (
        select(ServicePoint.customer_id, ServicePoint.premise_id, place.label("place"))
        .where(ServicePoint.org_id == org_id, ServicePoint.customer_id.in_(customer_ids))
        .subquery()
    )
    query = (
        select(Customer, Premise, Region)
        .outerjoin(first, (first.c.customer_id == Customer.id) & (first.c.place == 1))
        .outerjoin(Premise, (Premise.org_id == org_id) & (Premise.id == first.c.premise_id))
        .outerjoin(Region, (Region.org_id == org_id) & (Region.id == Premise.region_id))
        .where(Customer.org_id == org_id, Customer.id.in_(customer_ids))
    )
    found = {row[0].id: (row[0], row[1], row[2]) for row in session.execute(query)}
    return [found[id_] for id_ in customer_ids if id_ in found]
