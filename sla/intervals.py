"""Stretches of time in which clocks are held: pure. Times are aware datetimes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


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


def union(intervals: Sequence[Interval]) -> list[tuple[datetime, datetime | None]]:
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
    for begun, ended in union(intervals):
        found += max(min(ended or end, end) - max(begun, start), timedelta(0))
    return found


def extended(intervals: Sequence[Interval], start: datetime, until: datetime) -> datetime | None:
    """`until`, later by what the clock that runs since `start` was held before it."""
    for begun, ended in union(intervals):
        if begun > until:
            break
        if ended is None:
            return None
        until += max(ended - max(begun, start), timedelta(0))
    return until


def over_by(intervals: Sequence[Interval], end: datetime) -> list[Interval]:
    """The intervals as far as they are over at `end`."""
    return [
        one if one.end is not None and one.end <= end else replace(one, end=end)
        for one in intervals
        if one.start < end
    ]
