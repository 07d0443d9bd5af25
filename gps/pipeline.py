"""What happens to a batch of positions: the two lists `DECIDE` and `APPLY` are the process.

One call of `write` is one transaction of one organisation. Devices are acknowledged by the caller
after it returned, never before.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from core.clock import now as clock_now
from core.events import VehicleArrived, VehicleDeparted, VehicleHeard
from core.identity import system_actor
from core.logging import logger
from core.settings import settings
from core.trouble import try_again
from core.uow import UnitOfWork, unit_of_work
from gps import repository
from gps.distress import Distress, Switch, heed_switches, record_distress, remember_switches
from gps.failures import lacks_day
from gps.fence_steps import pass_fences, read_inside, record_passages, remember_inside
from gps.fences import Inside, Passed
from gps.filters import Known, Place, judge
from gps.fix import Fix
from gps.memory import recalled, remembered
from gps.motion import Crossing, Motion, Sight, follow, retraced
from gps.movement_steps import (
    Ways,
    follow_movements,
    read_ways,
    remember_ways,
    retrace_movements,
    save_movements,
)
from gps.packing import FixValues
from gps.remembering import Memory, Remembered
from gps.repository import Latest, OpenWatch
from gps.rhythm import Rhythm
from gps.silence import SPOKE, heard_by, rhythms_of
from gps.sites import site_of
from gps.source_steps import Told, compare_sources, record_sources
from gps.track import in_order, sight_of

log = logger(__name__)

LOOK_BACK = timedelta(hours=1)
"""How long before a watch a vehicle may have been silent and still stand where it was seen."""
SETTLED = timedelta(minutes=10)
"""A fix so long after an arrival says nothing about it."""
SAME_MOMENT = timedelta(seconds=1)
"""Facts nearer together than fix times are exact."""


class DatabaseAway(Exception):
    """Nothing is wrong with the batch; it can be written later."""


@dataclass(slots=True)
class Batch:
    """One organisation's fixes on their way through the steps, per device in order of arrival."""

    uow: UnitOfWork
    cur: repository.Cursor
    fixes: Sequence[Fix]
    vehicles: dict[UUID, UUID | None] = field(default_factory=dict)
    phones: set[UUID] = field(default_factory=set)
    latest: dict[UUID, Latest] = field(default_factory=dict)
    known: dict[UUID, Known] = field(default_factory=dict)
    before: dict[UUID, Latest] = field(default_factory=dict)
    moved: dict[UUID, Latest] = field(default_factory=dict)
    watches: dict[UUID, list[OpenWatch]] = field(default_factory=dict)
    watched: dict[UUID, OpenWatch] = field(default_factory=dict)
    kept: list[tuple[UUID, Fix]] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    """Of `kept`, in its order."""
    on_the_way: list[tuple[UUID, Fix]] = field(default_factory=list)
    """Of all that is stored, what may belong to the vehicle's way: their times are believed."""
    late: dict[UUID, datetime] = field(default_factory=dict)
    """The oldest late fix of a vehicle; what merely came beside another device is none."""
    rows: list[FixValues] = field(default_factory=list)
    dropped: dict[tuple[UUID, date, str], repository.Dropped] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    """Vehicles of which something must be remembered."""
    crossings: list[tuple[OpenWatch, UUID, Crossing]] = field(default_factory=list)
    """Each with its watch as it was before."""
    sources: list[Told] = field(default_factory=list)
    source_shown: set[UUID] = field(default_factory=set)
    """Vehicles whose source is of another kind, or the first."""
    ways: Ways = field(default_factory=Ways)
    switches: dict[UUID, Switch] = field(default_factory=dict)
    """Alarm switches that were ever pressed."""
    distress: list[Distress] = field(default_factory=list)
    spoke: list[tuple[UUID, Fix]] = field(default_factory=list)
    """What shows that a device sends and knows where it is, newer than the latest or not."""
    heard: list[tuple[UUID, VehicleHeard]] = field(default_factory=list)
    """Vehicles with a device that was silent until now."""
    inside: dict[UUID, Inside] = field(default_factory=dict)
    passed: list[tuple[Passed, UUID]] = field(default_factory=list)
    """Fences that vehicles passed, each with the device that showed it."""
    memory: Memory | None = None
    remembered: dict[UUID, Remembered] = field(default_factory=dict)
    """Vehicles that nobody else has written since this gateway did."""
    rhythms: dict[UUID, dict[UUID, Rhythm]] = field(default_factory=dict)
    version: str = ""
    """Of the rows of latest positions that were written."""
    reasons: Counter[str] = field(default_factory=Counter)
    verdicts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Written:
    """What a commit did. `refused` are positions in the input that no transaction took.

    `verdicts`: what became of each, in the order of the input (`gps.words.REASONS`, or `refused`).
    """

    reasons: Counter[str] = field(default_factory=Counter)
    latest: dict[UUID, Latest] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    verdicts: list[str] = field(default_factory=list)


def find_vehicles(batch: Batch) -> None:
    devices = {fix.device_id for fix in batch.fixes}
    found = repository.vehicles_of(batch.cur, batch.uow.org_id, devices)
    batch.vehicles = {device: vehicle for device, (vehicle, _) in found.items()}
    batch.phones = {device for device, (_, phone) in found.items() if phone}


def read_latest(batch: Batch) -> None:
    vehicles = list({vehicle for vehicle in batch.vehicles.values() if vehicle})
    if vehicles and batch.memory is not None:
        found = batch.memory.lock(batch.cur, batch.uow.org_id, vehicles)
        batch.latest, batch.remembered = found
    elif vehicles:
        batch.latest = repository.lock_latest(batch.cur, batch.uow.org_id, vehicles)
    batch.before = dict(batch.latest)


def judge_fixes(batch: Batch) -> None:
    unknown = _known(None)
    for fix in batch.fixes:
        if fix.device_id in batch.phones:
            fix = replace(fix, phone=True)  # the registry knows it, no frame says so
        vehicle = batch.vehicles.get(fix.device_id)
        known = _known_of(batch, vehicle) if vehicle else unknown
        verdict, known = judge(fix, known, batch.uow.now)
        batch.reasons[verdict.reason] += 1
        batch.verdicts.append(verdict.reason)
        if verdict.decision in ("drop", "thin"):
            _drop(batch, fix, verdict.reason)
        else:
            batch.rows.append(_row(batch.uow.org_id, vehicle, fix, verdict.reason))
        if vehicle is None or verdict.decision == "drop":
            continue
        batch.seen.add(vehicle)
        batch.known[vehicle] = known
        if verdict.reason != "future":
            batch.on_the_way.append((vehicle, fix))
        if verdict.reason in SPOKE:
            batch.spoke.append((vehicle, fix))
        if verdict.decision in ("keep", "thin"):
            batch.kept.append((vehicle, fix))
            batch.sights.append(sight_of(fix))
            batch.latest[vehicle] = batch.moved[vehicle] = _latest(vehicle, fix)
        elif verdict.reason == "late":
            batch.late[vehicle] = min(fix.at, batch.late.get(vehicle, fix.at))
    for vehicle in batch.seen & batch.latest.keys():
        told = remembered(batch.known[vehicle])
        batch.latest[vehicle] = batch.latest[vehicle]._replace(motion=told)


def _known_of(batch: Batch, vehicle: UUID) -> Known:
    known = batch.known.get(vehicle)
    if known is None:
        told = batch.remembered.get(vehicle)
        known = told.known if told else _known(batch.latest.get(vehicle))
        batch.known[vehicle] = known
    return known


def _drop(batch: Batch, fix: Fix, reason: str) -> None:
    key = fix.device_id, fix.received_at.date(), reason
    before = batch.dropped.get(key)
    fixes = before.fixes + 1 if before else 1
    told = repository.Dropped(*key, fixes, fix.received_at, fix.fix_at, fix.lat, fix.lon)
    batch.dropped[key] = told


def listen(batch: Batch) -> None:
    """Until when each position holds by the rhythm of its device, and who is silent no more."""
    for vehicle, _ in batch.spoke:
        if vehicle not in batch.rhythms:
            told = batch.remembered.get(vehicle)
            before = batch.before.get(vehicle)
            batch.rhythms[vehicle] = dict(told.rhythms) if told else rhythms_of(before)
    heard_by(batch.spoke, batch.rhythms, batch.before, batch.latest, batch.heard, batch.uow.now)
    for vehicle in batch.moved:
        batch.moved[vehicle] = batch.latest[vehicle]


def read_watches(batch: Batch) -> None:
    vehicles = list({vehicle for vehicle, _ in batch.kept} | batch.late.keys())
    if vehicles:
        for watch in repository.lock_watches(batch.cur, batch.uow.org_id, vehicles):
            batch.watches.setdefault(watch.vehicle_id, []).append(watch)


def follow_watched(batch: Batch) -> None:
    for (vehicle, fix), sight in zip(batch.kept, batch.sights, strict=True):
        for watch in batch.watches.get(vehicle, ()):
            watch = batch.watched.get(watch.id, watch)
            if watch.arrived_at is not None:
                continue
            site = site_of(watch)
            motion, crossings = follow(site, Motion.from_json(watch.motion), sight)
            _take(batch, watch, motion, [(fix.device_id, crossing) for crossing in crossings])


def retrace_late(batch: Batch) -> None:
    """A blind spot has ended: what its fixes show was so all the time, and is dated anew."""
    for vehicle, since in batch.late.items():
        for watch in batch.watches.get(vehicle, ()):
            watch = batch.watched.get(watch.id, watch)
            if watch.arrived_at is not None and since > watch.arrived_at + SETTLED:
                continue
            fixes = _track(batch, watch)
            site = site_of(watch)
            motion, crossings = retraced(site, in_order(fixes))
            told = {"departed": watch.departed_at, "arrived": watch.arrived_at}
            device = fixes[-1].device_id
            anew = [one for one in crossings if _differs(told[one.kind], one.at)]
            if len(crossings) >= sum(at is not None for at in told.values()):
                _take(batch, watch, motion, [(device, crossing) for crossing in anew])


def _track(batch: Batch, watch: OpenWatch) -> list[Fix]:
    """Every stored fix of the watched vehicle from shortly before the watch on, and the batch's."""
    since = watch.created_at - LOOK_BACK
    stored = repository.track(batch.cur, batch.uow.org_id, watch.vehicle_id, since)
    known = {(fix.device_id, fix.at) for fix in stored}
    fresh = [
        fix
        for vehicle, fix in batch.on_the_way
        if vehicle == watch.vehicle_id and fix.at >= since and (fix.device_id, fix.at) not in known
    ]
    return stored + fresh


def _take(
    batch: Batch, watch: OpenWatch, motion: Motion, crossings: Sequence[tuple[UUID, Crossing]]
) -> None:
    watch = watch._replace(motion=motion.to_json())
    for device, crossing in crossings:
        batch.crossings.append((watch, device, crossing))
        if crossing.kind == "departed":
            watch = watch._replace(departed_at=crossing.at)
        else:
            watch = watch._replace(arrived_at=crossing.at)
    batch.watched[watch.id] = watch


def _differs(told: datetime | None, found: datetime) -> bool:
    return told is None or abs(found - told) >= SAME_MOMENT


def make_days(batch: Batch) -> None:
    for day in sorted({row.fix_at.date() for row in batch.rows} - _days):
        repository.make_day(batch.cur, day)


def store_fixes(batch: Batch) -> None:
    if batch.rows:
        new = repository.store_fixes(batch.cur, batch.rows)
        batch.reasons["repeated"] += len(batch.rows) - new


def count_dropped(batch: Batch) -> None:
    if batch.dropped:
        repository.count_dropped(batch.cur, batch.uow.org_id, batch.dropped.values())


def move_latest(batch: Batch) -> None:
    rows = [batch.latest[vehicle] for vehicle in _with_vehicle(batch)]
    if rows:
        batch.version = repository.move_latest(batch.cur, batch.uow.org_id, rows)


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


def record_heard(batch: Batch) -> None:
    for vehicle, fact in batch.heard:
        batch.uow.emit(vehicle, fact, source="gps")
        batch.uow.touch("vehicle", vehicle)


Step = Callable[[Batch], None]

DECIDE: tuple[Step, ...] = (
    find_vehicles,
    read_latest,
    read_ways,
    heed_switches,
    read_inside,
    judge_fixes,
    compare_sources,
    remember_switches,
    listen,
    read_watches,
    follow_watched,
    retrace_late,
    pass_fences,
    follow_movements,
    retrace_movements,
    remember_ways,
    remember_inside,
)

APPLY: tuple[Step, ...] = (
    make_days,
    store_fixes,
    count_dropped,
    move_latest,
    save_watches,
    save_movements,
    record_crossings,
    record_distress,
    record_heard,
    record_sources,
    record_passages,
)

_days: set[date] = set()
"""Days whose partition is known to be committed."""


def write(
    org_id: int,
    fixes: Sequence[Fix],
    *,
    now: datetime | None = None,
    memory: Memory | None = None,
) -> Written:
    """Store fixes of one organisation. A row that cannot be stored costs only itself.

    `memory`: of a gateway that writes batch after batch. Returns after the commit. DatabaseAway
    when the database cannot take anything now; parts may have been stored then, and writing the
    same fixes again does no harm.
    """
    try:
        return _write_once(org_id, fixes, now, memory)
    except Exception as error:
        if try_again(error):
            raise DatabaseAway(str(error)) from error
        if _days and lacks_day(error):
            _days.clear()
            return write(org_id, fixes, now=now, memory=memory)
        if len(fixes) == 1:
            log.error(
                "fix_refused", org_id=org_id, device_id=str(fixes[0].device_id), exc_info=True
            )
            return Written(reasons=Counter(refused=1), refused={0}, verdicts=["refused"])
    half = len(fixes) // 2
    first, second = (
        write(org_id, part, now=now, memory=memory) for part in (fixes[:half], fixes[half:])
    )
    return Written(
        reasons=first.reasons + second.reasons,
        latest=first.latest | second.latest,
        refused=first.refused | {half + index for index in second.refused},
        verdicts=first.verdicts + second.verdicts,
    )


def _write_once(
    org_id: int, fixes: Sequence[Fix], now: datetime | None, memory: Memory | None
) -> Written:
    batch: Batch | None = None
    try:
        with unit_of_work(system_actor(org_id, "gps"), now=now or clock_now()) as uow:
            batch = Batch(uow, repository.cursor(uow.session), fixes, memory=memory)
            for step in DECIDE + APPLY:
                step(batch)
    except BaseException:
        if batch is not None and memory is not None:
            memory.forget(org_id, batch.remembered)
        raise
    if memory is not None:
        memory.keep(org_id, batch.version, _left(batch))
    _days.update(row.fix_at.date() for row in batch.rows)
    return Written(batch.reasons, batch.moved, verdicts=batch.verdicts)


def _left(batch: Batch) -> dict[UUID, Remembered]:
    """The vehicles of a batch as they were written."""
    return {
        vehicle: Remembered(
            batch.latest[vehicle],
            batch.known[vehicle],
            batch.ways.now.get(vehicle),
            batch.inside.get(vehicle),
            batch.rhythms.get(vehicle) or rhythms_of(batch.latest[vehicle]),
        )
        for vehicle in _with_vehicle(batch)
        if vehicle in batch.known
    }


def _known(latest: Latest | None) -> Known:
    static_for = timedelta(seconds=settings().gps_static_seconds)
    kept_days = settings().gps_keep_days
    if latest is None:
        return Known(static_for=static_for, kept_days=kept_days)
    place = Place(latest.device_id, latest.fix_at, latest.lat, latest.lon)
    return recalled(place, latest.motion, static_for, kept_days)


def _with_vehicle(batch: Batch) -> list[UUID]:
    """Vehicles whose row changed: a kept fix, or a jump to remember."""
    return list(batch.seen & batch.latest.keys())


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
        fix.ignition,
        fix.accuracy_m,
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
        {},
    )


def _fact(watch: OpenWatch, device: UUID, crossing: Crossing) -> VehicleDeparted | VehicleArrived:
    departed = crossing.kind == "departed"
    revised = (watch.departed_at if departed else watch.arrived_at) is not None
    if departed:
        return VehicleDeparted(
            assignment_id=watch.assignment_id,
            device_id=device,
            lat=crossing.lat,
            lon=crossing.lon,
            uncertainty_s=crossing.uncertainty_s,
            revised=revised,
        )
    return VehicleArrived(
        assignment_id=watch.assignment_id,
        device_id=device,
        lat=crossing.lat,
        lon=crossing.lon,
        distance_m=crossing.distance_m,
        uncertainty_s=crossing.uncertainty_s,
        revised=revised,
    )
