"""Steps of the ladders, served when they are due: looked up in the roster, asked for, recorded.

Any number of sweeps may run: each takes cases that no other holds. What goes out of the house goes
through the outbox; the screens of this one have it with the commit.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import events as ev
from core.ids import new_id
from core.uow import UnitOfWork
from dispatch.desks import repository as desks
from dispatch.desks.rules import DeskState
from dispatch.escalation import repository
from dispatch.escalation.rules import Chosen, Sides, choose, sides_of, sides_of_ticket
from dispatch.notices.models import Notice
from dispatch.notices.port import IN_HOUSE
from dispatch.orders import loading
from dispatch.orders.loading import Known
from dispatch.roster.duty import all_on_duty
from dispatch.roster.rules import OnDuty
from dispatch.tickets.models import Ticket
from dispatch.turns import Turns
from sla import escalation
from sla import repository as sla
from sla.escalation import Due, Told
from sla.ladders import text_code
from sla.models import SlaCase
from sla.service import policy_of

SEND = "notice.send"
SOURCE = "escalation"


@dataclass(frozen=True, slots=True)
class Look:
    """Who is there at one moment, and what is known of the orders whose steps are due."""

    duty: Mapping[UUID, OnDuty]
    supervisors: Sequence[tuple[Chosen, UUID]]
    desks: Mapping[UUID, DeskState]
    hotline: UUID | None
    orders: Mapping[UUID, Known]
    cases: Mapping[UUID, SlaCase]


def sweep(now: datetime, limit: int = 200) -> int:
    """Serve the steps that are due at `now`; returns how many."""
    return _TURNS.sweep(now, limit)


def _serve(uow: UnitOfWork, limit: int, only: UUID | None = None) -> int:
    claimed = escalation.claim_due(uow, limit, only)
    if not claimed:
        return 0
    look = _look(uow.session, uow.org_id, uow.now, {row.case_id for row, _ in claimed})
    served = 0
    for row, timer in claimed:
        due = escalation.due_of(policy_of(look.cases[row.case_id]), row, timer)
        served += _climb(uow, due, look, uow.now)
    return served


_TURNS = Turns(
    name=SOURCE,
    organisations=sla.organisations_climbing,
    serve=_serve,
    cases=sla.steps_due,
    postpone=sla.postpone_steps,
    try_again=timedelta(seconds=30),
    at_once=20,
)


def next_due(session: Session) -> datetime | None:
    """When the sweep has work next; None where nothing is climbed."""
    return sla.next_step_due(session)


def _look(session: Session, org_id: int, now: datetime, cases: Collection[UUID]) -> Look:
    duty = all_on_duty(session, org_id, now)
    return Look(
        duty=duty,
        supervisors=repository.supervisors(session, org_id, duty),
        desks=desks.desks(session, org_id),
        hotline=repository.hotline(session, org_id),
        orders={one.row.id: one for one in loading.known(session, org_id, cases)},
        cases=sla.cases_of(session, org_id, list(cases)),
    )


def _climb(uow: UnitOfWork, due: Due, look: Look, now: datetime) -> int:
    """Every step that is due, and those that come at once because nobody was on duty."""
    sides = _sides(uow, due, look)
    served = 0
    while due.row.due_at is not None and due.row.due_at <= now:
        told = repository.told(uow.session, uow.org_id, due.row.id) if due.row.steps else ()
        heads = [one for one, _ in look.supervisors]
        chosen = choose(due.step.to, sides, look.duty, heads, told)
        _take(uow, due, chosen, look, now)
        uow.session.flush()
        served += 1
    return served


def _sides(uow: UnitOfWork, due: Due, look: Look) -> Sides:
    order = look.orders.get(due.row.case_id)
    if order is not None:
        subject = due.timer.subject_id
        sides = sides_of(subject, order.order, order.assignments, order.stamps, look.hotline)
    else:
        ticket = uow.session.get_one(Ticket, (uow.org_id, due.row.case_id))
        sides = sides_of_ticket(ticket.unit_id, ticket.filed_by, look.hotline)
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
            case_id=row.case_id,
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
    escalation.record_attempt(uow, notice.case_id, fact, now)
