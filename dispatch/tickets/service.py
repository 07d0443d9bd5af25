"""Use cases of tickets: file one with its guide's answers, start its clock, take a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from core import events as ev
from core.errors import Conflict, InvalidField
from core.ids import new_id
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.numbering import next_number
from dispatch.orders import repository as orders
from dispatch.orders.models import OrderTicket
from dispatch.orders.stamps import stamps_of
from dispatch.orders.work import work_on
from dispatch.tickets import repository, rules
from dispatch.tickets.guides.loading import guides
from dispatch.tickets.guides.model import Guide, NotAnAnswer, Outcome, evaluate
from dispatch.tickets.models import Ticket, TicketAnswer
from dispatch.tickets.timeline import FAULT
from dispatch.tickets.work import AGENT, TicketWork, work_on_ticket
from sla import service as sla
from sla.facts import Facts
from sla.versions import choose
from telephony import service as telephony

NUMBER_PREFIX = "T"


class CallFiled(Conflict):
    """The call is over and its ticket is written: nothing is left to take."""

    code = "call_filed"
    zh = "这通电话已结束，受理单也已建立，无需再接。"
    en = "This call is over and its ticket is filed; there is nothing left to take."


@dataclass(frozen=True, slots=True)
class Guided:
    """Answers to the guide of a fault type: question → answer as given."""

    fault_code: str
    answers: Mapping[str, str]


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
    guide: Guided | None = None


def file_ticket(uow: UnitOfWork, new: NewTicket, source: str = AGENT) -> UUID:
    """Take a request. Point A is the end of its call; without a call, this moment."""
    ended = None
    if new.call_id is not None:
        ended = telephony.end_of_call(uow, new.call_id)
        if ended is None:
            raise InvalidField("body.call_id", "there is no such call", "没有此通话")
    account_state = _account_state(uow, new.customer_id)
    guided = guided_by(new.guide, account_state) if new.guide else None

    work = _file(uow, new, source)
    if new.guide is not None and guided is not None:
        _keep_answers(work, guides()[new.guide.fault_code], new.guide.answers, guided)
    if ended is not None and ended.at is not None:
        start_clock(work, ended.at, "carrier", ended.evidence, ended.uncertainty_s)
    elif new.channel != "phone":
        start_clock(work, uow.now, "system", "submission", 0.0)
    elif new.call_id is None:  # no carrier tells of an end: what is known is when it was filed
        start_clock(work, uow.now, source, "filing", 0.0)
    work.save()
    return work.row.id


def _account_state(uow: UnitOfWork, customer_id: UUID | None) -> str:
    if customer_id is None:
        return "active"
    customer = repository.customer(uow.session, uow.org_id, customer_id)
    if customer is None:
        raise InvalidField("body.customer_id", "there is no such customer", "没有此客户")
    return customer.account_state


def guided_by(given: Guided, account_state: str = "active") -> Outcome:
    """What the answers add up to. Raises InvalidField naming a wrong or unasked one."""
    guide = guides().get(given.fault_code)
    if guide is None:
        listed = ", ".join(guides())
        raise InvalidField(
            "body.guide.fault_code", f"must be one of {listed}", f"应为以下之一：{listed}"
        )
    try:
        outcome = evaluate(guide, given.answers, account_state)
    except NotAnAnswer as wrong:
        codes = ", ".join(one.code for one in guide.questions[wrong.question].choices)
        raise InvalidField(
            f"body.guide.answers.{wrong.question}",
            f"must be one of {codes}, or a number in range",
            f"应为以下之一：{codes}，或范围内的数",
        ) from wrong
    if outcome.stray:
        field = f"body.guide.answers.{outcome.stray[0]}"
        raise InvalidField(field, "is not asked after these answers", "按前面的回答不会问到此题")
    return outcome


def answer_guide(uow: UnitOfWork, ticket_id: UUID, given: Guided) -> None:
    """Keep answers that were asked for when an order is made of a request that came without.

    Where no order can be made of the ticket nothing happens: filing the order says why not.
    """
    if uow.session.get(Ticket, (uow.org_id, ticket_id)) is None:
        return
    with work_on_ticket(uow, ticket_id) as work:
        if not rules.allowed("order", work.ticket.state):
            return
        if work.ticket.guide_code is not None:
            raise InvalidField(
                "body.guide", "the ticket has its answers already", "受理单已有问答记录"
            )
        outcome = guided_by(given, _account_state(uow, work.row.customer_id))
        _keep_answers(work, guides()[given.fault_code], given.answers, outcome)


def _file(uow: UnitOfWork, new: NewTicket, source: str) -> TicketWork:
    about = _about(uow, new)
    policy = choose(uow.session, uow.org_id, "ticket", about, uow.now)
    filed = ev.TicketFiled(
        kind=new.kind,
        channel=new.channel,
        call_id=new.call_id,
        customer_id=new.customer_id,
        number=next_number(uow, "ticket", NUMBER_PREFIX),
        due_at=None if new.kind == FAULT else sla.answer_due(policy, about, uow.now),
    )
    event = uow.emit(new_id(), filed, source=source)
    state = rules.evolve(None, event)
    row = Ticket(
        org_id=uow.org_id,
        caller_name=new.caller_name,
        caller_phone=new.caller_phone,
        description=new.description,
    )
    repository.save_ticket(row, state)
    uow.session.add(row)
    uow.session.flush()
    sla.begin(uow, row.id, "order" if new.kind == FAULT else "ticket", about, "ticket")
    return TicketWork(uow, row)


def _about(uow: UnitOfWork, new: NewTicket) -> Facts:
    """What decides under which policy a ticket begins, and how long its limits are.

    Of a fault nobody has said yet where it is: the town's promise holds.
    """
    customer = None
    if new.customer_id is not None:
        customer = repository.customer(uow.session, uow.org_id, new.customer_id)
    return Facts(
        area_class="urban" if new.kind == FAULT else None,
        customer_class=customer.importance if customer else None,
        kind=new.kind,
        channel=new.channel,
    )


def _keep_answers(
    work: TicketWork, guide: Guide, answers: Mapping[str, str], outcome: Outcome
) -> None:
    uow = work.uow
    rows = []
    for position, question in enumerate(outcome.asked):
        work.record(
            ev.TicketQuestionAnswered(
                guide=guide.code,
                version=guide.version,
                question=question,
                answer=answers[question],
            )
        )
        rows.append(
            {
                "org_id": uow.org_id,
                "ticket_id": work.row.id,
                "position": position,
                "question": question,
                "answer": answers[question],
            }
        )
    if rows:
        uow.session.execute(insert(TicketAnswer), rows)
    work.record(
        ev.TicketGuided(
            guide=guide.code,
            version=guide.version,
            urgency=outcome.urgency,
            trade=outcome.trade,
            customer_side=outcome.customer_side[0] if outcome.customer_side else None,
        )
    )


def take_call(uow: UnitOfWork, call_id: UUID) -> None:
    """ "This is my call": the first agent has it. Taking one's own call again changes nothing.

    Raises NotFound, AlreadyDone, or CallFiled where the call is over and has its ticket.
    """
    call = telephony.call_to_take(uow, call_id)
    if call is None:
        return
    if call.state == "ended" and _is_filed(uow, call_id):
        raise CallFiled
    telephony.take(uow, call)


def _is_filed(uow: UnitOfWork, call_id: UUID) -> bool:
    query = select(Ticket.id).where(Ticket.org_id == uow.org_id, Ticket.call_id == call_id)
    if uow.session.scalars(query.limit(1)).first() is not None:
        return True
    return repository.chased_by_call(uow.session, uow.org_id, call_id)


def start_clock(
    work: TicketWork, at: datetime, source: str, evidence: str, uncertainty_s: float
) -> None:
    """Point A, once per ticket; the orders that share it are judged anew."""
    if work.ticket.clock_started_at is not None:
        return
    uow = work.uow
    event = work.record(
        ev.TicketClockStarted(
            evidence=evidence, evidence_id=work.row.call_id, uncertainty_s=uncertainty_s
        ),
        occurred_at=at,
        source=source,
    )
    orders.add_stamps(uow.session, uow.org_id, stamps_of(event, None))
    work.save()
    query = (
        select(OrderTicket.order_id)
        .where(
            OrderTicket.org_id == uow.org_id,
            OrderTicket.ticket_id == work.row.id,
            OrderTicket.clock,
        )
        .order_by(OrderTicket.order_id)
    )
    for order_id in uow.session.scalars(query).all():
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
        .with_for_update(key_share=True)
    )
    for ticket in uow.session.scalars(query).all():
        work = TicketWork(uow, ticket)
        start_clock(work, event.occurred_at, "carrier", payload.evidence, payload.uncertainty_s)
