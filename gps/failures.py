"""Why a batch of positions could not be written."""

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.uow import ConcurrentChange


def lacks_day(error: BaseException) -> bool:
    """Whether a partition has gone, with an old copy of the database or by hand."""
    return isinstance(error, psycopg.errors.CheckViolation) and not error.diag.constraint_name


def is_away(error: BaseException) -> bool:
    """Whether the database, and not the batch, is the reason. Deadlocks count: try again."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.Error):
        error = error.orig
    return isinstance(
        error,
        OperationalError
        | InterfaceError
        | PoolTimeout
        | ConcurrentChange
        | psycopg.OperationalError
        | psycopg.InterfaceError
        | psycopg.errors.ReadOnlySqlTransaction,
    )
