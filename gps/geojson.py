"""Shapes as GeoJSON (RFC 7946, longitude first): polygon, line with a width, point with a radius.

Pure. Properties `radius_m` and `width_m` carry what GeoJSON has no word for; `half_width_m` is
taken too.
"""

from collections.abc import Mapping
from typing import Any

from gps.shapes import Circle, Shape, shape_of

MOST_POINTS = 2000


def to_geometry(shape: Shape) -> tuple[dict[str, Any], dict[str, float]]:
    """The geometry, and the properties that belong to it."""
    if isinstance(shape, Circle):
        point = {"type": "Point", "coordinates": [shape.lon, shape.lat]}
        return point, {"radius_m": shape.radius_m}
    line = [[lon, lat] for lat, lon in shape.points]
    if shape.kind == "corridor":
        return {"type": "LineString", "coordinates": line}, {"width_m": shape.width_m}
    ring = line if line[0] == line[-1] else [*line, line[0]]
    return {"type": "Polygon", "coordinates": [ring]}, {}


def from_geometry(geometry: Mapping[str, Any], properties: Mapping[str, Any]) -> Shape:
    """The shape. ValueError names what is wrong with it."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    try:
        if kind == "Point":
            lat, lon = _point(coordinates)
            values = {"kind": "circle", "lat": lat, "lon": lon}
            return shape_of(values | {"radius_m": properties["radius_m"]})
        if kind == "LineString":
            width = properties.get("width_m") or 2 * float(properties["half_width_m"])
            return shape_of({"kind": "corridor", "points": _points(coordinates), "width_m": width})
        if kind == "Polygon":
            return shape_of({"kind": "polygon", "points": _points(_only_ring(coordinates))})
    except KeyError as error:
        raise ValueError(f"properties.{error.args[0]}: is missing") from error
    except (TypeError, IndexError, OverflowError) as error:
        raise ValueError("coordinates: cannot be read") from error
    raise ValueError(f"geometry.type: Point, LineString or Polygon, not {kind!r}")


def _only_ring(coordinates: Any) -> Any:
    if len(coordinates) != 1:
        raise ValueError("coordinates: one ring, without holes")
    return coordinates[0]


def _points(line: Any) -> list[list[float]]:
    if len(line) > MOST_POINTS:
        raise ValueError(f"coordinates: at most {MOST_POINTS} points")
    points = [_point(one) for one in line]
    return points[:-1] if len(points) > 3 and points[0] == points[-1] else points


def _point(values: Any) -> list[float]:
    return [float(values[1]), float(values[0])]
