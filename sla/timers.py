"""Which deadlines a timeline makes: pure. One timer per segment, total and alarm that has begun."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sla.arrivals import decided
from sla.policy import Policy
from sla.segments import RELEASED_DURING_CALL, Segment, goals, segments, total
from sla.timelines import Timeline

Kind = Literal["breach", "alarm"]


@dataclass(frozen=True, slots=True)
class Timer:
    """A deadline. `due_at` is None while a named interval holds the clock (queued, detour).

    `stopped_at`: when the awaited point came, or the attempt ended. `judged`: False where the
    stretch cannot be judged (a point is missing or times contradict); then it never fires, and
    what had fired is withdrawn.
    """

    code: str
    kind: Kind
    subject_id: UUID
    starts_at: datetime
    due_at: datetime | None
    limit_s: float
    stopped_at: datetime | None = None
    judged: bool = True

    @property
    def late(self) -> bool:
        """It stopped, but after it was due."""
        return (
            self.judged
            and self.due_at is not None
            and self.stopped_at is not None
            and self.stopped_at > self.due_at
        )

    def overdue(self, now: datetime) -> bool:
        """Whether the deadline has passed without the point (or before it)."""
        if not self.judged or self.due_at is None:
            return False
        return (self.stopped_at or now) > self.due_at


def timers(policy: Policy, timeline: Timeline, now: datetime) -> list[Timer]:
    """The timers of one timeline, in the order of the policy: segments, total, alarms."""
    judged = [*segments(policy, timeline, now)]
    whole = total(policy, timeline, now)
    judged += [*((whole,) if whole else ()), *goals(policy, timeline, now)]
    found = [_of_segment(policy, one, timeline) for one in judged]
    return [timer for timer in (*found, *_alarms(policy, timeline)) if timer is not None]


def merged_timers(policy: Policy, timelines: Iterable[Timeline], now: datetime) -> list[Timer]:
    """The timers of all timelines of one order; of two with one code and subject the later counts.

    Timelines come oldest attempt first.
    """
    found: dict[tuple[str, UUID], Timer] = {}
    for timeline in timelines:
        for timer in timers(policy, timeline, now):
            found[timer.code, timer.subject_id] = timer
    return list(found.values())


def _of_segment(policy: Policy, segment: Segment, timeline: Timeline) -> Timer | None:
    if segment.start is None or segment.limit_s is None or segment.subject_id is None:
        return None
    if segment.least:
        return None  # a lead is short or long enough when it is over; nothing is waited for
    if segment.mark == RELEASED_DURING_CALL and segment.state == "done" and segment.spent_s == 0:
        return None  # there was nothing to wait for
    return Timer(
        code=segment.code,
        kind="breach",
        subject_id=segment.subject_id,
        starts_at=segment.start,
        due_at=segment.deadline if segment.state in ("done", "running") else None,
        limit_s=segment.limit_s,
        stopped_at=segment.end or _overtaken(policy, timeline, segment.to_point),
        judged=segment.state in ("done", "running"),
    )


def _alarms(policy: Policy, attempt: Timeline) -> Iterable[Timer]:
    for rule in policy.timers:
        timeline = decided(policy, rule.subject, (rule.from_point, rule.stop_point), attempt)
        start, subject_id = timeline.at(rule.from_point), timeline.subject_id(rule.subject)
        stop = rule.stop_point
        if start is None or subject_id is None:
            continue
        yield Timer(
            code=rule.code,
            kind="alarm",
            subject_id=subject_id,
            starts_at=start,
            due_at=start + timedelta(seconds=rule.limit_s),
            limit_s=rule.limit_s,
            stopped_at=timeline.at(stop) or _overtaken(policy, timeline, stop),
            judged=not any(
                stamp.anomaly
                for point in (rule.from_point, stop)
                if (stamp := timeline.points.get(point)) is not None
            ),
        )


def _overtaken(policy: Policy, timeline: Timeline, point: str) -> datetime | None:
    """When a later point, or the end of the attempt, showed that nobody waits for this one."""
    later = [stamp.at for name, stamp in timeline.points.items() if policy.is_behind(name, point)]
    return min(later) if later else timeline.ended_at
