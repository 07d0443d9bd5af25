"""Trips, stops, silences and ignition of drives whose truth is known."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gps.motion import Sight
from gps.movements import Movement, Way, follow, under_way
from tests.gps.drives import START, Drive


def moved(sights: list[Sight], way: Way | None = None) -> list[Movement]:
    way = way or Way()
    return [one for sight in sights for one in follow(way, sight)]


def kinds(found: list[Movement]) -> list[str]:
    return [one.kind for one in found if not one.kind.startswith("ignition")]


def second(at: object) -> float:
    return (at - START).total_seconds()  # type: ignore[operator]


def work_day() -> Drive:
    """Stands 20 minutes, 5 km with a red light, works for half an hour, 3 km, stands."""
    drive = Drive().wait(1200, engine=False)
    drive.go(2000).wait(70).go(3000, turn=90).wait(1800)
    return drive.go(3000, kmh=54, turn=-90).wait(900, engine=False)


def test_a_day_is_stops_with_trips_between() -> None:
    found = moved(list(work_day().sights()))
    assert kinds(found) == ["stop", "trip", "stop", "trip"]
    stop, trip, job, second_trip = [one for one in found if not one.kind.startswith("ign")]
    assert second(stop.ended_at) == pytest.approx(1200, abs=10)
    assert second(trip.ended_at) == pytest.approx(1200 + 500 + 70, abs=10)
    assert trip.distance_m == pytest.approx(5000, rel=0.01)
    assert trip.moving_s == pytest.approx(500, abs=20)
    assert (job.ended_at - job.started_at).total_seconds() == pytest.approx(1800, abs=15)
    assert job.idle_s == 0  # nobody knows yet whether the wire is to be believed
    assert second_trip.distance_m == pytest.approx(3000, rel=0.01)


def test_what_is_under_way_is_told_up_to_now() -> None:
    way = Way()
    drive = Drive().wait(600).go(5000)
    moved(list(drive.sights()), way)
    open_trip = under_way(way)
    assert open_trip is not None
    assert open_trip.kind == "trip"
    assert open_trip.distance_m == pytest.approx(5000, rel=0.02)
    assert under_way(Way()) is None


@pytest.mark.parametrize("every", [1, 5, 10, 30])
@pytest.mark.parametrize("noise", [0.0, 5.0, 10.0])
def test_the_distance_is_the_way_driven(every: int, noise: float) -> None:
    """Streets of a town, a corner every 400 m, with red lights; the error is stated in docs."""
    drive = Drive().wait(600)
    chance = random.Random(7)
    for _ in range(30):
        drive.go(400, kmh=chance.choice([25, 40, 55]), turn=chance.choice([0, 90, -90]))
        if chance.random() < 0.3:
            drive.wait(60)
    drive.wait(600)
    found = moved(list(drive.sights(every, noise)))
    metres = sum(one.distance_m for one in found if one.kind == "trip")
    assert kinds(found).count("trip") == 1
    assert metres == pytest.approx(drive.metres, rel=0.06 if every > 10 else 0.05)


@pytest.mark.parametrize("seed", range(20))
def test_noise_at_rest_is_no_way(seed: int) -> None:
    found = moved(list(Drive().wait(8 * 3600).sights(10, noise_m=15, seed=seed, wire=False)))
    assert found == []


def test_a_red_light_is_no_stop_and_a_long_wait_is_one() -> None:
    for seconds, trips in ((120, 1), (300, 2)):
        drive = Drive().wait(600).go(2000).wait(seconds).go(2000).wait(600)
        assert kinds(moved(list(drive.sights()))).count("trip") == trips


def test_shuffling_in_the_yard_is_no_trip() -> None:
    drive = Drive().wait(600).go(60, kmh=15).wait(1200).go(60, kmh=15, turn=180).wait(600)
    way = Way()
    assert moved(list(drive.sights(5, wire=False)), way) == []
    still = under_way(way)
    assert still is not None
    assert still.kind == "stop"
    # And the way from the second place of the yard is dated from when it left that.
    later = Drive().wait(600).go(60, kmh=15).wait(1200).go(3000).wait(600)
    stop, trip = moved(list(later.sights(5, wire=False)))
    assert (stop.kind, trip.kind) == ("stop", "trip")
    assert second(trip.started_at) == pytest.approx(600 + 14 + 1200, abs=6)


def test_straying_for_some_seconds_is_no_trip() -> None:
    sights = list(Drive().wait(1800).sights(10))
    for index in (60, 61):
        sights[index] = replace(sights[index], lat=sights[index].lat + 250 / 111_195)
    assert moved(sights) == []


def test_the_end_of_a_trip_is_dated_between_two_fixes() -> None:
    drive = Drive().wait(600).go(3000).wait(900)
    sights = [s for s in drive.sights(1) if second(s.at) % 60 == 50 or second(s.at) < 600]
    trip = next(one for one in moved(sights) if one.kind == "trip")
    assert second(trip.ended_at) == pytest.approx(900, abs=2)
    assert trip.end_unsure_s == 60


def test_silence_of_more_than_an_hour_splits_a_trip() -> None:
    drive = Drive().wait(600).go(20_000).wait(5000).go(8000).wait(900)
    blind = range(1600, 600 + 2000 + 5000 + 400)
    sights = [s for s in drive.sights() if int(second(s.at)) not in blind]
    found = moved(sights)
    assert kinds(found) == ["stop", "trip", "silence", "trip"]
    silence = found[kinds(found).index("silence")]
    silence = next(one for one in found if one.kind == "silence")
    assert second(silence.started_at) == 1590
    assert silence.unseen_s > 3600
    before, after = (one for one in found if one.kind == "trip")
    assert before.end_unsure_s == silence.unseen_s
    assert before.distance_m == pytest.approx(9900, rel=0.02)
    assert after.distance_m == pytest.approx(4000, rel=0.03)


def test_who_stands_where_it_stood_has_stood_there() -> None:
    drive = Drive().wait(600).go(3000).wait(6 * 3600, engine=False).go(2000).wait(600)
    sights = [s for s in drive.sights() if not 1800 < second(s.at) < 22_000]
    found = moved(sights)
    assert kinds(found) == ["stop", "trip", "stop", "trip"]
    night = [one for one in found if one.kind == "stop"][1]
    assert night.unseen_s > 5 * 3600
    assert night.longest_gap_s > 5 * 3600


def test_a_gap_on_the_way_is_counted_straight_and_as_unseen() -> None:
    drive = Drive().wait(600).go(10_000).wait(600)
    sights = [s for s in drive.sights() if not 900 < second(s.at) < 1300]
    trip = next(one for one in moved(sights) if one.kind == "trip")
    assert trip.distance_m == pytest.approx(10_000, rel=0.02)
    assert trip.unseen_s == trip.longest_gap_s == 400
    assert trip.moving_s == pytest.approx(600, abs=20)


def test_ignition_and_idling() -> None:
    """The wire is believed once it was seen on and off; then a job with the engine on idles."""
    drive = Drive().wait(300, engine=False).go(2000).wait(600, engine=False).go(2000)
    drive.wait(1200).go(1000)
    found = moved(list(drive.wait(900, engine=False).go(1000).sights()))
    ignition = [one for one in found if one.kind.startswith("ignition")]
    assert [one.kind for one in ignition] == [
        "ignition_off",
        "ignition_on",
        "ignition_off",
        "ignition_on",
        "ignition_off",
    ]
    assert second(ignition[1].ended_at) == pytest.approx(510, abs=10)
    off, busy = [one for one in found if one.kind == "stop"][1:3]
    assert off.idle_s == 0
    assert busy.idle_s == pytest.approx(1200, abs=15)


def test_an_ignition_that_is_off_on_the_move_says_nothing() -> None:
    drive = Drive().wait(300).go(2000).wait(90).go(2000).wait(900)
    sights = [replace(sight, ignition=False) for sight in drive.sights()]
    assert kinds(moved(sights)).count("trip") == 1  # 90 s with the ignition off would be a stop


def test_a_credible_ignition_off_shortens_the_wait() -> None:
    drive = Drive().wait(600).go(2000).wait(300, engine=False).go(2000)
    drive.wait(90, engine=False).go(2000).wait(600)
    assert kinds(moved(list(drive.sights()))).count("trip") == 3


def test_without_speeds_and_wire_the_places_alone_tell_it() -> None:
    sights = [replace(one, speed_kmh=0.0, ignition=None) for one in work_day().sights(15)]
    found = moved(sights)
    assert kinds(found) == ["stop", "trip", "stop", "trip"]
    assert found[1].distance_m == pytest.approx(5000, rel=0.03)


legs = st.lists(
    st.tuples(
        st.sampled_from(["go", "wait", "off"]), st.integers(20, 3000), st.sampled_from([-90, 0, 90])
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(legs, st.integers(1, 60), st.integers(0, 12), st.data())
def test_remembering_between_batches_changes_nothing(
    plan: list[tuple[str, int, int]], every: int, noise: int, data: st.DataObject
) -> None:
    drive = Drive().wait(120)
    for what, size, turn in plan:
        if what == "go":
            drive.go(size, turn=turn)
        else:
            drive.wait(size, engine=what == "wait")
    sights = list(drive.sights(every, noise))
    cut = data.draw(st.integers(0, len(sights)))
    sights = sights[:cut] + [
        replace(one, at=one.at + timedelta(minutes=data.draw(st.sampled_from([0, 30, 90]))))
        for one in sights[cut : cut + 1]
    ]
    whole = Way()
    at_once = moved(sights, whole)
    way, piece_by_piece = Way(), []
    for sight in sights:
        piece_by_piece += follow(way, sight)
        way = Way.from_json(json.loads(json.dumps(way.to_json())))
    assert piece_by_piece == at_once
    assert way.to_json() == json.loads(json.dumps(whole.to_json())) or way == whole
    times = [one for one in at_once if not one.kind.startswith("ignition")]
    for before, after in pairwise(times):
        assert before.ended_at == after.started_at
    assert all(one.started_at <= one.ended_at for one in at_once)
