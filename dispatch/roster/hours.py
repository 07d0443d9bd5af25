"""When the phones of a crew may say where it is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.roster.rules import Span


@dataclass(frozen=True, slots=True)
class Hours:
    """A crew's hours of duty, as far as a few positions need them.

    `roster`: from its first to its last shift. `shifts`: those that matter here. `working_since`:
    when the oldest order that it holds was sent to it. `away_since`: of the absence that lasts.
    """

    roster: Span | None = None
    shifts: Sequence[Span] = ()
    working_since: datetime | None = None
    away_since: datetime | None = None

    def on_duty(self, at: datetime) -> bool:
        """Whether the crew was on duty then: not away, and on shift or with an order in hand.

        A roster that says nothing about a moment counts as duty, here as everywhere.
        """
        if self.away_since is not None and at >= self.away_since:
            return False
        if self.working_since is not None and at >= self.working_since:
            return True
        if self.roster is None or not self.roster.covers(at):
            return True
        return any(one.covers(at) for one in self.shifts)
