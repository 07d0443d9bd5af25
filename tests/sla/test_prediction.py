"""The probability of meeting the promise, and alerts that do not flap."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.documents import load_policy
from sla.facts import Facts
from sla.intervals import Interval
from sla.prediction import (
    Eta,
    Forecast,
    Part,
    Risk,
    assumed,
    chance,
    follow,
    forecast,
    level,
    look_again,
    moved,
    rest_of,
    typical,
)
from tests.sla.test_segments import ON_TIME, T0, at, timeline

BEIJING = load_policy("beijing")
BAND = assumed(BEIJING)
SENT = {name: seconds for name, seconds in ON_TIME.items() if name <= "F"}
ROAD = {name: seconds for name, seconds in ON_TIME.items() if name <= "G"}


def eta(mean: float, sd: float = 60.0, made: float = 300) -> Eta:
    return Eta(mean, sd, at(made), "straight_line")


def test_on_the_road_it_is_the_journey_alone():
    found = forecast(BEIJING, timeline(ROAD), at(300), eta(2000, 200), has_vehicle=True)
    assert found is not None
    assert found.probability == pytest.approx(NormalDist().cdf((2700 - 300 - 2000) / 200))
    assert found.expected_at == at(2300)
    assert (found.journey, found.optimistic, found.unknown) == ("straight_line", False, None)


def test_an_estimate_that_is_older_has_been_driven_in_the_meantime():
    fresh = forecast(BEIJING, timeline(ROAD), at(400), eta(1900, made=400), has_vehicle=True)
    older = forecast(BEIJING, timeline(ROAD), at(400), eta(2000, made=300), has_vehicle=True)
    assert fresh == older


def test_before_anybody_drives_the_policy_says_what_is_usual():
    found = forecast(BEIJING, timeline({"A": 0}), at(0), None, has_vehicle=False)
    assert found is not None
    assert found.journey == "policy"
    usual = [typical(limit, BAND) for limit in (120, 240, 120, 120, 120, 180, 1680)]
    assert found.expected_at == at(sum(part.mean_s for part in usual))
    assert 0.5 < found.probability < 1


def test_without_a_position_nothing_is_said():
    found = forecast(BEIJING, timeline(SENT), at(300), None, has_vehicle=True)
    assert found is not None
    assert (found.probability, found.unknown) == (None, "position")
    assert level(Risk(), found) == "unknown"


def test_a_promise_that_is_over_or_has_no_limit_is_not_predicted():
    assert forecast(BEIJING, timeline(ON_TIME), at(9000), None, has_vehicle=True) is None
    assert forecast(BEIJING, timeline({"B": 3}), at(10), None, has_vehicle=False) is None
    nowhere = timeline({"A": 0}, Facts(same_site=True))
    found = forecast(BEIJING, nowhere, at(10), None, has_vehicle=False)
    assert found is not None
    assert (found.probability, found.unknown) == (None, "limit")


def test_waiting_in_a_queue_is_at_best_on_time():
    queued = Interval("queued", at(210), None, "capacity")
    line = timeline(SENT, intervals=(queued,))
    found = forecast(BEIJING, line, at(300), eta(600), has_vehicle=True)
    assert found is not None
    assert found.optimistic
    assert level(Risk(), found) == "unknown"
    assert level(Risk(standing=True), found) == "risk"


def test_it_names_who_spent_the_slack():
    late = {"A": 0, "B": 60, "C": 1500, "D": 1510, "E": 1515, "F": 1530, "G": 1600}
    found = forecast(BEIJING, timeline(late), at(1700), eta(1200, made=1700), has_vehicle=True)
    assert found is not None
    assert found.spender is not None
    assert (found.spender.code, found.spender.responsible) == ("BC", "network")
    assert found.probability < 0.05


@given(st.floats(0, 3000), st.floats(0, 2000), st.floats(1, 600), st.floats(1, 600))
def test_later_is_never_likelier(now, mean, sd, more):
    """Later at the same place, or farther away at the same time."""
    line = timeline({**ROAD, "G": 300})
    moment = 300 + now
    here = forecast(BEIJING, line, at(moment), eta(mean, sd, moment), has_vehicle=True)
    far = forecast(BEIJING, line, at(moment), eta(mean + more, sd, moment), has_vehicle=True)
    late = forecast(
        BEIJING, line, at(moment + more), eta(mean, sd, moment + more), has_vehicle=True
    )
    assert far.probability <= here.probability
    assert late.probability <= here.probability
    assert 0 <= here.probability <= 1


@given(st.floats(1, 3000), st.floats(0, 20_000), st.floats(0.1, 500))
def test_the_rest_of_a_step_shrinks_but_is_never_negative(mean, spent, more):
    usual = Part(mean, mean / 2)
    early, later = rest_of(usual, spent), rest_of(usual, spent + more)
    assert early.mean_s >= 0
    assert later.mean_s <= early.mean_s + 1e-6
    assert 0 < early.sd_s <= usual.sd_s + 1e-9
    assert rest_of(usual, 0).mean_s >= mean


@pytest.mark.parametrize("score", [-6, -2.5, -1, 0, 0.3, 1, 3, 6])
def test_phi_is_that_of_the_standard_library(score):
    assert chance(score) == pytest.approx(NormalDist().cdf(score), rel=1e-9)


chances = st.one_of(st.none(), st.floats(0, 1), st.sampled_from([0.1, 0.9]))
pauses = st.one_of(st.floats(0.1, 5), st.floats(0.1, 120))
looks = st.lists(st.tuples(pauses, chances), max_size=80)


def watched(steps, band):
    """Each look: seconds since the first, probability, the alert after it."""
    risk, seconds = Risk(), 0.0
    for pause, probability in steps:
        seconds += pause
        risk = follow(risk, probability, T0 + timedelta(seconds=seconds), band)
        yield seconds, probability, risk


@given(looks)
def test_however_noisy_the_alerts_are_bounded(steps):
    band = BAND
    seen = list(watched(steps, band))
    standing = [False, *(risk.standing for _, _, risk in seen)]
    alerts = sum(now and not before for before, now in pairwise(standing))
    lasted = seen[-1][0] if seen else 0.0
    assert alerts <= 1 + lasted / (2 * band.dwell_s)
    above = sum(1 for _, p, _ in seen if p is not None and p > band.leave)
    assert alerts <= 1 + above


@given(looks)
def test_an_alert_that_stands_has_a_reason_and_one_that_ends_too(steps):
    before = Risk()
    for seconds, probability, risk in watched(steps, BAND):
        if risk.standing:
            assert risk.reason is not None
            assert risk.reason < BAND.enter
        if risk.standing and not before.standing:
            assert risk.reason == probability
        if before.standing and not risk.standing:
            assert probability > BAND.leave
        if before.changed_at is not None and risk.changed_at != before.changed_at:
            held = T0 + timedelta(seconds=seconds) - before.changed_at
            assert held.total_seconds() >= BAND.dwell_s
        before = risk


@given(st.lists(st.floats(0.5, 0.7), min_size=1, max_size=200), st.booleans())
def test_noise_within_the_band_changes_nothing(noise, standing):
    risk = Risk(standing, T0, 0.4 if standing else None)
    for number, probability in enumerate(noise):
        assert follow(risk, probability, at(100 * (number + 1)), BAND) == risk


def test_the_first_alert_does_not_wait():
    assert follow(Risk(), 0.1, T0, BAND).standing


def test_only_what_moved_enough_is_worth_showing():
    old = Forecast(0.8, at(2000), 100, "policy")
    assert moved(None, old)
    assert not moved(old, replace(old, probability=0.84, expected_at=at(2050)))
    assert moved(old, replace(old, probability=0.74))
    assert moved(old, replace(old, expected_at=at(2061)))
    assert moved(old, replace(old, probability=None, unknown="position"))
    assert moved(old, replace(old, journey="straight_line"))


def test_who_drives_is_looked_at_often_and_who_has_time_is_not():
    assert look_again(T0, 7000, closely=True) == at(15)
    assert look_again(T0, 2000, closely=False) == at(100)
    assert look_again(T0, 20, closely=False) == at(15)
    assert look_again(T0, 50_000, closely=False) == at(300)


def test_a_policy_may_assume_something_of_its_own():
    own = BAND.model_copy(update={"over_typical_s": 0.0, "enter": 0.9, "leave": 0.95})
    policy = BEIJING.model_copy(update={"prediction": own})
    before, after = (
        forecast(one, timeline({"A": 0}), at(0), None, has_vehicle=False)
        for one in (BEIJING, policy)
    )
    assert before is not None
    assert after is not None
    assert after.expected_at == at(43 * 60)
    assert after.probability < before.probability
    assert follow(Risk(), 0.8, at(0), assumed(policy)).standing
    assert not follow(Risk(), 0.8, at(0), BAND).standing
