"""When a crew tapped, and how sure that is: pure.

A phone without signal keeps what is tapped and sends it later, so every act carries its own time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import InvalidField

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


def tap(at: datetime | None, sent_at: datetime | None, now: datetime) -> Tap:
    """The tap behind an act that is received at `now`; `at` is the phone's word, None means now.

    Raises InvalidField where it cannot be true: before the order was sent to the crew (`sent_at`),
    or more than a minute in the future. A clock that is ahead by less counts as now.
    """
    if at is None:
        return Tap(now, CREW)
    if sent_at is not None and at < sent_at:
        raise InvalidField("body.at", "lies before the order was sent to the crew", "早于派单时间")
    if at > now + AHEAD:
        raise InvalidField("body.at", "lies in the future", "时间在将来")
    return Tap(min(at, now), CREW_OFFLINE if now - at > OFFLINE_AFTER else CREW)
