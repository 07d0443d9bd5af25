"""What fences cost: all steps of a batch against all fences at once, beside one pair at a time.

    python -m bench.fences [--fences 100 1000 5000] [--batches 60]

Fences lie in a city of 40 by 40 km: two fifths circles, two fifths polygons of 5 to 40 corners, a
fifth corridors. A batch is 1,000 steps of 500 vehicles, two thirds of which drive. `at once` is the
pass of the gateway; `tree` looks in a tree for the fences near each step and asks the rule for each
of them; `pairs` asks the rule for every step and fence (for 100 steps, times ten). All tell the
same, or the run fails. Pure: no database. Prints one JSON object a line: milliseconds of processor
time of a batch, median and 95th percentile, and of preparing the fences.
"""

import argparse
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from time import thread_time
from uuid import UUID

import shapely

from core.ids import new_id
from gps.fences import Book, FenceShape, Inside, Step, sights
from gps.geofence import passage
from gps.motion import ACCURACY_M, Sight
from gps.shapes import METRES_PER_DEGREE, Circle, Outline, Shape

LAT, LON = 30.66, 104.06
WIDE = METRES_PER_DEGREE * math.cos(math.radians(LAT))
CITY_M = 40_000.0
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
STEPS, VEHICLES = 1_000, 500
FEW = 100

Told = list[tuple[UUID, UUID, str, datetime]]
Memory = Mapping[UUID, Inside]
Way = Callable[[Sequence[Step], Memory], Told]


def place(north: float, east: float) -> tuple[float, float]:
    return LAT + north / METRES_PER_DEGREE, LON + east / WIDE


def shape(chance: random.Random) -> Shape:
    north, east = chance.uniform(0, CITY_M), chance.uniform(0, CITY_M)
    draw = chance.random()
    if draw < 0.4:
        return Circle(*place(north, east), chance.uniform(50, 300))
    if draw < 0.8:
        size, corners = chance.uniform(80, 800), chance.randrange(5, 41)
        turns = [2 * math.pi * corner / corners for corner in range(corners)]
        far = [size * chance.uniform(0.7, 1.0) for _ in turns]
        ring = zip(turns, far, strict=True)
        points = [place(north + r * math.cos(a), east + r * math.sin(a)) for a, r in ring]
        return Outline("polygon", tuple(points))
    line = [(north, east)]
    for _ in range(chance.randrange(2, 12)):
        line.append((line[-1][0] + chance.uniform(100, 400), line[-1][1] + chance.uniform(0, 300)))
    return Outline("corridor", tuple(place(*one) for one in line), chance.uniform(20, 80))


def batches(chance: random.Random, count: int) -> list[list[Step]]:
    """Each vehicle goes on where it was; two thirds of them drive."""
    vehicles = [new_id() for _ in range(VEHICLES)]
    at = {v: (chance.uniform(0, CITY_M), chance.uniform(0, CITY_M)) for v in vehicles}
    far = {v: chance.uniform(50, 300) if chance.random() < 0.67 else 5.0 for v in vehicles}
    found = []
    for number in range(count):
        steps = []
        for index in range(STEPS):
            vehicle = vehicles[index % VEHICLES]
            second = 10 * (2 * number + index // VEHICLES)
            (north, east), way = at[vehicle], chance.uniform(0, 2 * math.pi)
            to = north + far[vehicle] * math.cos(way), east + far[vehicle] * math.sin(way)
            before = Sight(START + timedelta(seconds=second), *place(north, east))
            after = Sight(START + timedelta(seconds=second + 10), *place(*to))
            steps.append(Step(vehicle, before, after))
            at[vehicle] = to
        found.append(steps)
    return found


def at_once(book: Book) -> Way:
    def told(steps: Sequence[Step], inside: Memory) -> Told:
        return [
            (one.step.vehicle, one.fence.id, one.passage.kind, one.passage.at)
            for one in book.passed(steps, inside)
        ]

    return told


def with_tree(fences: Sequence[FenceShape]) -> Way:
    tree = shapely.STRtree([_box(one.shape) for one in fences])

    def near(step: Step) -> Iterable[FenceShape]:
        way = [(one.lon, one.lat) for one in (step.before, step.after)]
        return (fences[index] for index in tree.query(shapely.LineString(way)))

    return lambda steps, inside: _asked(near, steps, inside)


def in_pairs(fences: Sequence[FenceShape]) -> Way:
    return lambda steps, inside: _asked(lambda _: fences, steps, inside)


def _box(shape: Shape) -> shapely.Geometry:
    """Around a shape and what counts as its border, in degrees; a metre more for the rounding."""
    if isinstance(shape, Circle):
        points: Sequence[tuple[float, float]] = [(shape.lat, shape.lon)]
        beyond = shape.radius_m + ACCURACY_M + 1
    else:
        points, beyond = shape.points, shape.width_m / 2 + ACCURACY_M + 1
    lats, lons = zip(*points, strict=True)
    high, wide = beyond / METRES_PER_DEGREE, beyond / (WIDE * 0.99)
    return shapely.box(min(lons) - wide, min(lats) - high, max(lons) + wide, max(lats) + high)


def _asked(
    near: Callable[[Step], Iterable[FenceShape]], steps: Sequence[Step], inside: Memory
) -> Told:
    found: Told = []
    for step in steps:
        known = inside[step.vehicle].fences
        for fence in near(step):
            what = passage(fence.shape, step.before, step.after, inside=fence.id in known)
            if what is None:
                continue
            found.append((step.vehicle, fence.id, what.kind, what.at))
            if what.kind == "enter":
                known.add(fence.id)
            elif what.kind == "exit":
                known.discard(fence.id)
    return found


def run(way: Way, book: Book, given: Sequence[Sequence[Step]]) -> tuple[list[float], Told]:
    """Seconds of processor time of each batch, and what was told."""
    first = sights(given[0])
    inside = {vehicle: Inside() for vehicle in first}
    book.renew(inside, first)
    spent, told = [], []
    for steps in given:
        begun = thread_time()
        found = way(steps, inside)
        spent.append(thread_time() - begun)
        told += sorted(found)
    return spent, told


def measure(count: int, number: int) -> dict[str, object]:
    chance = random.Random(count)
    fences = [FenceShape(new_id(), 1, shape(chance)) for _ in range(count)]
    given = batches(chance, number)
    begun = thread_time()
    book = Book(fences, 1)
    prepared = thread_time() - begun
    spent, told = run(at_once(book), book, given)
    by_tree, told_by_tree = run(with_tree(fences), book, given)
    few = [given[0][:FEW]]
    by_pairs, told_in_pairs = run(in_pairs(fences), book, few)
    if told != told_by_tree or run(at_once(book), book, few)[1] != told_in_pairs:
        raise RuntimeError("the ways do not tell the same")
    return {
        "fences": count,
        "steps": STEPS,
        "told": len(told),
        "prepare_ms": round(prepared * 1000, 1),
        "at_once_ms": _middle(spent),
        "tree_ms": _middle(by_tree),
        "pairs_ms": round(by_pairs[0] * 1000 * STEPS / FEW),
    }


def _middle(spent: Sequence[float]) -> list[float]:
    """Median and 95th percentile, milliseconds."""
    return [round(one * 1000, 1) for one in (median(spent), quantiles(spent, n=20)[-1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fences", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--batches", type=int, default=60)
    given = parser.parse_args()
    for count in given.fences:
        print(json.dumps(measure(count, given.batches)), flush=True)


if __name__ == "__main__":
    main()
