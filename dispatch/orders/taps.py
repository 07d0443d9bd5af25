"""When a crew tapped, and how sure that is: pure.

A phone without signal keeps what is tapped and sends it later, so every act carries its own time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

CREW = "crew"
# The time is the phone's word alone: it was tapped out of reach and sent later.
CREW_OFFLINE = "crew_offline"
CREW_SOURCES = (CREW, CREW_OFFLINE)

OFFLINE_AFTER = timedelta(seconds=30)
AHEAD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tap:
    """The time that counts for an act, and the source that its stamp names."""

    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the phone was when it was tapped: degrees WGS-84; metres, as it estimates itself."""

    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None


NOWHERE = Spot()


def tap(at: datetime | None, now: datetime) -> Tap:
    """The tap behind an act that is received at `now`; `at` is the phone's word, None means now.

    A clock that is ahead by less than a minute counts as now. One that is ahead by more is kept as
    the phone says it: it cannot be true, and becomes an anomaly that somebody puts right.
    """
    if at is None:
        return Tap(now, CREW)
    if at > now + AHEAD:
        return Tap(at, CREW_OFFLINE)
    return Tap(min(at, now), CREW_OFFLINE if now - at > OFFLINE_AFTER else CREW)


def within(tapped: Tap, first: datetime | None, now: datetime) -> Tap:
    """The tap, no earlier than `first` and no later than `now`: of acts that stamp no point."""
    at = min(max(tapped.at, first or tapped.at), now)
    return Tap(at, tapped.source)
