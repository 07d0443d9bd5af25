"""Whether a way enters, leaves or crosses a shape. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gps.motion import ACCURACY_M, Sight
from gps.shapes import LatLon, Shape

STEP_M = 10.0
"""How finely the way between two fixes is looked at."""
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle entered, left or crossed a shape. `uncertainty_s`: the gap that `at` lies in."""

    kind: Literal["enter", "exit", "cross"]
    at: datetime
    uncertainty_s: float


def passage(shape: Shape, before: Sight, sight: Sight, *, inside: bool) -> Passage | None:
    """What happened between two fixes. `inside`: where it counted as being before.

    It is inside from the edge on, and outside again only beyond the accuracy of a fix, so that a
    vehicle parked at the edge does not come and go. Crossed: the straight way between two fixes
    outside runs through the shape.
    """
    first, second = (shape.beyond_m(one.lat, one.lon) for one in (before, sight))
    gap = (sight.at - before.at).total_seconds()
    if inside:
        left = second > ACCURACY_M
        return Passage("exit", _at(before, sight, first, second), gap) if left else None
    if second <= 0:
        return Passage("enter", _at(before, sight, first, second), gap)
    part = _deepest(shape, before, sight, first, second)
    if part is None:
        return None
    return Passage("cross", before.at + part * (sight.at - before.at), gap)


def _at(before: Sight, sight: Sight, first: float, second: float) -> datetime:
    """Where the straight way meets the edge; `first`, `second`: metres beyond it at its ends."""
    if (first > 0) == (second > 0):
        return before.at
    return before.at + first / (first - second) * (sight.at - before.at)


def _deepest(
    shape: Shape, before: Sight, sight: Sight, first: float, second: float
) -> float | None:
    """The part of the way at which it is deepest inside; None where it never is."""
    length = before.metres_to(sight)
    if first + second > length:  # farther from the edge than it drove
        return None
    steps = max(2, min(MOST_STEPS, math.ceil(length / STEP_M)))
    ways = ((step / steps, _between(before, sight, step / steps)) for step in range(1, steps))
    depth, part = min((shape.beyond_m(*place), part) for part, place in ways)
    return part if depth <= 0 else None


def _between(before: Sight, sight: Sight, part: float) -> LatLon:
    return (
        before.lat + part * (sight.lat - before.lat),
        before.lon + part * (sight.lon - before.lon),
    )
