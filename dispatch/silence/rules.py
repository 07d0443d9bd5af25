"""Who answers for a silence, and when the crew is told of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.roster.rules import Person

SETTLED = timedelta(minutes=15)
"""Whoever begins its duty or comes back has so long to be seen: a terminal that slept, a page that
was closed."""

PATIENCE = timedelta(minutes=4)
"""A message goes out only for what lasts so long after it was recorded: a tunnel is no trouble."""

AGAIN = (timedelta(minutes=15), timedelta(minutes=45))
"""After so long the crew is told once more, while nobody knows where the vehicle is."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A crew's duty at one moment. `rostered`: it is on shift, and was `SETTLED` ago as well.

    `working_since`: when the oldest order that it holds was sent to it.
    """

    rostered: bool
    away: bool = False
    back_at: datetime | None = None
    working_since: datetime | None = None

    def answers(self, now: datetime) -> bool:
        """Whether its silence alerts anybody: not off duty, away, or just back."""
        if self.away or (self.back_at is not None and self.back_at > now - SETTLED):
            return False
        return self.rostered or (
            self.working_since is not None and self.working_since <= now - SETTLED
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """An attempt that was made to tell a crew that one device is silent."""

    device_id: UUID
    silent_since: datetime
    attempt: int
    at: datetime


def next_attempt(made: Sequence[Asked], now: datetime, *, fresh: bool, unknown: bool) -> int | None:
    """Number of the attempt to be made now, from 1; None: not now.

    `fresh`: the silence was recorded just now, and is no trouble of most of the fleet. `unknown`:
    so nobody knows where the vehicle is; only then it is said more than once.
    """
    if not made:
        return 1 if fresh else None
    last = max(made, key=lambda one: one.attempt)
    if not unknown or last.attempt > len(AGAIN) or now < last.at + AGAIN[last.attempt - 1]:
        return None
    return last.attempt + 1


def whom(attempt: int, owner: UUID | None, present: Sequence[Person]) -> Person | None:
    """Who gets a message: whose phone it is, else those on duty by turns; None: nobody can."""
    reachable = [one for one in present if one.phone]
    own = next((one for one in reachable if owner is not None and one.user_id == owner), None)
    if own is not None or not reachable:
        return own
    return reachable[(attempt - 1) % len(reachable)]
