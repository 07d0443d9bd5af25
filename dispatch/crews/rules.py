"""Whether a crew is there: pure. `evolve_away` turns facts into state, for use cases and verify."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core import events as ev
from core.recorded import Recorded

ANY_TRADE = "any"


@dataclass(frozen=True, slots=True)
class AwayState:
    """Away with a reason, since when and perhaps until when; all None while the crew is there."""

    away_reason: str | None = None
    away_since: datetime | None = None
    away_until: datetime | None = None


PRESENT = AwayState()


def evolve_away(state: AwayState, event: Recorded) -> AwayState:
    """The crew's absence after one more fact. A new reason or time keeps when it began."""
    payload = event.payload
    match payload:
        case ev.CrewWentAway():
            since = state.away_since or event.occurred_at
            return AwayState(payload.reason, since, payload.until)
        case ev.CrewCameBack():
            return PRESENT
    raise ValueError(f"{event.type} is not a fact of a crew")


def stands_in(trade: str, others: Iterable[str]) -> bool:
    """Whether one of the present `others` (their trades) can take what a crew of `trade` takes."""
    return any(other in (trade, ANY_TRADE) for other in others)
