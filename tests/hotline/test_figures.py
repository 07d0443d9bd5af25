"""The pure figures: examples by hand, what always holds, and what theory says of queues."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.hotline.buckets import buckets, position, spread
from dashboards.hotline.figures import Contact, Promise, Rule, figures, repeated
from dashboards.hotline.shifts import Asked, Stretch, occupancy, shift, wrap_up_of
from telephony.story import OUTCOMES

T0 = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
RULE = Rule(answer_s=20, target=0.8, reading="short_out", repeat_s=3600)
STANDARDS = Path("/work/shared/sla/standards.json")
ANN = UUID(int=77)


def at(s: float) -> datetime:
    return T0 + timedelta(seconds=s)


def contact(number: int, **more: Any) -> Contact:
    base = Contact(UUID(int=number), at(number), f"+86{number}", "hotline", ended=True)
    return replace(base, **{"queued_at": at(number), **more})


def served(number: int, wait_s: float, **more: Any) -> Contact:
    talk = {"talk_s": 60.0, "held_s": 0.0, "wrap_up_s": 30.0, **more}
    return contact(number, outcome="answered", wait_s=wait_s, **talk)


def lost(number: int, wait_s: float, *, short: bool) -> Contact:
    return contact(number, outcome="abandoned", wait_s=wait_s, short=short)


def test_the_service_level_is_read_in_two_ways() -> None:
    calls = [served(1, 20.0), served(2, 20.1), lost(3, 2, short=True), lost(4, 40, short=False)]
    found = figures(calls, frozenset(), [], RULE)
    assert (found.offered, found.answered, found.answered_in_time) == (4, 2, 1)
    assert (found.service_level_short_out, found.service_level_short_in) == (1 / 3, 1 / 4)
    assert found.service_level == found.service_level_short_out
    other = figures(calls, frozenset(), [], replace(RULE, reading="short_in"))
    assert other.service_level == other.service_level_short_in
    assert (found.abandoned, found.abandoned_short, found.abandonment) == (2, 1, 1 / 3)
    assert (found.asa_s, found.longest_wait_s) == (20.05, 40)


def test_who_still_waits_is_not_judged() -> None:
    waits = contact(1, ended=False)
    talks = contact(2, ended=False, bridged_at=at(7))
    found = figures([waits, talks], frozenset(), [], RULE)
    assert (found.offered, found.waiting, found.answered, found.asa_s) == (2, 1, 1, 5)
    assert (found.service_judged, found.service_unjudged, found.service_level) == (1, 1, 1.0)
    assert (found.handle_judged, found.handle_unjudged) == (0, 1)
    assert found.outcomes == {"open": 2}


def test_menu_closed_and_full_are_not_offered() -> None:
    calls = [
        contact(1, queued_at=None, queue=None, outcome="abandoned", short=True),
        contact(2, queued_at=None, queue=None, outcome="closed"),
        contact(3, outcome="queue_full"),
        contact(4, outcome=None, queued_at=None, queue=None),
    ]
    found = figures(calls, frozenset(), [], RULE)
    assert (found.calls, found.offered, found.abandoned_before) == (4, 0, 1)
    assert found.outcomes == {"abandoned": 1, "closed": 1, "queue_full": 1, "unknown": 1}
    assert (found.service_level, found.asa_s, found.handle_s) == (None, None, None)


def test_handle_time_is_of_calls_of_which_all_parts_are_known() -> None:
    calls = [served(1, 1, held_s=10.0), served(2, 1, wrap_up_s=None)]
    found = figures(calls, frozenset(), [], RULE)
    assert (found.talk_s, found.held_s, found.wrap_up_s, found.handle_s) == (60, 10, 30, 100)
    assert (found.handle_judged, found.handle_unjudged) == (1, 1)


def test_callbacks_are_counted_by_what_became_of_them() -> None:
    states = ("waiting", "dialling", "talking", "done", "failed", "cancelled", "given_up")
    found = figures([], frozenset(), [Promise("hotline", T0, one) for one in states], RULE)
    assert (found.callbacks, found.callbacks_pending) == (7, 3)
    assert (found.callbacks_done, found.callbacks_failed, found.callbacks_cancelled) == (1, 2, 1)


def test_a_repeat_is_soon_after_any_call_of_the_number() -> None:
    a, b, c, d = (UUID(int=n) for n in range(4))
    seen = [(at(3700), c, "x"), (at(0), a, "x"), (at(100), b, "x"), (at(50), d, "y")]
    assert repeated(seen, 3600) == {b, c}
    assert repeated(seen, 3599) == {b}


CALLS = st.builds(
    lambda n, outcome, queued, wait, short, ended: contact(
        n,
        outcome=outcome if ended else None,
        queued_at=at(0) if queued else None,
        bridged_at=at(wait) if outcome == "answered" and queued else None,
        wait_s=float(wait) if queued and ended else None,
        short=short if outcome == "abandoned" and ended else None,
        ended=ended,
    ),
    st.integers(0, 10_000),
    st.sampled_from([*OUTCOMES, None]),
    st.booleans(),
    st.integers(0, 90),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(CALLS, max_size=30))
def test_every_call_is_counted_once(calls: list[Contact]) -> None:
    found = figures(calls, frozenset(), [], RULE)
    assert sum(found.outcomes.values()) == found.calls == len(calls)
    assert found.answered + found.abandoned + found.waiting <= found.offered <= found.calls
    assert found.answered_in_time <= found.answered
    assert found.service_judged + found.service_unjudged == found.offered
    assert found.asa_judged + found.asa_unjudged == found.answered
    assert found.handle_judged + found.handle_unjudged == found.answered
    if found.service_level_short_in is not None and found.service_level_short_out is not None:
        assert 0 <= found.service_level_short_in <= found.service_level_short_out <= 1


@given(st.lists(CALLS, max_size=20), st.lists(CALLS, max_size=20))
def test_groups_add_up(one: list[Contact], other: list[Contact]) -> None:
    both = figures([*one, *other], frozenset(), [], RULE)
    parts = [figures(calls, frozenset(), [], RULE) for calls in (one, other)]
    for name in ("calls", "offered", "answered", "answered_in_time", "abandoned", "service_judged"):
        assert getattr(both, name) == sum(getattr(part, name) for part in parts)


def stretch(state: str, begin: float, end: float | None, call: int | None = None) -> Stretch:
    call_id = None if call is None else UUID(int=call)
    return Stretch(ANN, state, call_id, at(begin), None if end is None else at(end))


DAY = [
    stretch("available", 0, 100),
    stretch("reserved", 100, 105, 1),
    stretch("on_call", 105, 205, 1),
    stretch("wrap_up", 205, 235, 1),
    stretch("break", 235, 335),
    stretch("available", 335, 340),
    stretch("on_call", 340, None, 2),
]


def test_occupancy_is_work_of_the_time_that_could_be_work() -> None:
    found = occupancy(DAY, at(0), at(440))
    assert (found.worked_s, found.staffed_s, found.break_s) == (230, 340, 100)
    assert found.occupancy == 230 / 340
    assert occupancy(DAY, at(240), at(300)).occupancy is None, "all of it is a break"


def test_an_agents_calls_are_those_that_began_in_the_period() -> None:
    asked = [Asked(ANN, "accepted"), Asked(ANN, "no_answer"), Asked(ANN, None)]
    found = shift(DAY, asked, at(0), at(440))
    assert (found.offered, found.accepted, found.no_answer, found.calls) == (3, 1, 1, 2)
    assert (found.handle_s, found.handle_judged, found.handle_unjudged) == (130, 1, 1)
    later = shift(DAY, [], at(150), at(440))
    assert (later.calls, later.on_call_s, later.wrap_up_s) == (1, 155, 30)


def test_after_call_work_of_a_call_is_that_of_all_its_agents() -> None:
    other = Stretch(UUID(int=78), "wrap_up", UUID(int=1), at(300), at(310))
    assert wrap_up_of([*DAY, other]) == {UUID(int=1): 40, UUID(int=2): None}


@given(st.integers(0, 90_000), st.integers(1, 200_000), st.integers(0, 100))
def test_quarters_and_days_cover_a_period_once(begin: int, length: int, share: int) -> None:
    """Also where clocks are put forward: 29 March 2026 has 23 hours in Berlin."""
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 28, 12, 0, tzinfo=UTC) + timedelta(seconds=begin)
    end = start + timedelta(seconds=length)
    moment = start + (end - start) * (share / 101)
    for size in ("quarter", "day"):
        found = buckets(size, start, end, zone)
        assert (found[0].start, found[-1].end) == (start, end)
        assert all(one.end == after.start for one, after in pairwise(found))
        assert len({one.key for one in found}) == len(found)
        mine = found[position(found, moment)]
        assert mine.start <= moment < mine.end
        local = moment.astimezone(zone)
        assert mine.key[:10] == local.date().isoformat()
        if size == "quarter":
            assert mine.key[11:16] == f"{local.hour:02d}:{local.minute // 15 * 15:02d}"
        spans = [Stretch(ANN, "on_call", None, start, moment)]
        split = zip(found, spread(found, spans), strict=True)
        whole = sum(occupancy(part, one.start, one.end).worked_s for one, part in split)
        assert whole == pytest.approx((moment - start).total_seconds(), abs=0.1)


@pytest.mark.skipif(not STANDARDS.is_file(), reason="the collection of formulas is not here")
@pytest.mark.parametrize("index", range(3))
def test_the_figures_of_a_queue_are_those_of_erlang_c(index: int) -> None:
    """Callers whose waits are spread as Erlang C says are served as well as Erlang C says."""
    vector = json.loads(STANDARDS.read_text())["formulas"]["vectors"][index]
    mean_s, many = vector["AHT_s"] / (vector["N"] - vector["A"]), 5000
    shares = [(number + 0.5) / many for number in range(many)]
    waits = [max(0.0, -mean_s * log((1 - one) / vector["C"])) for one in shares]
    calls = [
        served(number, wait, talk_s=vector["AHT_s"], wrap_up_s=0.0)
        for number, wait in enumerate(waits)
    ]
    found = figures(calls, frozenset(), [], RULE)
    assert found.service_level == pytest.approx(vector["SL20"], abs=0.001)
    assert found.asa_s == pytest.approx(vector["ASA_s"], rel=0.002)
