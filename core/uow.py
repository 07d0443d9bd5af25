"""One use case, one transaction: the only place that commits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import eventlog, live
from core.clock import now as clock_now
from core.clock import real_now
from core.correlation import correlation_id
from core.db import session_factory
from core.errors import Conflict
from core.events import Payload
from core.identity import Actor
from core.ids import new_id
from core.listen import OUTBOX
from core.models import Outbox
from core.recorded import Recorded
from core.wiring import wiring

_NOTIFY = text(
    "SELECT pg_notify(channel, message) FROM"
    " unnest(CAST(:channels AS text[]), CAST(:messages AS text[])) AS one (channel, message)"
)


class ConcurrentChange(Conflict):
    """Two writers appended to one stream at the same moment."""

    code = "concurrent_change"
    zh = "该记录刚被他人修改，请刷新后重试。"
    en = "Somebody changed this at the same moment; look again and retry."


class UnitOfWork:
    """A transaction with its facts, effects and touched screen rows.

    `session` is an open SQLAlchemy session, `actor` who acts, `now` when the work began.
    """

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.org_id = actor.org_id
        self.now = now
        self._events: list[Recorded] = []
        self._touched: dict[tuple[str, UUID], None] = {}
        self._outbox: list[dict[str, Any]] = []
        self._channels: dict[tuple[str, str], None] = {}

    def emit(
        self,
        stream_id: UUID,
        payload: Payload,
        *,
        occurred_at: datetime | None = None,
        source: str,
    ) -> Recorded:
        """Record a fact. `occurred_at` is when it happened (default: now), aware."""
        event = Recorded(
            org_id=self.org_id,
            id=new_id(),
            stream=payload.STREAM,
            stream_id=stream_id,
            payload=payload,
            occurred_at=occurred_at or self.now,
            recorded_at=self.now,
            actor_kind=self.actor.kind,
            actor_id=self.actor.user_id,
            source=source,
            correlation_id=correlation_id(),
        )
        self._events.append(event)
        for name in wiring().subscriptions.get(payload.TYPE, ()):
            self.effect("subscriber", name=name, body={"event_id": str(event.id)})
        return event

    def effect(
        self, kind: str, *, name: str, body: dict[str, Any], due_at: datetime | None = None
    ) -> UUID:
        """Ask for something after the commit: `subscriber` (in the engine) or `job` (RQ).

        `due_at` is a real moment, not one of business (default: at once).
        """
        id_ = new_id()
        self._outbox.append(
            {
                "org_id": self.org_id,
                "id": id_,
                "kind": kind,
                "name": name,
                "body": body,
                "correlation_id": correlation_id(),
                "created_at": self.now,
                "due_at": due_at or real_now(),
            }
        )
        return id_

    def touch(self, entity: str, id_: UUID) -> None:
        """A row of a live screen changed: its new form goes out with the commit."""
        self._touched[entity, id_] = None

    def notify(self, channel: str, message: str) -> None:
        """PostgreSQL NOTIFY with the commit."""
        self._channels[channel, message] = None

    def unwritten(self, stream: str, stream_id: UUID) -> list[Recorded]:
        """Facts of one stream that this unit of work has recorded and not written yet."""
        return [one for one in self._events if (one.stream, one.stream_id) == (stream, stream_id)]

    def flush(self) -> Sequence[Recorded]:
        """Write everything but the live numbers; returns the events that were appended."""
        self.session.flush()
        events, self._events = self._events, []
        eventlog.append(self.session, events)
        if self._outbox:
            self.session.execute(insert(Outbox), self._outbox)
            self._outbox = []
            self.notify(OUTBOX, "")
        return events

    def _finish(self) -> None:
        self.flush()
        if self._channels:
            channels, messages = zip(*self._channels, strict=True)
            wanted = {"channels": list(channels), "messages": list(messages)}
            self.session.execute(_NOTIFY, wanted)
        if self._touched:
            live.write_deltas(self.session, self.org_id, list(self._touched), self.now)


@contextmanager
def unit_of_work(
    actor: Actor, *, now: datetime | None = None, connection: Connection | None = None
) -> Iterator[UnitOfWork]:
    """Open a transaction for `actor`; commit at the end, roll back on any exception.

    `connection`: for a work of many transactions that has temporary tables of its own.
    """
    with session_factory()(bind=connection) if connection else session_factory()() as session:
        uow = UnitOfWork(session, actor, now or clock_now())
        try:
            yield uow
            uow._finish()
        except IntegrityError as error:
            if "pk_event" in str(error.orig):
                raise ConcurrentChange from error
            raise
        session.commit()
