"""What happens to a batch of positions: the two lists `DECIDE` and `APPLY` are the process.

One call of `write` is one transaction of one organisation. Devices are acknowledged by the caller
after it returned, never before.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.clock import now as clock_now
from core.events import VehicleArrived, VehicleDeparted
from core.identity import system_actor
from core.logging import logger
from core.uow import ConcurrentChange, UnitOfWork, unit_of_work
from gps import repository
from gps.filters import Known, Place, judge
from gps.fix import Fix
from gps.motion import Crossing, Motion, Sight, Site, follow
from gps.repository import FixValues, Latest, OpenWatch

log = logger(__name__)


class DatabaseAway(Exception):
    """Nothing is wrong with the batch; it can be written later."""


@dataclass(slots=True)
class Batch:
    """One organisation's fixes on their way through the steps, per device in order of arrival."""

    uow: UnitOfWork
    cur: repository.Cursor
    fixes: Sequence[Fix]
    vehicles: dict[UUID, UUID | None] = field(default_factory=dict)
    latest: dict[UUID, Latest] = field(default_factory=dict)
    moved: dict[UUID, Latest] = field(default_factory=dict)
    watches: dict[UUID, list[OpenWatch]] = field(default_factory=dict)
    watched: dict[UUID, OpenWatch] = field(default_factory=dict)
    kept: list[tuple[UUID, Fix]] = field(default_factory=list)
    rows: list[FixValues] = field(default_factory=list)
    crossings: list[tuple[OpenWatch, UUID, Crossing]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Written:
    """What a commit did. `refused` are positions in the input that no transaction took."""

    reasons: Counter[str] = field(default_factory=Counter)
    latest: dict[UUID, Latest] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)


def find_vehicles(batch: Batch) -> None:
    devices = {fix.device_id for fix in batch.fixes}
    batch.vehicles = repository.vehicles_of(batch.cur, batch.uow.org_id, devices)


def read_latest(batch: Batch) -> None:
    vehicles = sorted({vehicle for vehicle in batch.vehicles.values() if vehicle})
    if vehicles:
        batch.latest = repository.lock_latest(batch.cur, batch.uow.org_id, vehicles)


def judge_fixes(batch: Batch) -> None:
    for fix in batch.fixes:
        vehicle = batch.vehicles.get(fix.device_id)
        latest = batch.latest.get(vehicle) if vehicle else None
        verdict, known = judge(fix, _known(latest), batch.uow.now)
        batch.reasons[verdict.reason] += 1
        if verdict.decision == "drop":
            continue
        batch.rows.append(_row(batch.uow.org_id, vehicle, fix, verdict.reason))
        if vehicle is None:
            continue
        if verdict.decision == "keep":
            batch.kept.append((vehicle, fix))
            latest = _latest(vehicle, fix)
            batch.moved[vehicle] = latest
        if latest is not None:
            batch.latest[vehicle] = latest._replace(motion=_suspect(known))


def read_watches(batch: Batch) -> None:
    vehicles = sorted({vehicle for vehicle, _ in batch.kept})
    if vehicles:
        for watch in repository.lock_watches(batch.cur, batch.uow.org_id, vehicles):
            batch.watches.setdefault(watch.vehicle_id, []).append(watch)


def follow_watched(batch: Batch) -> None:
    for vehicle, fix in batch.kept:
        for watch in batch.watches.get(vehicle, ()):
            watch = batch.watched.get(watch.id, watch)
            site = Site(watch.lat, watch.lon, watch.radius_m, watch.created_at)
            motion, crossings = follow(site, Motion.from_json(watch.motion), _sight(fix))
            watch = watch._replace(motion=motion.to_json())
            for crossing in crossings:
                batch.crossings.append((watch, fix.device_id, crossing))
                if crossing.kind == "departed":
                    watch = watch._replace(departed_at=crossing.at)
                else:
                    watch = watch._replace(arrived_at=crossing.at)
            batch.watched[watch.id] = watch


def make_days(batch: Batch) -> None:
    for day in sorted({row.fix_at.date() for row in batch.rows} - _days):
        repository.make_day(batch.cur, day)


def store_fixes(batch: Batch) -> None:
    if batch.rows:
        new = repository.store_fixes(batch.cur, batch.rows)
        batch.reasons["repeated"] += len(batch.rows) - new


def move_latest(batch: Batch) -> None:
    rows = [batch.latest[vehicle] for vehicle in _with_vehicle(batch)]
    if rows:
        repository.move_latest(batch.cur, batch.uow.org_id, rows)


def save_watches(batch: Batch) -> None:
    if batch.watched:
        repository.save_watches(batch.cur, batch.uow.org_id, batch.watched.values())


def record_crossings(batch: Batch) -> None:
    for watch, device, crossing in batch.crossings:
        batch.uow.emit(
            watch.vehicle_id,
            _fact(watch, device, crossing),
            occurred_at=crossing.at,
            source="gps",
        )


Step = Callable[[Batch], None]

DECIDE: tuple[Step, ...] = (
    find_vehicles,
    read_latest,
    judge_fixes,
    read_watches,
    follow_watched,
)

APPLY: tuple[Step, ...] = (
    make_days,
    store_fixes,
    move_latest,
    save_watches,
    record_crossings,
)

_days: set[date] = set()
"""Days whose partition is known to be committed."""


def write(org_id: int, fixes: Sequence[Fix], *, now: datetime | None = None) -> Written:
    """Store fixes of one organisation. A row that cannot be stored costs only itself.

    Returns after the commit. DatabaseAway when the database cannot take anything now; parts may
    have been stored then, and writing the same fixes again does no harm.
    """
    try:
        return _write_once(org_id, fixes, now)
    except Exception as error:
        if is_away(error):
            raise DatabaseAway(str(error)) from error
        if len(fixes) == 1:
            log.error(
                "fix_refused", org_id=org_id, device_id=str(fixes[0].device_id), exc_info=True
            )
            return Written(reasons=Counter(refused=1), refused={0})
    half = len(fixes) // 2
    first, second = write(org_id, fixes[:half], now=now), write(org_id, fixes[half:], now=now)
    return Written(
        reasons=first.reasons + second.reasons,
        latest=first.latest | second.latest,
        refused=first.refused | {half + index for index in second.refused},
    )


def _write_once(org_id: int, fixes: Sequence[Fix], now: datetime | None) -> Written:
    with unit_of_work(system_actor(org_id, "gps"), now=now or clock_now()) as uow:
        batch = Batch(uow, repository.cursor(uow.session), fixes)
        for step in DECIDE + APPLY:
            step(batch)
    _days.update(row.fix_at.date() for row in batch.rows)
    return Written(batch.reasons, batch.moved)


def is_away(error: BaseException) -> bool:
    """Whether the database, and not the batch, is the reason. Deadlocks count: try again."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, DBAPIError) and isinstance(error.orig, psycopg.Error):
        error = error.orig
    return isinstance(
        error,
        OperationalError
        | InterfaceError
        | PoolTimeout
        | ConcurrentChange
        | psycopg.OperationalError
        | psycopg.InterfaceError
        | psycopg.errors.ReadOnlySqlTransaction,
    )


def _known(latest: Latest | None) -> Known:
    if latest is None:
        return Known()
    suspect = latest.motion.get("suspect")
    return Known(
        latest=Place(latest.device_id, latest.fix_at, latest.lat, latest.lon),
        suspect=_place_from_json(suspect) if suspect else None,
    )


def _suspect(known: Known) -> dict[str, object]:
    place = known.suspect
    if place is None:
        return {}
    return {"suspect": [str(place.device_id), place.fix_at.isoformat(), place.lat, place.lon]}


def _place_from_json(values: list[object]) -> Place:
    device, fix_at, lat, lon = values
    return Place(
        UUID(str(device)), datetime.fromisoformat(str(fix_at)), float(str(lat)), float(str(lon))
    )


def _with_vehicle(batch: Batch) -> list[UUID]:
    """Vehicles whose row changed: a kept fix, or a jump to remember."""
    return sorted({row.vehicle_id for row in batch.rows if row.vehicle_id in batch.latest})


def _row(org_id: int, vehicle: UUID | None, fix: Fix, reason: str) -> FixValues:
    return FixValues(
        org_id,
        fix.device_id,
        fix.at,
        vehicle,
        fix.lat,
        fix.lon,
        fix.speed_kmh,
        fix.course_deg,
        fix.altitude_m,
        fix.alarm_bits,
        fix.status_bits,
        fix.sent_at,
        fix.received_at,
        fix.serial,
        reason,
    )


def _latest(vehicle: UUID, fix: Fix) -> Latest:
    return Latest(
        vehicle,
        fix.device_id,
        fix.at,
        fix.received_at,
        fix.lat,
        fix.lon,
        fix.speed_kmh,
        fix.course_deg,
        {},
    )


def _sight(fix: Fix) -> Sight:
    return Sight(fix.at, fix.lat, fix.lon, fix.speed_kmh)


def _fact(watch: OpenWatch, device: UUID, crossing: Crossing) -> VehicleDeparted | VehicleArrived:
    if crossing.kind == "departed":
        return VehicleDeparted(
            assignment_id=watch.assignment_id,
            device_id=device,
            lat=crossing.lat,
            lon=crossing.lon,
            uncertainty_s=crossing.uncertainty_s,
        )
    return VehicleArrived(
        assignment_id=watch.assignment_id,
        device_id=device,
        lat=crossing.lat,
        lon=crossing.lon,
        distance_m=crossing.distance_m,
        uncertainty_s=crossing.uncertainty_s,
    )
