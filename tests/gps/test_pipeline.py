"""The write path on a real database: once, in order, never blocked by a neighbour."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.clock import now
from core.events import VehicleArrived, VehicleDeparted
from core.ids import new_id
from core.settings import settings
from gps import pipeline, service
from gps.fix import Fix
from gps.pipeline import DatabaseAway, write
from tests.gps.conftest import Fleet

A, B, BENCH = "13800000001", "13800000002", "13800000003"


def fix(fleet: Fleet, identity: str, at: datetime, lat: float = 39.9, **more: object) -> Fix:
    return Fix(
        device_id=fleet.devices[identity],
        fix_at=at,
        received_at=now(),
        lat=lat,
        lon=116.3,
        **more,  # type: ignore[arg-type]
    )


def track(fleet: Fleet, identity: str, count: int, start: datetime) -> list[Fix]:
    return [
        fix(fleet, identity, start + timedelta(seconds=i), 39.9 + i * 1e-5) for i in range(count)
    ]


def stored(fleet: Fleet) -> list[tuple]:
    return fleet.query("SELECT device_id, fix_at, flags, vehicle_id FROM fix ORDER BY 1, 2")


def latest(fleet: Fleet, identity: str) -> tuple:
    (row,) = fleet.query(
        "SELECT fix_at, lat FROM vehicle_position WHERE vehicle_id = %s", fleet.vehicles[identity]
    )
    return row


def watch(fleet: Fleet, assignment: UUID, lat: float, since: datetime) -> None:
    """Vehicle A is watched for a site of 100 m north of where it stands."""
    with fleet.work() as uow:
        service.watch(
            uow,
            vehicle_id=fleet.vehicles[A],
            assignment_id=assignment,
            lat=lat,
            lon=116.3,
            radius_m=100,
            now=since,
        )


def test_fixes_are_stored_once_however_often_they_come(fleet: Fleet) -> None:
    start = now() - timedelta(minutes=5)
    fixes = track(fleet, A, 50, start) + track(fleet, BENCH, 20, start)
    assert write(1, fixes).reasons["ok"] == 70
    for again in (fixes, fixes[10:40]):
        assert write(1, again).refused == set()
    assert len(stored(fleet)) == 70
    assert latest(fleet, A)[0] == start + timedelta(seconds=49)
    assert {row[3] for row in stored(fleet)} == {fleet.vehicles[A], None}


def test_a_late_fix_is_stored_and_never_becomes_the_latest(fleet: Fleet) -> None:
    moment = now() - timedelta(minutes=1)
    write(1, [fix(fleet, A, moment)])
    written = write(1, [fix(fleet, A, moment - timedelta(minutes=10), 39.95)])
    assert written.reasons["late"] == 1
    assert not written.latest
    assert [row[2] for row in stored(fleet)] == ["late", "ok"]
    assert latest(fleet, A) == (moment, 39.9)


def test_days_get_their_own_partitions(fleet: Fleet) -> None:
    fixes = [fix(fleet, BENCH, now() - timedelta(days=days)) for days in (0, 3, 40)]
    write(1, fixes)
    names = fleet.query("SELECT DISTINCT tableoid::regclass::text FROM fix")
    assert {name for (name,) in names} == {f"fix_p{one.at:%Y%m%d}" for one in fixes}


def test_a_day_that_has_gone_is_made_again(fleet: Fleet) -> None:
    one = fix(fleet, A, now() - timedelta(days=3))
    write(1, [one])
    fleet.execute(f"DROP TABLE fix_p{one.at:%Y%m%d}")
    fleet.execute("DELETE FROM vehicle_position")
    assert write(1, [one]).verdicts == ["ok"]
    assert len(stored(fleet)) == 1


def test_one_bad_row_costs_only_itself(fleet: Fleet) -> None:
    fleet.execute("ALTER TABLE fix ADD CONSTRAINT planted CHECK (lat < 50)")
    start = now() - timedelta(minutes=5)
    fixes = track(fleet, BENCH, 40, start)
    fixes[17] = fix(fleet, BENCH, fixes[17].at, 60.0)
    written = write(1, fixes)
    assert written.refused == {17}
    assert written.reasons["ok"] == 39
    assert written.reasons["refused"] == 1
    assert len(stored(fleet)) == 39


def test_many_gateways_at_once_store_each_fix_once(fleet: Fleet) -> None:
    start = now() - timedelta(minutes=5)
    fixes = track(fleet, A, 60, start) + track(fleet, B, 60, start)

    def patiently(part: list[Fix]) -> None:
        while True:
            try:
                write(1, part)
            except DatabaseAway:
                continue
            return

    with ThreadPoolExecutor(6) as pool:
        parts = [fixes[i : i + 30] for i in range(0, 120, 15)]
        for job in [pool.submit(patiently, part) for part in parts]:
            job.result()
    assert len(stored(fleet)) == 120
    assert latest(fleet, A)[0] == start + timedelta(seconds=59)


def test_a_refused_jump_is_remembered_between_batches(fleet: Fleet) -> None:
    start = now() - timedelta(minutes=5)
    write(1, [fix(fleet, A, start)])
    jump = [fix(fleet, A, start + timedelta(seconds=s), 40.5) for s in (5, 10)]
    assert write(1, jump[:1]).reasons["jump"] == 1
    assert latest(fleet, A) == (start, 39.9)
    assert write(1, jump[1:]).reasons["ok"] == 1
    assert latest(fleet, A) == (jump[1].at, 40.5)


def test_departure_and_arrival_become_facts_of_the_vehicle(fleet: Fleet) -> None:
    began = now() - timedelta(minutes=20)
    assignment = new_id()
    write(1, [fix(fleet, A, began - timedelta(seconds=10))], now=began)
    watch(fleet, assignment, 39.99, began)
    # 10 m/s north from second 60: 0.09 degrees are 10 008 m, the edge of the site 100 m before.
    way = [fix(fleet, A, began + timedelta(seconds=30))]
    way += [
        fix(fleet, A, began + timedelta(seconds=60 + s), 39.9 + s * 10 / 111_195, speed_kmh=36.0)
        for s in range(0, 1001, 10)
    ]
    way += [fix(fleet, A, began + timedelta(seconds=1070 + s), 39.99) for s in range(0, 100, 10)]
    for part in range(0, len(way), 7):
        write(1, way[part : part + 7])

    (departed, event), (arrived, last) = fleet.facts(A)
    assert isinstance(departed, VehicleDeparted)
    assert isinstance(arrived, VehicleArrived)
    assert departed.assignment_id == arrived.assignment_id == assignment
    assert (event.occurred_at - began).total_seconds() == pytest.approx(60, abs=11)
    assert (last.occurred_at - began).total_seconds() == pytest.approx(60 + 990.8, abs=1)
    assert departed.uncertainty_s <= 40
    ((departed_at, arrived_at),) = fleet.query("SELECT departed_at, arrived_at FROM gps_watch")
    assert (departed_at, arrived_at) == (event.occurred_at, last.occurred_at)
    write(1, way)
    assert len(fleet.facts(A)) == 2


def test_positions_that_come_late_date_the_facts_anew(fleet: Fleet) -> None:
    """A phone's backlog comes after live fixes: the facts told from the ends of the gap change."""
    began, assignment = now() - timedelta(minutes=30), new_id()
    write(1, [fix(fleet, A, began - timedelta(seconds=10))], now=began)
    watch(fleet, assignment, 39.94, began)
    # 10 m/s north from second 300: 0.04 degrees are 4 448 m, the edge is reached at second 734.8.
    drive = [
        fix(fleet, A, began + timedelta(seconds=300 + s), 39.9 + s * 10 / 111_195, speed_kmh=36.0)
        for s in range(0, 445, 5)
    ]
    stand = [fix(fleet, A, began + timedelta(seconds=s)) for s in range(0, 300, 30)]
    there = [fix(fleet, A, began + timedelta(seconds=900 + s), 39.94) for s in range(0, 120, 20)]
    write(1, there)
    (departed, first), (arrived, second) = fleet.facts(A)
    assert (departed.revised, arrived.revised) == (False, False)
    blind = stand + drive
    for part in (blind[40:], blind[:40], blind):
        write(1, part)

    told = fleet.facts(A)[2:]
    assert [fact.revised for fact, _ in told] == [True] * len(told)
    gone = [event.occurred_at for fact, event in told if isinstance(fact, VehicleDeparted)]
    come = [event.occurred_at for fact, event in told if isinstance(fact, VehicleArrived)]
    assert (gone[-1] - began).total_seconds() == pytest.approx(300, abs=6)
    assert (come[-1] - began).total_seconds() == pytest.approx(734.8, abs=1)
    assert abs(first.occurred_at - gone[-1]) > timedelta(minutes=1)
    assert abs(second.occurred_at - come[-1]) > timedelta(minutes=1)
    ((departed_at, arrived_at),) = fleet.query("SELECT departed_at, arrived_at FROM gps_watch")
    assert (departed_at, arrived_at) == (gone[-1], come[-1])
    assert latest(fleet, A) == (there[-1].at, 39.94)
    write(1, blind)
    assert len(fleet.facts(A)) == 2 + len(told)


def test_what_is_not_stored_is_counted_per_device_and_rule(fleet: Fleet) -> None:
    moment = now() - timedelta(minutes=1)
    write(1, [fix(fleet, A, moment), fix(fleet, A, moment - timedelta(days=100))])
    write(1, [fix(fleet, A, moment - timedelta(days=120), 39.8), fix(fleet, B, moment, 0.0)])
    told = fleet.query(
        "SELECT device_id, reason, fixes, last_fix_at, last_lat FROM fix_dropped ORDER BY reason"
    )
    assert told == [(fleet.devices[A], "far_past", 2, moment - timedelta(days=120), 39.8)]
    zero = replace(fix(fleet, B, moment, 0.0), lon=0.0)
    write(1, [zero, replace(zero, fix_at=None)])
    counts = fleet.query(
        "SELECT reason, fixes FROM fix_dropped WHERE device_id = %s ORDER BY 1", fleet.devices[B]
    )
    assert counts == [("no_time", 1), ("null_island", 1)]


def test_a_standing_vehicle_is_thinned_where_that_is_wished(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "gps_static_seconds", 30.0)
    start = now() - timedelta(minutes=5)
    stand = [fix(fleet, A, start + timedelta(seconds=10 * i)) for i in range(10)]
    for one in stand:
        write(1, [one])
    assert [row[1] for row in stored(fleet)] == [stand[i].at for i in (0, 3, 6, 9)]
    assert latest(fleet, A)[0] == stand[-1].at
    drive = [
        fix(fleet, A, stand[-1].at + timedelta(seconds=i), 39.9 + i * 2e-4, speed_kmh=50.0)
        for i in range(1, 6)
    ]
    write(1, drive)
    assert len(stored(fleet)) == 9
    assert latest(fleet, A)[0] == drive[-1].at
    assert fleet.query("SELECT reason, fixes FROM fix_dropped") == [("static", 6)]


def test_a_second_device_beside_the_first_dates_nothing_anew(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two report in turn: the second is beside the first, and that is no blind spot."""
    began, assignment = now() - timedelta(minutes=20), new_id()
    fleet.execute(
        f"UPDATE device SET vehicle_id = '{fleet.vehicles[A]}' WHERE identity = '{BENCH}'"
    )
    write(1, [fix(fleet, A, began - timedelta(seconds=10))], now=began)
    watch(fleet, assignment, 39.94, began)
    looked: list[object] = []
    monkeypatch.setattr(pipeline, "_track", lambda *args: looked.append(args) or [])
    for second in range(0, 60, 10):
        write(1, [fix(fleet, A, began + timedelta(seconds=second + 2))])
        beside = [fix(fleet, BENCH, began + timedelta(seconds=second + 1))]
        assert write(1, beside).reasons["beside"] == 1
    assert looked == []


def test_nothing_is_watched_after_unwatch(fleet: Fleet) -> None:
    began, assignment = now() - timedelta(minutes=20), new_id()
    watch(fleet, assignment, 39.9, began)
    with fleet.work() as uow:
        service.unwatch(uow, assignment, now())
    write(1, [fix(fleet, A, began + timedelta(seconds=s)) for s in range(0, 200, 10)])
    assert fleet.facts(A) == []


def test_a_failing_step_leaves_nothing_behind(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_batch: pipeline.Batch) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(pipeline, "APPLY", (*pipeline.APPLY, broken))
    assert write(1, track(fleet, A, 3, now())).refused == {0, 1, 2}
    assert stored(fleet) == []
    assert fleet.query("SELECT 1 FROM vehicle_position") == []
