"""Who was told of what, step by step, and what became of each attempt."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import Access
from core.models import Event, Unit, User
from core.rights import Scope
from dashboards.values import iso, text
from dispatch.escalation.repository import notices_of
from dispatch.notices.models import Notice
from dispatch.orders.models import Order
from dispatch.roster.models import Member
from dispatch.tickets.models import Ticket
from dispatch.tickets.repository import held_by
from sla import repository as sla
from sla.models import SlaLadder, SlaTimer
from telephony.message_repository import states_about as messages_about

LONGEST = 200
"""Ladders that a list shows, at most."""


@dataclass(frozen=True, slots=True)
class _Names:
    """Ids as people read them. `numbers`: of orders and tickets; `tickets`: which are these."""

    numbers: Mapping[UUID, str]
    tickets: Set[UUID]
    units: Mapping[str, Unit]
    members: Mapping[str, str]
    users: Mapping[str, str]
    deliveries: Mapping[UUID, tuple[str, str | None]]

    def person(self, payload: Mapping[str, Any]) -> str | None:
        member, user = payload.get("member_id"), payload.get("user_id")
        return self.members.get(str(member)) or self.users.get(str(user))


def escalations(session: Session, org_id: int, case_id: UUID) -> list[dict[str, Any]]:
    """The ladders of one order or ticket that told somebody, oldest first."""
    return _rows(session, org_id, sla.ladders_of(session, org_id, [case_id]))


def running(session: Session, org_id: int, access: Access) -> list[dict[str, Any]]:
    """Ladders that nobody has ended yet, newest first; of all, or what a centre holds now."""
    query = select(SlaLadder).where(
        SlaLadder.org_id == org_id, SlaLadder.ended_at.is_(None), SlaLadder.steps > 0
    )
    if access.scope is not Scope.ALL:
        held = select(Order.id).where(Order.org_id == org_id, Order.centre_id == access.unit_id)
        given = select(Ticket.id).where(Ticket.org_id == org_id, *held_by(org_id, access))
        query = query.where(SlaLadder.case_id.in_(held) | SlaLadder.case_id.in_(given))
    found = session.scalars(query.order_by(SlaLadder.began_at.desc()).limit(LONGEST))
    return _rows(session, org_id, list(found))


def _rows(session: Session, org_id: int, ladders: Sequence[SlaLadder]) -> list[dict[str, Any]]:
    told = [one for one in ladders if one.steps > 0]
    if not told:
        return []
    cases = list({one.case_id for one in told})
    facts = _facts(session, org_id, cases)
    notices = notices_of(session, org_id, [one.id for one in told])
    timers = {one.id: one for one in sla.timers_of(session, org_id, cases)}
    deliveries = {
        one: (state, code)
        for one, state, code in messages_about(
            session, org_id, [each.id for some in notices.values() for each in some]
        )
    }
    every = [one for each in facts.values() for one in each]
    names = replace(_names(session, org_id, cases, every), deliveries=deliveries)
    return [
        _ladder(one, timers.get(one.timer_id), facts[one.id], notices.get(one.id, []), names)
        for one in told
    ]


def _facts(session: Session, org_id: int, cases: Iterable[UUID]) -> dict[UUID, list[Event]]:
    query = select(Event).where(
        Event.org_id == org_id,
        Event.stream == "sla",
        Event.stream_id.in_(list(cases)),
        Event.type == "sla.step_taken",
    )
    found: dict[UUID, list[Event]] = defaultdict(list)
    for event in session.scalars(query.order_by(Event.stream_id, Event.seq)):
        found[UUID(event.payload["ladder_id"])].append(event)
    return found


def _names(session: Session, org_id: int, cases: Sequence[UUID], facts: Sequence[Event]) -> _Names:
    members = {UUID(one.payload["member_id"]) for one in facts if one.payload["member_id"]}
    query = select(Member.id, Member.name).where(Member.org_id == org_id, Member.id.in_(members))
    units = session.scalars(select(Unit).where(Unit.org_id == org_id))
    orders = select(Order.id, Order.number).where(Order.org_id == org_id, Order.id.in_(cases))
    asked = select(Ticket.id, Ticket.number).where(Ticket.org_id == org_id, Ticket.id.in_(cases))
    tickets = {id_: number or "" for id_, number in session.execute(asked)}
    users = select(User.id, User.name).where(User.org_id == org_id)
    return _Names(
        numbers={**tickets, **dict(session.execute(orders).all())},
        tickets=tickets.keys(),
        units={str(one.id): one for one in units},
        members={str(id_): name for id_, name in session.execute(query)},
        users={str(id_): name for id_, name in session.execute(users)},
        deliveries={},
    )


def _ladder(
    row: SlaLadder,
    timer: SlaTimer | None,
    facts: Sequence[Event],
    notices: Sequence[Notice],
    names: _Names,
) -> dict[str, Any]:
    noted = timer.acknowledged_by if timer and row.cause == "acknowledged" else None
    return {
        "id": str(row.id),
        "order_id": None if row.case_id in names.tickets else str(row.case_id),
        "ticket_id": str(row.case_id) if row.case_id in names.tickets else None,
        "number": names.numbers.get(row.case_id, ""),
        "alert_id": str(row.timer_id),
        "code": timer.code if timer else "",
        "occasion": row.occasion,
        "began_at": iso(row.began_at),
        "next_at": iso(row.due_at),
        "ended_at": iso(row.ended_at),
        "cause": row.cause,
        "ended_by": names.users.get(str(noted)) if noted else None,
        "steps": [_step(one, notices, names) for one in facts],
    }


def _step(event: Event, notices: Sequence[Notice], names: _Names) -> dict[str, Any]:
    payload = event.payload
    unit = names.units.get(str(payload["unit_id"]))
    return {
        "step": payload["step"],
        "at": iso(event.occurred_at),
        "recipient": payload["recipient"],
        "unit_id": text(unit.id) if unit else None,
        "unit_zh": unit.name_zh if unit else None,
        "unit_en": unit.name_en if unit else None,
        "person": names.person(payload),
        "instead": payload["instead"],
        "nobody": payload["nobody"],
        "notices": [_notice(one, names) for one in notices if one.step == payload["step"]],
    }


def _notice(one: Notice, names: _Names) -> dict[str, Any]:
    delivery, code = names.deliveries.get(one.id, (None, None))
    return {
        "delivery": delivery,
        "delivery_code": code,
        "id": str(one.id),
        "channel": one.channel,
        "text_code": one.text_code,
        "state": one.state,
        "reason": one.reason,
        "tries": one.tries,
        "ended_at": iso(one.ended_at),
    }
