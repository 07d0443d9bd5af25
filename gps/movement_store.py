"""SQL of what vehicles did. Every function runs in the caller's transaction."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from gps.movements import Movement
from gps.repository import Cursor


class Told(NamedTuple):
    """A movement with what was remembered right then; `revised_at` None: as first told."""

    movement: Movement
    resume: list[Any] | None
    revised_at: datetime | None


_COLUMNS = (
    "kind, started_at, ended_at, lat, lon, end_lat, end_lon, distance_m, moving_s, idle_s,"
    " unseen_s, longest_gap_s, start_unsure_s, end_unsure_s, told_at"
)


def since(cur: Cursor, org_id: int, vehicle_id: UUID, moment: datetime) -> list[Told]:
    """The last movement before `moment` from which one can go on, and all that came behind it."""
    cur.execute(
        f"""
        SELECT {_COLUMNS}, resume, revised_at FROM movement
        WHERE org_id = %s AND vehicle_id = %s AND told_at >= coalesce((
            SELECT max(told_at) FROM movement WHERE org_id = %s AND vehicle_id = %s
            AND told_at < %s AND resume IS NOT NULL), '-infinity')
        ORDER BY told_at, ended_at, resume IS NULL DESC
        """,  # noqa: S608 - constants
        (org_id, vehicle_id, org_id, vehicle_id, moment),
    )
    return [Told(Movement(*row[:15]), *row[15:]) for row in cur.fetchall()]


def forget(
    cur: Cursor, org_id: int, vehicle_id: UUID, after: datetime | None, until: datetime | None
) -> None:
    """Delete what fixes between these two moments showed (the first not, the second included)."""
    cur.execute(
        """
        DELETE FROM movement WHERE org_id = %s AND vehicle_id = %s
        AND told_at > coalesce(%s, '-infinity'::timestamptz)
        AND told_at <= coalesce(%s, 'infinity'::timestamptz)
        """,
        (org_id, vehicle_id, after, until),
    )


def keep(cur: Cursor, org_id: int, told: Iterable[tuple[UUID, Told]]) -> None:
    """Store movements; one that is there already (a fix written twice) stays."""
    rows = [
        (
            vehicle,
            *one.movement,
            json.dumps(one.resume) if one.resume else None,
            one.revised_at,
        )
        for vehicle, one in told
    ]
    if not rows:
        return
    cur.execute(
        f"""
        INSERT INTO movement (org_id, vehicle_id, {_COLUMNS}, resume, revised_at)
        SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[],
            %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[],
            %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[],
            %s::timestamptz[], %s::jsonb[], %s::timestamptz[])
        ON CONFLICT DO NOTHING
        """,  # noqa: S608 - constants
        (org_id, *(list(column) for column in zip(*rows, strict=True))),
    )
