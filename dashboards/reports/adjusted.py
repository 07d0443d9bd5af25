"""Figures after rulings, beside the raw ones: pure.

A waived segment counts with what is left of it. By centre or crew, a breach that a supervisor gave
to somebody else does not count against the group.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from dispatch.reviews.rules import ReviewState, adjusted_s
from sla.segments import Segment

Rulings = Mapping[tuple[str, UUID], ReviewState]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """`ruled`: segments that a ruling changed. `within` of `judged` kept the limit then."""

    judged: int
    within: int
    ruled: int
    mean_s: float | None

    @property
    def share(self) -> float | None:
        """0 … 1; None where nothing could be judged."""
        return self.within / self.judged if self.judged else None


def after_ruling(segment: Segment, rulings: Rulings, unit: str | None) -> Segment | None:
    """The segment as it counts after the ruling on it; None where it is not this unit's.

    `unit`: the centre or crew that the group is of; None: of nobody.
    """
    if segment.subject_id is None or segment.spent_s is None:
        return segment
    ruled = rulings.get((segment.code, segment.subject_id))
    if ruled is None:
        return segment
    if ruled.ruling == "reattributed" and unit is not None and ruled.ruled_unit != unit:
        return None
    if ruled.waived_s <= 0 or segment.within is None or segment.limit_s is None:
        return segment
    left = adjusted_s(segment.spent_s, ruled.waived_s)
    return replace(segment, spent_s=left, within=segment.within or left <= segment.limit_s)


def adjusted(found: Iterable[Segment], rulings: Rulings, unit: str | None) -> Adjusted:
    """The adjusted figures of a group."""
    everything = list(found)
    after = [after_ruling(one, rulings, unit) for one in everything]
    kept = [one for one in after if one is not None and one.state == "done"]
    spent = [one.spent_s for one in kept if one.spent_s is not None]
    judged = [one for one in kept if one.within is not None]
    return Adjusted(
        judged=len(judged),
        within=sum(one.within is True for one in judged),
        ruled=sum(one is not other for one, other in zip(everything, after, strict=True)),
        mean_s=sum(spent) / len(spent) if spent else None,
    )
