"""What an order is connected with: tickets that share it, its parent, what follows, chase-ups."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.models import User
from dashboards.values import iso, text
from dispatch.orders.models import Order, OrderTicket
from dispatch.tickets.models import ChaseUp, Ticket


def order_links(session: Session, org_id: int, order: Order) -> dict[str, Any]:
    """Ids, numbers, codes and times only: nothing here needs a mask."""
    return {
        "relation": order.relation,
        "appointment_at": iso(order.appointment_at),
        "begins_at": iso(order.begins_at),
        **_family(session, org_id, order),
        "tickets": _tickets(session, org_id, order),
        "chase_ups": _chase_ups(session, org_id, order),
    }


def _family(session: Session, org_id: int, order: Order) -> dict[str, Any]:
    query = select(Order).where(
        Order.org_id == org_id, or_(Order.id == order.parent_id, Order.parent_id == order.id)
    )
    found = session.scalars(query.order_by(Order.filed_at, Order.id)).all()
    return {
        "parent": next((_relative(one) for one in found if one.id == order.parent_id), None),
        "children": [_relative(one) for one in found if one.parent_id == order.id],
    }


def _relative(one: Order) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "number": one.number,
        "state": one.state,
        "relation": one.relation,
        "trade": one.trade,
        "appointment_at": iso(one.appointment_at),
    }


def _tickets(session: Session, org_id: int, order: Order) -> list[dict[str, Any]]:
    query = (
        select(Ticket, OrderTicket.clock)
        .join(
            OrderTicket,
            (OrderTicket.org_id == Ticket.org_id) & (OrderTicket.ticket_id == Ticket.id),
        )
        .where(OrderTicket.org_id == org_id, OrderTicket.order_id == order.id)
        .order_by(Ticket.filed_at, Ticket.id)
    )
    return [
        {
            "id": str(ticket.id),
            "number": ticket.number,
            "kind": ticket.kind,
            "state": ticket.state,
            "clock_started_at": iso(ticket.clock_started_at),
            "gives_clock": clock,
        }
        for ticket, clock in session.execute(query)
    ]


def _chase_ups(session: Session, org_id: int, order: Order) -> list[dict[str, Any]]:
    query = (
        select(ChaseUp, User.name)
        .outerjoin(User, (User.org_id == ChaseUp.org_id) & (User.id == ChaseUp.by))
        .where(ChaseUp.org_id == org_id, ChaseUp.order_id == order.id)
        .order_by(ChaseUp.at, ChaseUp.id)
    )
    return [
        {
            "id": str(one.id),
            "at": iso(one.at),
            "by": name,
            "call_id": text(one.call_id),
            "ticket_id": text(one.ticket_id),
        }
        for one, name in session.execute(query)
    ]
