"""Whose time it was: each microsecond of a promise belongs to one party. Pure.

Where several things are so at once, the first of these has the time:

1. a hold that stops the promise itself: nobody spends what the promise does not count;
2. a detour: nothing of it would have been, had the order gone where it belongs;
3. another hold, of the segment that it stops;
4. a closed desk;
5. waiting behind the crew's other order;
6. the segment that runs; of two, where times contradict, the earlier one of the chain.

Of two alike, the one that began first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from sla.arrivals import decided
from sla.intervals import Interval
from sla.policy import Policy
from sla.segments import Segment, holds_of, named_of, stops_clock
from sla.timelines import Timeline

Kind = Literal["pause", "interval", "segment", "nobody"]
_RANK = {"detour": 1, "desk_closed": 3, "queued": 4}
_PAUSE, _HOLD = 0, 2
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Piece:
    """Time of one owner, without a gap. `code`: the segment, or the kind of the interval, which
    began at `since`. `nobody`: a point is missing.
    """

    kind: Kind
    code: str
    party: str
    since: datetime
    start: datetime
    end: datetime

    @property
    def lasted(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Share:
    """What one party has spent of the promise, in seconds: in segments, `over_s` of it beyond a
    limit, and in intervals (`excluded_s`). `paused_s`: in holds that stopped the promise.
    """

    party: str
    spent_s: float = 0.0
    over_s: float = 0.0
    excluded_s: float = 0.0
    paused_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Claim:
    """An interval that may own time; `only`: while one of these segments runs, None: always."""

    rank: int
    interval: Interval
    end: datetime
    only: frozenset[str] | None = None

    def covers(self, start: datetime, end: datetime) -> bool:
        return self.interval.start <= start and end <= self.end


def pieces(
    policy: Policy, timeline: Timeline, judged: Sequence[Segment], until: datetime
) -> list[Piece]:
    """The promise's time from its first point to its last, or `until`, each piece with its owner.

    `judged`: the segments as they stand then. Without its first point, from the first of anything.
    """
    ran = [
        (one.start, one.end or until, one)
        for one in judged
        if one.state in ("done", "running") and one.start is not None
    ]
    claims = _claims(policy, timeline, until)
    edges = {edge for start, end, _ in ran for edge in (start, end)}
    edges |= {edge for one in claims for edge in (one.interval.start, one.end)}
    start, end = _window(policy, timeline, until)
    start = min(edges, default=end) if start is None else start
    inside = sorted({start, end, *(edge for edge in edges if start < edge < end)})
    return [_owned(ran, claims, *one) for one in pairwise(inside) if one[1] <= end]


def shares(
    policy: Policy, timeline: Timeline, judged: Sequence[Segment], until: datetime
) -> tuple[Share, ...]:
    """What each party has spent of the promise, by party. Where no point is missing, segments and
    intervals make what the total has spent, and with the pauses its wall time, exactly.
    """
    spent: dict[tuple[str, Kind], timedelta] = {}
    for one in pieces(policy, timeline, judged, until):
        if one.kind != "nobody":
            spent[one.party, one.kind] = spent.get((one.party, one.kind), _NOTHING) + one.lasted
    over: dict[str, float] = {}
    for each in judged:
        if each.borrowed_s > 0:
            over[each.responsible] = over.get(each.responsible, 0.0) + each.borrowed_s
    return tuple(
        Share(
            party,
            spent_s=spent.get((party, "segment"), _NOTHING).total_seconds(),
            over_s=over.get(party, 0.0),
            excluded_s=spent.get((party, "interval"), _NOTHING).total_seconds(),
            paused_s=spent.get((party, "pause"), _NOTHING).total_seconds(),
        )
        for party in sorted({party for party, _ in spent} | set(over))
    )


def _window(
    policy: Policy, timeline: Timeline, until: datetime
) -> tuple[datetime | None, datetime]:
    """First and last point of the promise, as far as it goes; of the chain where there is none."""
    if policy.total is not None:
        ends = (policy.total.from_point, policy.total.to_point)
        timeline = decided(policy, policy.total.subject, ends, timeline)
    elif policy.chain:
        ends = (policy.chain[0], policy.chain[-1])
    else:
        return None, until
    return timeline.at(ends[0]), timeline.at(ends[1]) or until


def _claims(policy: Policy, timeline: Timeline, until: datetime) -> list[_Claim]:
    found = [_Claim(_RANK[one.kind], one, one.end or until) for one in named_of(timeline)]
    for pause in policy.pauses:
        whole = policy.total is not None and stops_clock(policy, pause, policy.total)
        only = frozenset(rule.code for rule in policy.segments if stops_clock(policy, pause, rule))
        for one in holds_of(pause, timeline):
            rank, limited = (_PAUSE, None) if whole else (_HOLD, only)
            found.append(_Claim(rank, one, one.end or until, limited))
    return sorted(found, key=lambda one: (one.rank, one.interval.start))


def _owned(
    ran: Iterable[tuple[datetime, datetime, Segment]],
    claims: Iterable[_Claim],
    start: datetime,
    end: datetime,
) -> Piece:
    """Who owns a stretch in which nothing begins or ends."""
    running = next((one for one in ran if one[0] <= start and end <= one[1]), None)
    for one in claims:
        if one.only is not None and (running is None or running[2].code not in one.only):
            continue
        if one.covers(start, end):
            kind: Kind = "pause" if one.rank == _PAUSE else "interval"
            held = one.interval
            return Piece(kind, held.kind, held.responsible, held.start, start, end)
    if running is None:
        return Piece("nobody", "", "", start, start, end)
    code, party = running[2].code, running[2].responsible
    return Piece("segment", code, party, running[0], start, end)


def over_only(timeline: Timeline) -> Timeline:
    """With the intervals that are over, which follow from stamps alone."""
    over = tuple(one for one in timeline.intervals if one.end is not None)
    return timeline if len(over) == len(timeline.intervals) else replace(timeline, intervals=over)


def by_interval(found: Iterable[Piece]) -> Iterator[tuple[Piece, timedelta]]:
    """Each interval and hold that owns time: its first piece, and how much it owns."""
    first: dict[tuple[str, str, datetime], Piece] = {}
    owns: dict[tuple[str, str, datetime], timedelta] = {}
    for one in found:
        if one.kind in ("pause", "interval"):
            key = (one.code, one.party, one.since)
            first.setdefault(key, one)
            owns[key] = owns.get(key, _NOTHING) + one.lasted
    for key, one in first.items():
        yield one, owns[key]
