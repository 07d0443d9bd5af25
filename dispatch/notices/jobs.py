"""Notices that leave the house, sent by the RQ worker.

A try is written down before it is made, so that a job that is handed out twice at once does not
send twice. Nothing is locked while the other side is waited for.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import outbox
from core.clock import real_now
from core.identity import system_actor
from core.models import Unit
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from dispatch.escalation.service import end_notice
from dispatch.notices.channels import channel_called
from dispatch.notices.models import Notice
from dispatch.notices.port import (
    MAX_TRIES,
    Message,
    NotSent,
    TryAgain,
    Unavailable,
    outcome,
)
from dispatch.orders.models import Order
from dispatch.roster.models import Member
from dispatch.tickets.models import Ticket
from sla import escalation
from sla.ladders import Words, ladder_called, said
from sla.models import SlaLadder, SlaTimer
from sla.policy import Name, Policy
from sla.service import policy_of_order


@dataclass(frozen=True, slots=True)
class Try:
    """One try that has been written down."""

    channel: str
    message: Message
    reached: frozenset[int]
    number: int


def send(outbox_id: UUID, org_id: int, _body: dict[str, Any]) -> None:
    """Tell whom a step of a ladder names. Raises TryAgain as long as another try may help."""
    begun = _begin(outbox_id, org_id)
    if begun is None:
        return
    reached, failure = _deliver(begun)
    _finish(outbox_id, org_id, begun, reached, failure)


def _begin(outbox_id: UUID, org_id: int) -> Try | None:
    """Write the try down; None where there is nothing to do, or somebody is at it."""
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        notice = _locked(uow, outbox_id)
        if notice.state not in ("waiting", "sending"):
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        real, lease = real_now(), timedelta(seconds=settings().outbox_lease_seconds)
        if notice.sending_at is not None and real - notice.sending_at < lease:
            return None
        assert notice.ladder_id is not None
        if not escalation.climbing(uow, notice.ladder_id):
            end_notice(uow, notice, "cancelled", None, uow.now)
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        notice.state, notice.sending_at = "sending", real
        notice.tries += 1
        message = _message(uow, notice)
        reached = frozenset(map(int, notice.reached))
        return Try(notice.channel, message, reached, notice.tries)


def _locked(uow: UnitOfWork, notice_id: UUID) -> Notice:
    """The notice, its case held first: whoever holds the case may append to its stream."""
    found = uow.session.get_one(Notice, (uow.org_id, notice_id))
    escalation.lock_case(uow, found.case_id)
    uow.session.refresh(found)
    return found


def _deliver(begun: Try) -> tuple[frozenset[int], Exception | None]:
    """Send to every address that has not got it yet; the last failure, if any."""
    channel = channel_called(begun.channel)
    reached, failure = set(begun.reached), None
    for address in range(channel.addresses):
        if address in reached:
            continue
        try:
            channel.send(begun.message, address)
            reached.add(address)
        except (NotSent, Unavailable) as error:
            failure = error
    return frozenset(reached), failure


def _finish(
    outbox_id: UUID,
    org_id: int,
    begun: Try,
    reached: frozenset[int],
    failure: Exception | None,
) -> None:
    again = isinstance(failure, NotSent) and failure.again and begun.number < MAX_TRIES
    result, reason = outcome(failure)
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        notice = _locked(uow, outbox_id)
        notice.reached, notice.sending_at = [str(one) for one in sorted(reached)], None
        if again:
            notice.state = "waiting"
        else:
            end_notice(uow, notice, result, reason, uow.now)
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
    if again:
        raise TryAgain(reason)


def _message(uow: UnitOfWork, notice: Notice) -> Message:
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
