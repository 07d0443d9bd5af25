"""The first start of an installation with a demo city: its clock begins in the past.

So the city has a past when a newcomer looks: business time runs fast until it meets real time
(docs/decisions/0006-a-paced-clock.md). Only where no fact was ever recorded; nobody's work is
stamped with another time than the real one.
"""

from datetime import timedelta

from sqlalchemy import exists, select

from core.clock import real_now
from core.db import session_factory
from core.models import Event
from core.settings import Settings

PAST = timedelta(minutes=66)
SPEED = 45.0
STARTING = timedelta(seconds=3)
"""Until the processes answer; business time stands still for so long."""


def paced_environment(settings: Settings) -> dict[str, str]:
    """Settings of the clock for all processes; none where facts or a pace are there already."""
    if settings.clock_start is not None or not settings.demo_city or _has_facts():
        return {}
    anchor = real_now() + STARTING
    return {
        "PAIDAN_CLOCK_START": (anchor - PAST).isoformat(),
        "PAIDAN_CLOCK_FROM": anchor.isoformat(),
        "PAIDAN_CLOCK_SPEED": str(SPEED),
        "PAIDAN_CLOCK_CATCH_UP": "true",
    }


def catch_up_seconds() -> int:
    """Real seconds that it takes."""
    return round((PAST / (SPEED - 1) + STARTING).total_seconds())


def _has_facts() -> bool:
    with session_factory()() as session:
        return bool(session.scalar(select(exists().where(Event.seq >= 0))))
