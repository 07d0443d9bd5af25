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

Cursor = psycopg.Cursor[tuple[Any, ...]]

_DAYS_LOCK = 7_245_002

_STAGING = """
CREATE TEMP TABLE IF NOT EXISTS fix_staging (
    org_id bigint, device_id uuid, fix_at timestamptz, vehicle_id uuid, lat float8, lon float8,
    speed_kmh float8, course_deg smallint, altitude_m integer, alarm_bits bigint,
    status_bits bigint, sent_at timestamptz, received_at timestamptz, serial integer, flags text
) ON COMMIT DELETE ROWS
"""

_COLUMNS = (
    "org_id, device_id, fix_at, vehicle_id, lat, lon, speed_kmh, course_deg, altitude_m,"
    " alarm_bits, status_bits, sent_at, received_at, serial, flags"
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
    flags: str


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


class OpenWatch(NamedTuple):
    """A watch that has not seen its arrival."""

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


def cursor(session: Session) -> Cursor:
    """The psycopg cursor of the session's own transaction."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("positions are written through psycopg 3")
    return connection.cursor()


def vehicles_of(cur: Cursor, org_id: int, devices: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """Which vehicle each device is mounted in now; none for one that is out of use."""
    cur.execute(
        "SELECT id, vehicle_id FROM device WHERE org_id = %s AND id = ANY(%s) AND active",
        (org_id, list(devices)),
    )
    return dict(cur.fetchall())


def lock_latest(cur: Cursor, org_id: int, vehicles: Sequence[UUID]) -> dict[UUID, Latest]:
    """Latest positions, locked in one order so that two gateways wait instead of deadlocking."""
    cur.execute(
        """
        SELECT vehicle_id, device_id, fix_at, received_at, lat, lon, speed_kmh, course_deg, motion
        FROM vehicle_position WHERE org_id = %s AND vehicle_id = ANY(%s)
        ORDER BY vehicle_id FOR UPDATE
        """,
        (org_id, list(vehicles)),
    )
    return {row[0]: Latest(*row) for row in cur.fetchall()}


def lock_watches(cur: Cursor, org_id: int, vehicles: Sequence[UUID]) -> list[OpenWatch]:
    """Open watches of these vehicles."""
    cur.execute(
        """
        SELECT id, vehicle_id, assignment_id, lat, lon, radius_m, created_at, departed_at,
               arrived_at, motion
        FROM gps_watch
        WHERE org_id = %s AND vehicle_id = ANY(%s) AND closed_at IS NULL AND arrived_at IS NULL
        ORDER BY id FOR UPDATE
        """,
        (org_id, list(vehicles)),
    )
    return [OpenWatch(*row) for row in cur.fetchall()]


def counted_since(
    cur: Cursor, org_id: int, vehicle_id: UUID, since: datetime
) -> list[tuple[datetime, float, float, float]]:
    """Counted fixes of a vehicle from a moment on, oldest first: time, lat, lon, km/h."""
    cur.execute(
        """
        SELECT fix_at, lat, lon, speed_kmh FROM fix
        WHERE org_id = %s AND vehicle_id = %s AND fix_at >= %s AND flags = 'ok'
        ORDER BY fix_at
        """,
        (org_id, vehicle_id, since),
    )
    return cur.fetchall()


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
    """COPY to a staging table, then insert what is new; returns how many were new."""
    cur.execute(_STAGING)
    with cur.copy(f"COPY fix_staging ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cur.execute(
        f"INSERT INTO fix ({_COLUMNS}) SELECT {_COLUMNS} FROM fix_staging"  # noqa: S608 - constants
        " ORDER BY device_id, fix_at ON CONFLICT DO NOTHING"
    )
    return cur.rowcount


def move_latest(cur: Cursor, org_id: int, rows: Sequence[Latest]) -> None:
    """Upsert latest positions; an older fix never replaces a newer one."""
    ordered = sorted(rows, key=lambda row: row.vehicle_id)
    columns = list(zip(*ordered, strict=True))
    columns[8] = tuple(json.dumps(motion) for motion in columns[8])
    cur.execute(
        """
        INSERT INTO vehicle_position AS now (org_id, vehicle_id, device_id, fix_at, received_at,
            lat, lon, speed_kmh, course_deg, motion)
        SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[],
            %s::float8[], %s::float8[], %s::float8[], %s::smallint[], %s::jsonb[])
        ON CONFLICT (org_id, vehicle_id) DO UPDATE SET
            device_id = excluded.device_id, fix_at = excluded.fix_at,
            received_at = excluded.received_at, lat = excluded.lat, lon = excluded.lon,
            speed_kmh = excluded.speed_kmh, course_deg = excluded.course_deg,
            motion = excluded.motion
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
