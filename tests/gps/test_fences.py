"""All fences against all steps: the same as one fence and one step at a time."""

import math
import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from core.ids import new_id
from gps.fences import Book, FenceShape, Inside, Passed, Step, sights
from gps.geofence import passage
from gps.geojson import from_geometry, to_geometry
from gps.motion import Sight
from gps.shapes import METRES_PER_DEGREE, Circle, Outline, Shape, shape_of
from tests.gps.drives import START

LAT, LON = 30.66, 104.06
WIDE = METRES_PER_DEGREE * math.cos(math.radians(LAT))


def place(north: float, east: float) -> tuple[float, float]:
    return LAT + north / METRES_PER_DEGREE, LON + east / WIDE


def seen(second: float, north: float, east: float = 0.0) -> Sight:
    return Sight(START + timedelta(seconds=second), *place(north, east), 30.0)


def random_shape(chance: random.Random) -> Shape:
    north, east = chance.uniform(-5000, 5000), chance.uniform(-5000, 5000)
    kind = chance.randrange(3)
    if kind == 0:
        return Circle(*place(north, east), chance.uniform(20, 1500))
    if kind == 1:
        size = chance.uniform(50, 1500)
        angles = sorted(chance.uniform(0, 2 * math.pi) for _ in range(chance.randrange(3, 9)))
        points = [place(north + size * math.cos(a), east + size * math.sin(a)) for a in angles]
        return Outline("polygon", tuple(points))
    points = [place(north + i * chance.uniform(100, 600), east + i * 300) for i in range(4)]
    return Outline("corridor", tuple(points), chance.uniform(20, 300))


def random_steps(chance: random.Random, vehicles: list[UUID], count: int) -> list[Step]:
    at = {v: seen(0, chance.uniform(-5000, 5000), chance.uniform(-5000, 5000)) for v in vehicles}
    steps = []
    for second in range(1, count + 1):
        vehicle = chance.choice(vehicles)
        far, way = chance.choice([3.0, 40.0, 200.0, 1500.0]), chance.uniform(0, 2 * math.pi)
        before = at[vehicle]
        after = replace(
            before,
            at=START + timedelta(seconds=second),
            lat=before.lat + far * math.cos(way) / METRES_PER_DEGREE,
            lon=before.lon + far * math.sin(way) / WIDE,
        )
        steps.append(Step(vehicle, before, after))
        at[vehicle] = after
    return steps


def one_by_one(
    fences: list[FenceShape], steps: list[Step], inside: dict[UUID, Inside]
) -> list[tuple[UUID, UUID, str, object]]:
    found = []
    for step in steps:
        for fence in fences:
            if fence.vehicles is not None and step.vehicle not in fence.vehicles:
                continue
            known = inside[step.vehicle].fences
            what = passage(fence.shape, step.before, step.after, inside=fence.id in known)
            if what is None:
                continue
            found.append((step.vehicle, fence.id, what.kind, what.at))
            if what.kind == "enter":
                known.add(fence.id)
            elif what.kind == "exit":
                known.discard(fence.id)
    return found


def plain(found: list[Passed]) -> list[tuple[UUID, UUID, str, object]]:
    return [(one.step.vehicle, one.fence.id, one.passage.kind, one.passage.at) for one in found]


@pytest.mark.parametrize("seed", range(6))
def test_the_pass_is_the_rule_for_each_pair(seed: int) -> None:
    chance = random.Random(seed)
    vehicles = [new_id() for _ in range(8)]
    fences = [
        FenceShape(
            new_id(),
            1,
            random_shape(chance),
            None if chance.random() < 0.7 else frozenset(vehicles[:4]),
        )
        for _ in range(60)
    ]
    steps = random_steps(chance, vehicles, 400)
    book, inside, reference = Book(fences, 1), {}, {}
    for vehicle in vehicles:
        inside[vehicle], reference[vehicle] = Inside(), Inside(1)
    first = sights(steps)
    for vehicle, sight in first.items():
        for fence in fences:
            mine = fence.vehicles is None or vehicle in fence.vehicles
            if mine and fence.shape.beyond_m(sight.lat, sight.lon) <= 0:
                reference[vehicle].fences.add(fence.id)
    book.renew(inside, first)
    told = []
    for start in range(0, len(steps), 50):
        told += plain(book.passed(steps[start : start + 50], inside))
    expected = one_by_one(fences, steps, reference)
    assert len(expected) > 50
    assert {kind for _, _, kind, _ in expected} == {"enter", "exit", "cross"}
    assert sorted(told, key=repr) == sorted(expected, key=repr)
    assert {v: known.fences for v, known in inside.items()} == {
        v: known.fences for v, known in reference.items()
    }


def drive(book: Book, known: Inside, sights_: list[Sight]) -> list[str]:
    vehicle = new_id()
    steps = [Step(vehicle, *pair) for pair in pairwise(sights_)]
    book.renew({vehicle: known}, {vehicle: sights_[0]})
    return [one.passage.kind for one in book.passed(steps, {vehicle: known})]


YARD = FenceShape(new_id(), 1, Circle(LAT, LON, 100.0))


def test_jitter_at_the_border_does_not_come_and_go() -> None:
    chance = random.Random(3)
    at_the_edge = [seen(s, 100 + chance.uniform(-25, 25)) for s in range(0, 3000, 10)]
    assert drive(Book([YARD], 1), Inside(), at_the_edge).count("exit") == 0
    assert drive(Book([YARD], 1), Inside(), [seen(0, 300), seen(10, 0), seen(20, 300)]) == [
        "enter",
        "exit",
    ]


def test_a_fence_drawn_around_a_vehicle_is_not_entered() -> None:
    known = Inside()
    assert drive(Book([YARD], 1), known, [seen(0, 20), seen(10, 30)]) == []
    assert known.fences == {YARD.id}
    # Nor is one that is moved to it; it leaves what it is in then, and enters what it drives into.
    moved = YARD._replace(edition=2, shape=Circle(*place(1000, 0), 100.0))
    assert drive(Book([moved], 2), known, [seen(20, 1000), seen(30, 1010), seen(40, 1300)]) == [
        "exit"
    ]
    assert drive(Book([moved], 2), known, [seen(50, 1300), seen(60, 1000)]) == ["enter"]


def test_a_fence_that_did_not_change_is_remembered() -> None:
    known = Inside()
    drive(Book([YARD], 1), known, [seen(0, 0), seen(10, 0)])
    other = FenceShape(new_id(), 2, Circle(*place(5000, 0), 50.0))
    assert drive(Book([YARD, other], 2), known, [seen(20, 110), seen(30, 120)]) == []  # the edge
    assert known.fences == {YARD.id}
    assert drive(Book([other], 3), known, [seen(40, 120), seen(50, 500)]) == []
    assert known.fences == set()


def test_what_is_inside_survives_as_json() -> None:
    known = Inside(7, {new_id(), new_id()})
    assert Inside.from_json(known.to_json()) == known
    assert Inside.from_json(None) == Inside()


@pytest.mark.parametrize("seed", range(10))
def test_geojson_there_and_back(seed: int) -> None:
    shape = random_shape(random.Random(seed))
    geometry, sizes = to_geometry(shape)
    assert from_geometry(geometry, sizes) == shape_of(shape.to_json())


@pytest.mark.parametrize(
    ("geometry", "properties", "says"),
    [
        ({"type": "Point", "coordinates": [104, 30]}, {}, "radius_m"),
        ({"type": "Point", "coordinates": [104, 300]}, {"radius_m": 5}, "no place"),
        ({"type": "MultiPolygon", "coordinates": []}, {}, "geometry.type"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [1, 1]]]}, {}, "points"),
        ({"type": "LineString", "coordinates": None}, {"width_m": 5}, "coordinates"),
        ({"type": "Polygon", "coordinates": [[], []]}, {}, "holes"),
    ],
)
def test_geojson_that_is_no_shape_says_why(geometry: dict, properties: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        from_geometry(geometry, properties)
