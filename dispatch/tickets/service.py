"""Use cases of tickets: file one, start its clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core import events as ev
from core.errors import Conflict, InvalidField
from core.ids import new_id
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.directory.repository import has_customer
from dispatch.orders import repository
from dispatch.orders.models import OrderTicket
from dispatch.orders.stamps import stamps_of
from dispatch.orders.work import work_on
from dispatch.tickets.models import Ticket
from telephony import service as telephony


class CallFiled(Conflict):
    """The call is over and its ticket is written: nothing is left to take."""

    code = "call_filed"
    zh = "这通电话已结束，受理单也已建立，无需再接。"
    en = "This call is over and its ticket is filed; there is nothing left to take."


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a person or a form tells, in which call, about whose account."""

    kind: str
    channel: str
    call_id: UUID | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    description: str | None = None
    customer_id: UUID | None = None


def file_ticket(uow: UnitOfWork, new: NewTicket) -> UUID:
    """Take a request. Point A is the end of its call; on other channels, this moment."""
    ended = None
    if new.call_id is not None:
        ended = telephony.end_of_call(uow, new.call_id)
        if ended is None:
            raise InvalidField("body.call_id", "there is no such call", "没有此通话")
    if new.customer_id is not None and not has_customer(uow.session, uow.org_id, new.customer_id):
        raise InvalidField("body.customer_id", "there is no such customer", "没有此客户")
    ticket = Ticket(
        org_id=uow.org_id,
        id=new_id(),
        kind=new.kind,
        channel=new.channel,
        call_id=new.call_id,
        filed_at=uow.now,
        caller_name=new.caller_name,
        caller_phone=new.caller_phone,
        description=new.description,
        customer_id=new.customer_id,
    )
    uow.session.add(ticket)
    uow.session.flush()
    filed = ev.TicketFiled(
        kind=new.kind, channel=new.channel, call_id=new.call_id, customer_id=new.customer_id
    )
    uow.emit(ticket.id, filed, source="agent")
    if new.call_id is not None:
        uow.touch("call", new.call_id)
    if ended is not None and ended.at is not None:
        start_clock(uow, ticket, ended.at, "carrier", ended.evidence, ended.uncertainty_s)
    elif new.channel != "phone":
        start_clock(uow, ticket, uow.now, "system", "submission", 0.0)
    return ticket.id


def take_call(uow: UnitOfWork, call_id: UUID) -> None:
    """ "This is my call": the first agent has it. Taking one's own call again changes nothing.

    Raises NotFound, AlreadyDone, or CallFiled where the call is over and has its ticket.
    """
    call = telephony.call_to_take(uow, call_id)
    if call is None:
        return
    if call.state == "ended" and _has_ticket(uow, call_id):
        raise CallFiled
    telephony.take(uow, call)


def _has_ticket(uow: UnitOfWork, call_id: UUID) -> bool:
    query = select(Ticket.id).where(Ticket.org_id == uow.org_id, Ticket.call_id == call_id)
    return uow.session.scalars(query.limit(1)).first() is not None


def start_clock(
    uow: UnitOfWork,
    ticket: Ticket,
    at: datetime,
    source: str,
    evidence: str,
    uncertainty_s: float,
) -> None:
    """Point A, once per ticket; the orders that share it are judged anew."""
    if ticket.clock_started_at is not None:
        return
    ticket.clock_started_at = at
    event = uow.emit(
        ticket.id,
        ev.TicketClockStarted(
            evidence=evidence, evidence_id=ticket.call_id, uncertainty_s=uncertainty_s
        ),
        occurred_at=at,
        source=source,
    )
    repository.add_stamps(uow.session, uow.org_id, stamps_of(event, None))
    uow.session.flush()
    query = (
        select(OrderTicket.order_id)
        .where(OrderTicket.org_id == uow.org_id, OrderTicket.ticket_id == ticket.id)
        .order_by(OrderTicket.order_id)
    )
    for order_id in uow.session.scalars(query):
        with work_on(uow, order_id):
            pass


def call_ended(uow: UnitOfWork, event: Recorded) -> None:
    """Subscriber of `call.ended`: the clocks of the tickets told in that call start."""
    payload = event.payload
    assert isinstance(payload, ev.CallEnded)
    query = (
        select(Ticket)
        .where(Ticket.org_id == uow.org_id, Ticket.call_id == event.stream_id)
        .order_by(Ticket.id)
        .with_for_update()
    )
    for ticket in uow.session.scalars(query).all():
        start_clock(
            uow, ticket, event.occurred_at, "carrier", payload.evidence, payload.uncertainty_s
        )
