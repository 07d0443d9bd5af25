"""Steps of the pipeline: trips, stops and ignition of the vehicles of a batch (gps.movements).

What a vehicle is about to do is remembered with its latest position; what is over becomes a row.
Late fixes are put in their place: the way is gone through again from the last stop before them, and
rows that come out otherwise are replaced, up to where nothing differs any more.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from core.logging import logger
from gps import movement_store, repository
from gps.motion import Sight
from gps.movement_store import Told
from gps.movements import Movement, Way, follow
from gps.track import in_order

if TYPE_CHECKING:
    from gps.pipeline import Batch

log = logger(__name__)
WAY = "way"
"""Its key in what is remembered with the latest position."""
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
MOST_FIXES = 20_000
"""Of a way that is gone through again; beyond that late fixes correct nothing."""
RESUMED = ("stop", "silence")
"""Behind these one can go on: little is under way then."""


@dataclass(slots=True)
class Ways:
    """Of one batch. `gone`: per vehicle what is replaced, after the first and up to the second."""

    now: dict[UUID, Way] = field(default_factory=dict)
    told: dict[UUID, list[Told]] = field(default_factory=dict)
    gone: list[tuple[UUID, datetime | None, datetime | None]] = field(default_factory=list)


def read_ways(batch: "Batch") -> None:
    """Before the filters write down what they remember."""
    for vehicle, latest in batch.latest.items():
        told = batch.remembered.get(vehicle)
        way = told.way if told else None
        batch.ways.now[vehicle] = way or Way.from_json(latest.motion.get(WAY))


def follow_movements(batch: "Batch") -> None:
    for (vehicle, _), sight in zip(batch.kept, batch.sights, strict=True):
        way = batch.ways.now.get(vehicle)
        if way is None:
            way = batch.ways.now[vehicle] = Way()
        if over := follow(way, sight):
            batch.ways.told.setdefault(vehicle, []).extend(_told(way, over))


def retrace_movements(batch: "Batch") -> None:
    for vehicle, moment in batch.late.items():
        stored = movement_store.since(batch.cur, batch.uow.org_id, vehicle, moment)
        first = next((one for one in stored if one.resume and one.movement.told_at < moment), None)
        after = first.movement.told_at if first else None
        track = repository.track(
            batch.cur, batch.uow.org_id, vehicle, after or FIRST, most=MOST_FIXES
        )
        if len(track) == MOST_FIXES:
            log.info("movements_not_corrected", vehicle_id=str(vehicle), since=moment.isoformat())
            continue
        known = {(fix.device_id, fix.at) for fix in track}
        fresh = [
            fix
            for owner, fix in batch.on_the_way
            if owner == vehicle and (fix.device_id, fix.at) not in known
        ]
        in_time = {fix.at for owner, fix in batch.kept if owner == vehicle}
        if late := [fix.at for fix in fresh if fix.at not in in_time]:
            before = [one for one in stored if after is None or one.movement.told_at > after]
            way = Way.from_json(first.resume if first else None)
            _replace(batch, vehicle, way, in_order([*track, *fresh]), before, after, max(late))


def _replace(
    batch: "Batch",
    vehicle: UUID,
    way: Way,
    sights: Sequence[Sight],
    before: Sequence[Told],
    after: datetime | None,
    latest: datetime,
) -> None:
    """Go through the way again; stop where it comes out as it was told before."""
    as_told = {_key(one.movement): one for one in before}
    found: list[Told] = []
    for sight in sights:
        if not (over := follow(way, sight)):
            continue
        for one in _told(way, over):
            known = as_told.get(_key(one.movement))
            same = known is not None and known.movement == one.movement
            revised = known.revised_at if known and same else batch.uow.now
            found.append(one._replace(revised_at=revised))
            if same and known and one.resume and one.resume == known.resume and sight.at > latest:
                batch.ways.gone.append((vehicle, after, one.movement.told_at))
                batch.ways.told.setdefault(vehicle, [])[:0] = found
                return
    batch.ways.gone.append((vehicle, after, None))
    batch.ways.now[vehicle] = way
    batch.ways.told[vehicle] = found


def _told(way: Way, over: Sequence[Movement]) -> list[Told]:
    """The last of them carries what is remembered behind it."""
    rows = [Told(one, None, None) for one in over]
    if rows[-1].movement.kind in RESUMED:
        rows[-1] = rows[-1]._replace(resume=_plain(way))
    return rows


def _plain(way: Way) -> list[Any]:
    plain: list[Any] = json.loads(json.dumps(way.to_json()))
    return plain


def _key(one: Movement) -> tuple[str, datetime]:
    return one.kind, one.started_at


def remember_ways(batch: "Batch") -> None:
    """With the latest position, behind the filters' own memory."""
    for vehicle in batch.seen & batch.latest.keys():
        if (way := batch.ways.now.get(vehicle)) is not None:
            batch.latest[vehicle].motion[WAY] = way.to_json()


def save_movements(batch: "Batch") -> None:
    for vehicle, after, until in batch.ways.gone:
        movement_store.forget(batch.cur, batch.uow.org_id, vehicle, after, until)
    rows = [(vehicle, one) for vehicle, told in batch.ways.told.items() for one in told]
    movement_store.keep(batch.cur, batch.uow.org_id, rows)
