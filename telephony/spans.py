"""Stretches of time, open at their end while they last: pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Span(NamedTuple):
    """From `begin` to `end`; `end` is None while it goes on."""

    begin: datetime
    end: datetime | None


def until(spans: Iterable[Span], end: datetime | None) -> list[Span]:
    """The same, none longer than until `end`; those that begin later are left out."""
    if end is None:
        return list(spans)
    return [
        Span(one.begin, end if one.end is None else min(one.end, end))
        for one in spans
        if one.begin <= end
    ]


def union(spans: Iterable[Span]) -> list[Span]:
    """Spans that do not touch each other and cover the same time, in order."""
    found: list[Span] = []
    for one in sorted(spans, key=lambda span: span.begin):
        last = found[-1] if found else None
        if last is None or (last.end is not None and last.end < one.begin):
            found.append(one)
        elif last.end is not None and (one.end is None or one.end > last.end):
            found[-1] = Span(last.begin, one.end)
    return found


def common(left: Iterable[Span], right: Iterable[Span]) -> list[Span]:
    """The time that is in both; each is a union. Moments without length are left out."""
    found: list[Span] = []
    others = list(right)
    for one in left:
        for other in others:
            begin = max(one.begin, other.begin)
            ends = [span.end for span in (one, other) if span.end is not None]
            if not ends or begin < min(ends):
                found.append(Span(begin, min(ends, default=None)))
    return sorted(found, key=lambda span: span.begin)


def seconds(spans: Iterable[Span]) -> float:
    """How long all of them last together; every one has ended."""
    return round(sum((one.end - one.begin).total_seconds() for one in spans if one.end), 3)
