"""Wall-clock spans and working days in a time zone: pure.

A span of seconds, minutes or hours is real time. Days are calendar days: the same local time so
many days later. A limit of n working days runs until the end of the n-th working day after the day
on which it begins. Working minutes and hours count within the shifts of working days only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Unit = Literal["s", "min", "h", "day", "workday", "workmin", "workhour"]
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+?)s?")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "workmin": 60, "workhour": 3600}
_DAY = timedelta(days=1)
MOST_DAYS = 3_660
"""Further than that no calendar is searched for a working day."""


class CalendarEndsError(Exception):
    """Nobody has said yet which days of this year are worked."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the calendar says nothing about {year}")
        self.year = year


@dataclass(frozen=True, slots=True)
class Span:
    """So many units of time."""

    amount: float
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"

    @property
    def seconds(self) -> float | None:
        """Real seconds; None where they depend on a calendar."""
        if self.unit in ("s", "min", "h"):
            return self.amount * _SECONDS[self.unit]
        return None

    @property
    def needs_days(self) -> bool:
        """Whether working days decide how long it is."""
        return self.unit.startswith("work")


def span(text: str) -> Span:
    """`45 min`, `24 h`, `7 days`, `4 workdays`, `8 workhours`. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip())
    unit = "s" if found and found[2] == "" else found[2] if found else ""
    if found is None or unit not in get_args(Unit):
        raise ValueError(f"{text!r} is not an amount of {', '.join(get_args(Unit))}")
    amount = float(found[1])
    if amount <= 0:
        raise ValueError("a limit is longer than nothing")
    if unit in ("day", "workday") and amount != int(amount):
        raise ValueError("days are counted whole")
    return Span(amount, unit)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked, and when in them.

    `week`: ISO weekdays (1 Monday). `holidays`: days off, `working`: days worked though the week
    says otherwise. `shifts`: local hours, ascending; an end of 00:00 is midnight. `years`: those
    whose holidays are known; None: any.
    """

    zone: ZoneInfo
    week: frozenset[int] = frozenset({1, 2, 3, 4, 5, 6, 7})
    holidays: Mapping[date, str] = field(default_factory=lambda: MappingProxyType({}))
    working: frozenset[date] = frozenset()
    shifts: tuple[tuple[time, time], ...] = ((time(0), time(0)),)
    years: frozenset[int] | None = None
    code: str | None = None

    def is_working(self, day: date) -> bool:
        """Raises CalendarEndsError where the year's holidays are not known."""
        if self.years is not None and day.year not in self.years:
            raise CalendarEndsError(day.year)
        if day in self.working:
            return True
        return day not in self.holidays and day.isoweekday() in self.week

    def due(self, start: datetime, length: Span) -> datetime:
        """When `length` after `start` is over, in UTC. Raises CalendarEndsError."""
        if length.seconds is not None:
            return start.astimezone(UTC) + timedelta(seconds=length.seconds)
        day = start.astimezone(self.zone).date()
        if length.unit == "day":
            local = start.astimezone(self.zone)
            return self._at(day + _DAY * int(length.amount), local.time())
        if length.unit == "workday":
            return self._end_of(self._nth_working(day, int(length.amount)))
        return self._worked(start, timedelta(seconds=length.amount * _SECONDS[length.unit]))

    def next_working(self, at: datetime) -> datetime:
        """`at` itself within a shift, else the end of the next one: no deadline falls on a time in
        which nobody works.
        """
        for begin, end in self._shifts_from(at.astimezone(self.zone).date()):
            if at <= end:
                return at if at >= begin else end
        raise AssertionError("shifts never end")

    def _nth_working(self, day: date, count: int) -> date:
        for _ in range(MOST_DAYS):
            day += _DAY
            count -= self.is_working(day)
            if count == 0:
                return day
        raise CalendarEndsError(day.year)

    def _end_of(self, day: date) -> datetime:
        """The end of the last shift of a day."""
        return self._shift(day, *self.shifts[-1])[1]

    def _worked(self, start: datetime, left: timedelta) -> datetime:
        for begin, end in self._shifts_from(start.astimezone(self.zone).date()):
            begun = max(begin, start)
            if end <= begun:
                continue
            if end - begun >= left:
                return begun + left
            left -= end - begun
        raise AssertionError("shifts never end")

    def _shifts_from(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        for _ in range(MOST_DAYS):
            if self.is_working(day):
                yield from (self._shift(day, *one) for one in self.shifts)
            day += _DAY
        raise CalendarEndsError(day.year)

    def _shift(self, day: date, begin: time, end: time) -> tuple[datetime, datetime]:
        return self._at(day, begin), self._at(day if end > begin else day + _DAY, end)

    def _at(self, day: date, at: time) -> datetime:
        """In UTC; a local time that does not exist is as much later as the clocks were moved."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)


EVERY_DAY = Calendar(ZoneInfo("UTC"))
