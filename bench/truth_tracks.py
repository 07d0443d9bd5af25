"""Recorded journeys with sites placed on them: the truth from hindsight, the fixes thinned. Pure.

A recorded track says, looking back at all of its points, when the vehicle left its first place for
good and when it came for good into the circle around its last one. The detector gets a part of the
points, with jumps and a blind spot now and then. Of each track three journeys are made: the site is
at its end; where it drove past; next door to its end, outside the circle. At the last two it must
not arrive.

`journeys_of_trips`: a track is one trip with a point every few seconds (GeoLife); every fourth to
eighth is told, with more noise, after two minutes of rest and before ten (the labels end where
people got out). `journeys_of_days`: a track is a day with a point a minute (San Francisco cabs),
and a trip is what lies between two rests of ten minutes; every or every second point is told.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from api.demo.driving import Sight as Seen
from api.demo.driving import displaced
from bench.truth_drives import Journey, LatLon, Report
from gps.fix import distance_m
from gps.replay import Point, Track, read_tracks

RADIUS_M = 150.0
LEAST_M = 2_000.0
BEFORE_S, AFTER_S = 120.0, 600.0
PASSING_KMH = 20.0
REST_M, REST_S = 50.0, 600.0
STAND_M, STAND_S = 40.0, 120.0
"""Standing, as somebody who sees all points would call it."""
YARD_M = 200.0
UNSEEN_S = 180.0
"""Longer without a point on the way: nobody knows."""
NEXT_M = 40.0
"""Nearer is within what a receiver may be off."""
JUMPS = 0.004


@dataclass(frozen=True)
class Trip:
    """From one rest to the next. `rests`: whether its points include them."""

    points: list[Point]
    rests: bool

    @property
    def home(self) -> Point:
        return self.points[0]

    @property
    def end(self) -> LatLon:
        return self.points[-1].lat, self.points[-1].lon

    @property
    def watched(self) -> float:
        """Unix time of the watch's begin: a moment before it leaves."""
        return _left(self.points) - BEFORE_S if self.rests else self.home.t - BEFORE_S


def journeys_of_trips(file: Path, first: int) -> list[Journey]:
    """Up to three journeys of each usable track; `first` is the seed of the first one's noise."""
    trips = [Trip(track.points, rests=False) for track in read_tracks(file)]
    return _all(trips, first)


def journeys_of_days(file: Path, first: int, most: int | None = None) -> list[Journey]:
    """The same of what lies between the rests of each day; of `most` vehicles."""
    trips = [trip for track in read_tracks(file, limit=most) for trip in _trips(track)]
    return _all(trips, first)


def _all(trips: Sequence[Trip], first: int) -> list[Journey]:
    found: list[Journey] = []
    for trip in trips:
        if _metres(trip.points[0], trip.end) < LEAST_M:
            continue
        seed = first + 3 * len(found)
        made = (_ending(trip, seed), _passing(trip, seed + 1), _next_door(trip, seed + 2))
        found += [one for one in made if one is not None]
    return found


def _trips(track: Track) -> Iterator[Trip]:
    """Each from the last ten minutes of a rest into the first ten of the next, and a point more."""
    points, before = track.points, None
    for begin, end in _rests(points):
        if before is not None:
            first = next(i for i in before if points[i].t >= points[before[-1]].t - REST_S)
            rest = range(begin, end + 1)
            last = next((i for i in rest if points[i].t >= points[begin].t + REST_S), end)
            gap = max(b.t - a.t for a, b in pairwise(points[before[-1] : begin + 1]))
            if gap <= UNSEEN_S:
                yield Trip(points[max(before[0], first - 1) : last + 1], rests=True)
        before = range(begin, end + 1)


def _rests(points: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """First and last index of each."""
    begin = 0
    for index in range(1, len(points) + 1):
        there = (points[begin].lat, points[begin].lon)
        if index < len(points) and _metres(points[index], there) <= REST_M:
            continue
        if points[index - 1].t - points[begin].t >= REST_S:
            yield begin, index - 1
        begin = index


def _ending(trip: Trip, seed: int) -> Journey | None:
    points, site = trip.points, trip.end
    inside = [_metres(point, site) <= RADIUS_M for point in points]
    last_out = max(i for i, within in enumerate(inside) if not within)
    entered = _crossed(points[last_out], points[last_out + 1], site)
    stood = any(
        all(_metres(point, site) <= RADIUS_M for point in stand)
        for stand in _stands(points[: last_out + 1])
    )
    return _journey(trip, seed, "end", site, entered, {"arrived"} if stood else set())


def _passing(trip: Trip, seed: int) -> Journey | None:
    """With the site where the track drives past at speed; None where it never does."""
    points = trip.points
    for index in range(len(points) // 3, 2 * len(points) // 3):
        site = (points[index].lat, points[index].lon)
        around = [p for p in points if _metres(p, site) <= RADIUS_M + 50]
        far = min(_metres(p, site) for p in (points[0], points[-1])) > 500
        seconds = around[-1].t - around[0].t
        metres = sum(_metres(a, (b.lat, b.lon)) for a, b in pairwise(around))
        if far and seconds and metres / seconds * 3.6 >= PASSING_KMH:
            return _journey(trip, seed, "past", site)
    return None


def _next_door(trip: Trip, seed: int) -> Journey | None:
    """With the site beside the end, the vehicle 40 to 250 m outside the circle; None where it had
    been nearer on its way, or at home.
    """
    dice = random.Random(seed)
    for _ in range(8):
        metres = RADIUS_M + dice.uniform(NEXT_M, 250)
        site = displaced(Seen(*trip.end), metres, dice.uniform(0, 360)).at
        if all(_metres(point, site) > RADIUS_M + NEXT_M - 1 for point in trip.points):
            return _journey(trip, seed, "next door", site)
    return None


def _journey(
    trip: Trip,
    seed: int,
    kind: str,
    site: LatLon,
    entered: float | None = None,
    disputed: set[str] | None = None,
) -> Journey:
    left, begun = _left(trip.points), trip.watched
    disputed = (disputed or set()) | ({"departed"} if _shuffled(trip.points) else set())
    reports = _told(trip, begun, random.Random(seed))
    return Journey(
        seed,
        f"{'day' if trip.rests else 'trip'}, {kind}",
        site,
        RADIUS_M,
        tuple(sorted(reports, key=lambda report: report.received_s)),
        left - begun,
        None if entered is None else entered - begun,
        None if entered is None else trip.points[-1].t - begun,
        frozenset(disputed),
    )


def _shuffled(points: Sequence[Point]) -> bool:
    """It stood anew in its yard before it drove off."""
    home, left = _place(points[0]), _left(points)
    away = next((p.t for p in points if _metres(p, home) > YARD_M), math.inf)
    yard = [point for point in points if left <= point.t < away]
    return any(all(_metres(p, home) > STAND_M for p in stand) for stand in _stands(yard))


def _stands(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Every stretch of at least STAND_S within STAND_M of its first point."""
    for begin in range(len(points)):
        there, last = _place(points[begin]), begin
        while last + 1 < len(points) and _metres(points[last + 1], there) <= STAND_M:
            last += 1
        if points[last].t - points[begin].t >= STAND_S:
            yield points[begin : last + 1]


def _left(points: Sequence[Point]) -> float:
    """Time of the last point within 40 m of the first one, before it is out of the yard."""
    last = points[0]
    for point in points:
        metres = _metres(point, _place(points[0]))
        if metres > YARD_M:
            break
        last = point if metres <= 40 else last
    return last.t


def _crossed(before: Point, after: Point, site: LatLon) -> float:
    outer, inner = _metres(before, site), _metres(after, site)
    return before.t + (after.t - before.t) * (outer - RADIUS_M) / max(1e-9, outer - inner)


def _told(trip: Trip, begun: float, dice: random.Random) -> Iterator[Report]:
    points, least, noise_m = trip.points, dice.uniform(20, 45), 6.0
    if trip.rests:
        least, noise_m = dice.choice([30.0, 100.0]), 0.0
    else:
        home, end = trip.points[0], trip.points[-1]
        rest = [Point(begun + s, home.lat, home.lon) for s in range(-60, int(BEFORE_S), 10)]
        stay = [Point(end.t + s, end.lat, end.lon) for s in range(10, int(AFTER_S), 10)]
        points = [*rest, *points, *stay]
    blind = dice.uniform(0, points[-1].t - begun) if dice.random() < 0.3 else math.inf
    before: Point | None = None
    for point in points:
        if before is not None and point.t - before.t < least:
            continue
        gap = point.t - before.t if before else 1.0
        metres = _metres(before, _place(point)) if before else 0.0
        s = point.t - begun
        late = 120.0 if blind <= s < blind + 120 else 0.0
        noise = [dice.gauss(0, noise_m) / 111_195 for _ in range(2)]
        seen = point.lat + noise[0], point.lon + noise[1] / math.cos(math.radians(point.lat))
        if dice.random() < JUMPS:
            seen = displaced(Seen(*seen), dice.uniform(300, 6000), dice.uniform(0, 360)).at
        received = (blind + late if late else s) + dice.uniform(0.2, 2.5)
        speed = metres / gap * 3.6 if metres > 30 else 0.0
        yield Report(float(round(s)), received, *seen, speed, True)
        before = point


def _place(point: Point) -> LatLon:
    return point.lat, point.lon


def _metres(point: Point, place: LatLon) -> float:
    return distance_m(point.lat, point.lon, *place)
