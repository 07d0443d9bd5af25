"""Two judgements of the same orders side by side."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.segments import Segment
from sla.what_if import OUTCOMES, Tally, outcome_of, pairs, share

ORDER = uuid4()


def judged(outcome: str, code: str = "CD") -> Segment | None:
    one = Segment(code, "C", "D", ORDER, "centre", "done", spent_s=100, limit_s=120, within=True)
    return {
        "met": one,
        "breached": replace(one, within=False),
        "unjudged": replace(one, within=None),
        "anomaly": replace(one, state="anomaly", within=None),
        "absent": None,
    }[outcome]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_outcomes(outcome):
    assert outcome_of(judged(outcome)) == outcome


def test_what_still_runs_is_not_compared():
    one = judged("breached")
    assert one is not None
    assert outcome_of(replace(one, state="running")) == "absent"


@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(OUTCOMES)), max_size=40))
def test_nothing_is_lost_between_before_and_after(moves):
    tally = Tally()
    for before, after in moves:
        old = [one for one in [judged(before)] if one]
        new = [one for one in [judged(after)] if one]
        for pair in pairs(old, new):
            tally.add(pair)
    there = [move for move in moves if move != ("absent", "absent")]
    for outcome in OUTCOMES:
        assert tally.before(outcome) == sum(old == outcome for old, _ in there)
        assert tally.after(outcome) == sum(new == outcome for _, new in there)
    assert tally.changed == sum(old != new and "absent" not in (old, new) for old, new in there)


def test_a_stretch_that_only_one_policy_knows_is_no_change():
    (pair,) = pairs([judged("met", "CD")], [])
    assert (pair.move, pair.changed) == (("met", "absent"), False)
    old, new = judged("met", "CD"), judged("breached", "CX")
    assert old is not None
    assert new is not None
    assert [pair.changed for pair in pairs([old], [new])] == [False, False]


def test_shares():
    assert share(0, 0) is None
    assert share(3, 1) == 0.75
