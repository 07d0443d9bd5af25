"""From stamps to segments: pure. Seconds are floats, times are aware datetimes.

Rules (Beijing 95598, docs/sla.md): a missing point is unknown and nothing that needs it is judged;
a negative duration is an anomaly and is shown, never clipped; an order released while the caller
still talked has A–B = 0; time in a named interval (queued behind another order, lost to a wrong
department, waiting for a closed desk) is nobody's segment time, but the total from A to H keeps
running. A hold (customer not reachable, unsafe weather) stops those clocks, for as long as the
policy says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from sla.calendars import CalendarEndsError, Span
from sla.facts import Facts
from sla.policy import NAMED_INTERVALS, Limit, Pause, Policy, SegmentRule, Subject

State = Literal["done", "running", "pending", "unknown", "anomaly"]
NEGATIVE = "negative"
RELEASED_DURING_CALL = "released_during_call"

CALENDAR_ENDS = "calendar_ends"


@dataclass(frozen=True, slots=True)
class PointTime:
    """The stamp that counts for one point: when, on what evidence, how sure (± seconds).

    `anomaly`: why the time cannot be true; nothing that needs it is judged.
    """

    at: datetime
    source: str
    uncertainty_s: float = 0.0
    stamp_id: UUID | None = None
    anomaly: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """Time that belongs to no segment: `queued` (capacity), `detour` (a wrong department),
    `desk_closed` (nobody sat at the screen that was to receive the order), or a hold of a kind that
    the policy knows.

    `end` is None while it lasts. `responsible` is a party code. `approved`: of a hold.
    """

    kind: str
    start: datetime
    end: datetime | None
    responsible: str
    approved: bool = False


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
    facts: Facts = field(default_factory=Facts)
    intervals: tuple[Interval, ...] = ()
    ended_at: datetime | None = None

    def at(self, point: str) -> datetime | None:
        """When the point was reached, or None."""
        stamp = self.points.get(point)
        return stamp.at if stamp else None

    def subject_id(self, subject: Subject) -> UUID | None:
        """The id that a segment of this kind belongs to."""
        if subject == "hop":
            return self.hop_id
        return self.assignment_id if subject == "assignment" else self.order_id


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch, judged. `spent_s` leaves out `excluded_s`; their sum is wall time.

    `within` is None while it cannot be said. `slack_s` is limit minus spent (negative: borrowed).
    `mark` names a special case: `released_during_call`, `calendar_ends` (nobody has said which days
    are worked then). `least`: the limit is a lead that must be kept. `doubtful`: the stamps'
    uncertainty is larger than the distance to the limit. `warning`: running, and so much of the
    limit is gone, or so little left, as the policy warns at.
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
    least: bool = False

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
    """The stretch from first to last point; only holds stop it. None where the policy has none."""
    if policy.total is None:
        return None
    return _judge(policy, policy.total, timeline, now)


def goals(policy: Policy, timeline: Timeline, now: datetime) -> tuple[Segment, ...]:
    """What the policy promises beside the chain, in order, as it stands at `now`."""
    return tuple(_judge(policy, rule, timeline, now) for rule in policy.goals)


def held(policy: Policy, rule: SegmentRule, timeline: Timeline) -> tuple[Interval, ...]:
    """The intervals that stop the clock of a rule, holds cut to what the policy allows."""
    named = () if rule is policy.total else _named(timeline)
    pauses = [one for one in policy.pauses if _stops(policy, one, rule)]
    return (*named, *chain.from_iterable(_holds(one, timeline) for one in pauses))


def holding_now(policy: Policy, code: str, timeline: Timeline) -> Interval | None:
    """What holds the clock of this rule and is not over; a hold also past what it may last."""
    rule = next(one for one in policy.rules if one.code == code)
    kinds = {one.kind for one in policy.pauses if _stops(policy, one, rule)}
    if rule is not policy.total:
        kinds |= set(NAMED_INTERVALS)
    return next((one for one in timeline.intervals if one.end is None and one.kind in kinds), None)


def _named(timeline: Timeline) -> tuple[Interval, ...]:
    return tuple(one for one in timeline.intervals if one.kind in NAMED_INTERVALS)


def _stops(policy: Policy, pause: Pause, rule: SegmentRule) -> bool:
    return rule.code in pause.stops if pause.stops else rule is not policy.total


def _holds(pause: Pause, timeline: Timeline) -> list[Interval]:
    """The holds of one kind, oldest first, as long as they may be."""
    mine = [
        one
        for one in timeline.intervals
        if one.kind == pause.kind and (one.approved or not pause.approval)
    ]
    left = None if pause.most_total_s is None else timedelta(seconds=pause.most_total_s)
    found = []
    for begun, ended in _union(mine):
        most = None if pause.most_s is None else timedelta(seconds=pause.most_s)
        if left is not None:
            most = left if most is None else min(most, left)
        end = ended
        if most is not None and (ended is None or ended - begun > most):
            end = begun + most
        if end is None or end > begun:
            found.append(Interval(pause.kind, begun, end, "", approved=True))
        if left is not None and end is not None:
            left -= end - begun
    return found


def _judge(policy: Policy, rule: SegmentRule, timeline: Timeline, now: datetime) -> Segment:
    start, end = timeline.at(rule.from_point), timeline.at(rule.to_point)
    limit, mark = _limit(policy, rule, timeline.facts, start)
    base = Segment(
        code=rule.code,
        from_point=rule.from_point,
        to_point=rule.to_point,
        subject_id=timeline.subject_id(rule.subject),
        responsible=(limit and limit.responsible) or rule.responsible,
        state="pending",
        start=start,
        end=end,
        limit_s=_seconds(policy, limit, start),
        mark=mark,
        least=(rule.statistic or policy.statistic) == "min_lead",
    )
    if rule.from_point == "A" and timeline.facts.released_during_call and timeline.at("B"):
        if rule.to_point == "B":
            within = None if base.limit_s is None else True
            return replace(
                base, state="done", spent_s=0.0, within=within, mark=RELEASED_DURING_CALL
            )
        base = replace(base, mark=RELEASED_DURING_CALL)
    if start is None:
        over = timeline.ended_at or end or _passed(policy, rule.from_point, timeline)
        return replace(base, state="unknown" if over else "pending")
    if end is None:
        if timeline.ended_at or _passed(policy, rule.to_point, timeline):
            return replace(base, state="unknown")
        return _running(policy, base, limit, held(policy, rule, timeline), now)
    if end < start:
        return replace(
            base, state="anomaly", spent_s=(end - start).total_seconds(), anomaly=NEGATIVE
        )
    wrong = _wrong(timeline, rule)
    if wrong is not None:
        spent = (end - start).total_seconds()
        return replace(base, state="anomaly", spent_s=spent, anomaly=wrong)
    return _done(policy, base, limit, held(policy, rule, timeline), timeline)


def _wrong(timeline: Timeline, rule: SegmentRule) -> str | None:
    """Why one of the two points cannot be true."""
    stamps = (timeline.points.get(rule.from_point), timeline.points.get(rule.to_point))
    return next((one.anomaly for one in stamps if one and one.anomaly), None)


def _limit(
    policy: Policy, rule: SegmentRule, facts: Facts, start: datetime | None
) -> tuple[Limit | None, str | None]:
    """The limit that holds, and a mark where the calendar does not reach so far."""
    try:
        if not rule.when.fits(facts, start, policy.days):
            return None, None
        found = rule.limit_of(facts, start, policy.days)
        if found is not None and start is not None and found.length.needs_days:
            policy.days.due(start, found.length)
    except CalendarEndsError:
        return None, CALENDAR_ENDS
    return found, None


def rule_due(policy: Policy, rule: SegmentRule, facts: Facts, start: datetime) -> datetime | None:
    """When a stretch that begins at `start` is due, with nothing held; None where no limit fits."""
    limit, _ = _limit(policy, rule, facts, start)
    return policy.days.due(start, limit.length) if limit else None


def _seconds(policy: Policy, limit: Limit | None, start: datetime | None) -> float | None:
    """Real seconds of a limit; those of working days once it is known when they begin."""
    if limit is None:
        return None
    if limit.length.seconds is not None or start is None:
        return limit.length.seconds
    return (policy.days.due(start, limit.length) - start).total_seconds()


def _passed(policy: Policy, point: str, timeline: Timeline) -> bool:
    """Whether a point behind this one is known: the order is further on already."""
    return any(policy.is_behind(known, point) for known in timeline.points)


def _running(
    policy: Policy, base: Segment, limit: Limit | None, stops: Sequence[Interval], now: datetime
) -> Segment:
    start = base.start
    assert start is not None
    until = max(now, start)
    excluded = stopped(stops, start, until)
    spent = (until - start - excluded).total_seconds()
    base = replace(base, state="running", spent_s=spent, excluded_s=excluded.total_seconds())
    if limit is None or base.limit_s is None or base.least:
        return base
    reached = due(policy, start, limit.length, _until(stops, until))
    assert reached is not None  # nothing is open any more
    late = until > reached
    share = policy.warn_share * base.limit_s
    near = spent >= share or (
        policy.warn_left_s is not None and base.limit_s - spent <= policy.warn_left_s
    )
    return replace(
        base,
        within=False if late else None,
        deadline=due(policy, start, limit.length, stops),
        warning=near and not late,
    )


def _done(
    policy: Policy,
    base: Segment,
    limit: Limit | None,
    stops: Sequence[Interval],
    timeline: Timeline,
) -> Segment:
    start, end = base.start, base.end
    assert start is not None
    assert end is not None
    excluded = stopped(stops, start, end)
    spent = (end - start - excluded).total_seconds()
    base = replace(base, state="done", spent_s=spent, excluded_s=excluded.total_seconds())
    if limit is None or base.limit_s is None:
        return base
    until = due(policy, start, limit.length, _until(stops, end))
    assert until is not None
    unsure = sum(timeline.points[p].uncertainty_s for p in (base.from_point, base.to_point))
    left = (until - end).total_seconds()
    return replace(
        base,
        within=end >= until if base.least else end <= until,
        deadline=due(policy, start, limit.length, stops),
        doubtful=abs(left) < unsure,
    )


def _until(intervals: Sequence[Interval], end: datetime) -> list[Interval]:
    """The intervals as far as they are over at `end`."""
    return [
        one if one.end is not None and one.end <= end else replace(one, end=end)
        for one in intervals
        if one.start < end
    ]


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


def stopped(intervals: Sequence[Interval], start: datetime, end: datetime) -> timedelta:
    """How much between `start` and `end` lies in any of the intervals, counted once."""
    found = timedelta(0)
    for begun, ended in _union(intervals):
        found += max(min(ended or end, end) - max(begun, start), timedelta(0))
    return found


def excluded_s(intervals: Sequence[Interval], start: datetime, end: datetime) -> float:
    """The same in seconds."""
    return stopped(intervals, start, end).total_seconds()


def due(
    policy: Policy, start: datetime, length: Span, stops: Sequence[Interval]
) -> datetime | None:
    """When so much counted time will have passed since `start`; None while an interval without end
    holds the clock before that moment. Raises CalendarEndsError.

    A limit of working days is moved by the length of the holds, and on to a time that is worked.
    """
    first = policy.days.due(start, length)
    moved = extended(stops, start, first)
    if moved is None or moved == first or not length.needs_days:
        return moved
    try:
        return policy.days.next_working(moved)
    except CalendarEndsError:
        return moved


def deadline(
    intervals: Sequence[Interval], start: datetime, limit_s: float | None
) -> datetime | None:
    """When `limit_s` of counted time will have passed since `start`.

    None without a limit, or while an interval without end holds the clock before that moment.
    """
    if limit_s is None:
        return None
    return extended(intervals, start, start + timedelta(seconds=limit_s))


def extended(intervals: Sequence[Interval], start: datetime, until: datetime) -> datetime | None:
    """`until`, later by what the clock that runs since `start` was held before it."""
    for begun, ended in _union(intervals):
        if begun > until:
            break
        if ended is None:
            return None
        until += max(ended - max(begun, start), timedelta(0))
    return until


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
    due = whole.deadline or whole.start + timedelta(seconds=whole.limit_s + whole.excluded_s)
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
