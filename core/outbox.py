"""The relay: carries effects out of the outbox, each until somebody reports it done.

Subscribers run here, some at a time, in the transaction that marks their rows done, so their facts
are recorded exactly once. Jobs are handed to RQ under the row's id and stay leased until the worker
reports; a lease that runs out (dead worker, lost Valkey) means that the row is handed out again.
Turns and leases are in real time, whatever the pace of business.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.clock import real_now
from core.correlation import correlated
from core.db import session_factory
from core.eventlog import recorded
from core.identity import system_actor
from core.logging import logger
from core.models import Event, Outbox
from core.settings import settings
from core.uow import unit_of_work
from core.wiring import wiring

MAX_ATTEMPTS = 12
MAX_BACKOFF = timedelta(minutes=5)
AT_ONCE = 10
"""Subscribers in one transaction: a dispatcher may wait for as many."""
PATIENCE_MS = 300
"""Several at once may hold what somebody needs who holds what they need: they give way before
PostgreSQL looks for a deadlock (1 s), so that it never ends a dispatcher's work.
"""
log = logger(__name__)

HandOver = Callable[[UUID, int, str, dict[str, Any], str], None]


def run_due_subscribers(limit: int = 100) -> int:
    """Run subscribers whose turn it is, some in one transaction. Returns how many ran."""
    done = 0
    while done < limit and (ran := _run_some()):
        done += ran
    return done


def _run_some() -> int:
    with session_factory()() as session:
        query = (
            select(Outbox.org_id, Outbox.id)
            .where(Outbox.kind == "subscriber", *_due(real_now()))
            .order_by(Outbox.due_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        found = session.execute(query).all()
        session.commit()
    ids = [row.id for row in found if row.org_id == found[0].org_id]
    if len(ids) > 1:
        try:
            _deliver(found[0].org_id, ids)
            return len(ids)
        except Exception as error:  # one fails, or waits too long for somebody: each for itself
            log.info("subscribers_one_by_one", count=len(ids), error=type(error).__name__)
    for id_ in ids:
        try:
            _deliver(found[0].org_id, [id_])
        except Exception as error:
            log.exception("subscriber_failed", outbox_id=str(id_))
            _postpone(found[0].org_id, id_, error)
    return len(ids)


def _deliver(org_id: int, ids: Sequence[UUID]) -> None:
    """Run these in one transaction, stream by stream, so that two relays lock in one order."""
    with unit_of_work(system_actor(org_id, "engine")) as uow:
        if len(ids) > 1:
            uow.session.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
        query = (
            select(Outbox)
            .where(Outbox.org_id == org_id, Outbox.id.in_(ids), *_due(real_now()))
            .order_by(Outbox.due_at)
            .with_for_update(skip_locked=True)
        )
        rows = defaultdict(list)
        for row in uow.session.scalars(query):  # those that another relay was not faster with
            rows[UUID(row.body["event_id"])].append(row)
        events = select(Event).where(Event.org_id == org_id, Event.id.in_(rows))
        for event in uow.session.scalars(events.order_by(Event.stream_id, Event.seq)).all():
            for row in rows[event.id]:
                with correlated(row.correlation_id):
                    wiring().subscribers[row.name](uow, recorded(event))
                    row.done_at = uow.now
                    uow.flush()


def hand_over_due_jobs(hand_over: HandOver, limit: int = 100) -> int:
    """Lease due job rows and hand them to `hand_over`. Returns how many were handed over."""
    moment = real_now()
    lease = timedelta(seconds=settings().outbox_lease_seconds)
    with session_factory()() as session:
        query = (
            select(Outbox)
            .where(Outbox.kind == "job", *_due(moment))
            .order_by(Outbox.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = list(session.scalars(query))
        for row in rows:
            row.attempts += 1
            row.due_at = moment + lease
            if row.attempts > MAX_ATTEMPTS:
                row.dead_at = moment
                row.last_error = row.last_error or "no worker reported it done"
                log.error("outbox_dead", outbox_id=str(row.id), name=row.name)
        session.commit()
    handed = 0
    for row in rows:
        if row.dead_at is not None:
            continue
        try:
            hand_over(row.id, row.org_id, row.name, row.body, row.correlation_id)
            handed += 1
        except Exception as error:  # Valkey is away: back in line, without spending a try
            log.warning("hand_over_failed", outbox_id=str(row.id), error=str(error)[:200])
            _not_handed_over(row.org_id, row.id)
    return handed


def _not_handed_over(org_id: int, id_: UUID) -> None:
    with session_factory()() as session:
        session.execute(
            update(Outbox)
            .where(Outbox.org_id == org_id, Outbox.id == id_, Outbox.done_at.is_(None))
            .values(due_at=real_now() + timedelta(seconds=2), attempts=Outbox.attempts - 1)
        )
        session.commit()


def report_done(session: Session, org_id: int, id_: UUID, moment: datetime) -> bool:
    """A worker did the job. False where it had been reported before (do nothing then)."""
    result = session.execute(
        update(Outbox)
        .where(Outbox.org_id == org_id, Outbox.id == id_, Outbox.done_at.is_(None))
        .values(done_at=moment)
        .returning(Outbox.id)
    )
    return result.first() is not None


def renew(org_id: int, id_: UUID) -> None:
    """The worker lives and goes on: nobody else is handed its job for one more lease."""
    lease = timedelta(seconds=settings().outbox_lease_seconds)
    with session_factory()() as session:
        session.execute(
            update(Outbox)
            .where(Outbox.org_id == org_id, Outbox.id == id_, Outbox.done_at.is_(None))
            .values(due_at=real_now() + lease)
        )
        session.commit()


def report_failed(org_id: int, id_: UUID, error: Exception) -> None:
    """A worker failed: try again later, growing delay, in the end the dead-letter list."""
    _postpone(org_id, id_, error)


def _postpone(org_id: int, id_: UUID, error: Exception) -> None:
    with session_factory()() as session:
        row = session.get_one(Outbox, (org_id, id_), with_for_update=True)
        if row.kind == "subscriber":
            row.attempts += 1
        row.due_at = real_now() + min(timedelta(seconds=2.0**row.attempts), MAX_BACKOFF)
        row.last_error = f"{type(error).__name__}: {error}"[:500]
        if row.attempts >= MAX_ATTEMPTS:
            row.dead_at = real_now()
            log.error("outbox_dead", outbox_id=str(id_), name=row.name)
        session.commit()


def dead_letters(session: Session, org_id: int) -> list[Outbox]:
    """What was given up, oldest first."""
    query = (
        select(Outbox)
        .where(Outbox.org_id == org_id, Outbox.dead_at.is_not(None), Outbox.done_at.is_(None))
        .order_by(Outbox.created_at)
    )
    return list(session.scalars(query))


def revive(session: Session, org_id: int, id_: UUID, moment: datetime) -> bool:
    """Put a given-up row back in line."""
    result = session.execute(
        update(Outbox)
        .where(Outbox.org_id == org_id, Outbox.id == id_, Outbox.dead_at.is_not(None))
        .values(dead_at=None, attempts=0, due_at=moment)
        .returning(Outbox.id)
    )
    return result.first() is not None


def _due(moment: datetime) -> tuple[Any, ...]:
    return (
        Outbox.done_at.is_(None),
        Outbox.dead_at.is_(None),
        Outbox.due_at <= moment,
    )
