"""All queries of privacy: notes, unmaskings, and the clear value of one masked field."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from core.errors import NotFound
from core.identity import Access
from core.models import User
from dispatch.directory.models import Customer, CustomerPhone, Premise
from dispatch.directory.sight import demand_customer, seen_customers, sees_premise
from dispatch.orders.models import Location, Order, OrderTicket
from dispatch.orders.repository import get_order, visible
from dispatch.privacy.models import CustomerNote, Unmasking
from dispatch.tickets.models import Ticket
from dispatch.tickets.repository import is_held_by
from telephony.models import Call


class Value(NamedTuple):
    """A value in clear, and the same in English where there is one."""

    value: str | None
    value_en: str | None = None


def clear_value(
    session: Session, org_id: int, entity: str, id_: UUID, field: str, access: Access
) -> Value:
    """The value of a masked field. NotFound where the record is not this reader's to see."""
    return _READ[entity](session, org_id, id_, field, access)


def _of_customer(session: Session, org_id: int, id_: UUID, _field: str, access: Access) -> Value:
    demand_customer(session, org_id, id_, access)
    one = session.get(Customer, (org_id, id_))
    if one is None:
        raise NotFound(what="customer", id=id_)
    return Value(one.name_zh, one.name_en)


def _of_phone(session: Session, org_id: int, id_: UUID, _field: str, access: Access) -> Value:
    query = select(CustomerPhone).where(CustomerPhone.org_id == org_id, CustomerPhone.id == id_)
    phone = session.scalars(query).one_or_none()
    if phone is None or not seen_customers(session, org_id, [phone.customer_id], access):
        raise NotFound(what="phone", id=id_)
    return Value(phone.number)


def _of_premise(session: Session, org_id: int, id_: UUID, _field: str, access: Access) -> Value:
    one = session.get(Premise, (org_id, id_))
    if one is None or not sees_premise(session, org_id, one, access):
        raise NotFound(what="record", id=id_)
    return Value(one.address_zh, one.address_en)


def _of_ticket(session: Session, org_id: int, id_: UUID, field: str, access: Access) -> Value:
    """Whoever holds the ticket sees it, and whoever sees one of its orders."""
    ticket = session.get(Ticket, (org_id, id_))
    orders = (
        select(Order)
        .join(
            OrderTicket,
            (OrderTicket.org_id == Order.org_id) & (OrderTicket.order_id == Order.id),
        )
        .where(OrderTicket.org_id == org_id, OrderTicket.ticket_id == id_)
    )
    if ticket is None or not (
        is_held_by(session, ticket, access)
        or any(visible(session, order, access) for order in session.scalars(orders))
    ):
        raise NotFound(what="ticket", id=id_)
    value: str | None = getattr(ticket, field)
    return Value(value)


def _of_call(session: Session, org_id: int, id_: UUID, _field: str, access: Access) -> Value:
    call = session.get(Call, (org_id, id_))
    if call is None or access.unit_id is not None:
        raise NotFound(what="call", id=id_)
    return Value(call.from_number)


def _of_order(session: Session, org_id: int, id_: UUID, _field: str, access: Access) -> Value:
    order = get_order(session, org_id, id_, access)
    place = session.get(Location, (org_id, order.location_id)) if order.location_id else None
    return Value(place.place, place.place_en) if place else Value(None)


def _of_note(session: Session, org_id: int, id_: UUID, _field: str, access: Access) -> Value:
    note = session.get(CustomerNote, (org_id, id_))
    if (
        note is None
        or note.hidden_at is not None
        or not seen_customers(session, org_id, [note.customer_id], access)
    ):
        raise NotFound(what="note", id=id_)
    return Value(note.words)


_READ: dict[str, Callable[[Session, int, UUID, str, Access], Value]] = {
    "customer": _of_customer,
    "phone": _of_phone,
    "premise": _of_premise,
    "ticket": _of_ticket,
    "call": _of_call,
    "order": _of_order,
    "note": _of_note,
}


def lock_user(session: Session, org_id: int, user_id: UUID) -> None:
    """What one person unmasks is counted one after the other."""
    query = select(User.id).where(User.org_id == org_id, User.id == user_id).with_for_update()
    session.execute(query)


def unmaskings_since(
    session: Session, org_id: int, user_id: UUID, since: datetime
) -> tuple[int, datetime | None]:
    """How many values somebody saw since then, and when the first of them."""
    query = select(func.count(), func.min(Unmasking.at)).where(
        Unmasking.org_id == org_id, Unmasking.user_id == user_id, Unmasking.at > since
    )
    count, first = session.execute(query).one()
    return count, first


def unmaskings(
    session: Session,
    org_id: int,
    *,
    user_id: UUID | None,
    before: datetime | None,
    limit: int,
) -> Sequence[Row[Unmasking, User]]:
    """Who looked at what, newest first."""
    query = (
        select(Unmasking, User)
        .join(User, (User.org_id == Unmasking.org_id) & (User.id == Unmasking.user_id))
        .where(Unmasking.org_id == org_id)
        .order_by(Unmasking.at.desc(), Unmasking.id.desc())
        .limit(limit)
    )
    if user_id is not None:
        query = query.where(Unmasking.user_id == user_id)
    if before is not None:
        query = query.where(Unmasking.at < before)
    return session.execute(query).all()


def note_of(
    session: Session, org_id: int, customer_id: UUID, note_id: UUID, *, lock: bool = False
) -> CustomerNote:
    """A note that is shown. Raises NotFound."""
    query = select(CustomerNote).where(
        CustomerNote.org_id == org_id,
        CustomerNote.id == note_id,
        CustomerNote.customer_id == customer_id,
        CustomerNote.hidden_at.is_(None),
    )
    note = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if note is None:
        raise NotFound(what="note", id=note_id)
    return note


def notes_of(
    session: Session, org_id: int, customer_id: UUID
) -> Sequence[Row[CustomerNote, str, str]]:
    """All notes with the names of author and of who hid it: pinned first, then newest."""
    author, hider = aliased(User), aliased(User)
    query = (
        select(CustomerNote, author.name, hider.name)
        .join(
            author,
            (author.org_id == CustomerNote.org_id) & (author.id == CustomerNote.author_id),
        )
        .outerjoin(
            hider, (hider.org_id == CustomerNote.org_id) & (hider.id == CustomerNote.hidden_by)
        )
        .where(CustomerNote.org_id == org_id, CustomerNote.customer_id == customer_id)
        .order_by(
            CustomerNote.hidden_at.is_not(None),
            CustomerNote.pinned.desc(),
            CustomerNote.noted_at.desc(),
            CustomerNote.id.desc(),
        )
    )
    return session.execute(query).all()
