"""From stamps to segments: pure. Seconds are floats, times are aware datetimes.

Rules (Beijing 95598, docs/sla.md): a missing point is unknown and nothing that needs it is judged;
a negative duration is an anomaly and is shown, never clipped; an order released while the caller
still talked has A–B = 0; time in a named interval (queued behind another order, lost to a wrong
department, waiting for a closed desk) is nobody's segment time, but the total from A to H keeps
running.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from sla.policy import Policy, SegmentRule, Subject

State = Literal["done", "running", "pending", "unknown", "anomaly"]
NEGATIVE = "negative"
RELEASED_DURING_CALL = "released_during_call"

# Supply may be restored from afar while the crew still drives, so `restored` overtakes nothing.
_COURSE = (
    "A", "B", "C", "centre_accepted", "D", "E", "F", "activated", "G", "H", "recorded", "closed",
)  # fmt: skip


def is_behind(point: str, other: str) -> bool:
    """Whether `point` comes later in the course of an order than `other`."""
    if point not in _COURSE or other not in _COURSE:
        return False
    return _COURSE.index(point) > _COURSE.index(other)


@dataclass(frozen=True, slots=True)
class PointTime:
    """The stamp that counts for one point: when, on what evidence, how sure (± seconds)."""

    at: datetime
    source: str
    uncertainty_s: float = 0.0
    stamp_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """Time that belongs to no segment: `queued` (capacity), `detour` (a wrong department) or
    `desk_closed` (nobody sat at the screen that was to receive the order).

    `end` is None while it lasts. `responsible` is a party code.
    """

    kind: Literal["queued", "detour", "desk_closed"]
    start: datetime
    end: datetime | None
    responsible: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which limit holds. None: not known."""

    same_site: bool | None = None
    area_class: str | None = None
    released_during_call: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The points of one order along one centre hop and one assignment.

    `points` maps A … H, centre_accepted, activated, restored, recorded, closed to stamps.
    `ended_at`: this attempt is over (returned, recalled, or a finished record of the past):
    points that are still missing will not come.
    """

    order_id: UUID
    hop_id: UUID | None = None
    assignment_id: UUID | None = None
    points: Mapping[str, PointTime] = field(default_factory=lambda: MappingProxyType({}))
    facts: Facts = Facts()
    intervals: tuple[Interval, ...] = ()
    ended_at: datetime | None = None

    def at(self, point: str) -> datetime | None:
        """When the point was reached, or None."""
        stamp = self.points.get(point)
        return stamp.at if stamp else None

    def subject_id(self, subject: Subject) -> UUID | None:
        """The id that a segment of this kind belongs to."""
        return {"order": self.order_id, "hop": self.hop_id, "assignment": self.assignment_id}[
            subject
        ]


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch, judged. `spent_s` leaves out `excluded_s`; their sum is wall time.

    `within` is None while it cannot be said. `slack_s` is limit minus spent (negative: borrowed).
    `mark` names a special case: `released_during_call`. `doubtful`: the stamps' uncertainty is
    larger than the distance to the limit. `warning`: running, and more than the policy's
    `warn_share` of the limit is gone.
    """

    code: str
    from_point: str
    to_point: str
    subject_id: UUID | None
    responsible: str
    state: State
    start: datetime | None = None
    end: datetime | None = None
    limit_s: float | None = None
    spent_s: float | None = None
    excluded_s: float = 0.0
    within: bool | None = None
    deadline: datetime | None = None
    mark: str | None = None
    anomaly: str | None = None
    doubtful: bool = False
    warning: bool = False

    @property
    def slack_s(self) -> float | None:
        """Seconds left over (positive) or taken from later segments (negative)."""
        if self.state not in ("done", "running") or self.limit_s is None or self.spent_s is None:
            return None
        return self.limit_s - self.spent_s

    @property
    def lent_s(self) -> float:
        """Seconds that a finished segment leaves to later ones."""
        return max(self.slack_s or 0.0, 0.0) if self.state == "done" else 0.0

    @property
    def borrowed_s(self) -> float:
        """Seconds taken beyond the limit."""
        return max(-(self.slack_s or 0.0), 0.0)


def segments(policy: Policy, timeline: Timeline, now: datetime) -> tuple[Segment, ...]:
    """Each segment of the policy, in order, as it stands at `now`."""
    return tuple(_judge(policy, rule, timeline, now) for rule in policy.segments)


def total(policy: Policy, timeline: Timeline, now: datetime) -> Segment | None:
    """The stretch from first to last point; excludes nothing. None where the policy has none."""
    if policy.total is None:
        return None
    whole = replace(timeline, intervals=())
    return _judge(policy, policy.total, whole, now)


def _judge(policy: Policy, rule: SegmentRule, timeline: Timeline, now: datetime) -> Segment:
    start, end = timeline.at(rule.from_point), timeline.at(rule.to_point)
    facts = timeline.facts
    base = Segment(
        code=rule.code,
        from_point=rule.from_point,
        to_point=rule.to_point,
        subject_id=timeline.subject_id(rule.subject),
        responsible=rule.responsible,
        state="pending",
        start=start,
        end=end,
        limit_s=rule.limit_s(same_site=facts.same_site, area_class=facts.area_class),
    )
    if rule.from_point == "A" and facts.released_during_call and timeline.at("B"):
        if rule.to_point == "B":
            within = None if base.limit_s is None else True
            return replace(
                base, state="done", spent_s=0.0, within=within, mark=RELEASED_DURING_CALL
            )
        base = replace(base, mark=RELEASED_DURING_CALL)
    if start is None:
        over = timeline.ended_at or end or _passed(rule.from_point, timeline)
        return replace(base, state="unknown" if over else "pending")
    if end is None:
        if timeline.ended_at or _passed(rule.to_point, timeline):
            return replace(base, state="unknown")
        return _running(policy, base, timeline, now)
    if end < start:
        return replace(
            base, state="anomaly", spent_s=(end - start).total_seconds(), anomaly=NEGATIVE
        )
    return _done(base, timeline, start, end)


def _passed(point: str, timeline: Timeline) -> bool:
    """Whether a point behind this one is known: the order is further on already."""
    return any(is_behind(known, point) for known in timeline.points)


def _running(policy: Policy, base: Segment, timeline: Timeline, now: datetime) -> Segment:
    assert base.start is not None
    until = max(now, base.start)
    excluded = excluded_s(timeline.intervals, base.start, until)
    spent = (until - base.start).total_seconds() - excluded
    late = base.limit_s is not None and spent > base.limit_s
    near = base.limit_s is not None and spent >= policy.warn_share * base.limit_s
    return replace(
        base,
        state="running",
        spent_s=spent,
        excluded_s=excluded,
        within=False if late else None,
        deadline=deadline(timeline.intervals, base.start, base.limit_s),
        warning=near and not late,
    )


def _done(base: Segment, timeline: Timeline, start: datetime, end: datetime) -> Segment:
    excluded = excluded_s(timeline.intervals, start, end)
    spent = (end - start).total_seconds() - excluded
    unsure = sum(timeline.points[p].uncertainty_s for p in (base.from_point, base.to_point))
    return replace(
        base,
        state="done",
        spent_s=spent,
        excluded_s=excluded,
        within=None if base.limit_s is None else spent <= base.limit_s,
        deadline=deadline(timeline.intervals, start, base.limit_s),
        doubtful=base.limit_s is not None and abs(spent - base.limit_s) < unsure,
    )


def _union(intervals: Sequence[Interval]) -> list[tuple[datetime, datetime | None]]:
    """The intervals without overlap, in order. An open one swallows all that begins in it."""
    merged: list[tuple[datetime, datetime | None]] = []
    for one in sorted(intervals, key=lambda item: item.start):
        if one.end is not None and one.end <= one.start:
            continue
        if merged and (merged[-1][1] is None or one.start <= merged[-1][1]):
            begun, ended = merged[-1]
            longer = None if ended is None or one.end is None else max(ended, one.end)
            merged[-1] = (begun, longer)
        else:
            merged.append((one.start, one.end))
    return merged


def excluded_s(intervals: Sequence[Interval], start: datetime, end: datetime) -> float:
    """Seconds between `start` and `end` that lie in any of the intervals, counted once."""
    found = 0.0
    for begun, ended in _union(intervals):
        overlap = min(ended or end, end) - max(begun, start)
        found += max(overlap.total_seconds(), 0.0)
    return found


def deadline(
    intervals: Sequence[Interval], start: datetime, limit_s: float | None
) -> datetime | None:
    """When `limit_s` of counted time will have passed since `start`.

    None without a limit, or while an interval without end holds the clock before that moment.
    """
    if limit_s is None:
        return None
    due = start + timedelta(seconds=limit_s)
    for begun, ended in _union(intervals):
        if begun >= due:
            break
        if ended is None:
            return None
        due += max(ended - max(begun, start), timedelta(0))
    return due


@dataclass(frozen=True, slots=True)
class Share:
    """What one party has spent of the promise, in seconds."""

    party: str
    spent_s: float
    over_s: float
    excluded_s: float


@dataclass(frozen=True, slots=True)
class Promise:
    """How the total stands: when it is due, what is left of it, who spent it.

    `reserve_s`: total limit minus the sum of the segment limits (2 minutes for a crew at the
    centre's site in Beijing); None where a limit is unknown. `expected_slack_s`: seconds between
    the expected arrival and the deadline (negative: too late). `within` None: not over yet.
    """

    limit_s: float
    start: datetime
    deadline: datetime
    left_s: float
    within: bool | None
    reserve_s: float | None
    shares: tuple[Share, ...]
    expected_slack_s: float | None = None


def promise(
    policy: Policy, timeline: Timeline, now: datetime, expected_arrival: datetime | None = None
) -> Promise | None:
    """The total promise at `now`; None where it cannot be judged (no A, no limit, anomaly).

    left_s == reserve_s + Σ slack of the segments − Σ excluded time, when all points are there.
    """
    whole = total(policy, timeline, now)
    if whole is None or whole.state not in ("done", "running"):
        return None
    if whole.limit_s is None or whole.start is None:
        return None
    due = whole.start + timedelta(seconds=whole.limit_s)
    judged = segments(policy, timeline, now)
    limits = [one.limit_s for one in judged]
    known = [limit for limit in limits if limit is not None]
    return Promise(
        limit_s=whole.limit_s,
        start=whole.start,
        deadline=due,
        left_s=(due - (whole.end or max(now, whole.start))).total_seconds(),
        within=whole.within,
        reserve_s=whole.limit_s - sum(known) if len(known) == len(limits) else None,
        shares=_shares(judged, timeline, whole.end or now),
        expected_slack_s=(due - expected_arrival).total_seconds() if expected_arrival else None,
    )


def _shares(judged: Sequence[Segment], timeline: Timeline, until: datetime) -> tuple[Share, ...]:
    found: dict[str, Share] = {}

    def add(party: str, spent: float, over: float, excluded: float) -> None:
        old = found.get(party, Share(party, 0.0, 0.0, 0.0))
        found[party] = Share(
            party, old.spent_s + spent, old.over_s + over, old.excluded_s + excluded
        )

    for one in judged:
        if one.state in ("done", "running") and one.spent_s is not None:
            add(one.responsible, one.spent_s, one.borrowed_s, 0.0)
    for interval in timeline.intervals:
        lasted = ((interval.end or until) - interval.start).total_seconds()
        add(interval.responsible, 0.0, 0.0, max(lasted, 0.0))
    return tuple(found[party] for party in sorted(found))
