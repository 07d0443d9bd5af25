"""Facts about holds: why an order's clocks stand still, who asked and who said yes or no."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("hold.requested")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequested(Payload):
    """Somebody asked that the clocks stand still; `occurred_at` is when it began.

    `most_s`: how long it may last by the policy; empty: no limit. `responsible`: a party.
    """

    order_id: UUID
    kind: str
    responsible: str
    asked_role: str
    assignment_id: UUID | None = None
    most_s: float | None = None


@fact("hold.approved")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldApproved(Payload):
    """Whoever is above said yes: deadlines move by the time that it lasts."""


@fact("hold.refused")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRefused(Payload):
    """Said no, or took an approval back: deadlines are what they were."""

    reason: str


@fact("hold.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded(Payload):
    """It is over; `occurred_at` is since when. `how`: crew, desk, cap, went_on or over."""

    how: str
