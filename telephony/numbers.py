"""The numbers that callers dial: registered for an organisation, named, withdrawn."""

from uuid import UUID

from core import events as ev
from core.errors import Conflict, NotFound
from core.ids import new_id
from core.uow import UnitOfWork
from telephony import repository
from telephony.models import PhoneNumber

E164 = r"^\+[1-9]\d{4,14}$"


class NumberTaken(Conflict):
    """A number belongs to one organisation at a time."""

    code = "number_taken"
    zh = "号码 {number} 已登记。"
    en = "{number} is registered already."


def register(uow: UnitOfWork, number: str, label: str) -> PhoneNumber:
    """From now on who dials this number (E.164) comes to us. Raises NumberTaken."""
    id_ = new_id()
    if not repository.add_number(uow.session, uow.org_id, id_, number, label, uow.now):
        raise NumberTaken(number=number)
    uow.emit(id_, ev.NumberRegistered(), source="supervisor")
    return uow.session.get_one(PhoneNumber, (uow.org_id, id_))


def label(uow: UnitOfWork, number_id: UUID, words: str) -> PhoneNumber:
    """Call a number otherwise. Raises NotFound for one that is withdrawn or was never ours."""
    row = _ours(uow, number_id)
    if row.label != words:
        row.label = words
        uow.emit(row.id, ev.NumberLabelled(), source="supervisor")
    return row


def withdraw(uow: UnitOfWork, number_id: UUID) -> PhoneNumber:
    """Who dials it comes to us no more; another organisation may register it. Raises NotFound."""
    row = _ours(uow, number_id)
    row.withdrawn_at = uow.now
    uow.emit(row.id, ev.NumberWithdrawn(), source="supervisor")
    return row


def _ours(uow: UnitOfWork, number_id: UUID) -> PhoneNumber:
    row = repository.number_locked(uow.session, uow.org_id, number_id)
    if row is None:
        raise NotFound(what="number", id=number_id)
    return row
