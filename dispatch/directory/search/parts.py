"""An organisation's part of an index table: some rows replaced, or all built anew beside it.

Many rows at once into a live inverted index take many times as long as building one. So a new part
is filled, indexed, and takes the old one's place: searches wait from then to the commit only.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Cursor, sql

from core.ids import new_id

_BATCH = 10_000
_LOCK = 7_245_005


def replace(
    cur: Cursor[Any],
    table: str,
    columns: tuple[str, ...],
    org_id: int,
    ids: list[UUID],
    rows: Iterable[tuple[Any, ...]],
) -> int:
    """These rows instead of those with these ids. Returns how many they are."""
    kept = list(rows)
    cur.execute(
        sql.SQL("DELETE FROM {} WHERE org_id = %s AND id = ANY(%s)").format(sql.Identifier(table)),
        (org_id, ids),
    )
    # Two editors of one: the second waits here, and overwrites.
    statement = sql.SQL(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (org_id, id) DO UPDATE SET {},"
        " made = (pg_current_xact_id()::text)::bigint"
    ).format(
        sql.Identifier(table),
        _listed(columns),
        sql.SQL(", ").join(sql.Placeholder() for _ in columns),
        sql.SQL(", ").join(
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(one)) for one in columns[2:]
        ),
    )
    cur.executemany(statement, kept)
    return len(kept)


def rebuild(
    cur: Cursor[Any],
    table: str,
    columns: tuple[str, ...],
    org_id: int,
    rows: Iterable[tuple[Any, ...]],
    *,
    partial: LiteralString | None = None,
) -> int:
    """All rows of the organisation anew; they are read while they are asked for.

    `partial`: the condition of a second index, over few of the rows.
    """
    cur.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, org_id))
    cur.execute("SELECT pg_current_snapshot()::text")
    snapshot = (cur.fetchone() or ("",))[0]
    new = sql.Identifier(f"{table}_p{org_id}_{new_id().hex[-8:]}")
    cur.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(
            new, sql.Identifier(table)
        )
    )
    count = _copy(cur, new, columns, rows)
    cur.execute("SELECT current_setting('statement_timeout')")
    patience = (cur.fetchone() or ("0",))[0]
    cur.execute("SET LOCAL statement_timeout = 0")
    cur.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cur.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (org_id, id)").format(new))
    index = sql.SQL("CREATE INDEX ON {} USING gin (tokens) WITH (fastupdate = off)").format(new)
    cur.execute(index)
    if partial is not None:
        cur.execute(index + sql.SQL(" WHERE ") + sql.SQL(partial))
    cur.execute(sql.SQL("ANALYZE {} (org_id, id, kind)").format(new))
    cur.execute("SELECT set_config('statement_timeout', %s, true)", (patience,))
    _take_place(cur, table, org_id, new, snapshot)
    return count


def _take_place(
    cur: Cursor[Any], table: str, org_id: int, new: sql.Identifier, snapshot: str
) -> None:
    """What others wrote since the snapshot is newer than what was read: it is carried over."""
    names = {"old": sql.Identifier(table), "new": new, "rest": sql.Identifier(f"{table}_rest")}
    values = {"org": org_id, "snapshot": snapshot}
    cur.execute(sql.SQL("LOCK TABLE {old} IN ACCESS EXCLUSIVE MODE").format(**names))
    late = sql.SQL(
        " FROM {old} WHERE org_id = %(org)s"
        " AND NOT pg_visible_in_snapshot(made::text::xid8, %(snapshot)s::pg_snapshot)"
    ).format(**names)
    cur.execute(sql.SQL("DELETE FROM {new} WHERE id IN (SELECT id").format(**names) + late
                + sql.SQL(")"), values)  # fmt: skip
    cur.execute(sql.SQL("INSERT INTO {new} SELECT *").format(**names) + late, values)
    cur.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = %s::regclass AND c.relname LIKE %s",
        (table, f"{table}_p{org_id}_%".replace("_", "\\_")),
    )
    for (old,) in cur.fetchall():
        cur.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(old)))
    cur.execute(sql.SQL("DELETE FROM {rest} WHERE org_id = %(org)s").format(**names), values)
    cur.execute(
        sql.SQL("ALTER TABLE {old} ATTACH PARTITION {new} FOR VALUES IN ({org})").format(
            **names, org=sql.Literal(org_id)
        )
    )


def _listed(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _copy(
    cur: Cursor[Any],
    table: sql.Identifier,
    columns: tuple[str, ...],
    rows: Iterable[tuple[Any, ...]],
) -> int:
    """COPY in batches: between them the connection fetches more of what the rows are made of."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, _listed(columns))
    count = 0
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        with cur.connection.cursor() as writer, writer.copy(statement) as copy:
            for row in batch:
                copy.write_row(row)
        count += len(batch)
    return count
