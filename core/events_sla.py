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
    """A limit passed. `occurred_at` is the deadline."""

    code: str
    subject_id: UUID
    timer_id: UUID
    limit_s: float


@fact("sla.alarm_raised")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAlarmRaised(Payload):
    """A timer beside the segments fired (not accepted after 4 minutes)."""

    code: str
    subject_id: UUID
    timer_id: UUID
    limit_s: float


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
