"""Whose arrival stops the clocks of an order at which several attempts were made: pure.

The policy says it (`arrival`), in the version that the order began under. `first`: the first crew
at the site, also of an attempt that was given back later. `own`: that of the attempt itself, so
that of the last one for the order.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sla.policy import Policy, Subject
from sla.timelines import PointTime, Timeline

ARRIVED = "H"


def first_arrival(attempts: Iterable[Timeline], start: datetime | None = None) -> PointTime | None:
    """The first of all arrivals; a time that cannot be true only where there is no other. Of a crew
    that was gone before the clock began at `start` (else at the attempt's own A) nothing counts.
    """
    there = [one.points[ARRIVED] for one in attempts if _was_there(one, start or one.at("A"))]
    return min(there, key=lambda one: (one.anomaly is not None, one.at), default=None)


def _was_there(attempt: Timeline, start: datetime | None) -> bool:
    if attempt.at(ARRIVED) is None:
        return False
    return start is None or attempt.ended_at is None or attempt.ended_at >= start


def with_first(
    attempts: Sequence[Timeline], elsewhere: Collection[UUID | None] = ()
) -> list[Timeline]:
    """The attempts, each with the first arrival of all; `elsewhere`: assignments whose crew arrived
    at a wrong place.
    """
    if len(attempts) == 1:
        return list(attempts)
    found = first_arrival(one for one in attempts if one.assignment_id not in elsewhere)
    return [replace(one, first_arrival=found) for one in attempts] if found else list(attempts)


def decided(
    policy: Policy, subject: Subject, ends: tuple[str, str], timeline: Timeline
) -> Timeline:
    """The timeline as the clock of a rule between these points sees it: a clock of the order stops
    and begins with the arrival that the policy names.
    """
    first = timeline.first_arrival
    if first is None or subject != "order" or policy.arrival != "first" or ARRIVED not in ends:
        return timeline
    if timeline.points.get(ARRIVED) == first:
        return timeline
    return replace(timeline, points={**timeline.points, ARRIVED: first})


def path(policy: Policy, attempts: Sequence[Timeline]) -> Sequence[Timeline]:
    """The attempts up to the one whose arrival counts: that way the promise was kept or broken."""
    if policy.arrival == "first" and attempts:
        first = attempts[-1].first_arrival
        for number, one in enumerate(attempts, 1):
            if first is not None and one.points.get(ARRIVED) == first:
                return attempts[:number]
    return attempts
