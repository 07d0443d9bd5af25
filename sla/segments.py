"""From stamps to segments: pure. Seconds are floats, times are aware datetimes.

Rules (Beijing 95598, docs/sla.md): a missing point is unknown and nothing that needs it is judged;
a negative duration is an anomaly and is shown, never clipped; an order released while the caller
still talked has A–B = 0; time in a named interval (queued behind another order, lost to a wrong
department, waiting for a closed desk) is nobody's segment time, but the total from A to H keeps
running. A hold (customer not reachable, unsafe weather) stops those clocks, for as long as the
policy says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal
from uuid import UUID

from sla.arrivals import decided
from sla.calendars import CalendarEndsError, Span
from sla.facts import Facts
from sla.intervals import Interval, extended, over_by, stopped, union
from sla.policy import NAMED_INTERVALS, Limit, Pause, Policy, SegmentRule
from sla.timelines import Timeline

State = Literal["done", "running", "pending", "unknown", "anomaly"]
NEGATIVE = "negative"
RELEASED_DURING_CALL = "released_during_call"
BROKEN_OFF = "broken_off"

CALENDAR_ENDS = "calendar_ends"


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch, judged. `spent_s` leaves out `excluded_s`; their sum is wall time.

    `within` is None while it cannot be said. `slack_s` is limit minus spent (negative: borrowed).
    `mark` names a special case: `released_during_call`, `calendar_ends` (nobody has said which days
    are worked then), `broken_off` (late already when the attempt was taken back, which is its
    `end`). `least`: the limit is a lead that must be kept. `doubtful`: the stamps' uncertainty is
    larger than the distance to the limit. `warning`: running, and so much of the limit is gone, or
    so little left, as the policy warns at.
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
    """What the policy promises beside the chain, in order, as it stands at `now`; a goal for others
    than this order or ticket is none of its.
    """
    return tuple(
        _judge(policy, rule, timeline, now)
        for rule in policy.goals
        if not rule.when.rules_out(timeline.facts)
    )


def held(policy: Policy, rule: SegmentRule, timeline: Timeline) -> tuple[Interval, ...]:
    """The intervals that stop the clock of a rule, holds cut to what the policy allows."""
    named = () if runs_on(policy, rule) else named_of(timeline)
    pauses = [one for one in policy.pauses if stops_clock(policy, one, rule)]
    return (*named, *chain.from_iterable(holds_of(one, timeline) for one in pauses))


def holding_now(policy: Policy, code: str, timeline: Timeline) -> Interval | None:
    """What holds the clock of this rule and is not over; a hold also past what it may last."""
    rule = next(one for one in policy.rules if one.code == code)
    kinds = {one.kind for one in policy.pauses if stops_clock(policy, one, rule)}
    if not runs_on(policy, rule):
        kinds |= set(NAMED_INTERVALS)
    return next((one for one in timeline.intervals if one.end is None and one.kind in kinds), None)


def runs_on(policy: Policy, rule: SegmentRule) -> bool:
    """Whether its clock runs in a queue, on a detour and at a closed desk: what is promised of the
    order or ticket as a whole does not wait for a crew to be free.
    """
    if rule is policy.total:
        return True
    return rule.subject in ("order", "ticket") and any(rule is one for one in policy.goals)


def named_of(timeline: Timeline) -> tuple[Interval, ...]:
    """The intervals that belong to no segment under any policy."""
    return tuple(one for one in timeline.intervals if one.kind in NAMED_INTERVALS)


def stops_clock(policy: Policy, pause: Pause, rule: SegmentRule) -> bool:
    """Whether holds of this kind stop the clock of a rule."""
    return rule.code in pause.stops if pause.stops else rule is not policy.total


def holds_of(pause: Pause, timeline: Timeline) -> list[Interval]:
    """The holds of one kind, oldest first, as long as they may be: each cut to what one may last,
    then, without what overlaps, all of them to what they may last together.
    """
    most, left = _seconds_of(pause.most_s), _seconds_of(pause.most_total_s)
    mine = [
        _cut(one, most)
        for one in timeline.intervals
        if one.kind == pause.kind and (one.approved or not pause.approval)
    ]
    party = pause.responsible or next((one.responsible for one in mine), "")
    found = []
    for begun, ended in union(mine):
        one = _cut(Interval(pause.kind, begun, ended, party, approved=True), left)
        if one.end is None or one.end > begun:
            found.append(one)
        if left is not None and one.end is not None:
            left -= one.end - begun
    return found


def _seconds_of(most_s: float | None) -> timedelta | None:
    return None if most_s is None else timedelta(seconds=most_s)


def _cut(one: Interval, most: timedelta | None) -> Interval:
    """The interval, no longer than `most`; None: as long as it is."""
    if most is None or (one.end is not None and one.end - one.start <= most):
        return one
    return replace(one, end=one.start + most)


def _judge(policy: Policy, rule: SegmentRule, timeline: Timeline, now: datetime) -> Segment:
    timeline = decided(policy, rule.subject, (rule.from_point, rule.to_point), timeline)
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
        if _passed(policy, rule.to_point, timeline):
            return replace(base, state="unknown")
        stops = held(policy, rule, timeline)
        if timeline.ended_at is None:
            return _running(policy, base, limit, stops, now)
        return _given_up(policy, rule, base, limit, stops, timeline)
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
    reached = due(policy, start, limit.length, over_by(stops, until))
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


def _given_up(
    policy: Policy,
    rule: SegmentRule,
    base: Segment,
    limit: Limit | None,
    stops: Sequence[Interval],
    timeline: Timeline,
) -> Segment:
    """The attempt is over and the point never came. Taking an order back undoes no lateness; what
    was still in time then is not judged. What belongs to the order goes on in the next attempt.
    """
    start, end = base.start, timeline.ended_at
    assert start is not None
    assert end is not None
    if timeline.broken_off and rule.subject != "order" and end >= start and not base.least:
        judged = _done(policy, replace(base, end=end), limit, stops, timeline)
        if judged.within is False and _wrong(timeline, rule) is None:
            return replace(judged, mark=BROKEN_OFF)
    return replace(base, state="unknown")


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
    until = due(policy, start, limit.length, over_by(stops, end))
    assert until is not None
    stamps = (timeline.points.get(point) for point in (base.from_point, base.to_point))
    unsure = sum(stamp.uncertainty_s for stamp in stamps if stamp is not None)
    left = (until - end).total_seconds()
    return replace(
        base,
        within=end >= until if base.least else end <= until,
        deadline=due(policy, start, limit.length, stops),
        doubtful=abs(left) < unsure,
    )


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
