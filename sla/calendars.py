"""Wall-clock spans and working days in a time zone: pure.

A span of seconds, minutes or hours is real time. Days are calendar days: the same local time so
many days later. A limit of n working days runs until the end of the n-th working day after the day
on which it begins. Working minutes and hours count within the shifts of working days only.
`next day 12:00` ends at that local time of the day after the one on which it begins,
`next workday 10:00` of the next working day.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from core.findings import wrong

Unit = Literal["s", "min", "h", "day", "workday", "workmin", "workhour", "nextday", "nextworkday"]
_COUNTED: tuple[Unit, ...] = ("s", "min", "h", "day", "workday", "workmin", "workhour")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+?)s?")
_NEXT = re.compile(r"next (work)?day (\d\d):(\d\d)")
_SECONDS = {
    "s": 1, "min": 60, "h": 3600, "workmin": 60, "workhour": 3600, "nextday": 60, "nextworkday": 60,
}  # fmt: skip
_DAY = timedelta(days=1)
_DAY_S = 86_400
MOST_S = 100 * 365 * _DAY_S
"""No limit is longer, in seconds: beyond it dates run out."""
MOST_DAYS = 3_660
"""Further than that no calendar is searched for a working day."""


class CalendarEndsError(Exception):
    """Nobody has said yet which days of this year are worked."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the calendar says nothing about {year}")
        self.year = year


@dataclass(frozen=True, slots=True)
class Span:
    """So many units of time. Of `nextday` and `nextworkday`: minutes after midnight of that day."""

    amount: float
    unit: Unit

    def __str__(self) -> str:
        if self.unit in ("nextday", "nextworkday"):
            return f"next {self.unit.removeprefix('next')} {self.clock:%H:%M}"
        return f"{self.amount:g} {self.unit}"

    @property
    def clock(self) -> time:
        """The local time at which it ends, of `nextday` and `nextworkday`."""
        return time(*divmod(int(self.amount), 60))

    @property
    def seconds(self) -> float | None:
        """Real seconds; None where they depend on a calendar."""
        if self.unit in ("s", "min", "h"):
            return self.amount * _SECONDS[self.unit]
        return None

    @property
    def at_least_s(self) -> float:
        """Seconds that it lasts at least, whatever the calendar."""
        return self.amount * _SECONDS.get(self.unit, _DAY_S)

    @property
    def needs_days(self) -> bool:
        """Whether working days decide how long it is."""
        return "work" in self.unit


def span(text: str) -> Span:
    """`45 min`, `24 h`, `7 days`, `4 workdays`, `8 workhours`, `next day 12:00`,
    `next workday 10:00`. Raises PydanticCustomError.
    """
    if (at := _NEXT.fullmatch(text.strip())) is not None:
        hour, minute = int(at[2]), int(at[3])
        if hour > 23 or minute > 59:
            raise wrong(f"没有 {at[2]}:{at[3]} 这个时刻", f"there is no {at[2]}:{at[3]} in a day")
        return Span(hour * 60 + minute, "nextworkday" if at[1] else "nextday")
    found = _SPAN.fullmatch(text.strip())
    named = (found[2] or "s") if found else ""
    unit = next((one for one in _COUNTED if one == named), None)
    if found is None or unit is None:
        units = ", ".join(_COUNTED)
        raise wrong(f"“{text}”不是时长；单位有：{units}", f"{text!r} is not an amount of {units}")
    amount = float(found[1])
    if amount <= 0:
        raise wrong("时限须大于零", "a limit is longer than nothing")
    found_span = Span(amount, unit)
    if found_span.at_least_s > MOST_S:
        raise wrong("时限不超过 100 年", "a limit is at most 100 years")
    if unit in ("day", "workday") and amount != int(amount):
        raise wrong("天数须为整数", "days are counted whole")
    return found_span


def in_hours(hours: tuple[time, time], at: time) -> bool:
    """Whether a local time lies within; the end is not, and a smaller one is of the next day."""
    begin, end = hours
    return begin <= at < end if begin < end else at >= begin or at < end


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
        if length.unit == "nextday":
            return self._at(day + _DAY, length.clock)
        if length.unit == "nextworkday":
            return self._at(self._nth_working(day, 1), length.clock)
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
