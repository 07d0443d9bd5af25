"""All queries of what leaves the house unasked."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Unit
from dispatch.crews.models import Vehicle
from dispatch.directory.models import CustomerPhone
from dispatch.orders.models import Assignment, Order, OrderTicket
from dispatch.tickets.models import Ticket
from sla.models import SlaForecast
from telephony.message_models import Message

OVER = ("finished", "closed")
THERE = ("arrived", "finished")


@dataclass(frozen=True, slots=True)
class Awaited:
    """An order that somebody waits for, with its last assignment and what is expected of it."""

    order: Order
    assignment: Assignment | None
    forecast: SlaForecast | None


def late(session: Session, org_id: int) -> list[Awaited]:
    """Orders whose promise will probably break, as long as nobody is there."""
    query = (
        select(Order, Assignment, SlaForecast)
        .join(SlaForecast, (SlaForecast.org_id == Order.org_id) & (SlaForecast.id == Order.id))
        .outerjoin(
            Assignment,
            (Assignment.org_id == Order.org_id) & (Assignment.id == Order.assignment_id),
        )
        .where(Order.org_id == org_id, SlaForecast.standing, Order.state.not_in(OVER))
    )
    rows = [Awaited(*row) for row in session.execute(query)]
    return [one for one in rows if one.assignment is None or one.assignment.state not in THERE]


def driving(session: Session, org_id: int, since: datetime) -> list[Awaited]:
    """Orders whose crew has departed since then and is not there."""
    query = (
        select(Order, Assignment, SlaForecast)
        .join(Assignment, (Assignment.org_id == Order.org_id) & (Assignment.order_id == Order.id))
        .outerjoin(SlaForecast, (SlaForecast.org_id == Order.org_id) & (SlaForecast.id == Order.id))
        .where(
            Order.org_id == org_id,
            Order.state.not_in(OVER),
            Assignment.state == "departed",
            Assignment.departed_at >= since,
        )
    )
    return [Awaited(*row) for row in session.execute(query)]


def organisations(session: Session) -> list[int]:
    """Those with an order that somebody waits for."""
    query = select(SlaForecast.org_id).where(SlaForecast.standing).distinct()
    more = select(Assignment.org_id).where(Assignment.state == "departed").distinct()
    return sorted({*session.scalars(query), *session.scalars(more)})


def tickets_of(
    session: Session, org_id: int, order_ids: Collection[UUID]
) -> dict[UUID, list[Ticket]]:
    """Order → its tickets, the oldest first."""
    query = (
        select(OrderTicket.order_id, Ticket)
        .join(Ticket, (Ticket.org_id == OrderTicket.org_id) & (Ticket.id == OrderTicket.ticket_id))
        .where(OrderTicket.org_id == org_id, OrderTicket.order_id.in_(order_ids))
        .order_by(Ticket.filed_at, Ticket.id)
    )
    found: dict[UUID, list[Ticket]] = defaultdict(list)
    for order_id, ticket in session.execute(query):
        found[order_id].append(ticket)
    return found


def first_phones(session: Session, org_id: int, customer_ids: Collection[UUID]) -> dict[UUID, str]:
    """Customer → the first number in the order of calling."""
    query = (
        select(CustomerPhone.customer_id, CustomerPhone.number)
        .where(CustomerPhone.org_id == org_id, CustomerPhone.customer_id.in_(customer_ids))
        .order_by(CustomerPhone.position.desc(), CustomerPhone.verified, CustomerPhone.number)
    )
    rows: Sequence[tuple[UUID, str]] = session.execute(query).all()  # the last one wins
    return dict(rows)


def said(
    session: Session, org_id: int, orders: Collection[UUID], templates: Collection[str]
) -> dict[tuple[UUID, str], list[Message]]:
    """(order, number) → messages of these templates about it, the oldest first."""
    query = select(Message).where(
        Message.org_id == org_id,
        Message.about == "order",
        Message.about_id.in_(orders),
        Message.template.in_(templates),
    )
    found: dict[tuple[UUID, str], list[Message]] = defaultdict(list)
    for one in session.scalars(query.order_by(Message.asked_at, Message.id)):
        if one.to_number is not None:
            found[one.about_id, one.to_number].append(one)
    return found


def units(session: Session, org_id: int, unit_ids: Collection[UUID]) -> dict[UUID, Unit]:
    query = select(Unit).where(Unit.org_id == org_id, Unit.id.in_(unit_ids))
    return {one.id: one for one in session.scalars(query)}


def plates(session: Session, org_id: int, vehicle_ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(Vehicle.id, Vehicle.plate).where(
        Vehicle.org_id == org_id, Vehicle.id.in_(vehicle_ids)
    )
    rows: Sequence[tuple[UUID, str]] = session.execute(query).all()
    return dict(rows)
