"""What happens to a deadline when stamps move, and what a case's facts add up to: pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from core.events import (
    Payload,
    SlaAcknowledged,
    SlaAlarmRaised,
    SlaBreached,
    SlaCaseOpened,
    SlaWithdrawn,
)
from sla.timers import Timer

Verdict = Literal["fire", "withdraw", "leave"]


def timer_id(case_id: UUID, code: str, subject_id: UUID) -> UUID:
    """The id of a timer follows from what it is for, so that it can be rebuilt."""
    return uuid5(case_id, f"{code}:{subject_id}")


def verdict(timer: Timer, now: datetime, *, fired: bool) -> Verdict:
    """Whether a recomputed timer must fire at once, take back what it fired, or be left.

    A timer that still runs past its deadline is left to the sweep.
    """
    if fired:
        return "leave" if timer.overdue(now) else "withdraw"
    return "fire" if timer.late else "leave"


@dataclass(frozen=True, slots=True)
class TimerFlags:
    """What the facts of a case say about one timer."""

    code: str
    subject_id: UUID
    fired: bool
    withdrawn: bool
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class CaseState:
    """The fold of one SLA stream."""

    policy: str = ""
    policy_version: int = 0
    timers: dict[UUID, TimerFlags] = field(default_factory=dict)


def fold_case(payloads: Iterable[Payload]) -> CaseState:
    """The state of a case after its facts, in order. Other facts raise TypeError."""
    policy, version = "", 0
    timers: dict[UUID, TimerFlags] = {}
    for fact in payloads:
        match fact:
            case SlaCaseOpened():
                policy, version = fact.policy, fact.version
            case SlaBreached() | SlaAlarmRaised():
                timers[fact.timer_id] = TimerFlags(
                    fact.code, fact.subject_id, fired=True, withdrawn=False, acknowledged=False
                )
            case SlaWithdrawn():
                timers[fact.timer_id] = TimerFlags(
                    fact.code, fact.subject_id, fired=False, withdrawn=True, acknowledged=False
                )
            case SlaAcknowledged():
                old = timers[fact.timer_id]
                timers[fact.timer_id] = TimerFlags(
                    old.code, old.subject_id, old.fired, old.withdrawn, acknowledged=True
                )
            case _:
                raise TypeError(f"{type(fact).__name__} does not belong to an SLA stream")
    return CaseState(policy, version, timers)
