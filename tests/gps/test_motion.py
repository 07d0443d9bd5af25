"""Departure and arrival on drawn tracks: straight streets, one metre at a time in thought."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.motion import Crossing, Motion, Sight, Site, begin, follow, retraced

T0 = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
BASE = (39.9, 116.3)
M_PER_DEG = 111_195.0


def at(
    seconds: float,
    metres: float,
    speed: float = 0.0,
    *,
    aside: float = 0.0,
    ignition: bool | None = None,
) -> Sight:
    """A vehicle `metres` north of the base, `seconds` after the watch began."""
    lon = BASE[1] + aside / (M_PER_DEG * math.cos(math.radians(BASE[0])))
    lat = BASE[0] + metres / M_PER_DEG
    return Sight(T0 + timedelta(seconds=seconds), lat, lon, speed, ignition)


def site(metres: float, radius: float = 100.0) -> Site:
    """A fix up to 30 m farther out may still be inside."""
    place = at(0, metres)
    return Site(place.lat, place.lon, radius, T0)


def run(where: Site, origin: Sight | None, *sights: Sight) -> list[Crossing]:
    """The crossings; the state goes through JSON between any two fixes, as through a restart."""
    motion, found = begin(where, origin), []
    for sight in sights:
        motion = Motion.from_json(json.loads(json.dumps(motion.to_json())))
        motion, crossings = follow(where, motion, sight)
        found.extend(crossings)
    return found


def seconds(crossing: Crossing) -> float:
    return (crossing.at - T0).total_seconds()


REST = at(-20, 0)


def drive(
    start: float, metres: float, until: float, *, step: float = 5, kmh: float = 36
) -> list[Sight]:
    """Fixes every `step` seconds of a vehicle at 36 km/h (10 m/s) that starts at `start`."""
    pace = kmh / 3.6
    count = int((until - metres) / pace / step)
    return [at(start + i * step, metres + i * step * pace, kmh) for i in range(1, count + 1)]


def test_standing_and_noise_are_no_departure() -> None:
    noise = [at(5 * i, (-1) ** i * 30, 3.0, aside=15) for i in range(40)]
    assert run(site(5000), REST, *noise) == []


def test_two_fixes_a_little_aside_are_no_departure() -> None:
    assert run(site(5000), REST, at(10, 60), at(20, 90), at(30, 95, 9), at(40, 0)) == []


def test_departure_is_dated_back_to_the_first_movement() -> None:
    (departed,) = run(site(5000), REST, at(10, 0), at(20, 3), *drive(20, 0, 400))
    assert departed.kind == "departed"
    assert seconds(departed) == pytest.approx(20, abs=0.5)
    assert departed.uncertainty_s == 5
    assert (departed.lat, departed.lon) == (at(20, 3).lat, at(20, 3).lon)


def test_a_single_outlier_makes_nothing() -> None:
    rest = [at(10 * i, 0) for i in range(1, 10)]
    for outlier in (at(45, 5000, 60), at(45, 300, 0), at(45, 5000, 0)):
        track = sorted([*rest, outlier], key=lambda sight: sight.at)
        assert run(site(5000), REST, *track) == []


def test_without_speeds_two_fixes_away_are_a_departure() -> None:
    (departed,) = run(site(5000), REST, at(30, 0), at(60, 400), at(90, 900))
    assert seconds(departed) == pytest.approx(45)
    assert departed.uncertainty_s == 30


def test_a_vehicle_on_the_move_departed_when_the_watch_began() -> None:
    (departed,) = run(site(9000), at(-5, -50, 36), *drive(-5, -50, 400))
    assert seconds(departed) == 0


def test_arrival_is_dated_back_to_the_edge() -> None:
    # The edge of the site is at 900 m; at 10 m/s from second 20 it is reached at second 110.
    stop = [at(121 + 10 * i, 1000) for i in range(11)]
    found = run(site(1000), REST, at(20, 0), *drive(20, 0, 1000, step=7), *stop)
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert seconds(found[1]) == pytest.approx(110, abs=0.2)
    assert found[1].uncertainty_s == 7


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("kmh", [12, 36, 72])
def test_a_fix_just_before_the_edge_does_not_date_the_arrival(step: float, kmh: float) -> None:
    # A fix less than 30 m outside may be inside, but the way crosses the edge later.
    way = drive(20, 0, 1000, step=step, kmh=kmh)
    stands = (way[-1].at - T0).total_seconds() + 1
    stop = [at(stands + 10 * i, 1000) for i in range(11)]
    found = run(site(1000), REST, at(20, 0), *way, *stop)
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert seconds(found[1]) == pytest.approx(20 + 900 / (kmh / 3.6), abs=0.2)
    assert found[1].uncertainty_s == step


def test_who_parks_behind_the_site_came_when_it_crossed_the_edge() -> None:
    # Through the circle, and to rest 20 m behind it, where a fix may still be inside.
    way = drive(0, 0, 1120)
    found = run(site(1000), REST, *way, *(at(117 + 10 * i, 1120) for i in range(11)))
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert seconds(found[1]) == pytest.approx(90, abs=0.2)


def test_who_rests_before_the_edge_and_strays_into_the_site_came_once() -> None:
    # Parked 10 m outside; a minute later one fix says 15 m farther on.
    way, rest = drive(0, 0, 890), [at(90 + 5 * i, 890) for i in range(40)]
    rest[12] = at(90 + 5 * 12, 905)
    found = run(site(1000), REST, *way, *rest)
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert seconds(found[1]) <= 90


def test_the_crossing_is_interpolated_over_a_long_gap() -> None:
    found = run(site(1000), REST, at(60, 500, 36), at(120, 1000), at(210, 1000))
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert seconds(found[1]) == pytest.approx(60 + 60 * 400 / 500, abs=0.2)
    assert found[1].uncertainty_s == 60


@pytest.mark.parametrize("step", [2, 5, 10, 30, 60])
@pytest.mark.parametrize("kmh", [20, 36, 60])
def test_driving_past_is_no_arrival(step: float, kmh: float) -> None:
    found = run(site(1000), REST, *drive(0, 0, 4000, step=step, kmh=kmh))
    assert [crossing.kind for crossing in found] == ["departed"]


def test_a_red_light_inside_the_site_is_no_arrival() -> None:
    wait = [at(103 + 5 * i, 1000) for i in range(15)]
    found = run(site(1000), REST, *drive(0, 0, 1000), *wait, *drive(175, 1000, 3000))
    assert [crossing.kind for crossing in found] == ["departed"]


def switched(sights: list[Sight], ignition: bool) -> list[Sight]:
    return [replace(sight, ignition=ignition) for sight in sights]


def test_switching_the_ignition_off_inside_is_an_arrival_at_once() -> None:
    way = switched(drive(0, 0, 1000), ignition=True)
    stop = [at(103, 1000, ignition=True), at(113, 1000, ignition=False)]
    found = run(site(1000), REST, *way, *stop)
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert seconds(found[1]) == pytest.approx(90, abs=0.2)


def test_an_ignition_that_is_off_on_the_move_is_not_believed() -> None:
    """Terminals without the wire say off for ever: a red light would be an arrival."""
    seen_on = [at(1, 0, ignition=True)]
    way = switched(drive(1, 0, 1000), ignition=False)
    wait = [at(103 + 5 * i, 1000, ignition=False) for i in range(15)]
    on = switched(drive(175, 1000, 3000), ignition=False)
    found = run(site(1000), REST, *seen_on, *way, *wait, *on)
    assert [crossing.kind for crossing in found] == ["departed"]


def test_shuffling_in_the_yard_is_no_departure() -> None:
    shuffle = [at(10, 25, 12), *(at(20 + 10 * i, 60) for i in range(15))]
    (departed,) = run(site(5000), REST, *shuffle, *drive(180, 60, 600))
    assert seconds(departed) == pytest.approx(175, abs=6)


def test_a_red_light_in_front_of_the_yard_does_not_hide_the_departure() -> None:
    light = [at(10, 60, 12), *(at(20 + 10 * i, 90) for i in range(5))]
    (departed,) = run(site(5000), REST, *light, *drive(75, 90, 600))
    assert seconds(departed) <= 10


def test_fixes_that_came_late_date_both_moments_better() -> None:
    """A blind spot over departure and arrival: live fixes alone know the gap's ends."""
    stop = [at(161 + 10 * i, 1000) for i in range(11)]
    whole = [at(0, 0), at(60, 0), *drive(60, 0, 1000), *stop]
    live = [REST, *(sight for sight in whole if not 30 < (sight.at - T0).total_seconds() < 155)]
    coarse, fine = (retraced(site(1000), track)[1] for track in (live, [REST, *whole]))
    assert [one.kind for one in coarse] == [one.kind for one in fine] == ["departed", "arrived"]
    assert [seconds(one) for one in fine] == [pytest.approx(60, abs=1), pytest.approx(150, abs=1)]
    for rough, exact in zip(coarse, fine, strict=True):
        assert rough.uncertainty_s > 100 > exact.uncertainty_s
        assert abs(seconds(rough) - seconds(exact)) <= rough.uncertainty_s


def test_one_outlier_inside_the_site_is_no_arrival_and_one_outside_delays_none() -> None:
    away = [at(10 * i, 3000 + 100 * i, 36) for i in range(1, 9)]
    assert [c.kind for c in run(site(1000), REST, *away[:4], at(45, 1000), *away[4:])] == [
        "departed"
    ]
    stop = [at(110 + 10 * i, 1000 if i != 2 else 1900) for i in range(13)]
    found = run(site(1000), REST, *drive(0, 0, 1000), *stop)
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert seconds(found[1]) == pytest.approx(90, abs=0.2)


def test_already_at_the_site() -> None:
    found = run(site(20), REST, at(10, 2), at(20, 1), at(80, 2))
    assert [(crossing.kind, seconds(crossing)) for crossing in found] == [
        ("departed", 0),
        ("arrived", 0),
    ]


def test_already_inside_but_only_driving_through() -> None:
    found = run(site(20), at(-2, 0, 36), *drive(-2, 0, 1500))
    assert [crossing.kind for crossing in found] == ["departed"]


def test_a_stale_origin_inside_the_site_is_no_arrival_when_the_vehicle_is_elsewhere() -> None:
    found = run(site(20), at(-7200, 0), at(5, 3000, 36), at(10, 3050, 36), at(15, 3100, 36))
    assert [crossing.kind for crossing in found] == ["departed"]
    assert 0 <= seconds(found[0]) <= 5


def test_the_next_street_counts_as_departed_and_arrived() -> None:
    near = site(150, radius=50)  # edge at 100 m, the proof of a departure needs more than 150
    found = run(near, REST, at(10, 0), at(20, 60, 15), at(30, 101), at(130, 101))
    assert [crossing.kind for crossing in found] == ["departed", "arrived"]
    assert found[0].at <= found[1].at


def test_without_any_position_the_first_fix_is_the_origin() -> None:
    found = run(site(5000), None, at(30, 0), at(60, 0), at(90, 400), at(120, 900))
    assert [crossing.kind for crossing in found] == ["departed"]
    assert 60 <= seconds(found[0]) <= 90


def test_fixes_from_before_the_watch_prove_nothing() -> None:
    early = [at(-15, 500, 36), at(-10, 1000), at(-5, 1000)]
    assert run(site(1000), REST, *early) == []


tracks = st.lists(
    st.tuples(st.integers(1, 120), st.integers(-2000, 6000), st.integers(0, 90)), max_size=40
)


@given(tracks, st.integers(0, 4000), st.integers(20, 300))
def test_laws_of_any_track(steps: list[tuple[int, int, int]], middle: int, radius: int) -> None:
    now, sights = 0, []
    for gap, metres, speed in steps:
        now += gap
        sights.append(at(now, metres, speed))
    where = site(middle, radius)
    found = run(where, REST, *sights)
    kinds = [crossing.kind for crossing in found]
    assert kinds in ([], ["departed"], ["departed", "arrived"])
    for crossing in found:
        assert T0 <= crossing.at <= sights[-1].at
        assert crossing.uncertainty_s >= 0
    if len(found) == 2:
        assert found[0].at <= found[1].at
        assert found[1].distance_m <= radius + 30
    plain, motion = [], begin(where, REST)
    for sight in sights:
        motion, crossings = follow(where, motion, sight)
        plain.extend(crossings)
    assert plain == found
