"""WGS-84, GCJ-02 and BD-09. Pure.

Paidan keeps WGS-84. Maps and map services in China speak GCJ-02 (国测局: AMap, Tencent) or BD-09
(Baidu), which lie up to 700 and 2,000 m beside it; points are converted where they come in and go
out.
The published approximation of GCJ-02 is used on the Krasovsky 1940 ellipsoid; its inverse is found
by iteration. Both systems are defined inside China only; Hong Kong, Macau and Taiwan lie in the
rectangle too, as in the maps.
"""

import math
from collections.abc import Callable
from typing import Literal

Datum = Literal["wgs84", "gcj02", "bd09"]

LatLon = tuple[float, float]

_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.006_693_421_622_965_943_23
_BAIDU = math.pi * 3000.0 / 180.0
_CLOSE_DEG = 1e-9
_STEPS = 30


def in_china(lat: float, lon: float) -> bool:
    """Whether the shift applies: the rectangle that the maps use."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def convert(lat: float, lon: float, *, given: Datum, wanted: Datum) -> LatLon:
    """A point of one system in another one; degrees. Out of China it is returned as it is.

    Through GCJ-02 and back a point returns to within a millimetre.
    """
    if given == wanted:
        return lat, lon
    if given == "bd09":
        lat, lon = _from_baidu(lat, lon)
    if given != "wgs84" and wanted == "wgs84":
        return _to_wgs(lat, lon)
    if given == "wgs84":
        lat, lon = _to_gcj(lat, lon)
    return _to_baidu(lat, lon) if wanted == "bd09" else (lat, lon)


def _to_gcj(lat: float, lon: float) -> LatLon:
    if not in_china(lat, lon):
        return lat, lon
    north, east = _shift(lon - 105.0, lat - 35.0)
    phi = math.radians(lat)
    curve = 1 - _ECCENTRICITY_2 * math.sin(phi) ** 2
    meridian = _AXIS_M * (1 - _ECCENTRICITY_2) / (curve * math.sqrt(curve))
    parallel = _AXIS_M / math.sqrt(curve) * math.cos(phi)
    return lat + math.degrees(north / meridian), lon + math.degrees(east / parallel)


def _shift(x: float, y: float) -> LatLon:
    """Metres north and east."""
    root, pi = math.sqrt(abs(x)), math.pi
    wave = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y / 30 * pi)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    return north, east


def _to_wgs(lat: float, lon: float) -> LatLon:
    """The point whose GCJ-02 this is."""
    if not in_china(lat, lon):
        return lat, lon
    return _shifted_to((lat, lon), _to_gcj)


def _to_baidu(lat: float, lon: float) -> LatLon:
    if not in_china(lat, lon):
        return lat, lon
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BAIDU)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BAIDU)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def _from_baidu(lat: float, lon: float) -> LatLon:
    """The GCJ-02 point whose BD-09 this is."""
    if not in_china(lat, lon):
        return lat, lon
    return _shifted_to((lat, lon), _to_baidu)


def _shifted_to(wanted: LatLon, shift: Callable[[float, float], LatLon]) -> LatLon:
    """The point that `shift` takes to this one. Each step is nearer by a factor of a thousand."""
    found = wanted
    for _ in range(_STEPS):
        seen = shift(*found)
        off = wanted[0] - seen[0], wanted[1] - seen[1]
        found = found[0] + off[0], found[1] + off[1]
        if max(map(abs, off)) < _CLOSE_DEG:
            break
    return found
