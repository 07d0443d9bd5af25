"""Shapes, and ways that enter, leave and cross them."""

import json
import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gps.fix import distance_m
from gps.geofence import Passage, passage
from gps.motion import ACCURACY_M, Sight, Site, begin, follow
from gps.shapes import METRES_PER_DEGREE, Circle, Outline, Shape, shape_of

T0 = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
MIDDLE = (39.9, 116.3)


def place(north_m: float, east_m: float) -> tuple[float, float]:
    """Metres from the middle."""
    east = east_m / (METRES_PER_DEGREE * math.cos(math.radians(MIDDLE[0])))
    return MIDDLE[0] + north_m / METRES_PER_DEGREE, MIDDLE[1] + east


def seen(seconds: float, north_m: float, east_m: float = 0.0, kmh: float = 0.0) -> Sight:
    return Sight(T0 + timedelta(seconds=seconds), *place(north_m, east_m), kmh)


CIRCLE = Circle(*MIDDLE, 100.0)
SQUARE = Outline(
    "polygon", tuple(place(n, e) for n, e in ((-100, -100), (100, -100), (100, 100), (-100, 100)))
)
ROAD = Outline("corridor", (place(0, -1000), place(0, 1000)), 60.0)
HORSESHOE = Outline(
    "polygon",
    tuple(
        place(n, e)
        for n, e in (
            (0, 0),
            (300, 0),
            (300, 300),
            (0, 300),
            (0, 200),
            (200, 200),
            (200, 100),
            (0, 100),
        )
    ),
)


@pytest.mark.parametrize(
    ("shape", "north", "east", "beyond"),
    [
        (CIRCLE, 150, 0, 50),
        (CIRCLE, 0, 0, -100),
        (SQUARE, 150, 0, 50),
        (SQUARE, 0, 30, -70),
        (SQUARE, 130, 140, 50),
        (ROAD, 80, 500, 50),
        (ROAD, -10, 0, -20),
        (ROAD, 0, 1100, 70),
        (HORSESHOE, 100, 150, 50),
        (HORSESHOE, 250, 150, -50),
    ],
)
def test_metres_beyond_the_edge(shape: Shape, north: float, east: float, beyond: float) -> None:
    assert shape.beyond_m(*place(north, east)) == pytest.approx(beyond, abs=0.1)


def test_a_square_across_the_date_line() -> None:
    shape = Outline(
        "polygon", ((0.0, 179.999), (0.0, -179.999), (0.002, -179.999), (0.002, 179.999))
    )
    assert shape.beyond_m(0.001, 180.0) < 0
    assert shape.beyond_m(0.001, -179.998) == pytest.approx(0.001 * METRES_PER_DEGREE, abs=1)


def test_entering_and_leaving_are_dated_at_the_edge() -> None:
    entered = passage(CIRCLE, seen(0, 300), seen(10, 0), inside=False)
    assert entered == Passage("enter", T0 + timedelta(seconds=20 / 3), 10.0)
    left = passage(CIRCLE, seen(0, 50), seen(10, 150), inside=True)
    assert left == Passage("exit", T0 + timedelta(seconds=5), 10.0)


def test_noise_at_the_edge_neither_comes_nor_goes() -> None:
    assert passage(CIRCLE, seen(0, 95), seen(10, 100 + ACCURACY_M - 1), inside=True) is None
    assert passage(CIRCLE, seen(0, 125), seen(10, 105), inside=False) is None


def test_crossing_between_two_fixes_outside() -> None:
    crossed = passage(ROAD, seen(0, 200), seen(10, -200), inside=False)
    assert crossed is not None
    assert (crossed.kind, crossed.uncertainty_s) == ("cross", 10.0)
    assert abs(crossed.at - T0 - timedelta(seconds=5)) < timedelta(seconds=0.5)
    assert passage(ROAD, seen(0, 200), seen(10, 100), inside=False) is None
    assert passage(HORSESHOE, seen(0, -50, 150), seen(10, 100, 150), inside=False) is None
    assert passage(HORSESHOE, seen(0, 100, -50), seen(10, 100, 150), inside=False) is not None


@pytest.mark.parametrize("shape", [CIRCLE, SQUARE, ROAD, HORSESHOE])
def test_a_shape_goes_through_json(shape: Shape) -> None:
    assert shape_of(json.loads(json.dumps(shape.to_json()))) == shape


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "star"}, "kind"),
        ({"kind": "circle", "lat": 91, "lon": 0, "radius_m": 5}, "no place"),
        ({"kind": "circle", "lat": 1, "lon": 0, "radius_m": 0}, "radius_m"),
        ({"kind": "polygon", "points": [[0, 0], [0, 1], [0, 0]]}, "at least 3"),
        ({"kind": "polygon", "points": [[0, 0], [1, 1], [0, 1], [1, 0]]}, "crosses itself"),
        ({"kind": "corridor", "points": [[0, 0], [0, 1]]}, "width_m"),
    ],
)
def test_a_bad_shape_says_what_is_wrong(values: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        shape_of(values)


ways = st.lists(st.tuples(st.integers(-400, 400), st.integers(-400, 400)), min_size=2, max_size=30)


@given(ways, st.sampled_from([CIRCLE, SQUARE, ROAD, HORSESHOE]))
def test_coming_and_going_alternate_and_agree_with_where_it_is(
    spots: list[tuple[int, int]], shape: Shape
) -> None:
    sights = [seen(10 * index, *spot) for index, spot in enumerate(spots)]
    assume(shape.beyond_m(sights[0].lat, sights[0].lon) > ACCURACY_M)
    inside = False
    for before, sight in pairwise(sights):
        found = passage(shape, before, sight, inside=inside)
        if found is not None:
            assert before.at <= found.at <= sight.at
            assert (found.kind == "exit") == inside
            inside = found.kind == "enter"
        beyond = shape.beyond_m(sight.lat, sight.lon)
        assert inside or beyond > 0
        assert not inside or beyond <= ACCURACY_M


@given(st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_a_polygon_of_many_corners_is_a_circle(north: float, east: float) -> None:
    corners = [
        (500 * math.sin(i / 50 * math.pi), 500 * math.cos(i / 50 * math.pi)) for i in range(100)
    ]
    round_one = Outline("polygon", tuple(place(n, e) for n, e in corners))
    spot = place(north, east)
    assert round_one.beyond_m(*spot) == pytest.approx(distance_m(*MIDDLE, *spot) - 500, abs=1.5)


def test_a_vehicle_arrives_at_a_drawn_shape_and_not_beside_it() -> None:
    """A compound 600 m long: its gate lies where a circle of 100 m would not reach."""
    compound = Outline(
        "polygon", tuple(place(n, e) for n, e in ((-50, -300), (50, -300), (50, 300), (-50, 300)))
    )
    site = Site(*MIDDLE, 100.0, T0, compound)
    way = [seen(10 * i, 3000 - 300 * i, 280, 100) for i in range(1, 10)]
    stay = [seen(100 + 10 * i, 20, 280) for i in range(11)]
    motion, found = begin(site, seen(-10, 3000, 280)), []
    for sight in [*way, *stay]:
        motion, crossings = follow(site, motion, sight)
        found.extend(crossings)
    assert [one.kind for one in found] == ["departed", "arrived"]
    assert found[1].distance_m == pytest.approx(281, abs=2)
    beside = begin(site, seen(-10, 3000, 500))
    for sight in [seen(10 * i, max(20, 3000 - 300 * i), 500, 0) for i in range(1, 30)]:
        beside, crossings = follow(site, beside, sight)
        assert "arrived" not in [one.kind for one in crossings]
