"""The demo city as GeoJSON: what screens draw where there is no tile server."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from api.demo.city import City
from api.demo.model import LatLon, Street
from dispatch.directory.mapfile import LAYERS


def base_map(city: City) -> dict[str, Any]:
    """A FeatureCollection, lowest layer first; docs/board.md tells the properties."""
    features = [*_grounds(city), *_streets(city.streets), *_network(city), *_landmarks(city)]
    features.sort(key=lambda feature: LAYERS.index(feature["properties"]["layer"]))
    return {"type": "FeatureCollection", "features": features}


def polygon(outline: Sequence[LatLon]) -> dict[str, Any]:
    """A GeoJSON Polygon of one ring."""
    return {"type": "Polygon", "coordinates": [_line(outline)]}


def _grounds(city: City) -> Iterator[dict[str, Any]]:
    for one in city.districts:
        shape = polygon(one.outline)
        yield _feature("district", one.name_zh, one.name_en, one.area_class, shape, one.code)
    for green in city.greens:
        layer = "park" if green.kind == "park" else "water"
        shape = polygon(green.outline)
        yield _feature(layer, green.name_zh, green.name_en, green.kind, shape)
    for site in city.sites:
        yield _feature("centre", site.name_zh, site.name_en, "site", _point(site.at), site.code)


def _streets(streets: Iterable[Street]) -> Iterator[dict[str, Any]]:
    """Each street once, however many lines it has."""
    for (zh, en), group in groupby(streets, key=lambda one: (one.name_zh, one.name_en)):
        lines = list(group)
        layer = "ring" if lines[0].kind == "ring" else "street"
        yield _feature(layer, zh, en, lines[0].kind, _multi(one.line for one in lines))


def _network(city: City) -> Iterator[dict[str, Any]]:
    lines = {feeder.code: feeder.lines for feeder in city.feeders}
    for one in city.devices:
        names = (one.name_zh, one.name_en)
        if one.kind == "feeder":
            yield _feature("line", *names, "10kV", _multi(lines[one.code]), one.code)
        if one.kind == "substation" and one.at is not None:
            yield _feature("substation", *names, "110kV", _point(one.at), one.code)


def _landmarks(city: City) -> Iterator[dict[str, Any]]:
    for one in city.customers:
        if one.kind not in ("household", "shop"):
            yield _feature("landmark", one.name_zh, one.name_en, one.kind, _point(one.at))


def _feature(
    layer: str, zh: str, en: str, class_: str, geometry: dict[str, Any], code: str | None = None
) -> dict[str, Any]:
    properties = {"layer": layer, "name_zh": zh, "name_en": en, "class": class_}
    if code is not None:
        properties["code"] = code
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _point(at: LatLon) -> dict[str, Any]:
    return {"type": "Point", "coordinates": _line([at])[0]}


def _multi(lines: Iterable[Sequence[LatLon]]) -> dict[str, Any]:
    return {"type": "MultiLineString", "coordinates": [_line(line) for line in lines]}


def _line(points: Iterable[LatLon]) -> list[list[float]]:
    """Longitude first, as GeoJSON wants it; five digits are a metre."""
    return [[round(lon, 5), round(lat, 5)] for lat, lon in points]
