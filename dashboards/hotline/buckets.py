"""Quarter hours and days of a period, as the installation's clocks show them: pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from dashboards.hotline.shifts import Stretch

Size = Literal["quarter", "day"]
QUARTER = timedelta(minutes=15)
LONGEST = {"quarter": timedelta(days=31), "day": timedelta(days=400)}


@dataclass(frozen=True, slots=True)
class Bucket:
    """[start, end) in UTC, cut to the period; `key`: its local beginning."""

    key: str
    start: datetime
    end: datetime


def buckets(size: Size, start: datetime, end: datetime, zone: ZoneInfo) -> list[Bucket]:
    """All that the period touches, in order."""
    edges = list(_edges(size, start, end, zone))
    return [
        Bucket(_key(size, edge, zone), max(edge, start), min(after, end))
        for edge, after in pairwise(edges)
    ]


def _edges(size: Size, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The beginnings of the buckets, and where the last one ends."""
    if size == "quarter":  # every zone's clock differs from UTC by whole quarters
        edge = start.astimezone(UTC).replace(second=0, microsecond=0)
        edge -= timedelta(minutes=edge.minute % 15)
    else:
        edge = _midnight(start, zone)
    yield edge
    while edge < end:
        edge = edge + QUARTER if size == "quarter" else _midnight(edge + timedelta(hours=36), zone)
        yield edge


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """When the local day of `at` began. A day has 23 to 25 hours: 36 reach into the next."""
    local = at.astimezone(zone)
    return datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC)


def _key(size: Size, edge: datetime, zone: ZoneInfo) -> str:
    local = edge.astimezone(zone)
    return local.date().isoformat() if size == "day" else local.isoformat(timespec="minutes")


def position(found: Sequence[Bucket], at: datetime) -> int:
    """The index of the bucket that `at`, a moment of the period, lies in."""
    return bisect_right(found, at, key=lambda one: one.start) - 1


def spread(found: Sequence[Bucket], stretches: Iterable[Stretch]) -> list[list[Stretch]]:
    """The stretches that touch each bucket."""
    parts: list[list[Stretch]] = [[] for _ in found]
    for one in stretches:
        first = max(0, position(found, one.began_at))
        last = len(found) - 1 if one.ended_at is None else position(found, one.ended_at)
        for index in range(first, last + 1):
            parts[index].append(one)
    return parts
