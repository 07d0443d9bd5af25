"""The first start of an installation with a demo city: its clock begins in the past.

So the city has a past when a newcomer looks: business time runs fast until it meets real time
(docs/decisions/0006-a-paced-clock.md). Only where no fact was ever recorded; nobody's work is
stamped with another time than the real one.
"""

import os
from datetime import timedelta

from sqlalchemy import exists, select

from core.clock import real_now
from core.db import session_factory
from core.models import Event
from core.settings import Settings

CATCH_UP = timedelta(seconds=90)
"""How long it takes in real time."""

SPEED, SLOW_SPEED = 45.0, 32.0
BUSY = 4.0
"""Programs waiting per processor from which on the machine has no hour to catch up with."""

STARTING = timedelta(seconds=3)
"""Until the processes answer; business time stands still for so long."""


def paced_environment(settings: Settings) -> dict[str, str]:
    """Settings of the clock for all processes; none where facts or a pace are there already."""
    if settings.clock_start is not None or not settings.demo_city or _has_facts():
        return {}
    anchor = real_now() + STARTING
    speed = speed_for(os.getloadavg()[0] / (os.cpu_count() or 1))
    return {
        "PAIDAN_CLOCK_START": (anchor - past_of(speed)).isoformat(),
        "PAIDAN_CLOCK_FROM": anchor.isoformat(),
        "PAIDAN_CLOCK_SPEED": str(speed),
        "PAIDAN_CLOCK_CATCH_UP": "true",
    }


def speed_for(load: float) -> float:
    """How fast a machine with so many waiting programs per processor can live."""
    return SPEED if load < BUSY else SLOW_SPEED


def past_of(speed: float) -> timedelta:
    """How far in the past the clock begins, so that it has caught up in time."""
    return CATCH_UP * (speed - 1)


def catch_up_seconds() -> int:
    """Real seconds that it takes."""
    return round((CATCH_UP + STARTING).total_seconds())


def _has_facts() -> bool:
    with session_factory()() as session:
        return bool(session.scalar(select(exists().where(Event.seq >= 0))))
