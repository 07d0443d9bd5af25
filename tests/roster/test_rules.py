"""Spans, patterns and duty as rules: half-open, over midnight, whatever the wall clock does."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.crews.rules import AwayState, Skill, stands_in, taker
from dispatch.roster.rules import (
    OnDuty,
    Person,
    Planned,
    Post,
    Span,
    closes_a_ring,
    duty,
    first_overlap,
    may_stand_under,
    weekly,
)

T0 = datetime(2026, 3, 2, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("America/Los_Angeles")])
moments = st.integers(0, 5000).map(lambda minutes: T0 + timedelta(minutes=minutes))
spans = st.builds(
    lambda start, length: Span(start, start + timedelta(minutes=length)),
    moments,
    st.integers(1, 2000),
)
days = st.dates(date(2026, 1, 1), date(2027, 6, 1))


def uid(number: int) -> UUID:
    return UUID(int=number)


@given(spans, spans)
def test_overlap_is_mutual_and_means_a_moment_of_both(one: Span, other: Span) -> None:
    assert one.overlaps(other) == other.overlaps(one)
    assert one.overlaps(other) == one.covers(max(one.start, other.start)) & other.covers(
        max(one.start, other.start)
    )


@given(spans, st.integers(1, 2000))
def test_a_shift_may_begin_where_another_ends(one: Span, length: int) -> None:
    following = Span(one.end, one.end + timedelta(minutes=length))
    assert not one.overlaps(following)
    assert not one.covers(one.end)
    assert following.covers(one.end)


@given(st.lists(spans, max_size=8))
def test_the_first_overlap_is_one_and_none_is_missed(many: list[Span]) -> None:
    pairs = [(i, j) for i in range(len(many)) for j in range(i) if many[i].overlaps(many[j])]
    found = first_overlap(many)
    assert (found is None) == (pairs == [])
    if found is not None:
        assert tuple(sorted(found, reverse=True)) in pairs


@given(
    st.sets(st.integers(0, 6), min_size=1), st.times(), st.times(), days, st.integers(0, 40), ZONES
)
def test_a_pattern_makes_one_shift_a_day_by_the_clock_on_the_wall(
    weekdays: set[int], begins: time, ends: time, first: date, length: int, zone: ZoneInfo
) -> None:
    last = first + timedelta(days=length)
    made = list(weekly(weekdays, begins, ends, first, last, zone))
    for one in made:
        local = one.start.astimezone(zone)
        assert local.weekday() in weekdays or local.date() != one.start.astimezone(zone).date()
        assert one.start < one.end <= one.start + timedelta(hours=26)
        assert one.start.tzinfo is UTC
    assert len(made) <= length + 1
    if zone is SHANGHAI:  # no summer time: every wanted day has exactly one, none collide
        wanted = [n for n in range(length + 1) if (first + timedelta(n)).weekday() in weekdays]
        assert len(made) == len(wanted)
        assert first_overlap(made) is None
        assert all(one.start.astimezone(zone).time() == begins for one in made)


def test_a_night_shift_crosses_midnight() -> None:
    monday = date(2026, 3, 2)
    (night,) = weekly([0], time(20), time(8), monday, monday, SHANGHAI)
    assert night == Span(T0.replace(hour=12), T0.replace(day=3, hour=0))
    assert night.covers(datetime(2026, 3, 3, 7, 59, 59, tzinfo=SHANGHAI))
    assert not night.covers(datetime(2026, 3, 3, 8, tzinfo=SHANGHAI))
    (whole,) = weekly([0], time(8), time(8), monday, monday, SHANGHAI)
    assert whole.end - whole.start == timedelta(hours=24)


def person(number: int, rank: int | None = None, phone: str | None = None) -> Person:
    return Person(uid(number), uid(1), f"p{number}", phone, leader_rank=rank)


def at_noon(*posts: Post) -> OnDuty:
    return duty({post.unit_id: post for post in posts}, uid(1), T0 + timedelta(hours=12))


DAY = Span(T0, T0 + timedelta(days=1))
WEEK = Span(T0 - timedelta(days=1), T0 + timedelta(days=6))


def test_without_a_roster_a_unit_is_always_on_duty_and_says_so() -> None:
    found = at_noon(Post(uid(1), None, people=(person(3), person(2, 1))))
    assert (found.on_duty, found.always, found.until) == (True, True, None)
    assert [one.name for one in found.members] == ["p2", "p3"]  # leaders first


@pytest.mark.parametrize("roster", [Span(T0 - timedelta(9), T0), Span(DAY.end, WEEK.end)])
def test_a_roster_says_nothing_before_its_first_shift_and_after_its_last(roster: Span) -> None:
    assert at_noon(Post(uid(1), None, roster=roster)).always


def test_between_its_shifts_nobody_is_on_duty() -> None:
    found = at_noon(Post(uid(1), None, people=(person(2),), roster=WEEK))
    assert (found.on_duty, found.always, found.members) == (False, False, ())


def test_a_members_shift_is_theirs_and_a_units_is_everybodys() -> None:
    people = (person(2), person(3))
    mine = Planned(uid(1), uid(3), DAY, "day")
    found = at_noon(Post(uid(1), None, people=people, roster=WEEK, current=(mine,)))
    assert [one.id for one in found.members] == [uid(3)]
    assert (found.until, found.kinds) == (DAY.end, ("day",))
    whole = Planned(uid(1), None, DAY, "day")
    found = at_noon(Post(uid(1), None, people=people, roster=WEEK, current=(whole,)))
    assert len(found.members) == 2


def test_the_shift_of_somebody_who_left_keeps_nobody_on_duty() -> None:
    gone = Planned(uid(1), uid(3), DAY, "day")
    found = at_noon(Post(uid(1), None, people=(person(2),), roster=WEEK, current=(gone,)))
    assert (found.on_duty, found.members, found.until, found.kinds) == (False, (), None, ())


def test_leaders_and_phone_come_from_above_where_the_unit_has_none() -> None:
    above = Post(uid(9), None, phone="+8601", people=(person(5, 2), person(4, 1)))
    found = at_noon(Post(uid(1), uid(9), people=(person(2),)), above)
    assert [one.id for one in found.leaders] == [uid(4), uid(5)]
    assert found.phone == "+8601"
    found = at_noon(Post(uid(1), uid(9), people=(person(2, phone="+8602"),)), above)
    assert found.phone == "+8602"
    found = at_noon(Post(uid(1), uid(9), phone="+8603", people=(person(2, 1, "+8602"),)), above)
    assert (found.phone, [one.id for one in found.leaders]) == ("+8603", [uid(2)])


def test_out_of_use_is_off_duty() -> None:
    found = at_noon(Post(uid(1), None, active=False, people=(person(2),)))
    assert (found.on_duty, found.always) == (False, False)


@given(st.dictionaries(st.integers(0, 7), st.none() | st.integers(0, 7)))
def test_no_move_closes_a_ring_unseen(tree: dict[int, int | None]) -> None:
    parents = {uid(k): uid(v) if v is not None else None for k, v in tree.items()}
    for unit in parents:
        assert closes_a_ring(parents, unit, unit)
        for parent in parents:
            if not closes_a_ring(parents, unit, parent):
                moved = {**parents, unit: parent}
                steps, at = 0, parent
                while at is not None and at != unit and steps < 20:
                    at, steps = moved.get(at), steps + 1
                assert at != unit


def test_where_a_unit_may_stand() -> None:
    assert may_stand_under("hotline", None, parent_has_centre=False)
    assert not may_stand_under("centre", None, parent_has_centre=False)
    assert may_stand_under("crew", "department", parent_has_centre=True)
    assert not may_stand_under("crew", "department", parent_has_centre=False)
    assert not may_stand_under("crew", "crew", parent_has_centre=True)
    assert not may_stand_under("centre", "centre", parent_has_centre=True)


LOW, HIGH = Skill("low_voltage", ("0.4",)), Skill("low_voltage", ("0.4", "10"))


def test_who_leaves_is_replaced_in_trade_and_each_voltage_class() -> None:
    assert stands_in(LOW, [HIGH])
    assert not stands_in(HIGH, [LOW])
    assert stands_in(HIGH, [LOW, Skill("any", ("10",))])
    assert stands_in(HIGH, [Skill("low_voltage")])
    assert not stands_in(LOW, [Skill("medium_voltage", ("0.4",))])
    assert stands_in(Skill("low_voltage"), [LOW])
    assert not stands_in(LOW, [])


absences = st.dictionaries(
    st.integers(0, 5).map(uid),
    st.builds(
        lambda away, to: AwayState("meal" if away else None, None, None, to),
        st.booleans(),
        st.none() | st.integers(0, 5).map(uid),
    ),
)


@given(absences, st.integers(0, 5).map(uid))
def test_who_takes_the_work_is_there(crews: dict[UUID, AwayState], crew: UUID) -> None:
    found = taker(crew, crews)
    assert found is None or crews[found].away_reason is None
    if crew in crews and crews[crew].away_reason is None:
        assert found == crew
