"""Rows that the hotline's figures are made of."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from core.models import User
from dashboards.hotline.figures import Contact, Promise
from dashboards.hotline.shifts import Asked, Stretch, wrap_up_of
from telephony.models import Call, QueueStay
from telephony.routing.models import AgentSpan, Callback, Offer

_OF_CALL = (
    Call.id,
    Call.opened_at,
    Call.from_number,
    Call.state,
    Call.outcome,
    Call.short,
    Call.queued_at,
    Call.bridged_at,
    Call.wait_s,
    Call.talk_s,
    Call.held_s,
    Call.transfers,
)


def contacts(
    session: Session, org_id: int, start: datetime, end: datetime, stretches: Iterable[Stretch]
) -> list[Contact]:
    """Calls of callers that came in [start, end). `stretches`: of agents with these calls."""
    wrap_ups = wrap_up_of(stretches)
    first = and_(
        QueueStay.org_id == Call.org_id, QueueStay.call_id == Call.id, QueueStay.number == 1
    )
    query = (
        select(*_OF_CALL, QueueStay.queue)
        .outerjoin(QueueStay, first)
        .where(_came(org_id, start, end))
        .order_by(Call.opened_at, Call.id)
    )
    return [
        Contact(
            id=row.id,
            opened_at=row.opened_at,
            caller=row.from_number or None,
            queue=row.queue,
            ended=row.state == "ended",
            outcome=row.outcome,
            short=row.short,
            queued_at=row.queued_at,
            bridged_at=row.bridged_at,
            wait_s=row.wait_s,
            talk_s=row.talk_s,
            held_s=row.held_s,
            transfers=row.transfers,
            wrap_up_s=wrap_ups.get(row.id),
        )
        for row in session.execute(query)
    ]


def seen(
    session: Session, org_id: int, start: datetime, end: datetime, within_s: float
) -> list[tuple[datetime, UUID, str]]:
    """(when, call, caller) of the period and of the time before it that makes a call a repeat."""
    since = start - timedelta(seconds=within_s)
    query = select(Call.opened_at, Call.id, Call.from_number).where(
        _came(org_id, since, end), Call.from_number != ""
    )
    return [(at, id_, caller) for at, id_, caller in session.execute(query)]


def _came(org_id: int, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(
        Call.org_id == org_id,
        Call.direction == "inbound",
        Call.opened_at >= start,
        Call.opened_at < end,
    )


def stretches(session: Session, org_id: int, start: datetime, end: datetime) -> list[Stretch]:
    """Those that touch [start, end), and all that belong to the same calls or to its callers'."""
    touching = and_(
        AgentSpan.org_id == org_id,
        AgentSpan.began_at < end,
        or_(AgentSpan.ended_at.is_(None), AgentSpan.ended_at > start),
    )
    same = select(AgentSpan.call_id).where(touching, AgentSpan.call_id.is_not(None))
    came = select(Call.id).where(_came(org_id, start, end))
    query = (
        select(AgentSpan)
        .where(AgentSpan.org_id == org_id)
        .where(or_(touching, AgentSpan.call_id.in_(same), AgentSpan.call_id.in_(came)))
        .order_by(AgentSpan.began_at, AgentSpan.id)
    )
    return [
        Stretch(one.user_id, one.state, one.call_id, one.began_at, one.ended_at)
        for one in session.scalars(query)
    ]


def offers(session: Session, org_id: int, start: datetime, end: datetime) -> list[Asked]:
    """Reservations of agents that were made in [start, end)."""
    query: Select[UUID, str | None] = select(Offer.user_id, Offer.outcome).where(
        Offer.org_id == org_id, Offer.offered_at >= start, Offer.offered_at < end
    )
    return [Asked(user_id, outcome) for user_id, outcome in session.execute(query)]


def promises(session: Session, org_id: int, start: datetime, end: datetime) -> list[Promise]:
    """Call-backs that came to be in [start, end)."""
    query = select(Callback.queue, Callback.asked_at, Callback.state).where(
        Callback.org_id == org_id, Callback.asked_at >= start, Callback.asked_at < end
    )
    return [Promise(queue, asked_at, state) for queue, asked_at, state in session.execute(query)]


def names(session: Session, org_id: int, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    query = select(User.id, User.name).where(User.org_id == org_id, User.id.in_(list(user_ids)))
    return {row.id: row.name for row in session.execute(query)}
