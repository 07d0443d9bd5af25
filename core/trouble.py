"""What fails again and again is told once a minute, not at each try."""

from typing import Any

import psycopg
from redis.exceptions import ConnectionError as ValkeyAway
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from core.clock import monotonic

AGAIN_S = 60.0
_AWAY = (psycopg.OperationalError, OperationalError, PoolEmpty, ValkeyAway, OSError)
"""A server that is not there: where in the code that was noticed tells nobody anything."""


class Trouble:
    """The failures of one loop. `event`, `about`: what its log line says."""

    def __init__(self, log: Any, event: str, **about: Any) -> None:
        self._log, self._event, self._about = log, event, about
        self._told_at: dict[type, float] = {}
        self._untold = 0

    def failed(self, error: Exception) -> None:
        """Log it, unless one of its kind was within the last minute; `before`: those left out."""
        told_at, moment = self._told_at.get(type(error)), monotonic()
        if told_at is not None and moment - told_at < AGAIN_S:
            self._untold += 1
            return
        self._told_at[type(error)] = moment
        self._log.warning(
            self._event,
            error=f"{type(error).__name__}: {error}".partition("\n")[0][:300],
            before=self._untold,
            exc_info=None if isinstance(error, _AWAY) else error,
            **self._about,
        )
        self._untold = 0
