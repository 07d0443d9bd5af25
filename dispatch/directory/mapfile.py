"""Rules of a base map: which GeoJSON is one. Pure.

A base map is a FeatureCollection (RFC 7946, WGS-84). Each feature has `layer`, one of `LAYERS`,
`name_zh` and `name_en` (either may be blank), and may have `class` and `code`.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import FieldError, Problem

LAYERS = (
    "district",
    "park",
    "water",
    "street",
    "ring",
    "line",
    "substation",
    "centre",
    "landmark",
)
"""Lowest first: the order in which they are drawn."""
GEOMETRIES = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""Kind → how deep the positions lie in `coordinates`."""
MAX_ERRORS = 20
MAX_TEXT = 200


class MapInvalid(Problem):
    """A file that is no base map; `errors` names feature and field."""

    status = 422
    code = "map_invalid"
    zh = "地图文件有误：{summary_zh}"
    en = "This is no base map: {summary}"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(
            errors=errors,
            summary="; ".join(f"{one.field}: {one.message}" for one in errors),
            summary_zh="；".join(f"{one.field}：{one.sentence('zh')}" for one in errors),
        )


def checked_map(document: Any) -> dict[str, Any]:
    """The document with nothing but what a base map has. Raises MapInvalid."""
    errors = []
    for error in _wrong(document):
        errors.append(error)
        if len(errors) == MAX_ERRORS:
            break
    if errors:
        raise MapInvalid(errors)
    features = sorted(map(_plain, document["features"]), key=_level)
    return {"type": "FeatureCollection", "features": features}


def _plain(feature: Mapping[str, Any]) -> dict[str, Any]:
    names = ("layer", "name_zh", "name_en", "class", "code")
    properties = {name: feature["properties"].get(name) or "" for name in names}
    if not properties["code"]:
        del properties["code"]
    geometry = {name: feature["geometry"][name] for name in ("type", "coordinates")}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _level(feature: Mapping[str, Any]) -> int:
    return LAYERS.index(feature["properties"]["layer"])


def _wrong(document: Any) -> Iterator[FieldError]:
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        yield FieldError("type", "must be FeatureCollection", "应为 FeatureCollection")
        return
    features = document.get("features")
    if not isinstance(features, list):
        yield FieldError("features", "must be a list", "应为列表")
        return
    for number, feature in enumerate(features):
        where = f"features[{number}]"
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            yield FieldError(f"{where}.type", "must be Feature", "应为 Feature")
            continue
        yield from _wrong_properties(f"{where}.properties", feature.get("properties"))
        yield from _wrong_geometry(f"{where}.geometry", feature.get("geometry"))


def _wrong_properties(where: str, properties: Any) -> Iterator[FieldError]:
    if not isinstance(properties, dict):
        yield FieldError(where, "must be an object", "应为对象")
        return
    layer = properties.get("layer")
    if not isinstance(layer, str) or layer not in LAYERS:
        listed = ", ".join(LAYERS)
        yield FieldError(f"{where}.layer", f"must be one of {listed}", f"应为以下之一：{listed}")
    for name in ("name_zh", "name_en"):
        if not isinstance(properties.get(name), str):
            yield FieldError(f"{where}.{name}", "must be text", "应为文字")
    for name in ("name_zh", "name_en", "class", "code"):
        text = properties.get(name)
        if text is None:
            continue
        if not isinstance(text, str):
            if name in ("class", "code"):
                yield FieldError(f"{where}.{name}", "must be text", "应为文字")
        elif len(text) > MAX_TEXT or "\x00" in text:
            yield FieldError(
                f"{where}.{name}",
                f"must have at most {MAX_TEXT} characters and no NUL",
                f"最多 {MAX_TEXT} 个字符，不得含 NUL",
            )


def _wrong_geometry(where: str, geometry: Any) -> Iterator[FieldError]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(kind, str) or kind not in GEOMETRIES:
        listed = ", ".join(GEOMETRIES)
        yield FieldError(f"{where}.type", f"must be one of {listed}", f"应为以下之一：{listed}")
        return
    coordinates = geometry.get("coordinates")
    if not all(_leaves(coordinates, GEOMETRIES[kind])):
        yield FieldError(
            f"{where}.coordinates",
            f"must be longitudes and latitudes as {kind} has them, in degrees",
            f"应为 {kind} 的经纬度（度）",
        )
    elif "LineString" in kind and min(map(len, _strings(coordinates))) < 2:
        yield FieldError(f"{where}.coordinates", "lines must have two points", "线至少两点")
    elif "Polygon" in kind and not all(map(_is_ring, _strings(coordinates))):
        yield FieldError(
            f"{where}.coordinates",
            "rings must be closed and have four points",
            "环须闭合且至少四点",
        )


def _leaves(part: Any, depth: int) -> Iterator[bool]:
    """Whether each position is one; False for anything else in its place."""
    if depth == 0:
        yield _is_position(part)
    elif isinstance(part, list) and part:
        for one in part:
            yield from _leaves(one, depth - 1)
    else:
        yield False


def _is_position(part: Any) -> bool:
    if not isinstance(part, list) or len(part) not in (2, 3):
        return False
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in part):
        return False
    return all(math.isfinite(n) for n in part) and abs(part[0]) <= 180 and abs(part[1]) <= 90


def _strings(part: Any) -> Iterator[list[Any]]:
    """The lists of positions in coordinates of any depth."""
    if isinstance(part[0][0], list):
        for one in part:
            yield from _strings(one)
    else:
        yield part


def _is_ring(ring: list[Any]) -> bool:
    return len(ring) >= 4 and ring[0] == ring[-1]
