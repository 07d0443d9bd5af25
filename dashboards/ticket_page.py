"""One ticket in full: who, what, its clock, orders, relations, files, calls, and what happened."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import EVERYTHING, Access
from core.models import Event, Unit, User
from dashboards import follow_ups
from dashboards.escalations import escalations
from dashboards.guides import answer_rows
from dashboards.tickets import summaries
from dashboards.values import iso, text
from dispatch.orders.models import Location, Order, OrderTicket, Stamp
from dispatch.privacy.masking import Eyes
from dispatch.tickets import repository, rules
from dispatch.tickets.models import FollowUp, Ticket, TicketNote, TicketRelation
from telephony.message_repository import ids_about as message_ids

BY_PERSON = (
    "merge", "unmerge", "transfer", "return", "answer", "contact", "close", "reopen", "order"
)  # fmt: skip


def ticket_page(
    session: Session, org_id: int, ticket_id: UUID, eyes: Eyes, access: Access = EVERYTHING
) -> dict[str, Any]:
    """The whole of one ticket. Raises NotFound, also where `access` hides it."""
    ticket = session.get(Ticket, (org_id, ticket_id))
    if ticket is None or not repository.is_held_by(session, ticket, access):
        raise NotFound(what="ticket", id=ticket_id)
    names = _names(session, org_id)
    may = [act for act in BY_PERSON if rules.allowed(act, ticket.state)]
    told = escalations(session, org_id, ticket_id)
    calls = list(
        session.scalars(
            select(FollowUp.id)
            .where(FollowUp.org_id == org_id, FollowUp.ticket_id == ticket_id)
            .order_by(FollowUp.opened_at, FollowUp.id)
        )
    )
    return {
        "ticket": summaries(session, org_id, [ticket_id], eyes)[ticket_id],
        "may": [*may, *(["acknowledge"] if any(one["cause"] is None for one in told) else [])],
        "guided": _guided(session, org_id, ticket),
        "clock": _clock(session, org_id, ticket_id),
        "orders": _orders(session, org_id, ticket, eyes),
        "related": _related(session, org_id, ticket_id, access),
        "attachments": [
            {
                "id": str(one.id),
                "name": eyes.text(one.name),
                "content_type": one.content_type,
                "size": one.size,
                "attached_at": iso(one.attached_at),
                "attached_by": names.get(one.attached_by) if one.attached_by else None,
                "hidden": one.hidden_at is not None,
            }
            for one in repository.attachments_of(session, org_id, [ticket_id]).get(ticket_id, [])
        ],
        "follow_ups": follow_ups.rows(session, org_id, calls, eyes),
        "escalations": told,
        "history": _history(session, org_id, ticket, calls, names, eyes),
    }


def _names(session: Session, org_id: int) -> dict[UUID, str]:
    rows = session.execute(select(User.id, User.name).where(User.org_id == org_id))
    return dict(rows.all())  # a Result has keys(), which dict() would take for a mapping


def _guided(session: Session, org_id: int, ticket: Ticket) -> dict[str, Any] | None:
    if ticket.guide_code is None:
        return None
    answers = repository.answers_of(session, org_id, [ticket.id]).get(ticket.id, [])
    return {
        "fault_code": ticket.guide_code,
        "version": ticket.guide_version,
        "answers": answer_rows(ticket.guide_code, answers),
        "urgency": ticket.guided_urgency,
        "trade": ticket.guided_trade,
        "customer_side": ticket.customer_side,
    }


def _clock(session: Session, org_id: int, ticket_id: UUID) -> dict[str, Any] | None:
    query = select(Stamp).where(
        Stamp.org_id == org_id, Stamp.ticket_id == ticket_id, Stamp.point == "A"
    )
    stamp = session.scalars(query.order_by(Stamp.recorded_at).limit(1)).first()
    if stamp is None:
        return None
    return {
        "at": iso(stamp.at),
        "source": stamp.source,
        "evidence": stamp.evidence,
        "uncertainty_s": stamp.uncertainty_s,
    }


def _orders(session: Session, org_id: int, ticket: Ticket, eyes: Eyes) -> list[dict[str, Any]]:
    query = (
        select(Order, Location)
        .join(
            OrderTicket, (OrderTicket.org_id == Order.org_id) & (OrderTicket.order_id == Order.id)
        )
        .outerjoin(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .where(OrderTicket.org_id == org_id, OrderTicket.ticket_id == ticket.id)
        .order_by(Order.filed_at, Order.id)
    )
    found = session.execute(query).all()
    counts = select(OrderTicket.order_id, func.count()).where(
        OrderTicket.org_id == org_id,
        OrderTicket.order_id.in_([order.id for order, _ in found]),
    )
    shared = dict(session.execute(counts.group_by(OrderTicket.order_id)).all())
    return [
        {
            "id": str(order.id),
            "number": order.number,
            "state": order.state,
            "role": _role(order, ticket),
            "relation": order.relation,
            "fault_code": order.fault_code,
            "urgency": order.urgency,
            "trade": order.trade,
            "chase_ups": order.chase_ups,
            "tickets": shared[order.id],
            "place": eyes.address(place.place) if place else None,
            "place_en": eyes.address(place.place_en) if place else None,
            "appointment_at": iso(order.appointment_at),
        }
        for order, place in found
    ]


def _role(order: Order, ticket: Ticket) -> str:
    if order.parent_id is not None:
        return "follow_on"
    return "shared" if order.id == ticket.order_id else "earlier"


def _related(
    session: Session, org_id: int, ticket_id: UUID, access: Access
) -> list[dict[str, Any]]:
    """What this ticket says of others, then what others say of it; of those that are seen."""
    query = select(TicketRelation).where(
        TicketRelation.org_id == org_id,
        or_(TicketRelation.ticket_id == ticket_id, TicketRelation.other_id == ticket_id),
    )
    relations = session.scalars(query).all()
    others = {one.other_id if one.ticket_id == ticket_id else one.ticket_id for one in relations}
    wanted = select(Ticket).where(
        Ticket.org_id == org_id, Ticket.id.in_(others), *repository.held_by(org_id, access)
    )
    tickets = {one.id: one for one in session.scalars(wanted)}
    rows = []
    for one in sorted(relations, key=lambda one: (one.ticket_id != ticket_id, str(one.other_id))):
        mine = one.ticket_id == ticket_id
        other = tickets.get(one.other_id if mine else one.ticket_id)
        if other is None:
            continue
        rows.append(
            {
                "id": str(other.id),
                "number": other.number,
                "kind": other.kind,
                "state": other.state,
                "relation": one.relation,
                "mine": mine,
            }
        )
    return rows


def _history(
    session: Session,
    org_id: int,
    ticket: Ticket,
    calls: list[UUID],
    names: dict[UUID, str],
    eyes: Eyes,
) -> list[dict[str, Any]]:
    """Facts of the ticket and of its follow-ups, messages about its order, and chase-ups that it
    came with.
    """
    about = ticket.order_id
    query = (
        select(Event, TicketNote.words)
        .outerjoin(TicketNote, (TicketNote.org_id == Event.org_id) & (TicketNote.id == Event.id))
        .where(
            Event.org_id == org_id,
            or_(
                (Event.stream == "ticket") & (Event.stream_id == ticket.id),
                (Event.stream == "followup") & Event.stream_id.in_(calls),
                (Event.stream == "message")
                & Event.stream_id.in_(message_ids(session, org_id, [about or ticket.id])),
            ),
        )
        .order_by(Event.recorded_at, Event.stream.desc(), Event.seq)
    )
    return [
        {
            "at": iso(event.occurred_at),
            "type": event.type,
            "by": names.get(event.actor_id) if event.actor_id else event.source,
            "detail": event.payload,
            "words": eyes.text(words),
        }
        for event, words in session.execute(query)
    ]


def transfer_units(session: Session, org_id: int) -> list[dict[str, Any]]:
    """Departments, centres and the hotline: who a ticket can be transferred to."""
    query = (
        select(Unit)
        .where(Unit.org_id == org_id, Unit.kind != "crew", Unit.active)
        .order_by(Unit.kind, Unit.code)
    )
    return [
        {
            "id": text(unit.id),
            "kind": unit.kind,
            "code": unit.code,
            "name_zh": unit.name_zh,
            "name_en": unit.name_en,
        }
        for unit in session.scalars(query)
    ]
