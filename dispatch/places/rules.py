"""How well a place is known, and what follows from it: pure.

Uncertainty is the radius, in metres, of the circle that holds the fault nineteen times of twenty.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

SOURCES: dict[str, tuple[str, str]] = {
    "crew": ("班组现场更正", "corrected by the crew"),
    "pole": ("杆号", "from the pole"),
    "cabinet": ("箱号", "from the cabinet"),
    "transformer": ("配变", "from the transformer"),
    "meter": ("电表", "from the meter"),
    "premise": ("用电地址", "from the premise"),
    "map_pin": ("地图点选", "pinned on the map"),
    "landmark": ("地标", "from the landmark"),
    "geocoder": ("地名服务", "from the geocoder"),
    "substation": ("变电站", "from the substation"),
    "section": ("线路分段", "from the line's section"),
    "street": ("道路", "from the street"),
    "caller_phone": ("来电定位", "from the caller's phone"),
    "feeder": ("线路", "from the line"),
    "region": ("区域", "from the region"),
}
"""Where a point came from, the more trusted first, as screens say it."""

UNCERTAINTY_M = {
    "crew": 15.0,
    "pole": 20.0,
    "cabinet": 20.0,
    "transformer": 40.0,
    "meter": 40.0,
    "premise": 60.0,
    "map_pin": 50.0,
    "landmark": 120.0,
    "geocoder": 250.0,
    "substation": 80.0,
    "section": 600.0,
    "street": 400.0,
    "caller_phone": 500.0,
    "feeder": 1500.0,
    "region": 3000.0,
}
"""What is assumed where the source itself does not say."""

AREA_FACTOR = {"urban": 1.0, "rural": 3.0, "remote": 6.0}
"""A rural address names a yard, not a door: its point may lie that many times as far off."""
_BY_ADDRESS = ("meter", "premise")

ARRIVAL_RADIUS_M = 120.0
"""A vehicle that stands so near a well-known place has arrived: parking, gates, courtyards."""
LARGEST_RADIUS_M = 500.0
"""Beyond it a circle stamps arrivals that are none; what is less sure needs the crew's word."""

LEAST_M = 5.0
"""No receiver and no survey is better."""
DIFFERS_M = 25.0
"""A corrected point nearer than this to the directory's is the same place."""


def uncertainty_of(source: str, area_class: str = "urban", told_m: float | None = None) -> float:
    """Metres for a point of `source`; `told_m`: what the source itself says. KeyError: unknown."""
    if told_m is not None:
        return max(LEAST_M, told_m)
    factor = AREA_FACTOR.get(area_class, 1.0) if source in _BY_ADDRESS else 1.0
    return UNCERTAINTY_M[source] * factor


def arrival_radius(uncertainty_m: float | None) -> float:
    """Metres around a place within which a vehicle that stays has arrived.

    An unknown uncertainty adds nothing: a circle is never widened by ignorance.
    """
    return min(LARGEST_RADIUS_M, ARRIVAL_RADIUS_M + (uncertainty_m or 0.0))


def differs(distance_m: float, uncertainty_m: float) -> bool:
    """Whether a corrected point says something new about the directory's."""
    return distance_m > max(DIFFERS_M, uncertainty_m)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be meant. Degrees WGS-84; `why`: which words or numbers led to it."""

    lat: float
    lon: float
    source: str
    uncertainty_m: float
    label_zh: str
    label_en: str
    why_zh: str
    why_en: str
    rank: int = 0
    region_id: UUID | None = None
    premise_id: UUID | None = None
    node_id: UUID | None = None
    customer_id: UUID | None = None


class Sourced(Protocol):
    @property
    def source(self) -> str: ...
    @property
    def uncertainty_m(self) -> float: ...
    @property
    def rank(self) -> int: ...


S = TypeVar("S", bound=Sourced)
_TRUST = {source: place for place, source in enumerate(SOURCES)}


def best_first(candidates: Iterable[S]) -> list[S]:
    """The best of several: exact hits (low `rank`) first, then the surest, then the trusted."""
    return sorted(candidates, key=lambda one: (one.rank, one.uncertainty_m, _TRUST[one.source]))


def half_length_m(length_m: float) -> float:
    """Uncertainty of a place of which only its street is known: half of it, within reason."""
    return min(2500.0, max(80.0, length_m / 2))


def radius_of_area(square_m: float) -> float:
    """Uncertainty of a place of which only its region is known: the circle of equal area."""
    return min(20_000.0, max(200.0, math.sqrt(square_m / math.pi)))
