"""The only place that reads the clock (`scripts/check_house_rules.py` enforces it).

`now()` is business time: what is stamped, judged and shown. It is real time, except where the
settings `PAIDAN_CLOCK_*` give a pace, for demonstrations and load tests. `real_now()` is always
real: for durations that guard real processes (leases, pauses between tries, sessions).
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from core.settings import settings

REAL = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Business time was `start` at the real moment `anchor` and goes `speed` times as fast.

    With `catch_up` it never passes real time: where the two meet, business time is real time from
    then on. Both moments are aware.
    """

    start: datetime
    anchor: datetime
    speed: float
    catch_up: bool

    def at(self, real: datetime) -> datetime:
        """Business time at a real moment; before the anchor it stands still."""
        gone = max(real - self.anchor, timedelta(0))
        paced = self.start + gone * self.speed
        return min(paced, real) if self.catch_up else paced

    def rate(self, real: datetime) -> float:
        """Business seconds per real second at a real moment."""
        met = self.catch_up and self.at(real) == real
        return REAL if met else self.speed

    def real_of(self, business: datetime) -> datetime:
        """The real moment at which business time is `business`: the inverse of `at`."""
        paced = self.anchor + (business - self.start) / self.speed
        return max(paced, business) if self.catch_up else paced

    def meets_in(self, real: datetime) -> float | None:
        """Real seconds from `real` until both clocks meet; None where they have, or never will."""
        if not self.catch_up or self.speed <= REAL or self.rate(real) == REAL:
            return None
        return (real - self.at(real)).total_seconds() / (self.speed - REAL)


def now() -> datetime:
    """The present moment of business, aware, UTC, microseconds."""
    real = datetime.now(UTC)
    pace = _pace()
    return pace.at(real) if pace else real


def real_now() -> datetime:
    """The present moment, whatever the pace; for leases, pauses between tries and sessions."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back; for intervals and timeouts only."""
    return time.monotonic()


def real_and_steady() -> tuple[datetime, float]:
    """`real_now()` and `monotonic()` of one moment, also where the process was stopped between."""
    while True:
        before, real, after = time.monotonic(), datetime.now(UTC), time.monotonic()
        if after - before < _AT_ONCE_S:
            return real, after


_AT_ONCE_S = 0.01


def rate() -> float:
    """Business seconds per real second, now."""
    pace = _pace()
    return pace.rate(real_now()) if pace else REAL


def seconds_until(moment: datetime) -> float:
    """Real seconds until business time is `moment`; negative when it has been."""
    real = real_now()
    pace = _pace()
    return ((pace.real_of(moment) if pace else moment) - real).total_seconds()


def meets_in() -> float | None:
    """Real seconds until business time has caught up; None where there is nothing to catch up."""
    pace = _pace()
    return pace.meets_in(real_now()) if pace else None


def _pace() -> Pace | None:
    own = settings()
    if own.clock_start is None:
        return None
    return _paced(own.clock_start, own.clock_from, own.clock_speed, catch_up=own.clock_catch_up)


@lru_cache(maxsize=8)
def _paced(start: datetime, anchor: datetime, speed: float, *, catch_up: bool) -> Pace:
    return Pace(start.astimezone(UTC), anchor.astimezone(UTC), speed, catch_up)
