"""The staging table: rows that could be read, copied in, judged there in sets.

It is temporary and belongs to one connection; whoever dies leaves nothing behind.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast
from uuid import UUID

from psycopg import Connection as Link
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.ids import new_id
from dispatch.directory.imports.cells import without_nul
from dispatch.directory.imports.kinds import Kind
from dispatch.directory.imports.quality import Finding

STAGE = "import_stage"
LAST_ROW = 2_147_483_647
_SETTINGS = (
    "SET statement_timeout = '20min'",
    "SET work_mem = '64MB'",
    "SET temp_buffers = '64MB'",
)


class Staged(NamedTuple):
    """A row with values in the order of the kind's columns.

    One that is refused already stays until the rules that it may break as well have seen it.
    """

    number: int
    refused: bool
    values: tuple[Any, ...]


def have_patience(session: Session) -> None:
    """Set the connection up for statements over all rows."""
    for statement in _SETTINGS:
        session.execute(text(statement))


def prepare(session: Session, kind: Kind) -> None:
    """An empty staging table for the kind, on a connection that has patience."""
    have_patience(session)
    session.execute(text(f"DROP TABLE IF EXISTS {STAGE}"))
    columns = ", ".join(f"{one.name} {one.sql}" for one in kind.columns)
    session.execute(text(f"CREATE TEMP TABLE {STAGE} (row int, id uuid, refused bool, {columns})"))


def put(session: Session, kind: Kind, rows: Iterable[Staged]) -> None:
    """Copy rows into the table."""
    columns = ("row", "id", "refused", *(one.name for one in kind.columns))
    names = [sql.Identifier(name) for name in columns]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(STAGE), sql.SQL(", ").join(names)
    )
    with _link(session).cursor() as cursor, cursor.copy(statement) as copy:
        for one in rows:
            copy.write_row((one.number, new_id(), one.refused, *one.values))


def put_findings(session: Session, org_id: int, run_id: UUID, findings: Sequence[Finding]) -> None:
    """Copy what was found into `import_problem`, each rule once for each cell."""
    if not findings:
        return
    each = {(one.row, one.field, one.rule): one for one in findings}
    statement = (
        'COPY import_problem (org_id, run_id, "row", field, rule, level, value, other) FROM STDIN'
    )
    with _link(session).cursor() as cursor, cursor.copy(statement) as copy:
        for one in each.values():
            value, other = without_nul(one.value), without_nul(one.other)
            copy.write_row((org_id, run_id, one.row, one.field, one.rule, one.level, value, other))


def ready(session: Session, kind: Kind) -> None:
    """All rows are there: index them by row and key, so that sets of them are found quickly."""
    session.execute(text(f"CREATE INDEX ON {STAGE} (row)"))
    session.execute(text(f"CREATE INDEX ON {STAGE} ({', '.join(kind.key)})"))
    session.execute(text(f"ANALYZE {STAGE}"))


def last_row(session: Session) -> int:
    """The highest row number in the stage; 0 when it is empty."""
    return session.scalar(text(f"SELECT coalesce(max(row), 0) FROM {STAGE}")) or 0


def drop(session: Session) -> None:
    session.execute(text(f"DROP TABLE IF EXISTS {STAGE}"))


def _link(session: Session) -> "Link[Any]":
    """psycopg's own connection below the session: COPY is its business."""
    return cast("Link[Any]", session.connection().connection.dbapi_connection)
