"""What the flow of callers asks of the database: queues, waits, announcements, who is called back;
and what the sweep asks of it."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.models import Call, CarrierEventRow, EmergencyAnnouncement, QueueStay
from telephony.routing.models import Callback
from telephony.rules import LOOKUP_RECEIVED, LOOKUP_TIME

RECENT = timedelta(hours=1)
DAY = timedelta(days=1)


def last_stay(session: Session, org_id: int, call_id: UUID) -> QueueStay | None:
    """The call's newest stay in a queue."""
    query = select(QueueStay).where(QueueStay.org_id == org_id, QueueStay.call_id == call_id)
    return session.scalars(query.order_by(QueueStay.number.desc()).limit(1)).one_or_none()


def waiting_by_queue(session: Session, org_id: int) -> dict[str, int]:
    """How many wait in each queue."""
    query = select(QueueStay.queue, func.count()).where(
        QueueStay.org_id == org_id, QueueStay.left_at.is_(None)
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(QueueStay.queue))}


class InQueue(NamedTuple):
    """Where a caller waits. `ahead`: how many come first; `wait_s`: how long it takes usually."""

    ahead: int
    wait_s: float | None


def places(session: Session, org_id: int, now: datetime) -> dict[UUID, InQueue]:
    """Of every call that waits in a queue: who has more priority, or as much for longer, is ahead.

    The usual wait is that of the last hour's callers who were answered in the same queue.
    """
    past, stay = aliased(QueueStay), aliased(QueueStay)
    usual = (
        select(
            past.queue, func.avg(func.extract("epoch", past.left_at - past.entered_at)).label("s")
        )
        .where(past.org_id == org_id, past.result == "bridged", past.entered_at > now - RECENT)
        .group_by(past.queue)
        .cte("usual")
    )
    turn = func.rank().over(
        partition_by=stay.queue, order_by=(stay.priority.desc(), stay.entered_at)
    )
    query = (
        select(stay.call_id, turn - 1, usual.c.s)
        .outerjoin(usual, usual.c.queue == stay.queue)
        .where(stay.org_id == org_id, stay.left_at.is_(None))
    )
    return {
        row[0]: InQueue(row[1], None if row[2] is None else float(row[2]))
        for row in session.execute(query)
    }


def times_asked(session: Session, org_id: int, call_id: UUID, step: str) -> int:
    """How many different requests of a call for this step are in the log."""
    query = select(func.count()).where(
        CarrierEventRow.org_id == org_id,
        CarrierEventRow.call_id == call_id,
        CarrierEventRow.kind != "flow",
        CarrierEventRow.told["word"].astext == step,
    )
    return session.execute(query).scalar_one()


def emergency_row(session: Session, org_id: int) -> EmergencyAnnouncement | None:
    """The announcement that is on."""
    query = select(EmergencyAnnouncement).where(
        EmergencyAnnouncement.org_id == org_id, EmergencyAnnouncement.ended_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def emergency(session: Session, org_id: int) -> dict[str, str] | None:
    """The words of the announcement that is on, by column of their language."""
    row = emergency_row(session, org_id)
    return None if row is None else {"zh": row.zh, "en": row.en}


def was_called_back(session: Session, call: Call) -> bool:
    """Whether a call-back was asked for because of this call."""
    query = exists().where(Callback.org_id == call.org_id, Callback.from_call_id == call.id)
    return bool(session.scalar(select(query)))


def came_through_later(session: Session, call: Call) -> bool:
    """Whether the same number has called since and is on the line or was answered."""
    query = exists().where(
        Call.org_id == call.org_id,
        Call.from_number == call.from_number,
        Call.direction == "inbound",
        Call.opened_at > call.opened_at,
        or_(Call.state != "ended", Call.outcome == "answered"),
    )
    return bool(session.scalar(select(query)))


def earlier_misses(session: Session, call: Call, now: datetime) -> int:
    """How often the same number gave up within the last day, this call not counted."""
    query = select(func.count()).where(
        Call.org_id == call.org_id,
        Call.from_number == call.from_number,
        Call.direction == "inbound",
        Call.outcome == "abandoned",
        Call.opened_at > now - DAY,
        Call.id != call.id,
    )
    return session.execute(query).scalar_one()


def unpromised(session: Session, call: Call) -> UUID | None:
    """The call-back that waits for this number and that the customer had not asked for."""
    query = select(Callback.id).where(
        Callback.org_id == call.org_id,
        Callback.number == call.from_number,
        Callback.state == "waiting",
        Callback.reason != "asked",
    )
    return session.scalar(query)


class SilentLeg(NamedTuple):
    """A leg that is open, and of which nothing was heard for long."""

    org_id: int
    leg_id: UUID
    call_id: UUID
    carrier: str
    carrier_call: str


def silent_legs(session: Session, since: datetime, limit: int) -> list[SilentLeg]:
    """Open legs without a word since then, and those of which the carrier would not do something:
    perhaps they are over. The oldest first.
    """
    heard = exists().where(
        CarrierEventRow.org_id == CallLeg.org_id,
        CarrierEventRow.call_id == CallLeg.call_id,
        CarrierEventRow.carrier_call == CallLeg.carrier_call,
        CarrierEventRow.received_at > since,
    )
    heard_since = exists().where(
        CarrierEventRow.org_id == CallLeg.org_id,
        CarrierEventRow.call_id == CallLeg.call_id,
        CarrierEventRow.carrier_call == CallLeg.carrier_call,
        CarrierEventRow.received_at >= CarrierCommand.ended_at,
    )
    refused = exists().where(
        CarrierCommand.org_id == CallLeg.org_id,
        CarrierCommand.call_id == CallLeg.call_id,
        CarrierCommand.leg_id == CallLeg.id,
        CarrierCommand.state == "failed",
        ~heard_since,
    )
    query = (
        select(CallLeg.org_id, CallLeg.id, CallLeg.call_id, CallLeg.carrier, CallLeg.carrier_call)
        .where(CallLeg.state != "ended", CallLeg.carrier_call.is_not(None))
        .where(or_((CallLeg.placed_at <= since) & ~heard, refused))
        .order_by(CallLeg.placed_at)
        .limit(limit)
    )
    return [SilentLeg(*row[:4], row[4] or "") for row in session.execute(query)]


def recovered(session: Session, org_id: int) -> int:
    """How many calls have ended by the sweep's word: their own callbacks were lost."""
    query = select(func.count()).where(
        Call.org_id == org_id, Call.evidence.in_((LOOKUP_TIME, LOOKUP_RECEIVED))
    )
    return session.execute(query).scalar_one()
