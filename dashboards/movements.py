"""What vehicles did: the list of them, a day of one, distances per day, fences."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.models import Event, Unit
from core.rights import Scope
from core.settings import settings
from dashboards.values import iso, text
from dispatch.crews.models import Vehicle
from gps.models import FixRow, VehiclePosition
from gps.movement_models import Fence, MovementRow
from gps.movements import Kind, Movement, Way, under_way

MOST_POINTS = 1500
"""Positions of a track that are sent, at most; of more, evenly chosen ones."""
UNSEEN = timedelta(seconds=120)
"""Between two positions further apart nobody saw the vehicle: the line is broken."""
PASSAGES = {"vehicle.entered": "enter", "vehicle.left": "exit", "vehicle.crossed": "cross"}
MOVING = ("trip", "stop", "silence")
NAMED = ("code", "name_zh", "name_en")


def fleet_rows(
    session: Session, org_id: int, access: Access, now: datetime
) -> list[dict[str, Any]]:
    """Vehicles in use that `access` may see, each with what it does and how far it drove today."""
    query = (
        select(
            Vehicle.id,
            Vehicle.plate,
            *(getattr(Unit, name) for name in NAMED),
            Unit.centre_id,
            VehiclePosition.fix_at,
            VehiclePosition.quiet_at,
            VehiclePosition.lat,
            VehiclePosition.lon,
            VehiclePosition.motion["way"].label("way"),
        )
        .outerjoin(Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id))
        .outerjoin(
            VehiclePosition,
            (VehiclePosition.org_id == Vehicle.org_id) & (VehiclePosition.vehicle_id == Vehicle.id),
        )
        .where(Vehicle.org_id == org_id, Vehicle.active)
        .order_by(Vehicle.plate)
    )
    if access.scope is not Scope.ALL:
        query = query.where(Unit.centre_id == access.unit_id)
    rows = session.execute(query).all()
    begin = _midnight(now)
    done = _trips_since(session, org_id, [row.id for row in rows], begin)
    return [_fleet_row(row, *done.get(row.id, (0.0, 0)), begin) for row in rows]


def _fleet_row(row: Any, metres: float, trips: int, begin: datetime) -> dict[str, Any]:
    way = Way.from_json(row.way)
    open_ = under_way(way) if way else None
    if open_ is not None and open_.kind == "trip":
        metres += _share(open_, begin)
    return {
        "id": str(row.id),
        "plate": row.plate,
        "crew": {name: getattr(row, name) for name in NAMED} if row.code else None,
        "centre_id": text(row.centre_id),
        "fix_at": iso(row.fix_at),
        "quiet_at": iso(row.quiet_at),
        "lat": row.lat,
        "lon": row.lon,
        "doing": open_.kind if open_ else None,
        "since": iso(open_.started_at) if open_ else None,
        "distance_m": round(metres),
        "trips": trips,
    }


def _trips_since(
    session: Session, org_id: int, vehicles: list[UUID], begin: datetime
) -> dict[UUID, tuple[float, int]]:
    """Metres and number of the trips of each vehicle that ended behind `begin`.

    Of one that began before, the metres count by the part of its time behind `begin`.
    """
    whole = func.extract("epoch", MovementRow.ended_at - MovementRow.started_at)
    part = func.extract(
        "epoch", MovementRow.ended_at - func.greatest(MovementRow.started_at, begin)
    )
    metres = func.sum(MovementRow.distance_m * func.coalesce(part / func.nullif(whole, 0), 1))
    query = (
        select(MovementRow.vehicle_id, metres, func.count())
        .where(
            MovementRow.org_id == org_id,
            MovementRow.vehicle_id.in_(vehicles),
            MovementRow.kind == "trip",
            MovementRow.ended_at > begin,
        )
        .group_by(MovementRow.vehicle_id)
    )
    return {id_: (float(sum_), count) for id_, sum_, count in session.execute(query)}


def _share(one: Movement, begin: datetime) -> float:
    """Metres of a trip that belong behind `begin`: by time, where it began before."""
    whole = (one.ended_at - one.started_at).total_seconds()
    part = (one.ended_at - max(one.started_at, begin)).total_seconds()
    return one.distance_m * part / whole if whole > 0 else one.distance_m


def vehicle_day(
    session: Session,
    org_id: int,
    access: Access,
    vehicle_id: UUID,
    since: datetime,
    until: datetime,
) -> dict[str, Any]:
    """What one vehicle did between two moments, and its track. Raises NotFound."""
    demand_vehicle(session, org_id, access, vehicle_id)
    position = session.get(VehiclePosition, (org_id, vehicle_id))
    open_ = _under_way(position)
    rows = [
        _movement(one, one.revised_at, open_=False)
        for one in _movements(session, org_id, [vehicle_id], since, until)
    ]
    shown = [one for one in rows if one["kind"] in MOVING]
    if open_ is not None and open_.started_at < until and open_.ended_at > since:
        shown.append(_movement(open_, None, open_=True))
    trips = [one for one in shown if one["kind"] == "trip"]
    return {
        "vehicle_id": str(vehicle_id),
        "from": iso(since),
        "to": iso(until),
        "last_fix_at": iso(position.fix_at) if position else None,
        "movements": shown,
        "ignition": [one for one in rows if one["kind"] not in MOVING]
        + _ignition_now(position, since, until),
        "distance_m": round(sum(one["distance_m"] for one in trips)),
        "moving_s": round(sum(one["moving_s"] for one in trips)),
        "idle_s": round(sum(one["idle_s"] for one in shown)),
        "unseen_s": round(sum(one["unseen_s"] for one in shown)),
        "passages": _passages(session, org_id, vehicle_id, since, until),
        "track": _track(session, org_id, vehicle_id, since, until),
    }


def demand_vehicle(session: Session, org_id: int, access: Access, vehicle_id: UUID) -> Vehicle:
    """The vehicle, if `access` may see it; NotFound otherwise."""
    found = session.get(Vehicle, (org_id, vehicle_id))
    if found is not None and access.scope is not Scope.ALL:
        unit = session.get(Unit, (org_id, found.crew_id)) if found.crew_id else None
        found = found if unit is not None and unit.centre_id == access.unit_id else None
    if found is None:
        raise NotFound(what="vehicle", id=vehicle_id)
    return found


def daily_distances(
    session: Session, org_id: int, access: Access, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Per vehicle and local day: way driven, time on the way and idling, trips. By plate and day.

    A trip belongs to the day in which it began.
    """
    query = select(Vehicle.id, Vehicle.plate).where(Vehicle.org_id == org_id)
    if access.scope is not Scope.ALL:
        query = query.join(
            Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id)
        ).where(Unit.centre_id == access.unit_id)
    plates = {row[0]: row[1] for row in session.execute(query)}
    zone = ZoneInfo(settings().timezone)
    days: dict[tuple[str, str, UUID], list[MovementRow]] = defaultdict(list)
    for one in _movements(session, org_id, list(plates), since, until):
        if one.kind in MOVING and since <= one.started_at < until:
            day = one.started_at.astimezone(zone).date().isoformat()
            days[plates[one.vehicle_id], day, one.vehicle_id].append(one)
    return [
        {
            "vehicle_id": str(vehicle_id),
            "plate": plate,
            "day": day,
            "distance_m": round(sum(one.distance_m for one in rows if one.kind == "trip")),
            "moving_s": round(sum(one.moving_s for one in rows)),
            "idle_s": round(sum(one.idle_s for one in rows)),
            "unseen_s": round(sum(one.unseen_s for one in rows)),
            "trips": sum(one.kind == "trip" for one in rows),
            "stops": sum(one.kind == "stop" for one in rows),
        }
        for (plate, day, vehicle_id), rows in sorted(days.items(), key=lambda item: item[0][:2])
    ]


def fence_row(one: Fence) -> dict[str, Any]:
    """A fence as lists show it."""
    return {
        "id": str(one.id),
        "code": one.code,
        "name_zh": one.name_zh,
        "name_en": one.name_en,
        "purpose": one.purpose,
        "shape": one.shape,
        "unit_id": text(one.unit_id),
        "vehicle_ids": one.vehicle_ids,
        "active": one.active,
        "version": one.version,
    }


def _movements(
    session: Session, org_id: int, vehicles: Iterable[UUID], since: datetime, until: datetime
) -> list[MovementRow]:
    query = select(MovementRow).where(
        MovementRow.org_id == org_id,
        MovementRow.vehicle_id.in_(list(vehicles)),
        MovementRow.ended_at > since,
        MovementRow.started_at < until,
    )
    return list(session.scalars(query.order_by(MovementRow.started_at, MovementRow.ended_at)))


def _way(position: VehiclePosition | None) -> Way | None:
    return Way.from_json(position.motion.get("way")) if position else None


def _under_way(position: VehiclePosition | None) -> Movement | None:
    way = _way(position)
    return under_way(way) if way else None


def _ignition_now(
    position: VehiclePosition | None, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    way = _way(position)
    if way is None or way.ignition is None or way.last is None:
        return []
    begin, end = (datetime.fromtimestamp(t, UTC) for t in (way.ignition_since, way.ignition_last))
    if begin >= until or end <= since:
        return []
    place = (way.last.lat, way.last.lon)
    kind: Kind = "ignition_on" if way.ignition else "ignition_off"
    nothing = (0.0,) * 7
    one = Movement(kind, begin, end, *place, *place, *nothing, end)
    return [_movement(one, None, open_=True)]


def _movement(
    one: MovementRow | Movement, revised_at: datetime | None, *, open_: bool
) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "started_at": iso(one.started_at),
        "ended_at": iso(one.ended_at),
        "open": open_,
        "lat": one.lat,
        "lon": one.lon,
        "end_lat": one.end_lat,
        "end_lon": one.end_lon,
        "distance_m": round(one.distance_m, 1),
        "moving_s": round(one.moving_s),
        "idle_s": round(one.idle_s),
        "unseen_s": round(one.unseen_s),
        "longest_gap_s": round(one.longest_gap_s),
        "start_unsure_s": round(one.start_unsure_s),
        "end_unsure_s": round(one.end_unsure_s),
        "revised_at": iso(revised_at),
    }


def _passages(
    session: Session, org_id: int, vehicle_id: UUID, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    query = (
        select(Event)
        .where(
            Event.org_id == org_id,
            Event.stream == "vehicle",
            Event.stream_id == vehicle_id,
            Event.type.in_(PASSAGES),
            Event.occurred_at >= since,
            Event.occurred_at < until,
        )
        .order_by(Event.occurred_at, Event.seq)
    )
    events = list(session.scalars(query))
    wanted = {UUID(one.payload["fence_id"]) for one in events}
    known = select(Fence).where(Fence.org_id == org_id, Fence.id.in_(wanted))
    fences = {fence.id: fence for fence in session.scalars(known)}
    return [_passage(one, fences[UUID(one.payload["fence_id"])]) for one in events]


def _passage(one: Event, fence: Fence) -> dict[str, Any]:
    return {
        "kind": PASSAGES[one.type],
        "at": iso(one.occurred_at),
        "uncertainty_s": round(one.payload["uncertainty_s"]),
        "fence_id": str(fence.id),
        "code": fence.code,
        "name_zh": fence.name_zh,
        "name_en": fence.name_en,
        "purpose": fence.purpose,
        "lat": one.payload["lat"],
        "lon": one.payload["lon"],
    }


def _track(
    session: Session, org_id: int, vehicle_id: UUID, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Pieces of the way that was seen; between them nobody saw the vehicle."""
    query = (
        select(FixRow.fix_at, FixRow.lat, FixRow.lon)
        .where(
            FixRow.org_id == org_id,
            FixRow.vehicle_id == vehicle_id,
            FixRow.fix_at >= since,
            FixRow.fix_at < until,
            FixRow.flags.in_(("ok", "late")),
        )
        .order_by(FixRow.fix_at)
    )
    fixes = session.execute(query).all()
    step = max(1, -(-len(fixes) // MOST_POINTS))
    pieces: list[list[Any]] = [[fixes[0]]] if fixes else []
    for index, (before, fix) in enumerate(pairwise(fixes), 1):
        if fix.fix_at - before.fix_at > UNSEEN:
            pieces[-1].append(before)
            pieces.append([fix])
        elif index % step == 0 or index == len(fixes) - 1:
            pieces[-1].append(fix)
    return [
        {
            "from": iso(piece[0].fix_at),
            "to": iso(piece[-1].fix_at),
            "points": [_spot(fix, piece[0].fix_at) for fix in piece],
        }
        for piece in pieces
    ]


def _spot(fix: Any, begin: datetime) -> list[float]:
    return [round(fix.lat, 6), round(fix.lon, 6), round((fix.fix_at - begin).total_seconds())]


def _midnight(now: datetime) -> datetime:
    zone = ZoneInfo(settings().timezone)
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
