"""One customer in full: account, places, phones, line, what is open, what was, and notes.

It takes the same few statements however much there is of each. `eyes` mask what whoever looks may
not see of personal data.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import EVERYTHING, Access
from dashboards.seen import open_order_seen, point_seen
from dashboards.values import iso, text
from dispatch.directory import dealings, repository, service
from dispatch.directory.callers import Contact, Nearby, OpenOrder, SupplyPoint
from dispatch.directory.models import Customer, CustomerPhone
from dispatch.directory.sight import demand_customer, seen_customers
from dispatch.orders import repository as orders
from dispatch.orders.models import Location, Order
from dispatch.privacy import repository as privacy
from dispatch.privacy.masking import Eyes
from dispatch.tickets.models import Ticket
from dispatch.tickets.repository import held_by
from telephony.message_repository import languages

MOST = 20
"""Orders, tickets and calls that are listed, at most."""

Page = dict[str, Any]


def customer_page(
    session: Session, org_id: int, customer_id: UUID, eyes: Eyes, access: Access = EVERYTHING
) -> Page:
    """The whole of one customer, as these eyes see it. Raises NotFound.

    Orders that `access` hides are in none of its lists; tickets and calls do not say that they
    had one. Of a ticket that it hides number, state and words are left out.
    """
    demand_customer(session, org_id, customer_id, access)
    customer = repository.customer_of(session, org_id, customer_id)
    if customer is None:
        raise NotFound(what="customer", id=customer_id)
    phones = repository.phones_of(session, org_id, [customer_id])[customer_id]
    points = service.supply_points(session, org_id, [customer_id])[customer_id]
    own = dealings.orders_of_customers(session, org_id, [customer_id], MOST)[customer_id]
    there = dealings.orders_at_premises(session, org_id, [customer_id], MOST)[customer_id]
    known = {order.id for order in own}
    numbers = [phone.number for phone in phones]
    rows = dealings.calls_of_phones(session, org_id, numbers, MOST, about=customer_id)
    calls = dealings.call_contacts(rows)
    tickets = dealings.tickets_of_customers(session, org_id, [customer_id], MOST)[customer_id]
    past = dealings.past_orders(session, org_id, customer_id, MOST)
    outages = dealings.outages_of(session, org_id, customer_id, MOST)
    open_ = [*own, *(each for each in there if each.id not in known)]
    listed = [*(row[0].id for row in past), *(order.id for order, *_ in outages)]
    theirs = _hidden(session, org_id, access, points, open_, listed, [*tickets, *calls])
    restored = orders.restored_at(session, org_id, [order.id for order, *_ in outages])
    return {
        **_account(customer, eyes),
        "phones": _phones(session, org_id, phones, eyes),
        "points": [asdict(point_seen(_point(one, theirs), eyes)) for one in points],
        "open_orders": _open(
            session, org_id, [open_order_seen(one, eyes) for one in open_ if one.id not in theirs]
        ),
        "orders": [_order(*row, eyes) for row in past if row[0].id not in theirs],
        "tickets": _tickets(
            session, org_id, [_contact(one, theirs) for one in tickets], eyes, access
        ),
        "calls": [asdict(_contact(one, theirs)) for one in calls],
        "outages": [
            _outage(*one, restored.get(one[0].id)) for one in outages if one[0].id not in theirs
        ],
        "notes": note_rows(session, org_id, customer_id, eyes),
    }


def _account(customer: Customer, eyes: Eyes) -> dict[str, Any]:
    return {
        "id": customer.id,
        "number": customer.number,
        "name_zh": eyes.name(customer.name_zh),
        "name_en": eyes.name(customer.name_en),
        "importance": customer.importance,
        "account_state": customer.account_state,
        "category": customer.category,
        "voltage": customer.voltage,
        "contract_kva": customer.contract_kva,
        "running_kva": customer.running_kva,
        "commissioned_on": customer.commissioned_on,
    }


def _phones(
    session: Session, org_id: int, phones: Sequence[CustomerPhone], eyes: Eyes
) -> list[dict[str, Any]]:
    spoken = languages(session, org_id, [one.number for one in phones])
    return [_phone(one, spoken.get(one.number), eyes) for one in phones]


def _phone(phone: CustomerPhone, language: str | None, eyes: Eyes) -> dict[str, Any]:
    return {
        "language": language,
        "id": phone.id,
        "number": eyes.phone(phone.number),
        "verified": phone.verified,
        "used_by": phone.used_by,
    }


def _order(order: Order, place: Location | None, eyes: Eyes) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "state": order.state,
        "fault_code": order.fault_code,
        "urgency": order.urgency,
        "filed_at": order.filed_at,
        "place": eyes.address(place.place) if place else None,
        "place_en": eyes.address(place.place_en) if place else None,
    }


def _outage(order: Order, because: str, since: datetime, until: datetime | None) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "order_number": order.number,
        "fault_code": order.fault_code,
        "because": because,
        "began_at": since,
        "ended_at": until,
    }


def _hidden(
    session: Session,
    org_id: int,
    access: Access,
    points: Iterable[SupplyPoint],
    open_: Iterable[OpenOrder],
    listed: Iterable[UUID],
    contacts: Iterable[Contact],
) -> set[UUID]:
    """Orders that the page would speak of and that `access` hides."""
    near = [one for point in points for one in (point.on_transformer, point.on_feeder) if one]
    named = {one.id for one in open_} | set(listed)
    named |= {id_ for one in near for id_ in one.order_ids}
    named |= {one.order_id for one in contacts if one.order_id is not None}
    return named - orders.visible_of(session, org_id, named, access)


def _point(point: SupplyPoint, theirs: Collection[UUID]) -> SupplyPoint:
    return replace(
        point,
        on_transformer=_near(point.on_transformer, theirs),
        on_feeder=_near(point.on_feeder, theirs),
    )


def _near(one: Nearby | None, theirs: Collection[UUID]) -> Nearby | None:
    if one is None or not theirs:
        return one
    mine = [id_ for id_ in one.order_ids if id_ not in theirs]
    return Nearby(one.code, one.count - len(one.order_ids) + len(mine), mine)


def _contact(one: Contact, theirs: Collection[UUID]) -> Contact:
    return replace(one, order_id=None, order_number=None) if one.order_id in theirs else one


def _open(session: Session, org_id: int, rows: Sequence[OpenOrder]) -> list[dict[str, Any]]:
    """Open orders; of those that are kept for later, since when they are not."""
    kept = select(Order.id, Order.appointment_at, Order.begins_at).where(
        Order.org_id == org_id, Order.id.in_([one.id for one in rows])
    )
    times = {id_: (at, begins) for id_, at, begins in session.execute(kept)}
    return [
        {
            **asdict(one),
            "appointment_at": times[one.id][0],
            "begins_at": times[one.id][1],
        }
        for one in rows
    ]


def _tickets(
    session: Session, org_id: int, rows: Sequence[Contact], eyes: Eyes, access: Access
) -> list[dict[str, Any]]:
    """Tickets with what tells them apart, where whoever looks may see them."""
    wanted = select(Ticket.id, Ticket.number, Ticket.state, Ticket.description).where(
        Ticket.org_id == org_id,
        Ticket.id.in_([one.id for one in rows]),
        *held_by(org_id, access),
    )
    known = {id_: tuple(found) for id_, *found in session.execute(wanted)}
    made = []
    for one in rows:
        number, state, words = known.get(one.id, (None, None, None))
        made.append({**asdict(one), "number": number, "state": state, "words": eyes.text(words)})
    return made


def note_rows(session: Session, org_id: int, customer_id: UUID, eyes: Eyes) -> list[dict[str, Any]]:
    """Notes, pinned ones first. A hidden one tells who hid it, when and why, not its words."""
    return [
        {
            "id": text(note.id),
            "by": author,
            "at": iso(note.noted_at),
            "words": None if note.hidden_at else eyes.text(note.words),
            "pinned": note.pinned,
            "hidden_at": iso(note.hidden_at),
            "hidden_by": hider,
            "hidden_why": eyes.text(note.hidden_why),
        }
        for note, author, hider in privacy.notes_of(session, org_id, customer_id)
    ]


def phone_rows(
    session: Session, org_id: int, customer_id: UUID, eyes: Eyes
) -> list[dict[str, Any]]:
    """Phones in the order of calling."""
    phones = repository.phones_of(session, org_id, [customer_id])[customer_id]
    return [{**one, "id": str(one["id"])} for one in _phones(session, org_id, phones, eyes)]


def briefs(
    session: Session, org_id: int, customer_ids: Collection[UUID], eyes: Eyes, access: Access
) -> list[dict[str, Any]]:
    """A line for each of these customers, in the order asked; who is not seen is left out."""
    seen = seen_customers(session, org_id, customer_ids, access)
    wanted = [id_ for id_ in customer_ids if id_ in seen]
    rows: Sequence[Any] = repository.customers_by_id(session, org_id, wanted)
    return [
        {
            "id": customer.id,
            "number": customer.number,
            "name_zh": eyes.name(customer.name_zh),
            "name_en": eyes.name(customer.name_en),
            "importance": customer.importance,
            "account_state": customer.account_state,
            "address_zh": eyes.address(premise.address_zh) if premise else None,
            "address_en": eyes.address(premise.address_en) if premise else None,
            "region": region.code if region else None,
        }
        for customer, premise, region in rows
    ]
