"""Slack: what is left of the promise, who lent and borrowed, when to leave at the latest."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.documents import load_policy
from sla.intervals import Interval
from sla.segments import segments
from sla.slack import leave_by, slack, spender
from tests.sla.test_segments import ON_TIME, T0, at, complete, gaps, timeline

BEIJING = load_policy("beijing")
RESERVE = 2700 - 43 * 60


def first(points: dict[str, float], last: str) -> dict[str, float]:
    return {name: seconds for name, seconds in points.items() if name <= last}


def test_an_order_on_its_limits_has_exactly_its_reserve_to_spare():
    limits = {"A": 0, "B": 120, "C": 360, "D": 480, "E": 600, "F": 720}
    found = slack(BEIJING, timeline(limits), at(720))
    assert found is not None
    assert (found.spare_s, found.reserve_s) == (RESERVE, RESERVE)
    assert (found.lent_s, found.borrowed_s, found.spender) == (0, 0, None)
    assert found.leave_by == at(2700 - 1680)
    assert found.travel_known is False


def test_who_is_quick_lends_and_who_is_late_borrows():
    points = {"A": 0, "B": 60, "C": 60 + 240 + 300, "D": 660}
    found = slack(BEIJING, timeline(points), at(660))
    assert found is not None
    accounts = {one.code: one for one in found.accounts}
    assert (accounts["AB"].lent_s, accounts["BC"].borrowed_s, accounts["CD"].lent_s) == (
        60,
        300,
        60,
    )
    assert found.spare_s == RESERVE + 60 - 300 + 60
    assert found.spender is not None
    assert (found.spender.code, found.spender.responsible, found.spender.over_s) == (
        "BC", "network", 300,
    )  # fmt: skip


def test_an_estimate_of_the_journey_moves_the_latest_departure():
    found = slack(BEIJING, timeline(first(ON_TIME, "F")), at(210), travel_s=600)
    assert found is not None
    assert (found.leave_by, found.travel_s, found.travel_known) == (at(2700 - 600), 600, True)


def test_once_the_crew_is_on_the_road_there_is_no_departure_to_wait_for():
    found = slack(BEIJING, timeline(first(ON_TIME, "G")), at(400))
    assert found is not None
    assert found.leave_by is None


def test_without_a_promise_there_is_no_slack():
    assert slack(BEIJING, timeline({"B": 0}), at(10)) is None
    assert leave_by(None, (), 10.0) is None


def test_what_still_runs_spends_for_the_eye_but_not_for_the_row():
    line = timeline({"A": 0, "B": 60})
    judged = segments(BEIJING, line, at(60 + 240 + 100))
    running = spender(BEIJING, line, judged, at(60 + 240 + 100))
    assert running is not None
    assert (running.code, running.over_s) == ("BC", 100)
    assert spender(BEIJING, line, judged, None) is None


@pytest.mark.parametrize(("end", "code"), [(at(400), "detour"), (None, None)])
def test_a_detour_is_spent_by_whoever_caused_it_once_it_is_over(end, code):
    line = timeline({"A": 0, "B": 60}, intervals=(Interval("detour", at(60), end, "hotline"),))
    found = spender(BEIJING, line, segments(BEIJING, line, at(500)), None)
    assert (found.code if found else None) == code


@given(complete, st.sampled_from("BCDEFGH"), st.integers(0, 3000), gaps)
def test_the_accounts_always_add_up(points, last, later, intervals):
    known = first(points, last)
    now = at(max(known.values()) + later)
    line = timeline(known, intervals=intervals)
    found = slack(BEIJING, line, now)
    judged = segments(BEIJING, line, now)
    assert found is not None
    assert found.spare_s is not None
    assert found.reserve_s is not None
    held = sum(one.excluded_s for one in judged)
    expected = found.reserve_s + found.lent_s - found.borrowed_s - held
    assert found.spare_s == pytest.approx(expected, abs=1e-6)
    if last == "H":
        assert found.spare_s == found.left_s


@given(complete, st.integers(0, 2000), st.integers(1, 2000))
def test_waiting_never_gives_slack_back(points, first_look, later):
    line = timeline({"A": points["A"], "B": points["B"]})
    now = at(points["B"] + first_look)
    early, late = slack(BEIJING, line, now), slack(BEIJING, line, now + timedelta(seconds=later))
    assert early is not None
    assert late is not None
    assert late.left_s == early.left_s - later
    assert late.spare_s <= early.spare_s
    assert now >= T0
