"""Kinds of fact about the deadlines of one order, in a stream apart from its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("sla.case_opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaCaseOpened(Payload):
    """An order or ticket (`subject`) began under a policy; it keeps that version.

    The others are the facts that its limits depend on, as they were then; None: not known.
    """

    policy: str
    version: int
    subject: str = "order"
    customer_class: str | None = None
    fault_class: str | None = None
    kind: str | None = None
    channel: str | None = None


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


@fact("sla.step_taken")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaStepTaken(Payload):
    """A step of an escalation ladder was due: who it is for, or `nobody` on duty. `instead`: for
    whoever the step names and who is off duty. `step` counts from 1.
    """

    ladder_id: UUID
    timer_id: UUID
    ladder: str
    occasion: str
    step: int
    recipient: str
    unit_id: UUID | None
    member_id: UUID | None
    user_id: UUID | None
    instead: bool
    nobody: bool


@fact("sla.notice_ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaNoticeEnded(Payload):
    """An attempt to tell somebody over one channel ended: `sent`, `failed`, `unavailable` (nothing
    is set up for the channel), `cancelled` (it was over before), `answered`. `text`: its code.
    """

    notice_id: UUID
    ladder_id: UUID
    channel: str
    text: str
    result: str
    reason: str | None
    tries: int


@fact("sla.ladder_ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaLadderEnded(Payload):
    """Nobody else is told: `acknowledged`, `reached` (the awaited point came), `withdrawn`,
    `overtaken` by a graver occasion.
    """

    ladder_id: UUID
    timer_id: UUID
    cause: str


@fact("sla.at_risk")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAtRisk(Payload):
    """The promise will probably not be met: how probably it will, when the arrival is expected,
    whose word the journey's time is, and who took most of what there was to spare.
    """

    probability: float
    expected_at: datetime | None
    journey: str | None
    spender: str | None
    responsible: str | None


@fact("sla.risk_over")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaRiskOver(Payload):
    """The alert ended: `recovered`, `reached` (kept, or it cannot be judged), `broken`."""

    cause: str


@fact("sla.acknowledged")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAcknowledged(Payload):
    """A person took note of a breach or alarm."""

    timer_id: UUID


@fact("sla.anomaly_opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAnomalyOpened(Payload):
    """Something cannot be: `kind` says what, `code` of which segment or point.

    `amount_m`: how far beyond the edge of the site, where it is about a place.
    """

    anomaly_id: UUID
    kind: str
    code: str
    subject_id: UUID
    amount_s: float
    stamp_id: UUID | None = None
    amount_m: float | None = None


@fact("sla.anomaly_resolved")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAnomalyResolved(Payload):
    """It is not so any more: a correction or a later stamp put it right."""

    anomaly_id: UUID


@fact("sla.anomaly_explained")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAnomalyExplained(Payload):
    """A person said why it is so; what needs it stays unjudged."""

    anomaly_id: UUID
    reason: str
