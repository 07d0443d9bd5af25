"""All queries of what customers have to do with us: their orders, calls and tickets."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, Select, func, literal, or_, select, true, union
from sqlalchemy.orm import Session, aliased

from dispatch.directory.callers import Contact, CustomerNote, OpenOrder
from dispatch.directory.models import Customer, ServicePoint
from dispatch.directory.repository import open_with_tickets
from dispatch.orders.models import Location, Order, OrderTicket
from dispatch.privacy import models
from dispatch.tickets.models import Ticket
from telephony.models import Call

Columns = TypeVarTuple("Columns")


def _open_orders(org_id: int, condition: Any, limit: int) -> Select[*tuple[Any, ...]]:
    """Open orders in the columns of `OpenOrder`, without `because`, newest first."""
    columns = (
        Order.id,
        Order.number,
        Order.state,
        Order.fault_code,
        Order.urgency,
        Order.filed_at,
        Order.centre_id,
        Location.place,
        Location.place_en,
    )
    return (
        open_with_tickets(select(*columns), org_id)
        .outerjoin(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .outerjoin(Call, (Call.org_id == Ticket.org_id) & (Call.id == Ticket.call_id))
        .where(condition)
        .order_by(Order.filed_at.desc(), Order.id)
        .limit(limit)
    )


def _each_once(rows: Iterable[tuple[Any, ...]], because: str) -> list[OpenOrder]:
    """An order with several tickets has several rows."""
    return list({row[0]: OpenOrder(*(*row, because)) for row in rows}.values())


def orders_of_customers(
    session: Session, org_id: int, customer_ids: Collection[UUID], limit: int
) -> dict[UUID, list[OpenOrder]]:
    """For each account, open orders about it."""
    about = _open_orders(org_id, Ticket.customer_id == Customer.id, limit)
    found = _of_each(session, org_id, customer_ids, about, _newest_order)
    return {id_: _each_once(rows, "customer") for id_, rows in found.items()}


def past_orders(
    session: Session, org_id: int, customer_id: UUID, limit: int
) -> Sequence[Row[Order, Location]]:
    """The last orders about an account, open and closed, with where they were, newest first."""
    about = (
        select(OrderTicket.order_id)
        .join(Ticket, (Ticket.org_id == OrderTicket.org_id) & (Ticket.id == OrderTicket.ticket_id))
        .where(OrderTicket.org_id == org_id, Ticket.customer_id == customer_id)
    )
    query = (
        select(Order, Location)
        .outerjoin(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .where(Order.org_id == org_id, Order.id.in_(about))
        .order_by(Order.filed_at.desc(), Order.id)
        .limit(limit)
    )
    return session.execute(query).all()


REACH = {
    "no_power_home": "customer",
    "no_power_building": "premise",
    "no_power_area": "transformer",
}
"""How far a fault takes the power away, by its code."""


def outages_of(
    session: Session, org_id: int, customer_id: UUID, limit: int
) -> list[tuple[Order, str, datetime]]:
    """Orders whose fault took the customer's power away, with why we think so and since when.

    Told by the customer, of the whole premise by anybody there, of the whole area by anybody of the
    same transformer. Since when: the first of their tickets' clocks. Newest first.
    """
    near = _near(org_id, customer_id).subquery()
    reached = or_(
        *(
            (Order.fault_code == code) & near.c.because.in_({because, "customer"})
            for code, because in REACH.items()
        )
    )
    query = (
        select(
            Order,
            func.bool_or(near.c.because == "customer"),
            func.min(func.coalesce(Ticket.clock_started_at, Ticket.filed_at)),
        )
        .join(Ticket, (Ticket.org_id == org_id) & (Ticket.customer_id == near.c.customer_id))
        .join(
            OrderTicket,
            (OrderTicket.org_id == Ticket.org_id) & (OrderTicket.ticket_id == Ticket.id),
        )
        .join(Order, (Order.org_id == OrderTicket.org_id) & (Order.id == OrderTicket.order_id))
        .where(reached)
        .group_by(Order.org_id, Order.id)
        .order_by(Order.filed_at.desc(), Order.id)
        .limit(limit)
    )
    return [
        (order, "customer" if mine else REACH[order.fault_code], since)
        for order, mine, since in session.execute(query)
    ]


def _near(org_id: int, customer_id: UUID) -> CompoundSelect[UUID, str]:
    """Customers who lose the power together with this one, and why."""
    own, other = aliased(ServicePoint), aliased(ServicePoint)

    def sharing(column: str, because: str) -> Select[UUID, str]:
        return (
            select(other.customer_id, literal(because).label("because"))
            .join(own, getattr(own, column) == getattr(other, column))
            .where(own.org_id == org_id, own.customer_id == customer_id, other.org_id == org_id)
        )

    mine = select(Customer.id.label("customer_id"), literal("customer").label("because")).where(
        Customer.org_id == org_id, Customer.id == customer_id
    )
    return union(mine, sharing("premise_id", "premise"), sharing("transformer_id", "transformer"))


def orders_at_premises(
    session: Session, org_id: int, customer_ids: Collection[UUID], limit: int
) -> dict[UUID, list[OpenOrder]]:
    """For each account, open orders about any account at its premises."""
    own = aliased(ServicePoint)
    there = (
        select(ServicePoint.customer_id)
        .join(
            own, (own.org_id == ServicePoint.org_id) & (own.premise_id == ServicePoint.premise_id)
        )
        .where(own.org_id == org_id, own.customer_id == Customer.id)
        .correlate(Customer)
    )
    about = _open_orders(org_id, Ticket.customer_id.in_(there), limit)
    found = _of_each(session, org_id, customer_ids, about, _newest_order)
    return {id_: _each_once(rows, "premise") for id_, rows in found.items()}


def _newest_order(columns: Any) -> tuple[Any, ...]:
    return columns.filed_at.desc(), columns.id


def _of_each(
    session: Session,
    org_id: int,
    customer_ids: Collection[UUID],
    query: Select[*tuple[Any, ...]],
    order: Callable[[Any], tuple[Any, ...]],
) -> dict[UUID, list[tuple[Any, ...]]]:
    """What `query`, which speaks of one `Customer`, finds for each of them, in one statement.

    `order`: the query's own, of its columns. The query's limit holds for each customer.
    """
    one = query.correlate(Customer).lateral()
    together = (
        select(Customer.id.label("asked"), *one.c)
        .join(one, true())
        .where(Customer.org_id == org_id, Customer.id.in_(customer_ids))
        .order_by(Customer.id, *order(one.c))
    )
    found: dict[UUID, list[tuple[Any, ...]]] = {id_: [] for id_ in customer_ids}
    for asked, *row in session.execute(together):
        found[asked].append(tuple(row))
    return found


def orders_of_phone(
    session: Session, org_id: int, number: str, written: Collection[str], limit: int
) -> list[OpenOrder]:
    """Open orders told from a phone, or with it as the number to call back."""
    condition = (Call.from_number == number) | Ticket.caller_phone.in_(written)
    rows = session.execute(_open_orders(org_id, condition, limit))
    return _each_once([tuple(row) for row in rows], "phone")


def calls_of_phones(
    session: Session,
    org_id: int,
    numbers: Collection[str],
    limit: int,
    about: UUID | None = None,
) -> Sequence[Row[Call, Ticket, UUID, str]]:
    """Last calls from these phones: (Call, Ticket or None, order id, order number), newest first.

    `about`: also calls in which a ticket about this customer was filed, whoever called.
    """
    from_them = (
        select(Call.id)
        .where(Call.org_id == org_id, Call.from_number.in_(numbers), Call.direction == "inbound")
        .order_by(Call.opened_at.desc(), Call.id.desc())
        .limit(limit)
    )
    about_it = (
        select(Ticket.call_id)
        .where(Ticket.org_id == org_id, Ticket.customer_id == about, Ticket.call_id.is_not(None))
        .order_by(Ticket.filed_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    found = union(from_them, about_it) if about is not None else from_them
    last = (
        select(Call)
        .where(Call.org_id == org_id, Call.id.in_(found))
        .order_by(Call.opened_at.desc(), Call.id.desc())
        .limit(limit)
        .subquery()
    )
    call = aliased(Call, last)
    query = (
        select(call, Ticket, Order.id, Order.number)
        .outerjoin(Ticket, (Ticket.org_id == call.org_id) & (Ticket.call_id == call.id))
        .order_by(call.opened_at.desc(), call.id.desc(), Ticket.filed_at)
    )
    return session.execute(_with_order(query)).all()


def call_contacts(rows: Iterable[Row[Call, Ticket, UUID, str]]) -> list[Contact]:
    """Calls as contacts, one for each ticket that was filed in it."""
    return [
        Contact(
            kind="call",
            id=call.id,
            at=call.opened_at,
            state=call.end_state or call.state,
            ticket_id=ticket.id if ticket else None,
            ticket_kind=ticket.kind if ticket else None,
            order_id=order_id,
            order_number=order_number,
        )
        for call, ticket, order_id, order_number in rows
    ]


def tickets_of_customers(
    session: Session, org_id: int, customer_ids: Collection[UUID], limit: int
) -> dict[UUID, list[Contact]]:
    """For each account, its last tickets, newest first."""
    last = (
        select(Ticket.id, Ticket.filed_at, Ticket.kind, Order.id.label("order_id"), Order.number)
        .where(Ticket.org_id == org_id, Ticket.customer_id == Customer.id)
        .order_by(Ticket.filed_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    found = _of_each(
        session,
        org_id,
        customer_ids,
        _with_order(last),
        lambda columns: (columns.filed_at.desc(), columns.id.desc()),
    )
    return {
        customer_id: [
            Contact("ticket", id_, at, None, id_, kind, order_id, number)
            for id_, at, kind, order_id, number in rows
        ]
        for customer_id, rows in found.items()
    }


def notes_of_customers(
    session: Session, org_id: int, customer_ids: Collection[UUID], limit: int
) -> dict[UUID, list[CustomerNote]]:
    """For each account, notes that nobody has hidden: pinned ones first, then the newest."""
    row = models.CustomerNote
    newest = (
        select(row.id, row.words, row.pinned, row.noted_at)
        .where(row.org_id == org_id, row.customer_id == Customer.id, row.hidden_at.is_(None))
        .order_by(row.pinned.desc(), row.noted_at.desc(), row.id.desc())
        .limit(limit)
    )
    found = _of_each(
        session,
        org_id,
        customer_ids,
        newest,
        lambda columns: (columns.pinned.desc(), columns.noted_at.desc(), columns.id.desc()),
    )
    return {
        customer_id: [CustomerNote(words, pinned, at) for _, words, pinned, at in rows]
        for customer_id, rows in found.items()
    }


def _with_order(query: Select[*Columns]) -> Select[*Columns]:
    return query.outerjoin(Order, (Order.org_id == Ticket.org_id) & (Order.id == Ticket.order_id))
