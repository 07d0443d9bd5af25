"""What a notice says, and to which number: gathered when it is sent or heard."""

from uuid import UUID

from sqlalchemy import select

from core.models import Unit
from core.uow import UnitOfWork
from dispatch.notices.models import Notice
from dispatch.notices.port import Message
from dispatch.orders.models import Order
from dispatch.roster.models import Member
from dispatch.tickets.models import Ticket
from sla import escalation
from sla.ladders import Words, ladder_called, said
from sla.models import SlaLadder, SlaTimer
from sla.policy import Name, Policy
from sla.service import policy_of_order


def locked(uow: UnitOfWork, notice_id: UUID) -> Notice:
    """The notice, its case held first: whoever holds the case may append to its stream."""
    found = uow.session.get_one(Notice, (uow.org_id, notice_id))
    escalation.lock_case(uow, found.case_id)
    uow.session.refresh(found)
    return found


def message_of(uow: UnitOfWork, notice: Notice) -> Message:
    policy = policy_of_order(uow.session, uow.org_id, notice.case_id)
    assert policy is not None
    climbed = uow.session.get_one(SlaLadder, (uow.org_id, notice.ladder_id))
    timer = uow.session.get_one(SlaTimer, (uow.org_id, notice.timer_id))
    step = ladder_called(policy, climbed.ladder).steps[(notice.step or 1) - 1]
    minutes = int((uow.now - timer.starts_at).total_seconds() // 60)
    words = Words(_number(uow, notice.case_id), _rule_name(policy, notice.code), minutes)
    return Message(
        code=notice.text_code or "",
        title=said(Name(zh="派单 {number}", en="Paidan {number}"), words),
        text=said(step.text, words),
        phone=_phone(uow, notice),
    )


def _number(uow: UnitOfWork, id_: UUID) -> str:
    """What people call the order or ticket of a case."""
    order = uow.session.get(Order, (uow.org_id, id_))
    ticket = None if order else uow.session.get(Ticket, (uow.org_id, id_))
    return (order.number if order else ticket and ticket.number) or str(id_)


def _rule_name(policy: Policy, code: str) -> Name:
    names = {one.code: one.name for one in policy.rules} | {
        one.code: one.name for one in policy.timers
    }
    return names.get(code) or Name(zh=code, en=code)


def _phone(uow: UnitOfWork, notice: Notice) -> str | None:
    """The person's duty phone, else that of the unit. Never part of a fact."""
    own = None
    if notice.member_id is not None:
        query = select(Member.phone).where(
            Member.org_id == uow.org_id, Member.id == notice.member_id
        )
        own = uow.session.scalars(query).first()
    if own is not None or notice.unit_id is None:
        return own
    query = select(Unit.phone).where(Unit.org_id == uow.org_id, Unit.id == notice.unit_id)
    return uow.session.scalars(query).first()
