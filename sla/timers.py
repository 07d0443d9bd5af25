"""Which deadlines a timeline makes: pure. One timer per segment, total and alarm that has begun."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sla.policy import Policy
from sla.segments import (
    RELEASED_DURING_CALL,
    Interval,
    Segment,
    Timeline,
    deadline,
    is_behind,
    segments,
    total,
)

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
    held = timeline.intervals
    found = [_of_segment(one, timeline, held) for one in segments(policy, timeline, now)]
    whole = total(policy, timeline, now)
    if whole is not None:
        found.append(_of_segment(whole, timeline, ()))
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


def _of_segment(segment: Segment, timeline: Timeline, held: Sequence[Interval]) -> Timer | None:
    if segment.start is None or segment.limit_s is None or segment.subject_id is None:
        return None
    if segment.mark == RELEASED_DURING_CALL and segment.state == "done" and segment.spent_s == 0:
        return None  # there was nothing to wait for
    return Timer(
        code=segment.code,
        kind="breach",
        subject_id=segment.subject_id,
        starts_at=segment.start,
        due_at=deadline(held, segment.start, segment.limit_s),
        limit_s=segment.limit_s,
        stopped_at=segment.end or _overtaken(timeline, segment.to_point),
        judged=segment.state in ("done", "running"),
    )


def _alarms(policy: Policy, timeline: Timeline) -> Iterable[Timer]:
    for rule in policy.timers:
        start, subject_id = timeline.at(rule.from_point), timeline.subject_id(rule.subject)
        if start is None or subject_id is None:
            continue
        yield Timer(
            code=rule.code,
            kind="alarm",
            subject_id=subject_id,
            starts_at=start,
            due_at=deadline((), start, rule.limit_s),
            limit_s=rule.limit_s,
            stopped_at=timeline.at(rule.stop_point) or _overtaken(timeline, rule.stop_point),
        )


def _overtaken(timeline: Timeline, point: str) -> datetime | None:
    """When a later point, or the end of the attempt, showed that nobody waits for this one."""
    later = [stamp.at for name, stamp in timeline.points.items() if is_behind(name, point)]
    return min(later) if later else timeline.ended_at
