"""Every stored position of a vehicle in a span of time, read in pieces: a day may hold 86,400."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_

from core.db import read_session
from gps.models import FixRow

PIECE = 5000
"""Rows of one question. Between two of them no connection is held, however slow the reader is."""
COUNTED = ("ok", "late")
"""Rules whose positions belong to the way; all others set one aside."""


class Seen(NamedTuple):
    """A stored position. Degrees WGS-84; `rule`: `ok`, or what set it aside (docs/gps.md)."""

    at: datetime
    lat: float
    lon: float
    speed_kmh: float
    course_deg: int
    altitude_m: int
    accuracy_m: float | None
    ignition: bool | None
    rule: str
    device_id: UUID

    @property
    def counted(self) -> bool:
        return self.rule in COUNTED


def stored(
    org_id: int, vehicle_id: UUID, since: datetime, until: datetime, *, every: bool
) -> Iterator[Seen]:
    """From `since` to before `until`, oldest first; `every`: those set aside too."""
    last: Seen | None = None
    while rows := _piece(org_id, vehicle_id, since, until, last, every=every):
        yield from rows
        last = rows[-1]
        if len(rows) < PIECE:
            return


def _piece(
    org_id: int,
    vehicle_id: UUID,
    since: datetime,
    until: datetime,
    last: Seen | None,
    *,
    every: bool,
) -> Sequence[Seen]:
    query = select(
        FixRow.fix_at,
        FixRow.lat,
        FixRow.lon,
        FixRow.speed_kmh,
        FixRow.course_deg,
        FixRow.altitude_m,
        FixRow.accuracy_m,
        FixRow.ignition,
        FixRow.flags,
        FixRow.device_id,
    ).where(
        FixRow.org_id == org_id,
        FixRow.vehicle_id == vehicle_id,
        FixRow.fix_at >= (last.at if last else since),
        FixRow.fix_at < until,
    )
    if last is not None:
        query = query.where(tuple_(FixRow.fix_at, FixRow.device_id) > (last.at, last.device_id))
    if not every:
        query = query.where(FixRow.flags.in_(COUNTED))
    with read_session() as session:
        rows = session.execute(query.order_by(FixRow.fix_at, FixRow.device_id).limit(PIECE))
        return [Seen._make(row) for row in rows]
