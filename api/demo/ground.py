"""The ground of the demo city: districts that tile it, rings, avenues, streets, river.

Made in metres on a plane around `ORIGIN`, x to the east, y to the north.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shapely.geometry import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from api.demo import names
from api.demo.model import LatLon

ORIGIN = (32.05, 118.80)
"""Where the plane touches the earth: latitude, longitude. The city itself is invented."""
METRES_PER_DEGREE = 111_320.0
STEP_DEG = 3
INNER_M, OUTER_M, LIMIT_M = 2_300.0, 5_800.0, 12_500.0
BORDERS_DEG = (21, 96, 165, 234, 309)
"""Directions of the avenues, which are the borders of the middle districts."""
OUTSIDE_BORDERS_DEG = (96, 234, 309)
# metres between parallel streets: core, middle, outside
SPACING_M = {"core": 330.0, "middle": 620.0, "outside": 2_300.0}

Radius = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Area:
    """A district on the plane. `belt`: core, middle, outside."""

    code: str
    name_zh: str
    name_en: str
    centre: str
    belt: str
    outline: Polygon


@dataclass(frozen=True, slots=True)
class Line:
    """A street on the plane, as it is named."""

    name_zh: str
    name_en: str
    kind: str
    limit_kmh: int
    line: LineString


@dataclass(frozen=True, slots=True)
class Ground:
    areas: tuple[Area, ...]
    lines: tuple[Line, ...]
    river: Polygon


def to_latlon(x: float, y: float) -> LatLon:
    """A point of the plane on the earth, rounded to 11 cm."""
    lat = ORIGIN[0] + y / METRES_PER_DEGREE
    lon = ORIGIN[1] + x / (METRES_PER_DEGREE * math.cos(math.radians(ORIGIN[0])))
    return round(lat, 6), round(lon, 6)


def to_plane(at: LatLon) -> tuple[float, float]:
    """A point of the earth on the plane, metres."""
    lat, lon = at
    x = (lon - ORIGIN[1]) * METRES_PER_DEGREE * math.cos(math.radians(ORIGIN[0]))
    return x, (lat - ORIGIN[0]) * METRES_PER_DEGREE


def make_ground(dice: random.Random) -> Ground:
    """Districts, streets and the river of one city."""
    inner, outer, limit = _rings(dice)
    areas = tuple(_areas(inner, outer, limit))
    streets = names.StreetNames(dice)
    lines = [*_ring_roads(inner, outer), *_avenues(inner, outer, limit)]
    for area in areas:
        lines.extend(_grid(area, dice, streets))
    return Ground(areas, tuple(lines), _river(dice))


def _rings(dice: random.Random) -> tuple[Radius, Radius, Radius]:
    """Radius in metres by direction in degrees: near a circle, never one."""

    def wobbly(mean: float, share: float) -> Radius:
        phases = [dice.uniform(0, 2 * math.pi) for _ in range(3)]

        def radius(direction: int) -> float:
            angle = math.radians(direction)
            waves = (math.cos((n + 2) * angle + p) / (n + 1) for n, p in enumerate(phases))
            return round(mean * (1 + share * sum(waves)), 1)

        return radius

    return wobbly(INNER_M, 0.05), wobbly(OUTER_M, 0.06), wobbly(LIMIT_M, 0.08)


def _at(radius: Radius, direction: int) -> tuple[float, float]:
    angle = math.radians(direction % 360)
    length = radius(direction % 360)
    return round(length * math.cos(angle)), round(length * math.sin(angle))


def _arc(radius: Radius, begin: int, end: int) -> list[tuple[float, float]]:
    """Points of a ring from one direction on to another, both included."""
    return [_at(radius, direction) for direction in range(begin, end + 1, STEP_DEG)]


def _sectors(borders: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of neighbouring borders, the last one across 0 degrees."""
    yield from zip(borders, (*borders[1:], borders[0] + 360), strict=True)


def _areas(inner: Radius, outer: Radius, limit: Radius) -> Iterator[Area]:
    """Neighbours share the same border points, so that nothing lies between them."""
    start = BORDERS_DEG[0]
    yield Area(*names.CORE, "core", Polygon(_arc(inner, start, start + 357)))
    for row, (begin, end) in zip(names.MIDDLE, _sectors(BORDERS_DEG), strict=True):
        ring = [*_arc(inner, begin, end), *reversed(_arc(outer, begin, end))]
        yield Area(*row, "middle", Polygon(ring))
    # the sector across east comes first in the names
    sectors = sorted(_sectors(OUTSIDE_BORDERS_DEG), key=lambda pair: -(pair[1] > 360))
    for row, (begin, end) in zip(names.OUTSIDE, sectors, strict=True):
        ring = [*_arc(outer, begin, end), *reversed(_arc(limit, begin, end))]
        yield Area(*row, "outside", Polygon(ring))


def _ring_roads(inner: Radius, outer: Radius) -> Iterator[Line]:
    for (zh, en), radius in zip(names.RINGS, (inner, outer), strict=True):
        points = _arc(radius, 0, 357)
        yield Line(zh, en, "ring", 60, LineString([*points, points[0]]))


def _avenues(inner: Radius, outer: Radius, limit: Radius) -> Iterator[Line]:
    """From the middle of the city out to its limit."""
    for (zh, en), direction in zip(names.AVENUES, BORDERS_DEG, strict=True):
        points = [(0.0, 0.0), *(_at(radius, direction) for radius in (inner, outer, limit))]
        yield Line(zh, en, "avenue", 50, LineString(points))


def _grid(area: Area, dice: random.Random, streets: names.StreetNames) -> Iterator[Line]:
    """Two families of parallel streets, turned a little differently in each district."""
    turn = math.radians(dice.uniform(-14, 14))
    spacing = SPACING_M[area.belt]
    kind = "street" if area.belt != "outside" else "lane"
    limit = {"core": 30, "middle": 40, "outside": 50}[area.belt]
    for angle, zh, en in ((turn, "路", "Road"), (turn + math.pi / 2, "街", "Street")):
        for whole in _parallels(area.outline, angle, spacing, dice):
            pieces = _lines_of(whole.intersection(area.outline))
            long = [piece for piece in pieces if piece.length > spacing * 0.6]
            if not long:
                continue
            name = streets.take(zh, en)
            for piece in long:
                yield Line(*name, kind, limit, piece)


def _parallels(
    outline: Polygon, angle: float, spacing: float, dice: random.Random
) -> Iterator[LineString]:
    """Lines across the outline at this angle, unevenly spaced."""
    x, y = outline.centroid.x, outline.centroid.y
    reach = math.hypot(outline.bounds[2] - outline.bounds[0], outline.bounds[3] - outline.bounds[1])
    along = (math.cos(angle), math.sin(angle))
    across = (-along[1], along[0])
    offset = -reach / 2
    while offset < reach / 2:
        offset += spacing * dice.uniform(0.8, 1.25)
        mid = (x + across[0] * offset, y + across[1] * offset)
        yield LineString(
            [
                (mid[0] - along[0] * reach, mid[1] - along[1] * reach),
                (mid[0] + along[0] * reach, mid[1] + along[1] * reach),
            ]
        )


def _lines_of(shape: BaseGeometry) -> list[LineString]:
    if isinstance(shape, MultiLineString):
        return list(shape.geoms)
    return [shape] if isinstance(shape, LineString) and not shape.is_empty else []


def _river(dice: random.Random) -> Polygon:
    """From the north-west to the south-east, east of the city's middle."""
    phase = dice.uniform(0, 2 * math.pi)
    points = []
    for step in range(-60, 61):
        t = step / 60
        sway = 900 * math.sin(3.1 * t * math.pi / 1.5 + phase) + 420 * math.sin(7 * t + phase)
        base_x, base_y = 11_000 * t + 1_300, -9_500 * t + 1_300
        points.append((base_x + 0.65 * sway, base_y + 0.75 * sway))
    return LineString(points).buffer(110, quad_segs=2, cap_style="flat").simplify(15)
