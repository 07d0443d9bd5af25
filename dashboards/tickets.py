"""Tickets as the screens read them: list, page, follow-up queue. Names are masked on the way out.

Every list takes the same few statements however long it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.clock import now
from core.identity import EVERYTHING, Access
from core.models import User
from dashboards.values import iso, text
from dispatch.directory.models import Customer
from dispatch.orders.models import Location, Order
from dispatch.privacy.masking import Eyes
from dispatch.tickets import repository, rules
from dispatch.tickets.models import Ticket, TicketAttachment
from sla.facts import Facts
from sla.models import SlaCase, SlaTimer
from sla.repository import cases_of
from sla.segments import CALENDAR_ENDS
from sla.versions import policy_of, usual

FAULT = "fault_repair"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the tickets is asked for; None wants all. `before`: older ones than this moment."""

    states: Sequence[str] = ()
    kind: str | None = None
    order_id: UUID | None = None
    customer_id: UUID | None = None
    mine: tuple[UUID, UUID] | None = None
    unordered: bool = False
    access: Access = EVERYTHING
    overdue_at: datetime | None = None
    before: datetime | None = None
    words: Sequence[str] = ()
    limit: int = 100


def ticket_list(session: Session, org_id: int, wanted: Wanted, eyes: Eyes) -> dict[str, Any]:
    """The newest tickets that are asked for; `more` says that older ones were left out.

    `mine`: filed by this user, or with this unit. `unordered`: faults that wait for an order.
    `words`: each stands in the ticket or its order.
    """
    query = select(Ticket.id).where(
        Ticket.org_id == org_id, *repository.held_by(org_id, wanted.access)
    )
    if wanted.words:
        query = _with_words(query, wanted.words, eyes)
    if wanted.states:
        query = query.where(Ticket.state.in_(wanted.states))
    if wanted.kind:
        query = query.where(Ticket.kind == wanted.kind)
    if wanted.order_id:
        query = query.where(Ticket.order_id == wanted.order_id)
    if wanted.customer_id:
        query = query.where(Ticket.customer_id == wanted.customer_id)
    if wanted.mine:
        user_id, unit_id = wanted.mine
        query = query.where(or_(Ticket.filed_by == user_id, Ticket.unit_id == unit_id))
    if wanted.overdue_at:
        query = query.where(
            Ticket.state.in_(rules.UNDECIDED),
            or_(
                Ticket.due_at < wanted.overdue_at,
                (Ticket.kind == FAULT) & (_began() < wanted.overdue_at - _promise(session, org_id)),
            ),
        )
    if wanted.unordered:
        query = query.where(Ticket.state.in_(rules.UNDECIDED), Ticket.kind == FAULT)
    if wanted.before:
        query = query.where(Ticket.filed_at < wanted.before)
    query = query.order_by(Ticket.filed_at.desc(), Ticket.id.desc()).limit(wanted.limit + 1)
    ids = list(session.scalars(query))
    rows = summaries(session, org_id, ids[: wanted.limit], eyes)
    return {
        "tickets": [rows[id_] for id_ in ids[: wanted.limit]],
        "more": len(ids) > wanted.limit,
    }


def _with_words(query: Select[UUID], words: Sequence[str], eyes: Eyes) -> Select[UUID]:
    """Those that have each word somewhere; whoever sees masks finds by the numbers alone."""
    query = (
        query.outerjoin(Order, (Order.org_id == Ticket.org_id) & (Order.id == Ticket.order_id))
        .outerjoin(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .outerjoin(
            Customer, (Customer.org_id == Ticket.org_id) & (Customer.id == Ticket.customer_id)
        )
    )
    columns: list[ColumnElement[Any] | InstrumentedAttribute[Any]] = [Ticket.number, Order.number]
    if eyes.clear:
        columns += [
            Ticket.caller_name,
            Ticket.caller_phone,
            func.regexp_replace(Ticket.caller_phone, r"\D", "", "g"),
            Ticket.description,
            Customer.name_en,
            Location.place,
            Location.place_en,
        ]
    return query.where(
        *(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words)
    )


def _began() -> ColumnElement[datetime | None]:
    """Where the clock of a fault without an order runs from."""
    return func.coalesce(Ticket.reopened_at, Ticket.clock_started_at)


def _promise(session: Session, org_id: int) -> timedelta:
    """What is promised while nobody has said where it is: the shortest, that of the town."""
    total = usual(session, org_id, now()).total
    limit = total.seconds(Facts(area_class="urban")) if total else None
    return timedelta(seconds=limit or 0.0)


def _due(
    ticket: Ticket, order: Order | None, promised: SlaTimer | None, usually: timedelta
) -> datetime | None:
    """When an answer is due; of a fault its order's promise, or its own until it has one. Of a
    ticket that was merged the promise runs from its own A.
    """
    if ticket.due_at is not None:
        return ticket.due_at
    began = ticket.reopened_at or ticket.clock_started_at
    if ticket.kind == FAULT and ticket.state in rules.UNDECIDED:
        return began + usually if began else None
    if promised is None or promised.due_at is None or order is None:
        return None
    if began is None or order.ticket_id == ticket.id:
        return promised.due_at
    return promised.due_at + max(began - promised.starts_at, timedelta(0))


def _why_unknown(ticket: Ticket, case: SlaCase | None) -> str | None:
    """Why nobody can say when an answer is due, though one is awaited."""
    if ticket.kind == FAULT or ticket.state not in rules.UNDECIDED:
        return None
    return CALENDAR_ENDS if case is not None and policy_of(case).calendar else "no_limit"


def summaries(
    session: Session, org_id: int, ticket_ids: Sequence[UUID], eyes: Eyes
) -> dict[UUID, dict[str, Any]]:
    """Rows of tickets, in a few statements."""
    query = (
        select(Ticket, Order, Location, User.name, Customer, SlaCase)
        .outerjoin(Order, (Order.org_id == Ticket.org_id) & (Order.id == Ticket.order_id))
        .outerjoin(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .outerjoin(User, (User.org_id == Ticket.org_id) & (User.id == Ticket.filed_by))
        .outerjoin(
            Customer, (Customer.org_id == Ticket.org_id) & (Customer.id == Ticket.customer_id)
        )
        .outerjoin(SlaCase, (SlaCase.org_id == Ticket.org_id) & (SlaCase.id == Ticket.id))
        .where(Ticket.org_id == org_id, Ticket.id.in_(ticket_ids))
    )
    found = session.execute(query).all()
    files = _files(session, org_id, ticket_ids)
    usually = _promise(session, org_id)
    promises = _promises(session, org_id, (row[1].id for row in found if row[1]))
    return {row[0].id: _summary(row, files[row[0].id], promises, usually, eyes) for row in found}


def english_name(ticket: Ticket, customer: Customer | None) -> str | None:
    """What the directory calls the caller in English, where the caller is the customer."""
    if customer is None or ticket.caller_name not in (None, customer.name_zh, customer.name_en):
        return None
    return customer.name_en


def _files(session: Session, org_id: int, ticket_ids: Sequence[UUID]) -> dict[UUID, int]:
    query = (
        select(TicketAttachment.ticket_id, func.count())
        .where(
            TicketAttachment.org_id == org_id,
            TicketAttachment.ticket_id.in_(ticket_ids),
            TicketAttachment.hidden_at.is_(None),
        )
        .group_by(TicketAttachment.ticket_id)
    )
    found: dict[UUID, int] = defaultdict(int)
    for ticket_id, count in session.execute(query):
        found[ticket_id] = count
    return found


def _promises(session: Session, org_id: int, order_ids: Iterable[UUID]) -> dict[UUID, SlaTimer]:
    """The deadline of each order's promise."""
    cases = cases_of(session, org_id, list(order_ids))
    totals = {id_: policy_of(case).total for id_, case in cases.items()}
    query = select(SlaTimer).where(
        SlaTimer.org_id == org_id, SlaTimer.case_id.in_(cases), SlaTimer.due_at.is_not(None)
    )
    return {
        one.case_id: one
        for one in session.scalars(query)
        if (total := totals[one.case_id]) is not None and one.code == total.code
    }


def _summary(
    row: Row[Ticket, Order, Location, str, Customer, SlaCase],
    files: int,
    promises: dict[UUID, SlaTimer],
    usually: timedelta,
    eyes: Eyes,
) -> dict[str, Any]:
    ticket, order, place, filer, customer, case = row
    promised = promises.get(order.id) if order else None
    due = _due(ticket, order, promised, usually)
    return {
        "id": str(ticket.id),
        "number": ticket.number,
        "kind": ticket.kind,
        "channel": ticket.channel,
        "state": ticket.state,
        "filed_at": iso(ticket.filed_at),
        "filed_by": text(ticket.filed_by),
        "filed_by_name": filer,
        "due_at": iso(due),
        "due_unknown": None if due else _why_unknown(ticket, case),
        "clock_started_at": iso(ticket.clock_started_at),
        "reopened_at": iso(ticket.reopened_at),
        "call_id": text(ticket.call_id),
        "customer_id": text(ticket.customer_id),
        "caller_name": eyes.name(ticket.caller_name),
        "caller_name_en": eyes.name(english_name(ticket, customer)),
        "caller_phone": eyes.phone(ticket.caller_phone),
        "description": eyes.text(ticket.description),
        "unit_id": text(ticket.unit_id),
        "order_id": text(ticket.order_id),
        "order_number": order.number if order else None,
        "order_state": order.state if order else None,
        "fault_code": order.fault_code if order else ticket.guide_code,
        "urgency": order.urgency if order else ticket.guided_urgency,
        "place": eyes.address(place.place) if place else None,
        "place_en": eyes.address(place.place_en) if place else None,
        "attachments": files,
        "customer_side": ticket.customer_side,
        "closed_at": iso(ticket.closed_at),
        "closed_how": ticket.closed_how,
    }
