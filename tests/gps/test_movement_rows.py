"""Trips and stops in the database: batch by batch, with late fixes, as from the whole track."""

import random
from datetime import timedelta

import pytest

from core.clock import now
from gps.fix import Fix
from gps.motion import Sight
from gps.movements import Way, follow
from gps.pipeline import write
from tests.gps.conftest import Fleet
from tests.gps.drives import START, Drive
from tests.gps.test_movements import work_day

A, B = "13800000001", "13800000002"
COLUMNS = "kind, started_at, ended_at, distance_m, moving_s, idle_s, unseen_s, told_at"


def fixes_of(fleet: Fleet, drive: Drive, every: int = 10) -> list[Fix]:
    """The drive, ending now."""
    begin = (now() - timedelta(seconds=drive.second)).replace(microsecond=0)
    return [
        Fix(
            device_id=fleet.devices[A],
            fix_at=begin + (sight.at - START),
            received_at=now(),
            lat=sight.lat,
            lon=sight.lon,
            speed_kmh=sight.speed_kmh,
            ignition=sight.ignition,
        )
        for sight in drive.sights(every)
    ]


def rows(fleet: Fleet) -> list[tuple]:
    return fleet.query(
        f"SELECT {COLUMNS} FROM movement WHERE vehicle_id = %s ORDER BY told_at, ended_at, kind",
        fleet.vehicles[A],
    )


def from_the_whole(fixes: list[Fix]) -> list[tuple]:
    way, found = Way(), []
    for fix in sorted(fixes, key=lambda one: one.at):
        found += follow(way, Sight(fix.at, fix.lat, fix.lon, fix.speed_kmh, fix.ignition))
    names = [name.strip() for name in COLUMNS.split(",")]
    told = [tuple(getattr(one, name) for name in names) for one in found]
    return sorted(told, key=lambda row: (row[7], row[2], row[0]))


def state(fleet: Fleet) -> list[object]:
    ((way,),) = fleet.query(
        "SELECT motion->'way' FROM vehicle_position WHERE vehicle_id = %s", fleet.vehicles[A]
    )
    return list(way)


def long_day() -> Drive:
    drive = work_day()
    for turn in (90, 0, -90, 90):
        drive.go(2500, turn=turn).wait(1500, engine=False)
    return drive


@pytest.mark.parametrize("size", [1, 7, 100])
def test_batches_of_any_size_come_to_the_same(fleet: Fleet, size: int) -> None:
    fixes = fixes_of(fleet, work_day(), 30)
    for start in range(0, len(fixes), size):
        write(1, fixes[start : start + size])
    assert rows(fleet) == from_the_whole(fixes)
    assert [row[0] for row in rows(fleet) if "ign" not in row[0]] == [
        "stop",
        "trip",
        "stop",
        "trip",
    ]


def test_a_repeated_message_doubles_nothing(fleet: Fleet) -> None:
    fixes = fixes_of(fleet, work_day())
    write(1, fixes)
    before = rows(fleet)
    write(1, fixes[50:400])
    assert rows(fleet) == before
    assert not fleet.query("SELECT 1 FROM movement WHERE revised_at IS NOT NULL")


@pytest.mark.parametrize("seed", range(4))
def test_what_comes_late_is_put_in_its_place(fleet: Fleet, seed: int) -> None:
    """Blind spots, each sent afterwards in pieces in any order: as if all had come in time."""
    chance = random.Random(seed)
    fixes = fixes_of(fleet, long_day(), 15)
    late: list[list[Fix]] = []
    live = list(fixes)
    for _ in range(3):
        begin = chance.randrange(20, len(live) - 60)
        spot = live[begin : begin + chance.randrange(10, 50)]
        live = live[:begin] + live[begin + len(spot) :]
        half = len(spot) // 2
        late += [spot[:half], spot[half:]]
    for start in range(0, len(live), 40):
        write(1, live[start : start + 40])
    chance.shuffle(late)
    for piece in late:
        write(1, piece)
    assert rows(fleet) == from_the_whole(fixes)
    way = Way()
    for fix in fixes:
        follow(way, Sight(fix.at, fix.lat, fix.lon, fix.speed_kmh, fix.ignition))
    assert Way.from_json(state(fleet)) == way


def test_a_correction_touches_only_what_it_changes(fleet: Fleet) -> None:
    fixes = fixes_of(fleet, long_day())
    blind = range(150, 165)  # on the second way
    write(1, [fix for index, fix in enumerate(fixes) if index not in blind])
    first = rows(fleet)
    write(1, [fixes[index] for index in blind])
    assert rows(fleet) == from_the_whole(fixes)
    changed = {row[:2] for row in set(rows(fleet)) - set(first)}
    revised = fleet.query("SELECT kind, started_at FROM movement WHERE revised_at IS NOT NULL")
    assert set(revised) == changed
    assert 0 < len(changed) <= 2


def test_another_vehicle_is_left_alone(fleet: Fleet) -> None:
    fixes = fixes_of(fleet, work_day())
    write(1, fixes)
    assert not fleet.query("SELECT 1 FROM movement WHERE vehicle_id = %s", fleet.vehicles[B])
