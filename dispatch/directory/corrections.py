"""What people put right in the directory: phones of a customer, its name, its account.

The values live in the tables; the events say which phone or which fields, by id and name.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from core import events as ev
from core.errors import Conflict, InvalidField, NotFound
from core.ids import new_id
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.directory.models import Customer, CustomerPhone
from dispatch.directory.rules import e164
from dispatch.directory.search.refresh import refresh
from telephony import message_repository as messages
from telephony.templates import catalogue

MOST_PHONES = 20


class PhoneKnown(Conflict):
    code = "phone_known"
    zh = "该客户已有这个电话号码。"
    en = "The customer has this phone number already."


def add_phone(
    uow: UnitOfWork, customer_id: UUID, number: str, used_by: str, *, verified: bool
) -> UUID:
    """One more phone of a customer, in any format. Raises NotFound, InvalidField, PhoneKnown."""
    _customer(uow, customer_id)
    phone = e164(number, settings().phone_region)
    if phone is None:
        raise InvalidField("body.number", "this cannot be a phone number", "不是有效的电话号码")
    known = select(CustomerPhone).where(
        CustomerPhone.org_id == uow.org_id, CustomerPhone.customer_id == customer_id
    )
    phones = uow.session.scalars(known).all()
    if any(one.number == phone for one in phones):
        raise PhoneKnown
    if len(phones) >= MOST_PHONES:
        raise InvalidField(
            "body.number",
            f"a customer has at most {MOST_PHONES} phones",
            f"每个客户最多 {MOST_PHONES} 个电话",
        )
    added = CustomerPhone(
        org_id=uow.org_id,
        customer_id=customer_id,
        id=new_id(),
        number=phone,
        verified=verified,
        used_by=used_by,
        position=max((one.position for one in phones), default=-1) + 1,
    )
    uow.session.add(added)
    fact = ev.CustomerPhoneAdded(phone_id=added.id, used_by=used_by, verified=verified)
    uow.emit(customer_id, fact, source="agent")
    refresh(uow.session, uow.org_id, [customer_id])
    return added.id


def verify_phone(uow: UnitOfWork, customer_id: UUID, phone_id: UUID, *, verified: bool) -> None:
    """Say that a phone is known to be the customer's, or not. The same again changes nothing."""
    phone = _phone(uow, customer_id, phone_id)
    if phone.verified == verified:
        return
    phone.verified = verified
    fact = ev.CustomerPhoneVerified(phone_id=phone_id, verified=verified)
    uow.emit(customer_id, fact, source="agent")


def set_language(uow: UnitOfWork, customer_id: UUID, phone_id: UUID, language: str) -> None:
    """Whoever answers a phone wants messages in this language. Raises InvalidField, NotFound."""
    if language not in catalogue().languages:
        raise InvalidField("body.language", "there are no texts in it", "没有此语言的文本")
    phone = _phone(uow, customer_id, phone_id)
    messages.set_language(uow.session, uow.org_id, phone.number, language, uow.now)
    fact = ev.CustomerPhoneLanguage(phone_id=phone_id, language=language)
    uow.emit(customer_id, fact, source="agent")


def remove_phone(uow: UnitOfWork, customer_id: UUID, phone_id: UUID) -> None:
    """The phone is the customer's no more: its number is erased here."""
    uow.session.delete(_phone(uow, customer_id, phone_id))
    uow.emit(customer_id, ev.CustomerPhoneRemoved(phone_id=phone_id), source="agent")
    refresh(uow.session, uow.org_id, [customer_id])


def correct(uow: UnitOfWork, customer_id: UUID, values: Mapping[str, object]) -> None:
    """Put facts of an account right: name in both languages, state, class of importance.

    What is the same already is left alone; where nothing changes nothing is recorded.
    """
    customer = _customer(uow, customer_id)
    changed = [name for name, value in values.items() if getattr(customer, name) != value]
    for name in changed:
        setattr(customer, name, values[name])
    if changed:
        fact = ev.CustomerCorrected(fields="+".join(sorted(changed)))
        uow.emit(customer_id, fact, source="agent")
        refresh(uow.session, uow.org_id, [customer_id])


def _customer(uow: UnitOfWork, customer_id: UUID) -> Customer:
    """The row, locked: two who change a customer come one after the other."""
    query = select(Customer).where(Customer.org_id == uow.org_id, Customer.id == customer_id)
    found = uow.session.scalars(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(what="customer", id=customer_id)
    return found


def _phone(uow: UnitOfWork, customer_id: UUID, phone_id: UUID) -> CustomerPhone:
    query = (
        select(CustomerPhone)
        .where(
            CustomerPhone.org_id == uow.org_id,
            CustomerPhone.customer_id == customer_id,
            CustomerPhone.id == phone_id,
        )
        .with_for_update()
    )
    found = uow.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(what="phone", id=phone_id)
    return found
