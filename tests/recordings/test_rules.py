"""What reports of a recording tell, in whatever order they come, and what is asked next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.recordings.rules import (
    STATE_OF,
    Report,
    Told,
    fold,
    next_act,
    state_after,
)

BEGUN = datetime(2024, 7, 1, 4, 0, tzinfo=UTC)
STATES = ("asked", "in-progress", "paused", "ready", "absent", "failed", "expired", "deleted")
reports = st.builds(
    Report,
    event=st.sampled_from(sorted(STATE_OF)),
    seconds=st.none() | st.integers(0, 600),
    begun=st.none() | st.integers(0, 60).map(lambda s: BEGUN + timedelta(seconds=s)),
    code=st.sampled_from(["", "18004"]),
)


@given(st.lists(reports, max_size=6), st.data())
def test_order_and_repetition_count_for_nothing(known: list[Report], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(known))
    again = data.draw(st.lists(st.sampled_from(known), max_size=4)) if known else []
    assert fold([*mixed, *again]) == fold(known)


@given(st.lists(reports, min_size=1, max_size=6), st.sampled_from(STATES))
def test_what_is_ready_is_never_said_to_be_less(known: list[Report], state: str) -> None:
    told = fold([*known, Report("completed", 7, BEGUN)])
    after = state_after(state, told)
    assert after == (state if state in ("expired", "deleted") else "ready")
    assert told.seconds is not None
    assert told.seconds >= 7
    assert told.begun is not None
    assert told.begun <= BEGUN


@given(st.lists(reports, max_size=6), st.sampled_from(STATES))
def test_the_state_is_the_same_after_the_same_reports(known: list[Report], state: str) -> None:
    told = fold(known)
    once = state_after(state, told)
    assert state_after(once, told) == once


def test_a_pause_of_ours_outlives_the_report_of_the_beginning() -> None:
    told = fold([Report("in-progress")])
    assert state_after("paused", told) == "paused"
    assert state_after("asked", told) == "in-progress"
    assert state_after("failed", told) == "in-progress", "the carrier's word counts more than ours"
    assert state_after("asked", Told()) == "asked"


@pytest.mark.parametrize(
    ("state", "wanted", "act"),
    [
        ("asked", "on", "start"),
        ("asked", "paused", "start"),
        ("in-progress", "on", None),
        ("in-progress", "paused", "pause"),
        ("in-progress", "off", "stop"),
        ("paused", "on", "resume"),
        ("paused", "paused", None),
        ("paused", "off", "stop"),
        ("ready", "paused", None),
        ("failed", "on", None),
        ("deleted", "off", None),
    ],
)
def test_what_is_asked_next(state: str, wanted: str, act: str | None) -> None:
    assert next_act(state, wanted) == act
