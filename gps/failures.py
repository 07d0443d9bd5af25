"""Why a batch of positions could not be written."""

import psycopg


def lacks_day(error: BaseException) -> bool:
    """Whether a partition has gone, with an old copy of the database or by hand."""
    return isinstance(error, psycopg.errors.CheckViolation) and not error.diag.constraint_name
