"""Kinds of fact about the deadlines of one order, in a stream apart from its own."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("sla.case_opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaCaseOpened(Payload):
    """An order began under a policy; it keeps that version."""

    policy: str
    version: int


@fact("sla.breached")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaBreached(Payload):
    """A limit passed. `occurred_at` is the deadline, `recorded_at` when it was noticed.

    `late_s`: seconds between them that are the system's own, since it could have known; of them
    `clock_back_s` because the clock was set back. Both in business time.
    """

    code: str
    subject_id: UUID
    timer_id: UUID
    limit_s: float
    late_s: float | None = None
    clock_back_s: float | None = None


@fact("sla.alarm_raised")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAlarmRaised(Payload):
    """A timer beside the segments fired (not accepted after 4 minutes)."""

    code: str
    subject_id: UUID
    timer_id: UUID
    limit_s: float
    late_s: float | None = None
    clock_back_s: float | None = None


@fact("sla.withdrawn")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaWithdrawn(Payload):
    """A breach or alarm turned out not to have happened (late stamp)."""

    code: str
    subject_id: UUID
    timer_id: UUID


@fact("sla.acknowledged")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAcknowledged(Payload):
    """A person took note of a breach or alarm."""

    timer_id: UUID
