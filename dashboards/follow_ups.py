"""The follow-up queue as the screens read it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.models import Event, User
from dashboards.tickets import english_name
from dashboards.values import iso, text
from dispatch.directory.models import Customer, CustomerPhone
from dispatch.orders import repository as order_repository
from dispatch.orders.models import Location, Order
from dispatch.privacy.masking import Eyes
from dispatch.tickets.followup_rules import LIVE
from dispatch.tickets.models import FollowUp, FollowUpTry, Ticket


def queue(
    session: Session,
    org_id: int,
    now: datetime,
    eyes: Eyes,
    *,
    states: Sequence[str] = LIVE,
    mine: UUID | None = None,
    limit: int = 200,
) -> dict[str, Any]:
    """Who is to be called, by when it is due; `mine`: what this agent claimed."""
    query = select(FollowUp.id).where(FollowUp.org_id == org_id, FollowUp.state.in_(states))
    if mine is not None:
        query = query.where(FollowUp.claimed_by == mine)
    ids = list(session.scalars(query.order_by(FollowUp.due_at, FollowUp.id).limit(limit + 1)))
    return {
        "server_time": iso(now),
        "follow_ups": rows(session, org_id, ids[:limit], eyes),
        "more": len(ids) > limit,
    }


def rows(session: Session, org_id: int, ids: Sequence[UUID], eyes: Eyes) -> list[dict[str, Any]]:
    """Rows of follow-ups in the order of `ids`, in five statements."""
    complaint = aliased(Ticket)
    query = (
        select(FollowUp, Ticket, Order, Location, User.name, complaint.number, Customer)
        .join(Ticket, (Ticket.org_id == FollowUp.org_id) & (Ticket.id == FollowUp.ticket_id))
        .outerjoin(Order, (Order.org_id == FollowUp.org_id) & (Order.id == FollowUp.order_id))
        .outerjoin(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .outerjoin(User, (User.org_id == FollowUp.org_id) & (User.id == FollowUp.claimed_by))
        .outerjoin(
            complaint,
            (complaint.org_id == FollowUp.org_id) & (complaint.id == FollowUp.complaint_id),
        )
        .outerjoin(
            Customer, (Customer.org_id == Ticket.org_id) & (Customer.id == Ticket.customer_id)
        )
        .where(FollowUp.org_id == org_id, FollowUp.id.in_(ids))
    )
    found = session.execute(query).all()
    tries = _tries(session, org_id, ids)
    phones = _phones(session, org_id, [row[1].customer_id for row in found])
    orders = [row[2].id for row in found if row[2] is not None]
    ended = _ended(session, org_id, orders)
    restored = order_repository.restored_at(session, org_id, orders)
    made: dict[UUID, dict[str, Any]] = {}
    for one, ticket, order, place, claimer, complaint_number, customer in found:
        numbers = [ticket.caller_phone, *phones[ticket.customer_id]]
        made[one.id] = {
            "id": str(one.id),
            "ticket_id": str(ticket.id),
            "ticket_number": ticket.number,
            "kind": ticket.kind,
            "customer_id": text(ticket.customer_id),
            "caller_name": eyes.name(ticket.caller_name),
            "caller_name_en": eyes.name(english_name(ticket, customer)),
            "phones": list(dict.fromkeys(eyes.phone(each) for each in numbers if each)),
            "order_id": text(one.order_id),
            "order_number": order.number if order else None,
            "fault_code": order.fault_code if order else None,
            "place": eyes.address(place.place) if place else None,
            "place_en": eyes.address(place.place_en) if place else None,
            "restored_at": iso(restored.get(order.id)) if order else None,
            "closed_outcome": ended.get(order.id) if order else None,
            "state": one.state,
            "opened_at": iso(one.opened_at),
            "due_at": iso(one.due_at),
            "next_at": iso(one.next_at),
            "tries": [_try(each, name, eyes) for each, name in tries[one.id]],
            "claimed_by": text(one.claimed_by),
            "claimed_by_name": claimer,
            "claimed_at": iso(one.claimed_at),
            "outcome": one.outcome,
            "satisfaction": one.satisfaction,
            "complaint_id": text(one.complaint_id),
            "complaint_number": complaint_number,
            "ended_at": iso(one.ended_at),
        }
    return [made[id_] for id_ in ids]


def _try(one: FollowUpTry, name: str | None, eyes: Eyes) -> dict[str, Any]:
    return {
        "attempt": one.attempt,
        "at": iso(one.at),
        "by": name,
        "outcome": one.outcome,
        "satisfaction": one.satisfaction,
        "words": eyes.text(one.words),
    }


def _tries(
    session: Session, org_id: int, ids: Sequence[UUID]
) -> dict[UUID, list[tuple[FollowUpTry, str | None]]]:
    query = (
        select(FollowUpTry, User.name)
        .outerjoin(User, (User.org_id == FollowUpTry.org_id) & (User.id == FollowUpTry.by))
        .where(FollowUpTry.org_id == org_id, FollowUpTry.follow_up_id.in_(ids))
        .order_by(FollowUpTry.follow_up_id, FollowUpTry.attempt)
    )
    found: dict[UUID, list[tuple[FollowUpTry, str | None]]] = defaultdict(list)
    for one, name in session.execute(query):
        found[one.follow_up_id].append((one, name))
    return found


def _phones(
    session: Session, org_id: int, customer_ids: Sequence[UUID | None]
) -> dict[UUID | None, list[str]]:
    """Phones of each account, verified ones first."""
    query = (
        select(CustomerPhone.customer_id, CustomerPhone.number)
        .where(
            CustomerPhone.org_id == org_id,
            CustomerPhone.customer_id.in_({one for one in customer_ids if one}),
        )
        .order_by(CustomerPhone.verified.desc(), CustomerPhone.position, CustomerPhone.number)
    )
    found: dict[UUID | None, list[str]] = defaultdict(list)
    for customer_id, number in session.execute(query):
        found[customer_id].append(number)
    return found


def _ended(session: Session, org_id: int, order_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Outcome of each order's last closing."""
    query = (
        select(Event.stream_id, Event.payload)
        .where(
            Event.org_id == org_id,
            Event.stream == "order",
            Event.stream_id.in_(order_ids),
            Event.type == "order.closed",
        )
        .order_by(Event.seq)
    )
    return {order_id: payload["outcome"] for order_id, payload in session.execute(query)}
