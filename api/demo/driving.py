"""A drive along streets: where a vehicle is after so many seconds. Pure."""

import bisect
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from gps.fix import distance_m

LatLon = tuple[float, float]
SLOWEST_KMH, FASTEST_KMH = 9.0, 52.0
METRES_PER_DEGREE = 111_195.0


class Step(Protocol):
    """A point of a way, and the limit on the stretch that leads to it."""

    @property
    def at(self) -> LatLon: ...

    @property
    def limit_kmh(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """Where a vehicle is: degrees WGS-84, km/h, degrees clockwise from north."""

    lat: float
    lon: float
    speed_kmh: float = 0.0
    course_deg: int = 0

    @property
    def at(self) -> LatLon:
        return self.lat, self.lon


@dataclass(frozen=True, slots=True)
class Drive:
    """`times[i]`: seconds from the start at which `points[i]` is reached."""

    points: tuple[LatLon, ...]
    times: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return self.times[-1]

    def sight(self, elapsed_s: float) -> Sight:
        """The vehicle after so many seconds; at rest before the start and after the end."""
        if elapsed_s <= 0 or len(self.points) == 1:
            return Sight(*self.points[0])
        if elapsed_s >= self.seconds:
            return Sight(*self.points[-1])
        leg = bisect.bisect_right(self.times, elapsed_s)
        before, after = self.points[leg - 1], self.points[leg]
        took = self.times[leg] - self.times[leg - 1]
        part = (elapsed_s - self.times[leg - 1]) / took
        return Sight(
            lat=before[0] + part * (after[0] - before[0]),
            lon=before[1] + part * (after[1] - before[1]),
            speed_kmh=round(distance_m(*before, *after) / took * 3.6, 1),
            course_deg=course(before, after) if before != after else 0,
        )


def make_drive(
    steps: Sequence[Step], pace: float, dice: random.Random, stops_s: float = 0.0
) -> Drive:
    """Drive a way at `pace` of its limits, now a little faster, now slower.

    `stops_s`: how long the vehicle stands on half of the way.
    """
    points, times = [steps[0].at], [0.0]
    for before, step in pairwise(steps):
        metres = distance_m(*before.at, *step.at)
        if metres < 1.0:
            continue
        kmh = min(FASTEST_KMH, max(SLOWEST_KMH, step.limit_kmh * pace * dice.uniform(0.85, 1.1)))
        points.append(step.at)
        times.append(times[-1] + metres / kmh * 3.6)
    if stops_s and len(points) > 2:
        half = len(points) // 2
        points.insert(half + 1, points[half])
        times = [*times[: half + 1], *(at + stops_s for at in times[half:])]
    return Drive(tuple(points), tuple(times))


def course(before: LatLon, after: LatLon) -> int:
    """Degrees clockwise from north."""
    north = after[0] - before[0]
    east = (after[1] - before[1]) * math.cos(math.radians(before[0]))
    return round(math.degrees(math.atan2(east, north))) % 360


def displaced(sight: Sight, metres: float, bearing_deg: float) -> Sight:
    """What a receiver reports that was misled: so far off, in that direction."""
    bearing = math.radians(bearing_deg)
    lat = sight.lat + metres * math.cos(bearing) / METRES_PER_DEGREE
    lon = sight.lon + metres * math.sin(bearing) / (
        METRES_PER_DEGREE * math.cos(math.radians(sight.lat))
    )
    return Sight(lat, lon, sight.speed_kmh, sight.course_deg)
