"""All queries of what leaves the house unasked."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.models import Unit
from dispatch.crews.models import Vehicle
from dispatch.directory.models import CustomerPhone
from dispatch.orders.models import Assignment, Order, OrderTicket, Receipt
from dispatch.outbound.models import CrewReach
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


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An assignment that is called after, or was, and whether a device of the crew has it."""

    assignment: Assignment
    order: Order
    receipt: str | None
    reach: CrewReach | None


def unanswered(session: Session, org_id: int, before: datetime) -> list[Unanswered]:
    """Assignments that were sent before then and are not accepted, or are called after still."""
    join = (CrewReach.org_id == Assignment.org_id) & (CrewReach.assignment_id == Assignment.id)
    query = (
        select(Assignment, Order, Receipt.status, CrewReach)
        .join(Order, (Order.org_id == Assignment.org_id) & (Order.id == Assignment.order_id))
        .outerjoin(CrewReach, join)
        .outerjoin(
            Receipt,
            (Receipt.org_id == Assignment.org_id)
            & (Receipt.subject_id == Assignment.id)
            & (Receipt.purpose == "order"),
        )
        .where(
            Assignment.org_id == org_id,
            ((Assignment.state == "sent") & (Assignment.sent_at <= before))
            | (CrewReach.assignment_id.is_not(None) & CrewReach.ended_at.is_(None)),
            CrewReach.ended_at.is_(None),
        )
    )
    return [Unanswered(*row) for row in session.execute(query)]


def reach_organisations(session: Session) -> list[int]:
    """Those with an order that a crew has not accepted, or that is called after."""
    sent = select(Assignment.org_id).where(Assignment.state == "sent").distinct()
    called = select(CrewReach.org_id).where(CrewReach.ended_at.is_(None)).distinct()
    return sorted({*session.scalars(sent), *session.scalars(called)})


def reach_locked(
    session: Session, org_id: int, assignment_id: UUID, now: datetime
) -> CrewReach | None:
    """The row of an assignment, made if it is new; None while somebody else holds it."""
    made = insert(CrewReach).values(org_id=org_id, assignment_id=assignment_id, calls=0, due_at=now)
    session.execute(made.on_conflict_do_nothing())
    query = select(CrewReach).where(
        CrewReach.org_id == org_id, CrewReach.assignment_id == assignment_id
    )
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()


def reaches(
    session: Session, org_id: int, assignment_ids: Collection[UUID]
) -> dict[UUID, CrewReach]:
    query = select(CrewReach).where(
        CrewReach.org_id == org_id, CrewReach.assignment_id.in_(assignment_ids)
    )
    return {one.assignment_id: one for one in session.scalars(query)}


def reach_row(session: Session, org_id: int, assignment_id: UUID) -> CrewReach | None:
    """The row of an assignment that is called after, locked."""
    query = select(CrewReach).where(
        CrewReach.org_id == org_id, CrewReach.assignment_id == assignment_id
    )
    return session.scalars(query.with_for_update()).one_or_none()


def receipt_of(session: Session, org_id: int, assignment_id: UUID) -> Receipt | None:
    """The delivery of an order to the crew."""
    query = select(Receipt).where(
        Receipt.org_id == org_id,
        Receipt.subject_id == assignment_id,
        Receipt.purpose == "order",
    )
    return session.scalars(query).one_or_none()
