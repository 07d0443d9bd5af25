"""Shapes on the ground: circle, polygon, corridor. Pure.

Distances are metres on a plane that touches the earth at the shape: exact to a centimetre over a
few kilometres, to a metre over fifty.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gps.fix import EARTH_RADIUS_M, distance_m

LatLon = tuple[float, float]
METRES_PER_DEGREE = math.radians(1) * EARTH_RADIUS_M


@dataclass(frozen=True)
class Circle:
    """Around a point; degrees WGS-84, metres."""

    lat: float
    lon: float
    radius_m: float

    def beyond_m(self, lat: float, lon: float) -> float:
        """Metres outside the edge; negative inside."""
        return distance_m(self.lat, self.lon, lat, lon) - self.radius_m

    def middle(self) -> LatLon:
        """A point inside."""
        return self.lat, self.lon

    def to_json(self) -> dict[str, Any]:
        return {"kind": "circle", "lat": self.lat, "lon": self.lon, "radius_m": self.radius_m}


@dataclass(frozen=True)
class Outline:
    """A polygon, or the strip of `width_m` around a line (corridor). Points in degrees WGS-84."""

    kind: Literal["polygon", "corridor"]
    points: tuple[LatLon, ...]
    width_m: float = 0.0

    @cached_property
    def _origin(self) -> LatLon:
        return self.points[0]

    @cached_property
    def _geometry(self) -> BaseGeometry:
        """On the plane, in metres."""
        spots = [self._spot(*point) for point in self.points]
        shape = Polygon(spots) if self.kind == "polygon" else LineString(spots)
        shapely.prepare(shape)
        return shape

    def beyond_m(self, lat: float, lon: float) -> float:
        """Metres outside the edge; negative inside."""
        spot, shape = Point(self._spot(lat, lon)), self._geometry
        if self.kind == "corridor":
            return float(shape.distance(spot)) - self.width_m / 2
        away = float(shape.exterior.distance(spot))
        return -away if shape.covers(spot) else away

    def middle(self) -> LatLon:
        """A point inside."""
        shape = self._geometry
        if self.kind == "polygon":
            inner = shape.representative_point()
        else:
            inner = shape.interpolate(0.5, normalized=True)
        east, north = inner.coords[0]
        lat0, lon0 = self._origin
        wide = METRES_PER_DEGREE * math.cos(math.radians(lat0))
        return lat0 + north / METRES_PER_DEGREE, lon0 + east / wide

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"kind": self.kind, "points": [list(one) for one in self.points]}
        return told | ({"width_m": self.width_m} if self.kind == "corridor" else {})

    def _spot(self, lat: float, lon: float) -> tuple[float, float]:
        lat0, lon0 = self._origin
        east = (lon - lon0 + 180) % 360 - 180
        return (
            east * METRES_PER_DEGREE * math.cos(math.radians(lat0)),
            (lat - lat0) * METRES_PER_DEGREE,
        )


Shape = Circle | Outline


def shape_of(values: dict[str, Any]) -> Shape:
    """The shape that `to_json` wrote. ValueError names what is wrong with it."""
    match values.get("kind"):
        case "circle":
            radius = float(values["radius_m"])
            if not 0 < radius <= 100_000:
                raise ValueError("radius_m: above 0, at most 100 km")
            return Circle(*_point([values["lat"], values["lon"]]), radius)
        case "polygon" | "corridor" as kind:
            return _outline(kind, values)
        case other:
            raise ValueError(f"kind: circle, polygon or corridor, not {other!r}")


def _outline(kind: Literal["polygon", "corridor"], values: dict[str, Any]) -> Outline:
    points = tuple(_point(one) for one in values["points"])
    least = 3 if kind == "polygon" else 2
    if len(set(points)) < least:
        raise ValueError(f"points: at least {least} different ones")
    width = float(values.get("width_m", 0.0))
    if kind == "corridor" and not 0 < width <= 10_000:
        raise ValueError("width_m: above 0, at most 10 km")
    outline = Outline(kind, points, width if kind == "corridor" else 0.0)
    if not outline._geometry.is_valid:
        raise ValueError("points: the outline crosses itself")
    return outline


def _point(values: Sequence[Any]) -> LatLon:
    lat, lon = (float(value) for value in values)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError(f"points: {lat}, {lon} is no place")
    return lat, lon
