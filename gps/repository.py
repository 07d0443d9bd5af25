"""All SQL of the write path of positions. Every function runs in the caller's transaction.

The psycopg cursor is used directly: a batch is COPYed, and arrays go in as one parameter.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from gps.fix import Fix

Cursor = psycopg.Cursor[tuple[Any, ...]]

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

_COLUMNS = (
    "org_id, device_id, fix_at, vehicle_id, lat, lon, speed_kmh, course_deg, altitude_m,"
    " alarm_bits, status_bits, sent_at, received_at, serial, ignition, accuracy_m, flags"
)


class FixValues(NamedTuple):
    """A row of `fix`, in the order of its columns."""

    org_id: int
    device_id: UUID
    fix_at: datetime
    vehicle_id: UUID | None
    lat: float
    lon: float
    speed_kmh: float
    course_deg: int
    altitude_m: int
    alarm_bits: int
    status_bits: int
    sent_at: datetime | None
    received_at: datetime
    serial: int
    ignition: bool | None
    accuracy_m: float | None
    flags: str


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


def store_fixes(cur: Cursor, rows: Iterable[FixValues]) -> int:
    """COPY to a staging table, then insert what is new; returns how many were new.

    Of a position that came twice in one batch the one that counted is kept.
    """
    cur.execute(_STAGING)
    with cur.copy(f"COPY fix_staging ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cur.execute(
        f"INSERT INTO fix ({_COLUMNS}) SELECT {_COLUMNS} FROM fix_staging"  # noqa: S608 - constants
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


def move_latest(cur: Cursor, org_id: int, rows: Sequence[Latest]) -> None:
    """Upsert latest positions; an older fix never replaces a newer one."""
    ordered = sorted(rows, key=lambda row: row.vehicle_id)
    columns = list(zip(*ordered, strict=True))
    for place in (8, 9):
        columns[place] = tuple(map(json.dumps, columns[place]))
    cur.execute(
        """
        INSERT INTO vehicle_position AS now (org_id, vehicle_id, device_id, fix_at, received_at,
            lat, lon, speed_kmh, course_deg, motion, rhythm, quiet_at, due_at, silent_since,
            silent_on_duty)
        SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[],
            %s::float8[], %s::float8[], %s::float8[], %s::smallint[], %s::jsonb[], %s::jsonb[],
            %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::bool[])
        ON CONFLICT (org_id, vehicle_id) DO UPDATE SET
            device_id = excluded.device_id, fix_at = excluded.fix_at,
            received_at = excluded.received_at, lat = excluded.lat, lon = excluded.lon,
            speed_kmh = excluded.speed_kmh, course_deg = excluded.course_deg,
            motion = excluded.motion, rhythm = excluded.rhythm, quiet_at = excluded.quiet_at,
            due_at = excluded.due_at, silent_since = excluded.silent_since,
            silent_on_duty = excluded.silent_on_duty
        WHERE now.fix_at <= excluded.fix_at
        """,
        (org_id, *(list(column) for column in columns)),
    )


def save_watches(cur: Cursor, org_id: int, watches: Iterable[OpenWatch]) -> None:
    """Write back what the watches remember."""
    rows = [
        (watch.id, json.dumps(watch.motion), watch.departed_at, watch.arrived_at)
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
