"""What it means that a deadline fires: a fact, and sweeps that wake up in time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.events import Payload, SlaAlarmRaised, SlaBreached
from core.uow import UnitOfWork
from sla.models import SlaTimer
from sla.rules import Delay

SOURCE = "sla"
CHANNEL = "paidan_timers"
"""NOTIFY with a deadline, ISO 8601: sweeps that would sleep longer wake up for it."""


class Deadline(Protocol):
    """A timer, as a row of its table or of a query."""

    @property
    def id(self) -> UUID: ...
    @property
    def case_id(self) -> UUID: ...
    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def subject_id(self) -> UUID: ...
    @property
    def limit_s(self) -> float: ...
    @property
    def due_at(self) -> datetime | None: ...


def fire(uow: UnitOfWork, row: Deadline, found: Delay) -> None:
    """Record a breach or alarm with its deadline as the time, and how late it was noticed."""
    kind = SlaAlarmRaised if row.kind == "alarm" else SlaBreached
    fact: Payload = kind(
        code=row.code,
        subject_id=row.subject_id,
        timer_id=row.id,
        limit_s=row.limit_s,
        late_s=found.late_s,
        clock_back_s=found.clock_back_s or None,
    )
    uow.emit(row.case_id, fact, occurred_at=row.due_at, source=SOURCE)


def wake(uow: UnitOfWork, rows: Iterable[SlaTimer]) -> None:
    """Tell the sweeps, with the commit, of the first of these deadlines that is awaited."""
    awaited = (row.due_at for row in rows if row.fired_at is None and row.stopped_at is None)
    first = min((due_at for due_at in awaited if due_at is not None), default=None)
    if first is not None:
        uow.notify(CHANNEL, first.isoformat())
