"""Figures after rulings, beside the raw ones: pure.

A waived segment counts with what is left of it. One that a supervisor gave to somebody else counts
with that centre, crew or party and no more with the one that it was of; what a segment took, and in
which hour, nobody can give away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dispatch.reviews.rules import ReviewState, adjusted_s
from sla.segments import Segment

By = Literal["segment", "centre", "crew", "hour", "party"]
Homes = Mapping[str, str]
"""Unit id → the centre that it belongs to; a centre to itself."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """`ruled`: segments that a ruling changed, brought here or took away. `within` of `judged` kept
    the limit then."""

    judged: int
    within: int
    ruled: int
    mean_s: float | None

    @property
    def share(self) -> float | None:
        """0 … 1; None where nothing could be judged."""
        return self.within / self.judged if self.judged else None

    def as_json(self) -> dict[str, Any]:
        """As it stands in a line of a report."""
        return {
            "adjusted_share": self.share,
            "adjusted_late": self.judged - self.within,
            "adjusted_mean_s": self.mean_s,
            "ruled": self.ruled,
        }


@dataclass(slots=True)
class Group:
    """Segments of one code in one group of a report: as they were, and as they count by rulings."""

    raw: list[Segment] = field(default_factory=list)
    after: list[Segment] = field(default_factory=list)
    ruled: int = 0

    @property
    def adjusted(self) -> Adjusted:
        done = [one for one in self.after if one.state == "done"]
        spent = [one.spent_s for one in done if one.spent_s is not None]
        judged = [one for one in done if one.within is not None]
        return Adjusted(
            judged=len(judged),
            within=sum(one.within is True for one in judged),
            ruled=self.ruled,
            mean_s=sum(spent) / len(spent) if spent else None,
        )


def after_ruling(segment: Segment, ruled: ReviewState | None) -> Segment:
    """The segment as it counts after the ruling on it: less what was waived."""
    if ruled is None or ruled.waived_s <= 0:
        return segment
    if segment.spent_s is None or segment.within is None or segment.limit_s is None:
        return segment
    left = adjusted_s(segment.spent_s, ruled.waived_s)
    return replace(segment, spent_s=left, within=segment.within or left <= segment.limit_s)


def keys_after(
    keys: Sequence[str], ruled: ReviewState | None, by: By, homes: Homes
) -> Sequence[str]:
    """The groups in which a segment counts after the ruling on it. `keys`: those before."""
    if ruled is None or ruled.ruling != "reattributed" or by in ("segment", "hour"):
        return keys
    if by == "party":
        return [ruled.ruled_party] if ruled.ruled_party else []
    unit = ruled.ruled_unit
    home = homes.get(unit) if unit else None
    if unit is None or home is None:
        return []
    if by == "centre":
        return [home]
    return [unit] if unit != home else []
