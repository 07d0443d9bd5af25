"""Failures that pass by themselves; what fails again and again is told once a minute."""

from typing import Any

import psycopg
from redis.exceptions import ConnectionError as ValkeyAway
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from core.clock import monotonic
from core.uow import ConcurrentChange

AGAIN_S = 60.0
_AWAY = (psycopg.OperationalError, OperationalError, PoolEmpty, ValkeyAway, OSError)
"""A server that is not there: where in the code that was noticed tells nobody anything."""


def try_again(error: BaseException) -> bool:
    """Whether the database, and not what was asked of it, is the reason: it is away, or somebody
    else was quicker. Deadlocks count.
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.Error):
        error = error.orig
    return isinstance(
        error,
        OperationalError
        | InterfaceError
        | PoolEmpty
        | ConcurrentChange
        | psycopg.OperationalError
        | psycopg.InterfaceError
        | psycopg.errors.ReadOnlySqlTransaction,
    )


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
