"""Spans of time against a reference that counts single minutes, and China's working days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sla.calendars import Calendar, CalendarEndsError, Span, span
from sla.documents import shipped_calendar

CHINA = shipped_calendar("china").calendar()
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_working_days_of_china_agree_with_another_calendar(year):
    day = date(year, 1, 1)
    while day.year == year:
        assert CHINA.is_working(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_a_day_worked_in_place_of_a_holiday_counts_and_a_holiday_does_not():
    # Friday 13 February 2026; Saturday 14 is worked, 15 to 23 February are Spring Festival.
    filed = datetime(2026, 2, 13, 3, tzinfo=UTC)
    assert CHINA.due(filed, span("1 workday")) == _midnight(date(2026, 2, 15), CHINA.zone)
    assert CHINA.due(filed, span("2 workdays")) == _midnight(date(2026, 2, 25), CHINA.zone)


def test_after_its_last_year_a_calendar_says_so():
    filed = datetime(2026, 12, 30, 3, tzinfo=UTC)
    assert CHINA.due(filed, span("1 workday")) == _midnight(date(2027, 1, 1), CHINA.zone)
    with pytest.raises(CalendarEndsError) as ended:
        CHINA.due(filed, span("2 workdays"))
    assert ended.value.year == 2027


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


@st.composite
def calendars(draw: st.DrawFn, zone: ZoneInfo = BERLIN) -> Calendar:
    """Weeks, days off, make-up days and up to three shifts, on whole quarters of an hour."""
    week = draw(st.frozensets(st.integers(1, 7), min_size=1))
    days = st.dates(date(2024, 3, 1), date(2024, 11, 30))
    off = draw(st.frozensets(days, max_size=6))
    working = draw(st.frozensets(days, max_size=6))
    quarters = draw(st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True))
    quarters = sorted(quarters)[: len(quarters) // 2 * 2]
    shifts = [
        (_clock(begin), _clock(end))
        for begin, end in zip(quarters[::2], quarters[1::2], strict=True)
    ]
    return Calendar(
        zone=zone,
        week=week,
        holidays=dict.fromkeys(off, "off"),
        working=working,
        shifts=tuple(shifts),
    )


def _clock(quarter: int) -> time:
    return time(quarter // 4 % 24, quarter % 4 * 15)


moments = st.integers(0, 225 * 24 * 60).map(
    lambda minutes: datetime(2024, 3, 25, tzinfo=UTC) + minutes * MINUTE
)
AROUND_SPRING = datetime(2024, 3, 30, 22, tzinfo=UTC)
AROUND_AUTUMN = datetime(2024, 10, 26, 22, tzinfo=UTC)


def _is_worked(days: Calendar, at: datetime) -> bool:
    """Whether the minute that begins at `at` lies in a shift, as a wall clock shows."""
    local = at.astimezone(days.zone)
    if not days.is_working(local.date()):
        return False
    return any(
        begin <= local.time() and (local.time() < end or end == time(0))
        for begin, end in days.shifts
    )


def _minute_by_minute(days: Calendar, start: datetime, minutes: int) -> datetime:
    at = start
    while minutes:
        minutes -= _is_worked(days, at)
        at += MINUTE
    return at


@given(days=calendars(), start=moments, minutes=st.integers(1, 900))
@example(days=Calendar(zone=BERLIN, shifts=((time(0), time(6)),)), start=AROUND_SPRING, minutes=400)
@example(days=Calendar(zone=BERLIN, shifts=((time(0), time(6)),)), start=AROUND_AUTUMN, minutes=400)
@settings(max_examples=60, deadline=None)
def test_working_minutes_are_those_that_somebody_counts_one_by_one(days, start, minutes):
    assume(_clean(days))
    limit = _minute_by_minute(days, start, minutes)
    assert days.due(start, Span(minutes, "workmin")) == limit
    if minutes % 60 == 0:
        assert days.due(start, Span(minutes // 60, "workhour")) == limit


def _clean(days: Calendar) -> bool:
    """A shift that begins or ends in the hour that clocks jump over, or go through twice, is a
    matter of definition and not of counting.
    """
    return not any(time(1, 45) < edge < time(3, 15) for shift in days.shifts for edge in shift)


@given(days=calendars(), start=moments, count=st.integers(1, 25))
@example(days=Calendar(zone=BERLIN, shifts=((time(0), time(2)),)), start=AROUND_SPRING, count=1)
@settings(max_examples=150, deadline=None)
def test_a_limit_of_working_days_ends_with_the_last_shift_of_the_nth_day(days, start, count):
    due = days.due(start, Span(count, "workday"))
    begun = start.astimezone(days.zone).date()
    ended = (due - MINUTE).astimezone(days.zone).date()
    worked = [
        begun + timedelta(days=one)
        for one in range(1, (ended - begun).days + 1)
        if days.is_working(begun + timedelta(days=one))
    ]
    assert len(worked) == count
    assert worked[-1] == ended
    end = datetime.combine(ended, days.shifts[-1][1], days.zone)
    skipped = end.astimezone(UTC).astimezone(days.zone).time() != end.time()
    assert due.astimezone(days.zone).time() == end.time() or (
        skipped and due == end.astimezone(UTC)
    )


@given(start=moments, amount=st.integers(1, 100))
@example(start=AROUND_SPRING, amount=1)
@example(start=AROUND_AUTUMN, amount=1)
def test_hours_are_real_time_and_days_keep_the_local_time(start, amount):
    days = Calendar(BERLIN)
    assert days.due(start, Span(amount, "h")) == start + timedelta(hours=amount)
    local = start.astimezone(BERLIN)
    due = days.due(start, Span(amount, "day")).astimezone(BERLIN)
    assert due.date() == local.date() + timedelta(days=amount)
    exists = due.replace(fold=0).astimezone(UTC).astimezone(BERLIN).time()
    if exists == due.time():
        assert due.time() == local.time() or _jumped(due.date(), local.time())


def _jumped(day: date, at: time) -> bool:
    """Whether the clocks were moved over this local time on that day."""
    wall = datetime.combine(day, at, BERLIN)
    return wall.astimezone(UTC).astimezone(BERLIN).time() != at


def test_a_day_over_a_change_of_the_clocks_has_23_or_25_hours():
    days = Calendar(BERLIN)
    for start, hours in ((AROUND_SPRING, 23), (AROUND_AUTUMN, 25)):
        assert days.due(start, span("1 day")) - start == timedelta(hours=hours)


@given(days=calendars(), at=moments)
@settings(max_examples=100, deadline=None)
def test_the_next_working_time_is_worked_or_ends_a_shift(days, at):
    assume(_clean(days))
    found = days.next_working(at)
    assert found >= at
    assert _is_worked(days, found) or _is_worked(days, found - MINUTE)
    if found > at:
        assert not _is_worked(days, at)


@given(days=calendars(), start=moments, one=st.integers(1, 300), more=st.integers(0, 300))
@settings(max_examples=100, deadline=None)
def test_a_longer_limit_is_never_over_sooner(days, start, one, more):
    assert days.due(start, Span(one, "workmin")) <= days.due(start, Span(one + more, "workmin"))


@pytest.mark.parametrize(
    ("text", "start", "due"),
    [
        ("next day 12:00", (2026, 3, 28, 20), (2026, 3, 29, 12)),  # the night has 23 hours
        ("next day 00:00", (2026, 3, 27, 23), (2026, 3, 28, 0)),
        ("next workday 10:00", (2026, 3, 27, 20), (2026, 3, 30, 10)),  # a Friday
        ("next workday 10:00", (2026, 3, 29, 9), (2026, 3, 30, 10)),
    ],
)
def test_what_is_told_in_the_evening_is_due_at_a_time_of_the_next_day(text, start, due):
    days = Calendar(BERLIN, week=frozenset({1, 2, 3, 4, 5}))
    length = span(text)
    assert str(length) == text
    assert length.needs_days == ("workday" in text)
    assert days.due(datetime(*start, tzinfo=BERLIN), length) == datetime(*due, tzinfo=BERLIN)


@pytest.mark.parametrize(
    "text", ["", "4", "4 moons", "-1 h", "0 min", "1.5 days", "0.5 workday", "h", "4 4 h"]
)
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError, match=r"amount|whole|longer"):
        span(text)
