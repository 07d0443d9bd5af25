"""Segments, promise and timers against the Beijing policy: the rules as laws."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.documents import load_policy
from sla.facts import Facts
from sla.intervals import Interval, extended
from sla.promise import promise
from sla.segments import segments, total
from sla.shares import shares
from sla.timelines import PointTime, Timeline
from sla.timers import merged_timers, timers

BEIJING = load_policy("beijing")
T0 = datetime(2024, 1, 15, 8, 0, tzinfo=UTC)
ORDER, HOP, ASSIGNMENT = (UUID(int=n) for n in (1, 2, 3))
URBAN = Facts(same_site=True, area_class="urban")
ON_TIME = {"A": 0, "B": 60, "C": 70, "D": 150, "E": 155, "F": 200, "G": 300, "H": 1500}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def timeline(points: dict[str, float], facts: Facts = URBAN, **more) -> Timeline:
    stamps = {name: PointTime(at(s), "receipt") for name, s in points.items()}
    return Timeline(ORDER, HOP, ASSIGNMENT, points=stamps, facts=facts, **more)


def by_code(line: Timeline, now: datetime):
    return {one.code: one for one in segments(BEIJING, line, now)}


seconds = st.integers(0, 5000)
complete = st.lists(seconds, min_size=8, max_size=8).map(
    lambda found: dict(zip("ABCDEFGH", sorted(found), strict=True))
)
some_points = st.dictionaries(st.sampled_from("ABCDEFGH"), seconds)
gaps = st.lists(st.tuples(seconds, st.integers(0, 900)), max_size=3).map(
    lambda found: tuple(Interval("detour", at(s), at(s + n), "hotline") for s, n in found)
)


def test_a_perfect_order_is_within_everywhere():
    judged = by_code(timeline(ON_TIME), at(9000))
    assert [one.within for one in judged.values()] == [True] * 7
    assert [one.state for one in judged.values()] == ["done"] * 7
    assert judged["AB"].spent_s == 60
    assert judged["AB"].lent_s == 60
    assert judged["GH"].limit_s == 28 * 60


@pytest.mark.parametrize(("same_site", "limit"), [(True, 120), (False, 240), (None, None)])
def test_the_limit_to_the_crew_depends_on_the_site(same_site, limit):
    line = timeline(ON_TIME, Facts(same_site=same_site, area_class="urban"))
    assert by_code(line, at(9000))["DE"].limit_s == limit
    assert by_code(line, at(9000))["DE"].within is (None if limit is None else True)


@pytest.mark.parametrize(
    ("area", "limit"), [("urban", 2700), ("rural", 5400), ("remote", 7200), (None, None)]
)
def test_the_total_depends_on_the_area(area, limit):
    whole = total(BEIJING, timeline(ON_TIME, Facts(area_class=area)), at(9000))
    assert whole is not None
    assert whole.limit_s == limit


def test_limits_add_up_to_43_or_45_and_the_reserve_says_which():
    near = promise(BEIJING, timeline(ON_TIME), at(9000))
    far = promise(BEIJING, timeline(ON_TIME, Facts(False, "urban")), at(9000))
    assert near is not None
    assert far is not None
    assert (near.reserve_s, far.reserve_s) == (120, 0)


def test_released_during_the_call_has_no_intake_time():
    line = timeline({**ON_TIME, "A": 90, "B": 60}, replace(URBAN, released_during_call=True))
    judged = by_code(line, at(9000))
    assert (judged["AB"].state, judged["AB"].spent_s, judged["AB"].within) == ("done", 0, True)
    assert judged["AB"].mark == "released_during_call"
    assert "AB" not in {timer.code for timer in timers(BEIJING, line, at(9000))}


def test_a_negative_duration_is_an_anomaly_and_is_not_clipped():
    one = by_code(timeline({**ON_TIME, "A": 90, "B": 60}), at(9000))["AB"]
    assert (one.state, one.spent_s, one.within, one.anomaly) == ("anomaly", -30, None, "negative")


def test_a_missing_point_is_unknown_and_nothing_that_needs_it_is_judged():
    points = {name: value for name, value in ON_TIME.items() if name != "E"}
    judged = by_code(timeline(points), at(9000))
    assert [judged[code].state for code in ("DE", "EF")] == ["unknown", "unknown"]
    assert [judged[code].within for code in ("DE", "EF")] == [None, None]
    assert judged["FG"].within is True


def test_a_running_segment_warns_and_then_is_late():
    line = timeline({"A": 0, "B": 60})
    states = [by_code(line, at(60 + s))["BC"] for s in (100, 200, 241)]
    assert [one.state for one in states] == ["running"] * 3
    assert [one.warning for one in states] == [False, True, False]
    assert [one.within for one in states] == [None, None, False]
    assert by_code(line, at(100))["CD"].state == "pending"


def test_restored_from_afar_does_not_stop_the_drive():
    line = timeline({k: v for k, v in ON_TIME.items() if k != "H"} | {"restored": 400})
    assert by_code(line, at(500))["GH"].state == "running"
    closed = timeline({k: v for k, v in ON_TIME.items() if k != "H"} | {"closed": 400})
    assert by_code(closed, at(500))["GH"].state == "unknown"


def test_queueing_is_nobodys_turnout_but_the_promise_runs_on():
    queued = Interval("queued", at(200), at(1000), "capacity")
    line = timeline({**ON_TIME, "G": 1100, "H": 2500}, intervals=(queued,))
    judged = by_code(line, at(9000))
    assert (judged["FG"].spent_s, judged["FG"].excluded_s) == (100, 800)
    assert judged["FG"].within is True
    kept = promise(BEIJING, line, at(9000))
    assert kept is not None
    assert kept.left_s == 2700 - 2500
    found = shares(BEIJING, line, tuple(judged.values()), at(9000))
    assert {one.party: one.excluded_s for one in found}["capacity"] == 800


def test_while_queued_the_turnout_has_no_deadline():
    queued = Interval("queued", at(200), None, "capacity")
    line = timeline({k: ON_TIME[k] for k in "ABCDEF"}, intervals=(queued,))
    (turnout,) = [t for t in timers(BEIJING, line, at(5000)) if t.code == "FG"]
    assert turnout.due_at is None
    assert not turnout.overdue(at(5000))
    assert by_code(line, at(5000))["FG"].spent_s == 0


def test_an_uncertain_stamp_near_the_limit_is_doubtful():
    line = timeline({**ON_TIME, "B": 118})
    unsure = replace(line, points={**line.points, "A": PointTime(at(0), "crew", 5.0)})
    assert by_code(unsure, at(9000))["AB"].doubtful
    assert not by_code(line, at(9000))["AB"].doubtful


def test_not_accepted_alarms_stand_beside_the_segments():
    line = timeline({k: ON_TIME[k] for k in "ABCD"})
    found = {t.code: t for t in timers(BEIJING, line, at(200))}
    assert found["not_accepted_centre"].stopped_at == at(150)  # dispatching is accepting
    assert found["not_accepted_crew"].due_at == at(150 + 240)
    assert found["not_accepted_crew"].subject_id == ASSIGNMENT
    assert found["not_accepted_crew"].stopped_at is None
    assert found["AH"].due_at == at(2700)


def test_an_attempt_that_ended_stops_its_timers_and_the_next_has_its_own():
    first = timeline({"A": 0, "B": 60}, ended_at=at(200))
    later = replace(
        timeline({"A": 0, "B": 600, "C": 610}),
        hop_id=UUID(int=9),
        intervals=(Interval("detour", at(60), at(600), "hotline"),),
    )
    found = {(t.code, t.subject_id): t for t in merged_timers(BEIJING, [first, later], at(620))}
    assert found["not_accepted_centre", HOP].stopped_at == at(200)
    assert found["not_accepted_centre", UUID(int=9)].stopped_at is None
    released = found["AB", ORDER]
    assert not released.late
    assert (released.stopped_at, released.due_at) == (at(600), at(660))


def test_taking_an_order_back_undoes_no_lateness():
    """E–F has 120 s: recalled at 121 s it was late, at 120 s nobody knows."""
    points = {"A": 0, "B": 60, "C": 70, "D": 100, "E": 110}
    for recalled, state in ((231, "done"), (230, "unknown")):
        line = timeline(points, ended_at=at(recalled), broken_off=True)
        one = {s.code: s for s in segments(BEIJING, line, at(900))}["EF"]
        assert one.state == state
    assert (one.spent_s, one.within) == (None, None)
    line = timeline(points, ended_at=at(231), broken_off=True)
    late = {s.code: s for s in segments(BEIJING, line, at(900))}["EF"]
    assert (late.spent_s, late.within, late.mark) == (121.0, False, "broken_off")
    fired = {t.code: t for t in timers(BEIJING, line, at(900))}["EF"]
    assert (fired.due_at, fired.stopped_at, fired.late) == (at(230), at(231), True)


def test_the_promise_of_an_order_does_not_end_with_an_attempt():
    line = timeline({"A": 0, "B": 60, "C": 70, "D": 100}, ended_at=at(5000), broken_off=True)
    whole = total(BEIJING, line, at(5000))
    assert whole is not None
    assert whole.state == "unknown"


def test_a_past_record_without_a_stamp_is_not_late_for_it():
    line = timeline({"A": 0, "B": 60, "C": 70, "D": 100, "E": 110}, ended_at=at(9000))
    assert {s.code: s.state for s in segments(BEIJING, line, at(9000))}["EF"] == "unknown"


@given(complete, gaps)
def test_segments_and_excluded_time_add_up_to_the_whole(points, intervals):
    line = timeline(points, intervals=intervals)
    judged = segments(BEIJING, line, at(99_999))
    spent = sum((one.spent_s or 0) + one.excluded_s for one in judged)
    assert spent == pytest.approx(points["H"] - points["A"])


@given(complete, gaps)
def test_slack_is_conserved(points, intervals):
    line = timeline(points, intervals=intervals)
    kept = promise(BEIJING, line, at(99_999))
    judged = segments(BEIJING, line, at(99_999))
    assert kept is not None
    slack = sum(one.lent_s - one.borrowed_s for one in judged)
    lost = sum(one.excluded_s for one in judged)
    assert kept.reserve_s is not None
    assert kept.left_s == pytest.approx(kept.reserve_s + slack - lost)


@given(some_points, st.randoms(use_true_random=False))
def test_the_order_in_which_stamps_are_given_does_not_matter(points, rng: random.Random):
    names = list(points)
    rng.shuffle(names)
    shuffled = {name: points[name] for name in names}
    now = at(6000)
    assert segments(BEIJING, timeline(points), now) == segments(BEIJING, timeline(shuffled), now)


@given(some_points, st.sampled_from("ABCDEFGH"), seconds)
def test_another_stamp_never_changes_a_segment_judged_without_it(points, name, value):
    before = by_code(timeline({k: v for k, v in points.items() if k != name}), at(6000))
    after = by_code(timeline({**points, name: value}), at(6000))
    for code, one in before.items():
        if one.state in ("done", "anomaly"):
            assert after[code] == one


@given(some_points)
def test_nothing_is_judged_without_both_its_points(points):
    for one in segments(BEIJING, timeline(points), at(6000)):
        if one.state == "done":
            assert one.from_point in points
            assert one.to_point in points
        if one.state == "anomaly":
            assert points[one.to_point] < points[one.from_point]
            assert one.within is None


@given(some_points, seconds)
def test_a_timer_is_late_exactly_when_its_segment_is_not_within(points, now):
    line = timeline(points)
    judged = by_code(line, at(now))
    for timer in timers(BEIJING, line, at(now)):
        if timer.code in judged and judged[timer.code].state == "done":
            assert timer.late == (judged[timer.code].within is False)


@given(gaps, seconds, st.integers(1, 3000))
def test_a_deadline_leaves_exactly_the_limit_of_counted_time(intervals, start, limit):
    due = extended(intervals, at(start), at(start + limit))
    assert due is not None
    stops = sorted({at(start), due, *(t for i in intervals for t in (i.start, i.end) if t)})
    counted = 0.0
    for left, right in pairwise(stops):
        if right <= at(start) or right > due:
            continue
        if not any(i.start <= left and i.end and right <= i.end for i in intervals):
            counted += (right - left).total_seconds()
    assert counted == pytest.approx(limit)


def test_subjects_without_an_id_have_no_timer():
    line = Timeline(uuid4(), points={"B": PointTime(at(0), "dispatcher")}, facts=URBAN)
    assert timers(BEIJING, line, at(10)) == []
