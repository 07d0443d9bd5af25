"""Steps of the ladders, served when they are due: looked up in the roster, asked for, recorded.

Any number of sweeps may run: each takes cases that no other holds. What goes out of the house goes
through the outbox; the screens of this one have it with the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import events as ev
from core.db import read_session
from core.identity import system_actor
from core.ids import new_id
from core.logging import logger
from core.uow import UnitOfWork, unit_of_work
from dispatch.desks import repository as desks
from dispatch.desks.rules import DeskState
from dispatch.escalation import repository
from dispatch.escalation.rules import Chosen, Sides, choose, sides_of
from dispatch.notices.models import Notice
from dispatch.notices.port import IN_HOUSE
from dispatch.orders import repository as orders
from dispatch.orders.models import Order
from dispatch.roster.duty import all_on_duty
from dispatch.roster.rules import OnDuty
from sla import escalation
from sla import repository as sla
from sla.escalation import Due, Told
from sla.ladders import text_code
from sla.service import policy_of

SEND = "notice.send"
SOURCE = "escalation"
TRY_AGAIN = timedelta(seconds=30)
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """Who is there at one moment."""

    duty: Mapping[UUID, OnDuty]
    supervisors: Sequence[tuple[Chosen, UUID]]
    desks: Mapping[UUID, DeskState]
    hotline: UUID | None


def sweep(now: datetime, limit: int = 100) -> int:
    """Serve what is due at `now`, at most `limit` cases per organisation; returns the steps.

    Where one case cannot be served, the others are, one by one; that one is tried again later.
    """
    with read_session() as session:
        organisations = sla.organisations_climbing(session, now)
    served = 0
    for org_id in organisations:
        try:
            served += _batch(org_id, now, limit)
        except Exception:
            log.exception("escalations_failed", org_id=org_id)
            served += _one_by_one(org_id, now, limit)
    return served


def _batch(org_id: int, now: datetime, limit: int, only: UUID | None = None) -> int:
    served = 0
    with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
        claimed = escalation.claim_due(uow, now, limit, only)
        look = _look(uow.session, org_id, now) if claimed else None
        for row, timer in claimed:
            assert look is not None
            policy = policy_of(sla.case_of(uow.session, org_id, row.case_id))
            served += _climb(uow, escalation.due_of(policy, row, timer), look, now)
    return served


def _one_by_one(org_id: int, now: datetime, limit: int) -> int:
    served = 0
    with read_session() as session:
        due = sla.steps_due(session, org_id, now, limit)
    for case_id in due:
        try:
            served += _batch(org_id, now, 1, case_id)
        except Exception:
            log.exception("escalation_failed", order_id=str(case_id))
            with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
                sla.postpone_steps(uow.session, org_id, case_id, now, now + TRY_AGAIN)
    return served


def next_due(session: Session) -> datetime | None:
    """When the sweep has work next; None where nothing is climbed."""
    return sla.next_step_due(session)


def _look(session: Session, org_id: int, now: datetime) -> Look:
    duty = all_on_duty(session, org_id, now)
    return Look(
        duty=duty,
        supervisors=repository.supervisors(session, org_id, duty),
        desks=desks.desks(session, org_id),
        hotline=repository.hotline(session, org_id),
    )


def _climb(uow: UnitOfWork, due: Due, look: Look, now: datetime) -> int:
    """Every step that is due, and those that come at once because nobody was on duty."""
    sides = _sides(uow, due, look)
    served = 0
    while due.row.due_at is not None and due.row.due_at <= now:
        told = repository.told(uow.session, uow.org_id, due.row.id)
        heads = [one for one, _ in look.supervisors]
        chosen = choose(due.step.to, sides, look.duty, heads, told)
        _take(uow, due, chosen, look, now)
        uow.session.flush()
        served += 1
    return served


def _sides(uow: UnitOfWork, due: Due, look: Look) -> Sides:
    row = uow.session.get(Order, (uow.org_id, due.row.case_id))
    if row is None:  # a ticket is the hotline's alone
        return Sides(look.hotline, look.hotline, None)
    hops = orders.hops_of(uow.session, uow.org_id, [row.id])
    order = orders.order_state(row, hops)
    assignments = [
        orders.assignment_state(one)
        for one in orders.assignments_of(uow.session, uow.org_id, [row.id])
    ]
    stamps = orders.stamps_of_orders(uow.session, uow.org_id, [row.id])[row.id]
    known = [orders.stamp_state(one) for one in stamps]
    sides = sides_of(due.timer.subject_id, order, assignments, known, look.hotline)
    if repository.on_roster(uow.session, uow.org_id, sides.sender_user):
        return sides
    return replace(sides, sender_user=None)


def _take(uow: UnitOfWork, due: Due, chosen: Chosen | None, look: Look, now: datetime) -> None:
    step, number, row = due.step, due.row.steps, due.row
    told = _told(chosen, look)
    escalation.took_step(uow, due, told, now)
    if told is None:
        return
    for channel in step.channels:
        in_house = channel in IN_HOUSE
        notice = Notice(
            org_id=uow.org_id,
            id=new_id() if in_house else uow.effect("job", name=SEND, body={}),
            order_id=row.case_id,
            timer_id=row.timer_id,
            ladder_id=row.id,
            step=number + 1,
            code=due.timer.code,
            text_code=text_code(row.ladder, number),
            channel=channel,
            recipient=step.to,
            unit_id=told.unit_id,
            member_id=told.member_id,
            user_id=told.user_id,
            state="waiting",
            tries=0,
            reached=[],
            asked_at=now,
        )
        uow.session.add(notice)
        if in_house:
            _show(uow, notice, look, now)


def _told(chosen: Chosen | None, look: Look) -> Told | None:
    if chosen is None:
        return None
    person = chosen.person
    user_id = person.user_id if person else None
    if person is None:
        user_id = next((user for one, user in look.supervisors if one is chosen), None)
    return Told(chosen.unit_id, person.id if person else None, user_id, chosen.instead)


def _show(uow: UnitOfWork, notice: Notice, look: Look, now: datetime) -> None:
    """On the screens with the commit; a desk that nobody sits at is no way to reach anybody."""
    desk = look.desks.get(notice.unit_id) if notice.unit_id else None
    closed = desk is not None and not desk.is_open
    end_notice(uow, notice, "failed" if closed else "sent", "desk_closed" if closed else None, now)


def end_notice(
    uow: UnitOfWork, notice: Notice, result: str, reason: str | None, now: datetime
) -> None:
    """Write how an attempt ended, as a row and as a fact. The caller holds the case."""
    notice.state, notice.reason, notice.ended_at = result, reason, now
    notice.tries = max(notice.tries, 1) if result != "cancelled" else notice.tries
    assert notice.ladder_id is not None
    fact = ev.SlaNoticeEnded(
        notice_id=notice.id,
        ladder_id=notice.ladder_id,
        channel=notice.channel,
        text=notice.text_code or "",
        result=result,
        reason=reason,
        tries=notice.tries,
    )
    escalation.record_attempt(uow, notice.order_id, fact, now)
