"""WGS-84, GCJ-02 and BD-09: pure. Inside everything is WGS-84; these live at the edge only.

Maps sold in China carry coordinates shifted by some 500 m (GCJ-02); Baidu's are shifted once more
(BD-09). The shift is not published; this is the approximation that map software agrees on, good
to about a metre within China and not to be used outside.
"""

import math

_A = 6_378_245.0
_EE = 0.006_693_421_622_965_943
_X_PI = math.pi * 3000.0 / 180.0
_STEPS = 6
"""Of the inverse by iteration: each makes the error some thousand times smaller."""

LatLon = tuple[float, float]


def in_china(lat: float, lon: float) -> bool:
    """Whether a point lies in the rectangle in which map providers shift."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def gcj02_of_wgs84(lat: float, lon: float) -> LatLon:
    """A WGS-84 point as GCJ-02. Outside China they are the same."""
    if not in_china(lat, lon):
        return lat, lon
    x, y = lon - 105.0, lat - 35.0
    phi = math.radians(lat)
    magic = 1 - _EE * math.sin(phi) ** 2
    root = math.sqrt(magic)
    north = _north(x, y) * 180.0 / ((_A * (1 - _EE)) / (magic * root) * math.pi)
    east = _east(x, y) * 180.0 / (_A / root * math.cos(phi) * math.pi)
    return lat + north, lon + east


def wgs84_of_gcj02(lat: float, lon: float) -> LatLon:
    """A GCJ-02 point as WGS-84, to the centimetre of the forward approximation."""
    if not in_china(lat, lon):
        return lat, lon
    found = lat, lon
    for _ in range(_STEPS):
        there = gcj02_of_wgs84(*found)
        found = found[0] - (there[0] - lat), found[1] - (there[1] - lon)
    return found


def bd09_of_gcj02(lat: float, lon: float) -> LatLon:
    """A GCJ-02 point as BD-09."""
    z = math.hypot(lon, lat) + 0.000_02 * math.sin(lat * _X_PI)
    theta = math.atan2(lat, lon) + 0.000_003 * math.cos(lon * _X_PI)
    return z * math.sin(theta) + 0.006, z * math.cos(theta) + 0.0065


def gcj02_of_bd09(lat: float, lon: float) -> LatLon:
    """A BD-09 point as GCJ-02."""
    found = lat - 0.006, lon - 0.0065
    for _ in range(_STEPS):
        there = bd09_of_gcj02(*found)
        found = found[0] - (there[0] - lat), found[1] - (there[1] - lon)
    return found


def wgs84_of_bd09(lat: float, lon: float) -> LatLon:
    """A BD-09 point as WGS-84."""
    return wgs84_of_gcj02(*gcj02_of_bd09(lat, lon))


def _waves(v: float, terms: tuple[tuple[float, float], ...]) -> float:
    return sum(weight * math.sin(v * factor * math.pi) for weight, factor in terms) * 2.0 / 3.0


def _north(x: float, y: float) -> float:
    straight = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return (
        straight
        + _waves(x, ((20.0, 6.0), (20.0, 2.0)))
        + _waves(y, ((20.0, 1.0), (40.0, 1 / 3)))
        + _waves(y, ((160.0, 1 / 12), (320.0, 1 / 30)))
    )


def _east(x: float, y: float) -> float:
    straight = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return (
        straight
        + _waves(x, ((20.0, 6.0), (20.0, 2.0)))
        + _waves(x, ((20.0, 1.0), (40.0, 1 / 3)))
        + _waves(x, ((150.0, 1 / 12), (300.0, 1 / 30)))
    )
