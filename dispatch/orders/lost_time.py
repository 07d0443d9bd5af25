"""Where an order's time went beyond its limits, and who answers for it by the policy: pure.

Only what is over: it follows from stamps alone, never from the clock. What still runs is the
`running` part of the board's row, from which a screen reckons the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sla.policy import NAMED_INTERVALS, Policy
from sla.segments import Segment, segments
from sla.shares import by_interval, over_only, pieces
from sla.timelines import Timeline

# Parties that are units, by what of an attempt names them; all others are one for everybody.
_AT_CENTRE = ("centre",)
_AT_CREW = ("receiver", "crew", "capacity")


@dataclass(frozen=True, slots=True)
class Units:
    """Which centre a hop went to, which crew an assignment: unit ids, or codes as imported."""

    centres: Mapping[UUID, str]
    crews: Mapping[UUID, str]

    def of(self, party: str, hop_id: UUID | None, assignment_id: UUID | None) -> str | None:
        """The unit that stands for `party` in this attempt; None where the party has none."""
        if party in _AT_CENTRE and hop_id is not None:
            return self.centres.get(hop_id)
        if party in _AT_CREW and assignment_id is not None:
            return self.crews.get(assignment_id)
        return None


@dataclass(frozen=True, slots=True)
class Lost:
    """A segment that took longer than its limit, or an interval in which its clock was held.

    `code`: the segment, or `queued`, `detour`, `desk_closed`, or the kind of a hold.
    `over_s`: spent minus limit; all of an interval that belongs to it (`sla.shares`), nothing of a
    hold that stopped the promise.
    `earlier`: in an attempt that was given up; a detour of this list holds that time already.
    `doubtful`: the stamps' uncertainty is larger than the overrun.
    """

    kind: str
    code: str
    responsible: str
    unit_id: str | None
    start: datetime
    spent_s: float
    limit_s: float | None
    over_s: float
    earlier: bool
    doubtful: bool

    def as_json(self) -> dict[str, Any]:
        """Values of the API; the time is ISO 8601, UTC."""
        return asdict(self) | {"start": self.start.isoformat().replace("+00:00", "Z")}


def lost_time(
    policy: Policy, attempts: Sequence[Timeline], now: datetime, units: Units
) -> list[Lost]:
    """What is over and was too long, in the order in which it began.

    `attempts`: all timelines of the order, oldest first; the last is the one that counts. A
    segment that two attempts share is taken from the later one. `now` only has to lie behind all
    stamps: nothing of the result depends on it.
    """
    found: dict[tuple[str, UUID | None], Lost | None] = {}
    for index, timeline in enumerate(attempts):
        for segment in segments(policy, timeline, now):
            if segment.state not in ("pending", "running"):
                earlier = index < len(attempts) - 1
                found[segment.code, segment.subject_id] = _broken(
                    segment, timeline, units, earlier=earlier
                )
    listed = [one for one in found.values() if one is not None]
    if attempts:
        listed += _held(policy, attempts[-1], units, now)
    return sorted(listed, key=lambda one: (one.start, one.code))


def _broken(segment: Segment, timeline: Timeline, units: Units, *, earlier: bool) -> Lost | None:
    if segment.start is None or segment.spent_s is None or segment.limit_s is None:
        return None
    if segment.within is not False:
        return None
    return Lost(
        kind="segment",
        code=segment.code,
        responsible=segment.responsible,
        unit_id=units.of(segment.responsible, timeline.hop_id, timeline.assignment_id),
        start=segment.start,
        spent_s=segment.spent_s,
        limit_s=segment.limit_s,
        over_s=segment.borrowed_s,
        earlier=earlier,
        doubtful=segment.doubtful,
    )


def _held(policy: Policy, timeline: Timeline, units: Units, now: datetime) -> list[Lost]:
    over = over_only(timeline)
    if not over.intervals:
        return []
    judged = segments(policy, over, now)
    return [
        Lost(
            kind=one.code if one.code in NAMED_INTERVALS else "hold",
            code=one.code,
            responsible=one.party,
            unit_id=units.of(one.party, timeline.hop_id, timeline.assignment_id),
            start=one.start,
            spent_s=owned.total_seconds(),
            limit_s=None,
            over_s=owned.total_seconds() if one.kind == "interval" else 0.0,
            earlier=False,
            doubtful=False,
        )
        for one, owned in by_interval(pieces(policy, over, judged, now))
    ]
