"""Agents' states, the document of queues, and the times of call-backs."""

from datetime import UTC, datetime, time, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidField
from telephony.routing import queues
from telephony.routing.rules import (
    ALLOWED,
    BUSY,
    STATES,
    act_for,
    after,
    in_hours,
    next_try,
    wrap_up_until,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ACTS = sorted({act for _, act in ALLOWED})


@given(st.lists(st.sampled_from(ACTS), max_size=30))
def test_an_agent_is_connected_only_out_of_a_reservation(acts: list[str]) -> None:
    state, before = "offline", ""
    for act in acts:
        moved = after(state, act)  # type: ignore[arg-type]
        if moved is None:
            continue
        before, state = state, moved
        assert state in STATES
        if state == "on_call":
            assert before == "reserved"
        if state == "reserved":
            assert before == "available"
        if state == "wrap_up":
            assert before == "on_call"


def test_a_person_cannot_walk_away_from_a_call() -> None:
    for state in BUSY:
        for wanted in ("available", "break", "offline"):
            assert after(state, act_for(wanted)) is None  # type: ignore[arg-type]


@given(st.floats(0, 600), st.floats(0, 10_000))
def test_wrap_up_is_extended_no_further_than_the_limit(own: float, more: float) -> None:
    until = wrap_up_until(NOON, own, more, 600)
    assert NOON + timedelta(seconds=own) <= until <= NOON + timedelta(seconds=600)


def test_tries_end_after_the_last_gap() -> None:
    gaps = (300.0, 1800.0)
    assert next_try(1, NOON, gaps) == NOON + timedelta(seconds=300)
    assert next_try(2, NOON, gaps) == NOON + timedelta(seconds=1800)
    assert next_try(3, NOON, gaps) is None


@given(st.integers(0, 10_000))
def test_nobody_is_called_outside_the_hours(minutes: int) -> None:
    zone, hours = ZoneInfo("Asia/Shanghai"), (time(8), time(21))
    at = NOON + timedelta(minutes=minutes)
    then = in_hours(at, hours, zone)
    assert hours[0] <= then.astimezone(zone).time() < hours[1]
    assert at <= then < at + timedelta(hours=12)
    if hours[0] <= at.astimezone(zone).time() < hours[1]:
        assert then == at


OWN = (resources.files("telephony.routing") / "queues.toml").read_text(encoding="utf-8")


def test_the_document_that_comes_with_paidan_is_valid() -> None:
    plan = queues.read(OWN)
    assert plan.of("hazard").priority > plan.of("fault").priority
    assert plan.of("gone").code == plan.queue[0].code


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("ring_s = 20", "ring_s = 0", "ring_s"),
        ("ring_s = 20", "ring_s = 90", "reserve_s"),
        ('to = "hotline"', 'to = "nowhere"', "overflow.to"),
        ("ageing_s = 60", "ageing_s = 60\ncolour = 1", "queue.0.colour"),
        ('code = "declined"', 'code = "refused"', "reason.declined"),
        ("fault = 3", "fault = 9", "skills.fault"),
        ('code = "meal"', 'code = "rest"', "reason.rest"),
        ('["08:00", "21:00"]', '["21:00", "08:00"]', "callback.hours"),
        ("after_s = 30, level = 2", "after_s = 90, level = 2", "relax"),
        ("ring_s = 20", "ring_s =", "line"),
        ("callers_between = 1", "callers_between = -1", "callback.callers_between"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, field: str) -> None:
    assert old in OWN
    with pytest.raises(InvalidField, match=field):
        queues.read(OWN.replace(old, new, 1))
