"""Where the vehicles of an order were: the evidence behind departure and arrival."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import Access
from core.rights import Scope
from dashboards.sources import kinds_of
from dashboards.values import iso, text
from dispatch.orders.models import Assignment
from gps.models import FixRow

AFTER = timedelta(minutes=10)
"""So long behind the arrival a track goes on: that the vehicle stayed is evidence too."""
LONGEST = timedelta(hours=12)
MOST = 400
"""Positions of one track that are sent, at most; of more, evenly chosen ones."""


def order_tracks(
    session: Session, org_id: int, access: Access, order_id: UUID, now: datetime
) -> list[dict[str, Any]]:
    """The track of each attempt whose vehicle is known, oldest first; a crew sees its own."""
    query = select(Assignment).where(
        Assignment.org_id == org_id,
        Assignment.order_id == order_id,
        Assignment.vehicle_id.is_not(None),
        Assignment.sent_at.is_not(None),
    )
    if access.scope is Scope.CREW:
        query = query.where(Assignment.crew_id == access.unit_id)
    found = session.scalars(query.order_by(Assignment.sent_at, Assignment.id))
    return [track_of(session, org_id, one, now) for one in found]


def track_of(
    session: Session, org_id: int, one: Assignment, now: datetime, over: datetime | None = None
) -> dict[str, Any]:
    """The track of one attempt, up to `over`; left out: to ten minutes behind the arrival."""
    assert one.sent_at is not None
    over = over or (one.arrived_at + AFTER if one.arrived_at else one.ended_at)
    until = min(over or now, now, one.sent_at + LONGEST)
    query = (
        select(FixRow.device_id, FixRow.fix_at, FixRow.lat, FixRow.lon, FixRow.speed_kmh)
        .where(
            FixRow.org_id == org_id,
            FixRow.vehicle_id == one.vehicle_id,
            FixRow.fix_at >= one.sent_at,
            FixRow.fix_at <= until,
            FixRow.flags == "ok",
        )
        .order_by(FixRow.fix_at)
    )
    fixes = list(session.execute(query))
    times = [one.sent_at, *(fix.fix_at for fix in fixes), until]
    step = max(1, -(-len(fixes) // MOST))
    kept = fixes[::step] + (fixes[-1:] if (len(fixes) - 1) % step else [])
    kinds = kinds_of(session, org_id, {fix.device_id for fix in fixes})
    return {
        "assignment_id": str(one.id),
        "crew_id": text(one.crew_id),
        "vehicle_id": text(one.vehicle_id),
        "from": iso(one.sent_at),
        "to": iso(until),
        "positions": len(fixes),
        "longest_gap_s": max((b - a).total_seconds() for a, b in pairwise(times)),
        "devices": [{"id": str(id_), "kind": kinds[id_]} for id_ in sorted(kinds)],
        "points": [
            {
                "at": iso(fix.fix_at),
                "lat": fix.lat,
                "lon": fix.lon,
                "speed_kmh": fix.speed_kmh,
                "device_id": str(fix.device_id),
            }
            for fix in kept
        ],
    }
