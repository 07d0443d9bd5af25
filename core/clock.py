"""The only place that reads the clock (`scripts/check_house_rules.py` enforces it)."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, UTC, microseconds."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back; for intervals and timeouts only."""
    return time.monotonic()
