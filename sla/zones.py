"""The time zones that there are: pure."""

from functools import lru_cache
from zoneinfo import available_timezones


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Names of all of them; looking them up opens hundreds of files, so it is done once."""
    return frozenset(available_timezones())
