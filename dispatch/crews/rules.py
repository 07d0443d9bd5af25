"""Whether a crew is there: pure. `evolve_away` turns facts into state, for use cases and verify."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.recorded import Recorded

ANY_TRADE = "any"


@dataclass(frozen=True, slots=True)
class AwayState:
    """Away with a reason, since when and perhaps until when; all None while the crew is there.

    `stand_in_id`: the crew that takes its work. `overdue_since`: the expected return, once it has
    passed.
    """

    away_reason: str | None = None
    away_since: datetime | None = None
    away_until: datetime | None = None
    stand_in_id: UUID | None = None
    overdue_since: datetime | None = None


PRESENT = AwayState()


def evolve_away(state: AwayState, event: Recorded) -> AwayState:
    """The crew's absence after one more fact. A new reason or time keeps when it began."""
    payload = event.payload
    match payload:
        case ev.CrewWentAway():
            since = state.away_since or event.occurred_at
            return AwayState(payload.reason, since, payload.until, payload.stand_in_id)
        case ev.CrewReturnOverdue():
            return replace(state, overdue_since=event.occurred_at)
        case ev.CrewCameBack():
            return PRESENT
    raise ValueError(f"{event.type} is not a fact of a crew")


@dataclass(frozen=True, slots=True)
class Skill:
    """What a crew can take. `voltage_classes` in kV; none: whatever its trade takes."""

    trade: str
    voltage_classes: Sequence[str] = ()

    def takes(self, trade: str, voltage_class: str | None = None) -> bool:
        fits = self.trade in (trade, ANY_TRADE)
        classes = self.voltage_classes
        return fits and (voltage_class is None or not classes or voltage_class in classes)


def stands_in(leaving: Skill, others: Iterable[Skill]) -> bool:
    """Whether the present `others` together can take all that the leaving crew takes.

    Its trade, and each voltage class that it has; where none is recorded its trade alone decides.
    """
    present = list(others)
    needed: Sequence[str | None] = leaving.voltage_classes or (None,)
    return all(any(one.takes(leaving.trade, need) for one in present) for need in needed)


def taker(crew_id: UUID, absences: Mapping[UUID, AwayState]) -> UUID | None:
    """Who takes what is meant for a crew: itself, or the first present one of its stand-ins.

    `absences` of all crews of its centre; None where nobody is there or the stand-ins form a ring.
    """
    seen: set[UUID] = set()
    at: UUID | None = crew_id
    while at is not None and at not in seen and at in absences:
        seen.add(at)
        if absences[at].away_reason is None:
            return at
        at = absences[at].stand_in_id
    return None
