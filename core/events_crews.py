"""Kinds of facts about crews; core/events.py gives them to all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.facts import Payload, fact


@fact("crew.went_away")
@dataclass(frozen=True, slots=True, kw_only=True)
class CrewWentAway(Payload):
    """离岗: the crew cannot be sent orders; said again, reason and return change."""

    reason: str
    until: datetime | None = None
    stand_in_id: UUID | None = None


@fact("crew.return_overdue")
@dataclass(frozen=True, slots=True, kw_only=True)
class CrewReturnOverdue(Payload):
    """The expected return has passed and the crew is still away. `occurred_at`: that time."""

    until: datetime


@fact("crew.came_back")
@dataclass(frozen=True, slots=True, kw_only=True)
class CrewCameBack(Payload):
    """返岗: the crew can be sent orders again."""
