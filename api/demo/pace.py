"""Waiting in business time, whatever its pace."""

import asyncio
from datetime import datetime, timedelta

from core.clock import now, seconds_until

LONGEST_S = 5.0
"""Real seconds after which the clock is looked at again: its pace may have changed."""


async def until(moment: datetime) -> None:
    """Wait until business time is `moment`."""
    while (left := seconds_until(moment)) > 0:  # noqa: ASYNC110 - a clock sets no event
        await asyncio.sleep(min(left, LONGEST_S))


async def pause(seconds: float) -> None:
    """Wait so many seconds of business time."""
    await until(now() + timedelta(seconds=seconds))
