"""Whose arrival stops which clock, where an order was sent more than once."""

from dataclasses import replace
from uuid import UUID

import pytest

from sla.arrivals import first_arrival, path, with_first
from sla.documents import load_policy
from sla.policy import Policy
from sla.segments import goals, segments, total
from sla.shares import shares
from sla.timelines import PointTime, Timeline
from sla.timers import merged_timers
from tests.sla.test_segments import ON_TIME, at, timeline

BEIJING = load_policy("beijing")
OWN = BEIJING.model_copy(update={"arrival": "own"})
CLOSED_LOOP = load_policy("repair_closed_loop")
SECOND = UUID(int=9)
LATE = {"A": 0, "B": 60, "C": 70, "D": 1900, "E": 1910, "F": 1950, "G": 2000, "H": 3000}


def tries(**second: float) -> list[Timeline]:
    """The first crew was there after 1500 s and gave the order back; another one came late."""
    first = timeline(ON_TIME, ended_at=at(1800))
    later = replace(timeline({**LATE, **second}), assignment_id=SECOND)
    return with_first([first, later])


@pytest.mark.parametrize(("policy", "spent", "within"), [(BEIJING, 1500, True), (OWN, 3000, False)])
def test_the_orders_total_stops_with_the_arrival_that_the_policy_names(
    policy: Policy, spent: float, within: bool
) -> None:
    whole = total(policy, tries()[-1], at(9000))
    assert whole is not None
    assert (whole.spent_s, whole.within) == (spent, within)
    of_total = {t.code: t for t in merged_timers(policy, tries(), at(9000))}["AH"]
    assert (of_total.stopped_at, of_total.late) == (at(spent), not within)


def test_each_attempt_keeps_its_own_way() -> None:
    found = {(t.code, t.subject_id): t for t in merged_timers(BEIJING, tries(), at(9000))}
    assert found["GH", SECOND].stopped_at == at(3000)
    assert [one.spent_s for one in segments(BEIJING, tries()[-1], at(9000))][-1] == 1000


def test_a_clock_that_begins_with_the_arrival_begins_with_the_same() -> None:
    own = CLOSED_LOOP.model_copy(update={"arrival": "own"})
    for policy, start in ((CLOSED_LOOP, 1500), (own, 3000)):
        begun = {
            one.start
            for one in goals(policy, tries()[-1], at(9000))
            if one.from_point == "H" and one.subject_id == tries()[0].order_id
        }
        assert begun == {at(start)}


def test_the_promise_is_shared_among_those_on_the_way_that_counts() -> None:
    (first,) = path(BEIJING, tries())
    assert len(path(OWN, tries())) == 2
    found = shares(BEIJING, first, segments(BEIJING, first, at(9000)), at(9000))
    assert sum(one.spent_s + one.excluded_s for one in found) == 1500


def test_who_was_gone_or_elsewhere_or_cannot_have_been_there_does_not_count() -> None:
    first, later = tries()
    assert first_arrival([first, later], at(1700)) == first.points["H"]  # still there
    assert first_arrival([first, later], at(1801)) == later.points["H"]
    (_, other) = with_first([first, later], {first.assignment_id})
    assert other.first_arrival == later.points["H"]
    odd = {**first.points, "H": PointTime(at(10), "terminal", anomaly="device_clock")}
    assert first_arrival([replace(first, points=odd), later]) == later.points["H"]


def test_while_nobody_has_arrived_the_total_runs() -> None:
    waiting = timeline({name: ON_TIME[name] for name in "ABCD"}, ended_at=at(300))
    later = replace(timeline({"A": 0, "B": 60, "C": 70}), assignment_id=None)
    whole = total(BEIJING, with_first([waiting, later])[-1], at(400))
    assert whole is not None
    assert whole.state == "running"
