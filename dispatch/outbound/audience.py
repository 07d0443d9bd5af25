"""Whom a notice to many concerns: customers of an order's outage, of a line, of a region."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import String

from core.errors import InvalidField
from dispatch.directory.dealings import REACH
from dispatch.directory.models import (
    Customer,
    CustomerPhone,
    NetworkNode,
    Premise,
    Region,
    ServicePoint,
)
from dispatch.orders.models import Order, OrderTicket
from dispatch.tickets.models import Ticket

DEPTH = 12
"""Levels of network or of regions that are followed; more are a mistake in the data."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom it concerns. `importances`: those kinds of customers alone; empty: all."""

    kind: str
    id: UUID
    importances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Affected:
    """A customer, with the phones in the order of calling."""

    customer_id: UUID
    importance: str
    numbers: tuple[str, ...]


def name_of(session: Session, org_id: int, scope: Scope) -> tuple[str, str] | None:
    """What the scope is called, zh and en; None where there is no such thing."""
    if scope.kind == "order":
        order = session.get(Order, (org_id, scope.id))
        return (order.number, order.number) if order else None
    table: Any = NetworkNode if scope.kind == "node" else Region
    found = session.get(table, (org_id, scope.id))
    if found is None:
        return None
    return f"{found.code} {found.name_zh}", f"{found.code} {found.name_en}"


def check(session: Session, org_id: int, scope: Scope) -> None:
    """Raises InvalidField for a scope that is not there."""
    if name_of(session, org_id, scope) is None:
        raise InvalidField("body.scope_id", "there is no such thing", "没有此对象")


def page(
    session: Session, org_id: int, scope: Scope, after: UUID | None, limit: int
) -> list[Affected]:
    """The next customers of a scope by id, closed accounts left out."""
    in_order = (CustomerPhone.position, CustomerPhone.verified.desc(), CustomerPhone.number)
    numbers = func.array_agg(
        aggregate_order_by(CustomerPhone.number, *in_order), type_=ARRAY(String)
    )
    next_ones = (
        select(Customer.org_id, Customer.id, Customer.importance)
        .where(
            Customer.org_id == org_id,
            Customer.account_state != "closed",
            Customer.id.in_(_customers(session, org_id, scope)),
        )
        .order_by(Customer.id)
        .limit(limit)
    )
    if after is not None:
        next_ones = next_ones.where(Customer.id > after)
    if scope.importances:
        next_ones = next_ones.where(Customer.importance.in_(scope.importances))
    who = next_ones.subquery()
    query = (
        select(who.c.id, who.c.importance, numbers.filter(CustomerPhone.number.is_not(None)))
        .outerjoin(
            CustomerPhone,
            (CustomerPhone.org_id == who.c.org_id) & (CustomerPhone.customer_id == who.c.id),
        )
        .group_by(who.c.id, who.c.importance)
        .order_by(who.c.id)
    )
    return [
        Affected(id_, importance, tuple(found or ()))
        for id_, importance, found in session.execute(query)
    ]


def callers(session: Session, org_id: int, scope: Scope) -> Sequence[str]:
    """Numbers, as they were written down, of those who reported the order of a scope."""
    if scope.kind != "order" or scope.importances:
        return []
    query = (
        select(Ticket.caller_phone)
        .join(
            OrderTicket,
            (OrderTicket.org_id == Ticket.org_id) & (OrderTicket.ticket_id == Ticket.id),
        )
        .where(
            OrderTicket.org_id == org_id,
            OrderTicket.order_id == scope.id,
            Ticket.caller_phone.is_not(None),
        )
        .order_by(Ticket.filed_at, Ticket.id)
    )
    return [one for one in session.scalars(query) if one]


def _customers(session: Session, org_id: int, scope: Scope) -> Select[Any]:
    if scope.kind == "order":
        return _of_order(session, org_id, scope.id)
    return _of_node(org_id, scope.id) if scope.kind == "node" else _of_region(org_id, scope.id)


def _of_order(session: Session, org_id: int, order_id: UUID) -> Select[Any]:
    """Those who reported it, and all of the premise or transformer as far as its fault reaches."""
    mine = (
        select(Ticket.customer_id)
        .join(
            OrderTicket,
            (OrderTicket.org_id == Ticket.org_id) & (OrderTicket.ticket_id == Ticket.id),
        )
        .where(
            OrderTicket.org_id == org_id,
            OrderTicket.order_id == order_id,
            Ticket.customer_id.is_not(None),
        )
    )
    order = session.get(Order, (org_id, order_id))
    reach = REACH.get(order.fault_code) if order else None
    if reach not in ("premise", "transformer"):
        return mine
    own, other = aliased(ServicePoint), aliased(ServicePoint)
    column = f"{reach}_id"
    near = (
        select(other.customer_id)
        .join(own, getattr(own, column) == getattr(other, column))
        .where(own.org_id == org_id, own.customer_id.in_(mine), other.org_id == org_id)
    )
    return select(mine.union(near).subquery().c.customer_id)


def _of_node(org_id: int, node_id: UUID) -> Select[Any]:
    below = _tree(NetworkNode, org_id, node_id)
    return select(ServicePoint.customer_id).where(
        ServicePoint.org_id == org_id, ServicePoint.transformer_id.in_(below)
    )


def _of_region(org_id: int, region_id: UUID) -> Select[Any]:
    below = _tree(Region, org_id, region_id)
    return (
        select(ServicePoint.customer_id)
        .join(
            Premise,
            (Premise.org_id == ServicePoint.org_id) & (Premise.id == ServicePoint.premise_id),
        )
        .where(ServicePoint.org_id == org_id, Premise.region_id.in_(below))
    )


def _tree(table: Any, org_id: int, top: UUID) -> Select[Any]:
    """A thing and all below it."""
    start = (
        select(table.id, literal(0).label("depth"))
        .where(table.org_id == org_id, table.id == top)
        .cte(recursive=True)
    )
    child = aliased(table)
    below = start.union(
        select(child.id, start.c.depth + 1)
        .join(start, child.parent_id == start.c.id)
        .where(child.org_id == org_id, start.c.depth < DEPTH)
    )
    return select(below.c.id)
