"""All SQL of the write path of positions. Every function runs in the caller's transaction.

The psycopg cursor is used directly: a batch is COPYed, and arrays go in as one parameter.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from gps.fix import Fix
from gps.packing import COLUMNS, FixValues, packed

Cursor = psycopg.Cursor[tuple[Any, ...]]

_COPY = f"COPY fix ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
_DAYS_LOCK = 7_245_002
_FIRST_LOCK = 7_245_003

_STAGING = """
CREATE TEMP TABLE IF NOT EXISTS fix_staging (
    org_id bigint, device_id uuid, fix_at timestamptz, vehicle_id uuid, lat float8, lon float8,
    speed_kmh float8, course_deg smallint, altitude_m integer, alarm_bits bigint,
    status_bits bigint, sent_at timestamptz, received_at timestamptz, serial integer,
    ignition boolean, accuracy_m real, flags text
) ON COMMIT DELETE ROWS
"""


class Dropped(NamedTuple):
    """Fixes of a device that one rule kept out of storage on a day; the last one as example."""

    device_id: UUID
    day: date
    reason: str
    fixes: int
    received_at: datetime
    fix_at: datetime | None
    lat: float
    lon: float


class Latest(NamedTuple):
    """A row of `vehicle_position` without its organisation."""

    vehicle_id: UUID
    device_id: UUID
    fix_at: datetime
    received_at: datetime
    lat: float
    lon: float
    speed_kmh: float
    course_deg: int
    motion: dict[str, Any]
    rhythm: dict[str, Any]
    """By device: `gps.rhythm`, as plain values."""
    quiet_at: datetime | None = None
    due_at: datetime | None = None
    silent_since: datetime | None = None
    silent_on_duty: bool | None = None


class OpenWatch(NamedTuple):
    """A watch whose order is still under way; `arrived_at` when its arrival was seen."""

    id: UUID
    vehicle_id: UUID
    assignment_id: UUID
    lat: float
    lon: float
    radius_m: float
    created_at: datetime
    departed_at: datetime | None
    arrived_at: datetime | None
    motion: dict[str, Any]
    shape: str | None = None


def cursor(session: Session) -> Cursor:
    """The psycopg cursor of the session's own transaction."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("positions are written through psycopg 3")
    return connection.cursor()


def vehicles_of(
    cur: Cursor, org_id: int, devices: Iterable[UUID]
) -> dict[UUID, tuple[UUID | None, bool]]:
    """The vehicle that each device in use is in now, and whether it is a phone."""
    cur.execute(
        "SELECT id, vehicle_id, kind = 'phone' FROM device"
        " WHERE org_id = %s AND id = ANY(%s) AND active",
        (org_id, list(devices)),
    )
    return {device: (vehicle, phone) for device, vehicle, phone in cur.fetchall()}


def lock_latest(cur: Cursor, org_id: int, vehicles: Sequence[UUID]) -> dict[UUID, Latest]:
    """Latest positions of vehicles that nobody else decides about until the commit.

    A vehicle that was never seen has no row to lock: its number is, until the first one is there.
    """
    found = _lock_rows(cur, org_id, vehicles)
    if new := sorted(set(vehicles) - found.keys()):
        numbers = [number.int & 0x7FFF_FFFF for number in new]
        cur.execute(
            "SELECT pg_advisory_xact_lock(%s, number) FROM unnest(%s::int[]) AS number",
            (_FIRST_LOCK, sorted(numbers)),
        )
        found |= _lock_rows(cur, org_id, new)
    return found


def lock_versions(cur: Cursor, org_id: int, vehicles: Sequence[UUID]) -> dict[UUID, str]:
    """Lock those of these vehicles that were seen before; which transaction wrote each last."""
    cur.execute(
        "SELECT vehicle_id, xmin::text FROM vehicle_position"
        " WHERE org_id = %s AND vehicle_id = ANY(%b) ORDER BY vehicle_id FOR UPDATE",
        (org_id, list(vehicles)),
    )
    return dict(cur.fetchall())


def _lock_rows(cur: Cursor, org_id: int, vehicles: Sequence[UUID]) -> dict[UUID, Latest]:
    """Locked in one order, so that two gateways wait instead of deadlocking."""
    cur.execute(
        """
        SELECT vehicle_id, device_id, fix_at, received_at, lat, lon, speed_kmh, course_deg, motion,
               rhythm, quiet_at, due_at, silent_since, silent_on_duty
        FROM vehicle_position WHERE org_id = %s AND vehicle_id = ANY(%s)
        ORDER BY vehicle_id FOR UPDATE
        """,
        (org_id, list(vehicles)),
    )
    return {row[0]: Latest(*row) for row in cur.fetchall()}


def lock_watches(cur: Cursor, org_id: int, vehicles: Sequence[UUID]) -> list[OpenWatch]:
    """Watches of these vehicles that are not closed; the order behind one is still under way."""
    cur.execute(
        """
        SELECT id, vehicle_id, assignment_id, lat, lon, radius_m, created_at, departed_at,
               arrived_at, motion, shape::text
        FROM gps_watch
        WHERE org_id = %s AND vehicle_id = ANY(%s) AND closed_at IS NULL
        ORDER BY id FOR UPDATE
        """,
        (org_id, list(vehicles)),
    )
    return [OpenWatch(*row) for row in cur.fetchall()]


def track(
    cur: Cursor,
    org_id: int,
    vehicle_id: UUID,
    since: datetime,
    until: datetime | None = None,
    most: int | None = None,
) -> list[Fix]:
    """Stored fixes of a vehicle of a time, oldest first, of all of its devices, at most `most`.

    Those with wrong times not. Without `until` up to the newest.
    """
    cur.execute(
        """
        SELECT device_id, fix_at, received_at, lat, lon, speed_kmh, ignition, accuracy_m,
               flags <> 'outdated', device.kind = 'phone'
        FROM fix JOIN device ON device.org_id = fix.org_id AND device.id = fix.device_id
        WHERE fix.org_id = %s AND fix.vehicle_id = %s AND fix_at >= %s AND fix_at <= %s
            AND flags <> 'future'
        ORDER BY fix_at LIMIT %s
        """,
        (org_id, vehicle_id, since, until or datetime.max.replace(tzinfo=UTC), most),
    )
    return [
        Fix(
            device_id=device,
            fix_at=fix_at,
            received_at=received,
            lat=lat,
            lon=lon,
            speed_kmh=speed,
            ignition=ignition,
            accuracy_m=accuracy,
            positioned=positioned,
            phone=phone,
        )
        for device, fix_at, received, lat, lon, speed, ignition, accuracy, positioned, phone in cur
    ]


def make_day(cur: Cursor, day: date) -> None:
    """Make the partition of a UTC day unless it is there. Attaching does not block writers."""
    name = f"fix_p{day:%Y%m%d}"
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (_DAYS_LOCK,))
    cur.execute("SELECT to_regclass(%s) IS NOT NULL", (name,))
    if cur.fetchone() == (True,):
        return
    start = datetime.combine(day, time(), UTC)
    table = sql.Identifier(name)
    cur.execute(sql.SQL("CREATE TABLE {} (LIKE fix INCLUDING ALL)").format(table))
    cur.execute(
        sql.SQL("ALTER TABLE fix ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            table, sql.Literal(start), sql.Literal(start + timedelta(days=1))
        )
    )


def store_fixes(cur: Cursor, rows: Sequence[FixValues]) -> int:
    """Store what is new; returns how many were.

    Nearly always all are: they are COPYed into their place. If one is there already, the savepoint
    takes it back, and all go through a staging table.
    """
    try:
        with cur.connection.transaction(), cur.copy(_COPY) as copy:
            copy.write(packed(rows))
    except psycopg.errors.UniqueViolation:
        return _store_new(cur, rows)
    return len(rows)


def _store_new(cur: Cursor, rows: Iterable[FixValues]) -> int:
    """Of a position that came twice in one batch the one that counted is kept."""
    cur.execute(_STAGING)
    with cur.copy(f"COPY fix_staging ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(packed(rows))
    cur.execute(
        f"INSERT INTO fix ({COLUMNS}) SELECT {COLUMNS} FROM fix_staging"  # noqa: S608 - constants
        " ORDER BY device_id, fix_at, flags <> 'ok' ON CONFLICT DO NOTHING"
    )
    return cur.rowcount


def count_dropped(cur: Cursor, org_id: int, dropped: Iterable[Dropped]) -> None:
    """Add to what the filters kept out of storage, per device, day and rule."""
    rows = sorted(dropped, key=lambda row: (row.device_id, row.day, row.reason))
    cur.execute(
        """
        INSERT INTO fix_dropped AS old (org_id, device_id, day, reason, fixes, last_received_at,
            last_fix_at, last_lat, last_lon)
        SELECT %s, * FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::int[], %s::timestamptz[],
            %s::timestamptz[], %s::float8[], %s::float8[])
        ON CONFLICT (org_id, device_id, day, reason) DO UPDATE SET
            fixes = old.fixes + excluded.fixes, last_received_at = excluded.last_received_at,
            last_fix_at = excluded.last_fix_at, last_lat = excluded.last_lat,
            last_lon = excluded.last_lon
        """,
        (org_id, *(list(column) for column in zip(*rows, strict=True))),
    )


def move_latest(cur: Cursor, org_id: int, rows: Sequence[Latest]) -> str:
    """Upsert latest positions; an older fix never replaces a newer one.

    Returns the number of this transaction, as it stands in `xmin` of the rows.
    """
    vehicle, device, fix_at, received, lat, lon, speed, course, motion, rhythm, *rest = zip(
        *rows, strict=True
    )
    quiet_at, due_at, silent_since, silent_on_duty = rest
    cur.execute(
        """
        WITH moved AS (
            INSERT INTO vehicle_position AS now (org_id, vehicle_id, device_id, fix_at, received_at,
                lat, lon, speed_kmh, course_deg, motion, rhythm, quiet_at, due_at, silent_since,
                silent_on_duty)
            SELECT %s, vehicle, device, to_timestamp(fix_at), to_timestamp(received), lat, lon,
                speed, course, motion, rhythm, to_timestamp(quiet), to_timestamp(due),
                to_timestamp(silent), on_duty
            FROM unnest(%s::uuid[], %s::uuid[], %s::float8[], %s::float8[], %s::float8[],
                %s::float8[], %s::float8[], %s::smallint[], %s::jsonb[], %s::jsonb[],
                %s::float8[], %s::float8[], %s::float8[], %s::bool[])
                AS one (vehicle, device, fix_at, received, lat, lon, speed, course, motion, rhythm,
                    quiet, due, silent, on_duty)
            ON CONFLICT (org_id, vehicle_id) DO UPDATE SET
                device_id = excluded.device_id, fix_at = excluded.fix_at,
                received_at = excluded.received_at, lat = excluded.lat, lon = excluded.lon,
                speed_kmh = excluded.speed_kmh, course_deg = excluded.course_deg,
                motion = excluded.motion, rhythm = excluded.rhythm, quiet_at = excluded.quiet_at,
                due_at = excluded.due_at, silent_since = excluded.silent_since,
                silent_on_duty = excluded.silent_on_duty
            WHERE now.fix_at <= excluded.fix_at
        )
        SELECT pg_current_xact_id()::xid::text
        """,
        (
            org_id,
            array(one.hex for one in vehicle),
            array(one.hex for one in device),
            *(array(map(_seconds, column)) for column in (fix_at, received)),
            *(array(map(repr, column)) for column in (lat, lon, speed, course)),
            *(array(map(_quoted, column)) for column in (motion, rhythm)),
            *(array(map(_seconds, column)) for column in (quiet_at, due_at, silent_since)),
            array("NULL" if one is None else str(one) for one in silent_on_duty),
        ),
    )
    ((version,),) = cur.fetchall()
    return str(version)


def array(texts: Iterable[str]) -> str:
    """PostgreSQL's text of an array: the driver takes four times as long for a list."""
    return "{" + ",".join(texts) + "}"


def _seconds(moment: datetime | None) -> str:
    """A double is exact to a microsecond for some centuries."""
    return "NULL" if moment is None else repr(moment.timestamp())


def _quoted(values: object) -> str:
    """JSON as an element of an array."""
    text = orjson.dumps(values).decode()
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def save_watches(cur: Cursor, org_id: int, watches: Iterable[OpenWatch]) -> None:
    """Write back what the watches remember."""
    rows = [
        (watch.id, orjson.dumps(watch.motion).decode(), watch.departed_at, watch.arrived_at)
        for watch in watches
    ]
    cur.execute(
        """
        UPDATE gps_watch AS watch
        SET motion = new.motion, departed_at = new.departed_at, arrived_at = new.arrived_at
        FROM unnest(%s::uuid[], %s::jsonb[], %s::timestamptz[], %s::timestamptz[])
            AS new (id, motion, departed_at, arrived_at)
        WHERE watch.org_id = %s AND watch.id = new.id
        """,
        (*(list(column) for column in zip(*rows, strict=True)), org_id),
    )
