"""What happens to a deadline when stamps move, and what a case's facts add up to: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID, uuid5

from core.events import (
    Payload,
    SlaAcknowledged,
    SlaAlarmRaised,
    SlaAnomalyExplained,
    SlaAnomalyOpened,
    SlaAnomalyResolved,
    SlaAtRisk,
    SlaBreached,
    SlaCaseOpened,
    SlaLadderEnded,
    SlaNoticeEnded,
    SlaRiskOver,
    SlaStepTaken,
    SlaWithdrawn,
)
from sla.facts import Facts
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
class Delay:
    """Seconds between a deadline and the moment it was noticed that are the system's own.

    `clock_back_s` of them because the clock was set back meanwhile.
    """

    late_s: float
    clock_back_s: float


def delay(
    due_at: datetime, armed_at: datetime, noticed_at: datetime, clock_back_s: float = 0.0
) -> Delay:
    """How late a deadline fires that has been known since `armed_at`.

    What nobody could know in time, since a stamp came late, is nobody's delay.
    """
    waited = (noticed_at - max(due_at, armed_at)).total_seconds()
    return Delay(max(waited, 0.0) + clock_back_s, clock_back_s)


Steps = Mapping[int, float]
"""Seconds of each step of the clock, by number."""


def set_back_since(steps: Steps, known: int) -> float:
    """Seconds that the clock was set back after the step numbered `known`."""
    return sum(back_s for number, back_s in steps.items() if number > known)


def set_back(wall_s: float, steady_s: float) -> float:
    """Seconds that the clock was set back while a steady one went on by `steady_s`; 0 where it was
    not. A clock that is merely slowed down is followed as it is.
    """
    back = steady_s - wall_s
    return back if back >= STEP_S else 0.0


STEP_S = 1.0


@dataclass(frozen=True, slots=True)
class TimerFlags:
    """What the facts of a case say about one timer. `late_s`: how late it fired."""

    code: str
    subject_id: UUID
    fired: bool
    withdrawn: bool
    acknowledged: bool
    late_s: float | None = None


@dataclass(frozen=True, slots=True)
class LadderFlags:
    """What the facts of a case say about one ladder. `cause` None: it has not ended."""

    steps: int = 0
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class CaseState:
    """The fold of one SLA stream."""

    policy: str = ""
    policy_version: int = 0
    subject: str = "order"
    facts: Facts = field(default_factory=Facts)
    timers: dict[UUID, TimerFlags] = field(default_factory=dict)
    ladders: dict[UUID, LadderFlags] = field(default_factory=dict)
    notices: dict[UUID, str] = field(default_factory=dict)
    at_risk: bool = False
    anomalies: dict[UUID, str] = field(default_factory=dict)


class Begun(Protocol):
    """What is kept about how a case began: its row, or the fact of its beginning."""

    @property
    def customer_class(self) -> str | None: ...
    @property
    def fault_class(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def channel(self) -> str | None: ...


def facts_of(begun: Begun | None) -> Facts:
    """The facts that limits depend on, as they were when it began."""
    if begun is None:
        return Facts()
    return Facts(
        customer_class=begun.customer_class,
        fault_class=begun.fault_class,
        kind=begun.kind,
        channel=begun.channel,
    )


def fold_case(payloads: Iterable[Payload]) -> CaseState:
    """The state of a case after its facts, in order. Other facts raise TypeError."""
    policy, version, subject, about = "", 0, "order", Facts()
    timers: dict[UUID, TimerFlags] = {}
    ladders: dict[UUID, LadderFlags] = {}
    notices: dict[UUID, str] = {}
    at_risk = False
    anomalies: dict[UUID, str] = {}
    for fact in payloads:
        match fact:
            case SlaCaseOpened():
                policy, version, subject = fact.policy, fact.version, fact.subject
                about = facts_of(fact)
            case SlaBreached() | SlaAlarmRaised():
                timers[fact.timer_id] = TimerFlags(
                    fact.code,
                    fact.subject_id,
                    fired=True,
                    withdrawn=False,
                    acknowledged=False,
                    late_s=fact.late_s,
                )
            case SlaWithdrawn():
                timers[fact.timer_id] = TimerFlags(
                    fact.code, fact.subject_id, fired=False, withdrawn=True, acknowledged=False
                )
            case SlaAcknowledged():
                old = timers[fact.timer_id]
                timers[fact.timer_id] = replace(old, acknowledged=True)
            case SlaAtRisk() | SlaRiskOver():
                at_risk = isinstance(fact, SlaAtRisk)
            case SlaStepTaken() | SlaLadderEnded() | SlaNoticeEnded():
                _told(fact, ladders, notices)
            case SlaAnomalyOpened():
                anomalies[fact.anomaly_id] = "open"
            case SlaAnomalyResolved():
                anomalies[fact.anomaly_id] = "resolved"
            case SlaAnomalyExplained():
                anomalies[fact.anomaly_id] = "explained"
            case _:
                raise TypeError(f"{type(fact).__name__} does not belong to an SLA stream")
    return CaseState(policy, version, subject, about, timers, ladders, notices, at_risk, anomalies)


def _told(
    fact: SlaStepTaken | SlaLadderEnded | SlaNoticeEnded,
    ladders: dict[UUID, LadderFlags],
    notices: dict[UUID, str],
) -> None:
    """One more fact about whom somebody told."""
    match fact:
        case SlaStepTaken():
            ladders[fact.ladder_id] = LadderFlags(steps=fact.step)
        case SlaLadderEnded():
            ladders[fact.ladder_id] = replace(ladders[fact.ladder_id], cause=fact.cause)
        case SlaNoticeEnded():
            notices[fact.notice_id] = fact.result
