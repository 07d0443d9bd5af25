"""Is it the same fault? Pure: how alike two reports are in place, time, line and kind.

A score from 0 to 1 with its reasons. It only ever proposes: a person attaches or files.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gps.fix import distance_m

SHOWN_FROM = 0.25
"""Less alike than this is not proposed."""
MOST = 8
WITHIN_MIN = 12 * 60.0
"""Reports further apart in time are not compared."""
WITHIN_M = 3_000.0
"""Reports further apart are compared only where they share a line."""

_NEAR_M = 250.0
"""Distance beyond both uncertainties at which nearness has fallen to about a third."""
_LONG_MIN = 240.0
"""Minutes after which sameness has fallen to about a third."""

_SHARED = {"customer": 1.0, "premise": 1.0, "transformer": 0.8, "section": 0.6, "feeder": 0.45}
"""How far one thing in common makes up for distance."""
_CLASSES = (
    frozenset({"no_power_home", "no_power_building", "no_power_area", "low_voltage", "no_power"}),
    frozenset({"wires_down"}),
    frozenset({"meter_fault", "no_power_home"}),
)
_SAME_FAULT, _SAME_CLASS, _OTHER_FAULT = 1.0, 0.9, 0.6


@dataclass(frozen=True, slots=True)
class Report:
    """A fault as somebody told it. Degrees WGS-84, metres; `devices`: what is above, by kind."""

    at: datetime
    fault_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    uncertainty_m: float = 0.0
    customer_id: UUID | None = None
    premise_id: UUID | None = None
    devices: frozenset[tuple[str, UUID]] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that two reports have in common, for the person who decides."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """`distance_m` is None where one of the places is unknown; `minutes` between the two."""

    score: float
    distance_m: float | None
    minutes: float
    reasons: tuple[Reason, ...]


def likeness(one: Report, other: Report) -> Likeness:
    """How alike two reports are. Symmetric; falls with distance and with time."""
    metres = _between(one, other)
    minutes = abs((one.at - other.at).total_seconds()) / 60
    shared = _shared(one, other)
    near = 0.0
    if metres is not None and metres <= WITHIN_M:
        beyond = max(0.0, metres - (one.uncertainty_m + other.uncertainty_m))
        near = math.exp(-beyond / _NEAR_M)
    there = 1 - (1 - near) * (1 - (_SHARED[shared] if shared else 0.0))
    soon = math.exp(-minutes / _LONG_MIN) if minutes <= WITHIN_MIN else 0.0
    alike = _alike(one.fault_code, other.fault_code)
    score = there * soon * alike
    return Likeness(score, metres, minutes, _reasons(one, other, metres, minutes, shared))


def _between(one: Report, other: Report) -> float | None:
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    # the same either way round, to the last bit
    a, b = sorted(((one.lat, one.lon), (other.lat, other.lon)))
    return distance_m(*a, *b)


def _shared(one: Report, other: Report) -> str | None:
    """The nearest thing that both hang on."""
    if one.customer_id is not None and one.customer_id == other.customer_id:
        return "customer"
    if one.premise_id is not None and one.premise_id == other.premise_id:
        return "premise"
    kinds = {kind for kind, _ in one.devices & other.devices}
    return next((kind for kind in ("transformer", "section", "feeder") if kind in kinds), None)


def _alike(one: str | None, other: str | None) -> float:
    if one is None or other is None or one == other:
        return _SAME_FAULT
    if any(one in each and other in each for each in _CLASSES):
        return _SAME_CLASS
    return _OTHER_FAULT


_SAID = {
    "customer": ("同一户", "same account"),
    "premise": ("同一地址", "same premise"),
    "transformer": ("同一台区", "same transformer"),
    "section": ("同一线路分段", "same line section"),
    "feeder": ("同一条线路", "same line"),
}


def _reasons(
    one: Report, other: Report, metres: float | None, minutes: float, shared: str | None
) -> tuple[Reason, ...]:
    found = []
    if shared:
        found.append(Reason(shared, *_SAID[shared]))
    if metres is not None and metres <= WITHIN_M:
        far = f"{round(metres / 10) * 10} m" if metres < 1000 else f"{metres / 1000:.1f} km"
        found.append(Reason("near", f"相距 {far}", f"{far} away"))
    found.append(Reason("recent", f"相隔 {round(minutes)} 分钟", f"{round(minutes)} min apart"))
    if one.fault_code and one.fault_code == other.fault_code:
        found.append(Reason("fault", "同类故障", "same fault"))
    elif _alike(one.fault_code, other.fault_code) == _SAME_CLASS:
        found.append(Reason("fault_class", "相近故障", "a similar fault"))
    return tuple(found)
