"""Old days of positions are thinned, then dropped: one partition at a time, by settings.

A day is rewritten: what stays is copied to a new table, which then takes the day's place in one
short transaction. Writers of other days wait for nobody but that moment, `SWAP_MS` at most; what
comes late for the day itself goes to both tables meanwhile, by a trigger. A kill leaves the old day
as it was, and what lies about of the new one is thrown away the next time.

DETACH … CONCURRENTLY would wait without holding anybody up, but the day would be out of sight for
as long as the oldest reader takes, and could not come back.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from core.db import engine
from core.logging import logger
from gps.filters import first_kept
from gps.packing import COLUMNS

log = logger(__name__)
Raw = psycopg.Connection[tuple[Any, ...]]
SWAP_MS = 200
"""How long the swap waits for the writers under way; those who come meanwhile wait behind it."""
OLD_S = 1.0
"""Where a transaction has used `fix` for so long (a dump, a report), no swap is tried."""
COPY_S = 1800
MOVING_KMH = 5
_ONE = 7_245_004
_AGAIN = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class Span(NamedTuple):
    """A time of a vehicle that is evidence: it stays in full."""

    org_id: int
    vehicle_id: UUID
    since: datetime
    until: datetime


class Wanted(NamedTuple):
    """By the settings; days, 0: never. `thin_s`: one position of a device in so many seconds."""

    keep_days: int
    thin_days: int
    thin_s: int


Held = Callable[[datetime, datetime, bool], Sequence[Span]]
"""Evidence between two moments; the third: of thinning, which leaves more than dropping."""
_HELD = """EXISTS (
    SELECT FROM fix_held AS held WHERE held.org_id = fix.org_id
        AND held.vehicle_id = fix.vehicle_id AND fix.fix_at BETWEEN held.since AND held.until)"""
_DROP = f"SELECT {COLUMNS} FROM {{}} AS fix WHERE {_HELD}"  # noqa: S608 - constants
# First and last of a device fall out of it too: nothing is before and behind them.
_THIN = f"""
    SELECT {COLUMNS} FROM (
        SELECT *, row_number() OVER (
                PARTITION BY org_id, device_id, flags IN ('ok','late'),
                    floor(extract(epoch FROM fix_at) / %(seconds)s) ORDER BY fix_at) AS nth,
            (speed_kmh >= %(moving)s) IS DISTINCT FROM lag(speed_kmh >= %(moving)s) OVER way
            OR (speed_kmh >= %(moving)s) IS DISTINCT FROM lead(speed_kmh >= %(moving)s) OVER way
            OR ignition IS DISTINCT FROM lag(ignition) OVER way AS turn
        FROM {{}}
        WINDOW way AS (PARTITION BY org_id, device_id, flags IN ('ok','late') ORDER BY fix_at)
    ) AS fix
    WHERE nth = 1 OR turn OR {_HELD}
"""  # noqa: S608 - constants


def sweep(now: datetime, wanted: Wanted, held: Held, stopping: Callable[[], bool]) -> int:
    """Thin and drop what is due, oldest first; days done. Where another process is at it, none."""
    if not wanted.keep_days and not wanted.thin_days:
        return 0
    done = 0
    with engine().connect() as connection:
        raw = connection.connection.driver_connection
        if not isinstance(raw, psycopg.Connection):
            raise TypeError("positions are kept through psycopg 3")
        try:
            if not _value(raw, "SELECT pg_try_advisory_lock(%s)", _ONE):
                return 0
            for day in days(raw):
                if stopping():
                    break
                done += _see_to(raw, day, now, wanted, held)
        finally:
            raw.rollback()
            raw.execute("SELECT pg_advisory_unlock(%s)", (_ONE,))
            raw.commit()
    return done


def days(raw: Raw) -> list[date]:
    """The UTC days that have a partition."""
    names = raw.execute(
        "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
        " WHERE inhparent = 'fix'::regclass AND relname ~ '^fix_p[0-9]{8}$' ORDER BY relname"
    ).fetchall()
    raw.commit()
    return [date.fromisoformat(name[5:]) for (name,) in names]


def _see_to(raw: Raw, day: date, now: datetime, wanted: Wanted, held: Held) -> bool:
    drops = bool(wanted.keep_days) and day < first_kept(now, wanted.keep_days)
    thins = bool(wanted.thin_days) and day < first_kept(now, wanted.thin_days)
    if not drops and not thins:
        return False
    start = datetime.combine(day, time(), UTC)
    known = raw.execute(
        "SELECT thinned_s, dropped_at, held FROM fix_day WHERE org_id = 0 AND day = %s", (day,)
    ).fetchone()
    raw.commit()
    if not drops and known and known[0] is not None and known[0] >= wanted.thin_s:
        return False
    spans = held(start, start + timedelta(days=1), not drops)
    if drops and known and known[1] is not None and known[2] == len(spans) > 0:
        return False
    try:
        before, after = _rewrite(raw, day, spans, None if drops else wanted.thin_s)
        _write_down(raw, day, now, None if drops else wanted.thin_s, before, after, len(spans))
        raw.commit()
    except _AGAIN:
        raw.rollback()
        log.info("fix_day_busy", day=day.isoformat())
        return False
    log.info("fix_day_rewritten", day=day.isoformat(), dropped=drops, before=before, after=after)
    return True


def _rewrite(raw: Raw, day: date, spans: Sequence[Span], thin_s: int | None) -> tuple[int, int]:
    """How many positions the day had and has. Its last transaction is open: the swap."""
    old, new = (sql.Identifier(f"fix_p{day:%Y%m%d}{end}") for end in ("", "_new"))
    _prepare(raw, day, old, new)
    raw.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(COPY_S * 1000)))
    _hold(raw, spans)
    kept = sql.SQL(_DROP if thin_s is None else _THIN).format(old)
    copy = sql.SQL("INSERT INTO {} ({}) {} ON CONFLICT DO NOTHING")
    before = _value(raw, sql.SQL("SELECT count(*) FROM {}").format(old))
    values = {"seconds": thin_s, "moving": MOVING_KMH} if thin_s else None
    after = raw.execute(copy.format(new, sql.SQL(COLUMNS), kept), values).rowcount
    raw.execute(sql.SQL("ANALYZE {}").format(new))
    raw.commit()
    _swap(raw, day, old, new)
    return before, after


def _prepare(raw: Raw, day: date, old: sql.Identifier, new: sql.Identifier) -> None:
    """A new table, empty, that gets what comes late from now on. What a kill left goes first."""
    start = datetime.combine(day, time(), UTC)
    _patience(raw)
    raw.execute(sql.SQL("DROP TRIGGER IF EXISTS fix_also ON {}").format(old))
    raw.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(new))
    raw.execute(sql.SQL("CREATE TABLE {} (LIKE fix INCLUDING ALL)").format(new))
    # With it the swap need not read the table through.
    bounds = sql.SQL("ALTER TABLE {} ADD CONSTRAINT within CHECK (fix_at >= {} AND fix_at < {})")
    end = sql.Literal(start + timedelta(days=1))
    raw.execute(bounds.format(new, sql.Literal(start), end))
    also = sql.SQL(
        "CREATE TRIGGER fix_also AFTER INSERT ON {} FOR EACH ROW EXECUTE FUNCTION fix_also({})"
    )
    raw.execute(also.format(old, sql.Literal(f"fix_p{day:%Y%m%d}_new")))
    raw.commit()


def _hold(raw: Raw, spans: Sequence[Span]) -> None:
    raw.execute(
        "CREATE TEMP TABLE fix_held (org_id bigint, vehicle_id uuid, since timestamptz,"
        " until timestamptz) ON COMMIT DROP"
    )
    with raw.cursor().copy("COPY fix_held FROM STDIN") as copy:
        for span in spans:
            copy.write_row(span)
    raw.execute("CREATE INDEX ON fix_held (org_id, vehicle_id, since)")


def _swap(raw: Raw, day: date, old: sql.Identifier, new: sql.Identifier) -> None:
    """The new table takes the old one's place; left to the caller to commit."""
    if _used_for_long(raw):
        raise psycopg.errors.LockNotAvailable("a long transaction uses fix")
    start = datetime.combine(day, time(), UTC)
    _patience(raw)
    raw.execute("LOCK TABLE ONLY fix IN ACCESS EXCLUSIVE MODE")
    raw.execute(sql.SQL("ALTER TABLE fix DETACH PARTITION {}").format(old))
    raw.execute(sql.SQL("DROP TABLE {}").format(old))
    if not _value(raw, sql.SQL("SELECT EXISTS (SELECT FROM {})").format(new)):
        raw.execute(sql.SQL("DROP TABLE {}").format(new))
        return
    raw.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(new, old))
    raw.execute(
        sql.SQL("ALTER TABLE fix ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            old, sql.Literal(start), sql.Literal(start + timedelta(days=1))
        )
    )
    raw.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT within").format(old))


def _used_for_long(raw: Raw) -> bool:
    """Waiting for such a one would only hold up the writers behind us."""
    found = _value(
        raw,
        "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE relation = 'fix'::regclass AND granted AND pid <> pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND xact_start < clock_timestamp() - make_interval(secs => %s))",
        OLD_S,
    )
    raw.commit()
    return bool(found)


def _write_down(
    raw: Raw, day: date, now: datetime, thin_s: int | None, before: int, after: int, held: int
) -> None:
    """With the swap, in one transaction."""
    thinned, dropped = (now, None) if thin_s else (None, now)
    raw.execute(
        """
        INSERT INTO fix_day AS old (org_id, day, thinned_at, thinned_s, dropped_at, fixes_before,
            fixes, held)
        VALUES (0, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (org_id, day) DO UPDATE SET
            thinned_at = coalesce(excluded.thinned_at, old.thinned_at),
            thinned_s = coalesce(excluded.thinned_s, old.thinned_s),
            dropped_at = coalesce(old.dropped_at, excluded.dropped_at),
            fixes = excluded.fixes, held = excluded.held
        """,
        (day, thinned, thin_s, dropped, before, after, held),
    )


def _patience(raw: Raw) -> None:
    raw.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(SWAP_MS)))


def _value(raw: Raw, query: str | sql.Composed, *values: object) -> Any:
    row = raw.execute(query, values or None).fetchone()
    return row[0] if row else None
