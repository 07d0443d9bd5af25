"""Where the fleet was in a span of time: positions counted on a grid by PostgreSQL."""

import math
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.identity import Access
from core.models import Unit
from core.rights import Scope
from dashboards.movements import demand_vehicle
from dashboards.values import iso
from dispatch.crews.models import Vehicle
from gps.models import VehiclePosition
from gps.shapes import METRES_PER_DEGREE

CELL_M = 150.0
STEP = CELL_M / METRES_PER_DEGREE
"""Degrees of latitude."""
MOST_CELLS = 20_000
# A day's partition is small for PostgreSQL's own taste, and the cells are many for its memory.
_TUNED = text(
    "SELECT set_config('work_mem', '32MB', true),"
    " set_config('min_parallel_table_scan_size', '0', true)"
)
_COUNT = text(
    """
    SELECT south, west, count(*) AS fixes, count(*) OVER () AS cells
    FROM (
        SELECT floor(lat / :step)::int AS south, floor(lon / :width)::int AS west FROM fix
        WHERE org_id = :org_id AND fix_at >= :since AND fix_at < :until
            AND flags IN ('ok', 'late') AND vehicle_id IS NOT NULL
            AND (:every OR vehicle_id = ANY(:vehicles))
    ) AS seen
    GROUP BY south, west
    ORDER BY fixes DESC, south, west
    LIMIT :most
    """
)


def heat(
    session: Session,
    org_id: int,
    access: Access,
    since: datetime,
    until: datetime,
    vehicle_id: UUID | None = None,
) -> dict[str, Any]:
    """Cells in which vehicles that `access` may see were, most positions first.

    A cell is its south, west and east edge, degrees WGS-84, then the positions in it.
    """
    chosen: list[UUID] = []
    if vehicle_id is not None:
        chosen = [demand_vehicle(session, org_id, access, vehicle_id).id]
    elif access.scope is not Scope.ALL:
        mine = select(Vehicle.id).join(
            Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id)
        )
        mine = mine.where(Vehicle.org_id == org_id, Unit.centre_id == access.unit_id)
        chosen = list(session.scalars(mine))
    width = _width(session, org_id)
    session.execute(_TUNED)
    asked = {"org_id": org_id, "since": since, "until": until, "vehicles": chosen}
    grid = {"step": STEP, "width": width, "most": MOST_CELLS}
    every = vehicle_id is None and access.scope is Scope.ALL
    rows = session.execute(_COUNT, {**asked, **grid, "every": every}).all()
    return {
        "from": iso(since),
        "to": iso(until),
        "cell_m": CELL_M,
        "height_deg": STEP,
        "cells_seen": rows[0].cells if rows else 0,
        "cells": [_cell(row, width) for row in rows],
    }


def _width(session: Session, org_id: int) -> float:
    """Of all cells, degrees of longitude: right in the middle of the whole degree of latitude that
    the organisation's vehicles are in, so that a place is in the same cell whoever asks.
    """
    query = select(func.avg(VehiclePosition.lat)).where(VehiclePosition.org_id == org_id)
    middle = math.floor(session.scalar(query) or 0.0) + 0.5
    return STEP / math.cos(math.radians(min(abs(middle), 85.0)))


def _cell(row: Any, width: float) -> list[float]:
    edges = (row.south * STEP, row.west * width, (row.west + 1) * width)
    return [*(round(edge, 6) for edge in edges), row.fixes]
