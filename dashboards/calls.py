"""The agents' read model: rows of calls, snapshot and projector of the topic `calls:all`.

A row depends on the database alone. Calls leave the desk by age: a snapshot holds those opened
since `since`, and a screen drops what was opened before; so the law of live screens (old snapshot
+ deltas == fresh snapshot) holds for the rows of one window.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.clock import rate
from core.live import CALLS, head_of
from core.models import User
from core.wiring import RowChange
from dashboards.values import iso, text
from dispatch.orders.models import Order
from dispatch.tickets.models import ChaseUp, Ticket
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.models import Call
from telephony.routing.callbacks import PURPOSE as CALLED_BACK

CHASE_UP = "chase_up"
INBOUND = "inbound"
WINDOW = timedelta(hours=12)  # a shift; the carrier ends every call after four hours


def _with_customers(org_id: int) -> Select[Call, str]:
    """Calls of callers and call-backs, newest first, with the name of who took them."""
    called_back = Call.carrier_call.startswith(f"{CALLED_BACK}:")
    return (
        select(Call, User.name)
        .outerjoin(User, (User.org_id == Call.org_id) & (User.id == Call.taken_by))
        .where(Call.org_id == org_id, or_(Call.direction == INBOUND, called_back))
        .order_by(Call.opened_at.desc(), Call.id.desc())
    )


def _rows(session: Session, org_id: int, query: Select[Call, str]) -> list[dict[str, Any]]:
    found = session.execute(query).all()
    ids = [call.id for call, _ in found]
    tickets, legs = _tickets(session, org_id, ids), _legs(session, org_id, ids)
    return [
        {**_row(call, name, tickets[call.id]), **_on_line(call, legs[call.id])}
        for call, name in found
    ]


def _legs(
    session: Session, org_id: int, call_ids: list[UUID]
) -> defaultdict[UUID, list[tuple[CallLeg, str | None, Any]]]:
    """Telephones that are off the hook, with the name of whose they are, and how they take part."""
    query = (
        select(CallLeg, User.name, CarrierCommand.params["how"].as_string())
        .outerjoin(User, (User.org_id == CallLeg.org_id) & (User.id == CallLeg.user_id))
        .outerjoin(
            CarrierCommand,
            (CarrierCommand.org_id == CallLeg.org_id) & (CarrierCommand.id == CallLeg.id),
        )
        .where(CallLeg.org_id == org_id, CallLeg.call_id.in_(call_ids))
        .where(CallLeg.state == "answered")
        .order_by(CallLeg.placed_at, CallLeg.id)
    )
    found: defaultdict[UUID, list[tuple[CallLeg, str | None, Any]]] = defaultdict(list)
    for leg, name, how in session.execute(query):
        found[leg.call_id].append((leg, name, how))
    return found


def _on_line(call: Call, legs: list[tuple[CallLeg, str | None, Any]]) -> dict[str, Any]:
    """Who else is on the line of a call that goes on, and since when the customer is on hold."""
    if call.state == "ended":
        legs = []
    held = [leg.held_since for leg, *_ in legs if leg.role in ("caller", "customer")]
    return {
        "held_since": iso(next(filter(None, held), None)),
        "third": any(leg.role == "third" for leg, *_ in legs),
        "supervisors": [
            {"id": text(leg.user_id), "name": name or "", "how": how or "listen"}
            for leg, name, how in legs
            if leg.role == "supervisor"
        ],
    }


def _row(call: Call, taker: str | None, tickets: list[dict[str, Any]]) -> dict[str, Any]:
    inbound = call.direction == INBOUND
    customer, ours = call.from_number, call.to_number
    if not inbound:
        customer, ours = ours, customer
    return {
        "id": str(call.id),
        "direction": "in" if inbound else "back",
        "from_number": customer,
        "to_number": ours,
        "state": call.state,
        "stage": call.stage,
        "queue": call.queue,
        "queued_at": iso(call.queued_at),
        "outcome": call.outcome,
        "opened_at": iso(call.opened_at),
        "ended_at": iso(call.ended_at),
        "end_state": call.end_state,
        "taken_by": {"id": text(call.taken_by), "name": taker} if call.taken_by else None,
        "taken_at": iso(call.taken_at),
        "tickets": tickets,
    }


def _tickets(
    session: Session, org_id: int, call_ids: list[UUID]
) -> defaultdict[UUID | None, list[dict[str, Any]]]:
    """What came of each call: tickets, each with its order where it has one; chase-ups."""
    query = (
        select(Ticket, Order.id, Order.number)
        .outerjoin(Order, (Order.org_id == Ticket.org_id) & (Order.id == Ticket.order_id))
        .where(Ticket.org_id == org_id, Ticket.call_id.in_(call_ids))
        .order_by(Ticket.filed_at, Ticket.id)
    )
    found: defaultdict[UUID | None, list[dict[str, Any]]] = defaultdict(list)
    for ticket, order_id, number in session.execute(query):
        found[ticket.call_id].append(
            {
                "id": str(ticket.id),
                "kind": ticket.kind,
                "order_id": text(order_id),
                "order_number": number,
            }
        )
    for one, number in session.execute(_chased(org_id, call_ids)):
        row = {"id": str(one.id), "kind": CHASE_UP, "order_id": str(one.order_id)}
        found[one.call_id].append({**row, "order_number": number})
    return found


def _chased(org_id: int, call_ids: list[UUID]) -> Select[ChaseUp, str]:
    """Calls that asked again about an order that was there: they need no ticket."""
    return (
        select(ChaseUp, Order.number)
        .join(Order, (Order.org_id == ChaseUp.org_id) & (Order.id == ChaseUp.order_id))
        .where(ChaseUp.org_id == org_id, ChaseUp.call_id.in_(call_ids))
        .where(ChaseUp.ticket_id.is_(None))
        .order_by(ChaseUp.at, ChaseUp.id)
    )


def recent(session: Session, org_id: int, limit: int) -> list[dict[str, Any]]:
    """Rows of the newest calls, newest first."""
    return _rows(session, org_id, _with_customers(org_id).limit(limit))


def one(session: Session, org_id: int, call_id: UUID) -> dict[str, Any]:
    """The row of one call."""
    return _rows(session, org_id, _with_customers(org_id).where(Call.id == call_id))[0]


def snapshot(session: Session, org_id: int, now: datetime) -> dict[str, Any]:
    """The calls opened within `WINDOW`, with the number of the topic's last delta.

    `session` must be a repeatable-read one, so that rows and number are of one moment.
    """
    since = now - WINDOW
    return {
        "topic": CALLS,
        "number": head_of(session, org_id, CALLS),
        "server_time": iso(now),
        "rate": rate(),
        "since": iso(since),
        "calls": _rows(session, org_id, _with_customers(org_id).where(Call.opened_at >= since)),
    }


def project(session: Session, org_id: int, touched: Iterable[tuple[str, UUID]]) -> list[RowChange]:
    """The new rows of the calls that a transaction touched."""
    ids = [id_ for entity, id_ in touched if entity == "call"]
    if not ids:
        return []
    rows = _rows(session, org_id, _with_customers(org_id).where(Call.id.in_(ids)))
    return [RowChange(CALLS, "call", row["id"], row) for row in rows]
