"""Where the fleet was in a span of time: positions counted on a grid by PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.identity import Access
from core.models import Unit
from core.rights import Scope
from dashboards.movements import demand_vehicle
from dashboards.values import iso
from dispatch.crews.models import Vehicle
from gps.shapes import METRES_PER_DEGREE

CELL_M = 150.0
STEP = CELL_M / METRES_PER_DEGREE
"""Degrees of latitude. A degree of longitude is as long as it is in the middle of its whole degree
of latitude, so that a place is in the same cell whoever asks, and whenever.
"""
MOST_CELLS = 20_000
_WIDE = "cos(radians(floor(row * :step) + 0.5))"
_COUNT = text(
    f"""
    SELECT row, col, {_WIDE} AS wide, sum(fixes)::bigint AS fixes, count(*) AS vehicles,
           count(*) OVER () AS cells
    FROM (
        SELECT row, floor(lon * {_WIDE} / :step)::int AS col, vehicle_id, count(*) AS fixes
        FROM (
            SELECT floor(lat / :step)::int AS row, lon, vehicle_id FROM fix
            WHERE org_id = :org_id AND fix_at >= :since AND fix_at < :until
                AND flags IN ('ok', 'late') AND vehicle_id IS NOT NULL
                AND (:every OR vehicle_id = ANY(:vehicles))
        ) AS seen
        GROUP BY row, col, vehicle_id
    ) AS each
    GROUP BY row, col
    ORDER BY fixes DESC, row, col
    LIMIT :most
    """  # noqa: S608 - constants
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

    A cell is its south, west and east edge, degrees WGS-84, then positions and vehicles in it.
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
    values = {"org_id": org_id, "since": since, "until": until, "step": STEP, "most": MOST_CELLS}
    every = vehicle_id is None and access.scope is Scope.ALL
    rows = session.execute(_COUNT, {**values, "every": every, "vehicles": chosen}).all()
    return {
        "from": iso(since),
        "to": iso(until),
        "cell_m": CELL_M,
        "height_deg": STEP,
        "cells_seen": rows[0].cells if rows else 0,
        "cells": [_cell(row) for row in rows],
    }


def _cell(row: Any) -> list[float]:
    width = STEP / row.wide
    south, west = row.row * STEP, row.col * width
    edges = (south, west, west + width)
    return [*(round(edge, 6) for edge in edges), row.fixes, row.vehicles]
