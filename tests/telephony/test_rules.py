"""The life of a call, whatever the order of the carrier's reports."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import CallEnded, CallOpened, CallProgressed, TicketFiled
from telephony.rules import (
    CARRIER_TIME,
    CARRIER_UNCERTAINTY_S,
    NEWEST,
    OLDEST,
    RECEIVED_TIME,
    RECEIVED_UNCERTAINTY_S,
    STATES,
    TERMINAL,
    CallState,
    CarrierEvent,
    Fact,
    Kind,
    decide,
    evolve,
    fold,
)
from telephony.twilio import reports, webhooks
from tests.telephony.carrier import InboundCall, Webhook

BEGAN = datetime(2024, 7, 1, 8, 0, 0, tzinfo=UTC)
CALL = InboundCall(1, BEGAN)
LAG = timedelta(milliseconds=1300)
KINDS: dict[str, Kind] = {"voice": "voice", "status": "status", "queue": "queue"}


def report(webhook: Webhook, received_at: datetime = CALL.ended_at + LAG) -> CarrierEvent:
    kind = KINDS[webhook.path.rpartition("/")[2]]
    return reports.parse(kind, webhooks.form_of(webhook.body), received_at)


def run(reports: Sequence[CarrierEvent]) -> list[Fact]:
    """Every fact that the reports add, in the order in which they come."""
    facts: list[Fact] = []
    for one in reports:
        facts += decide(fold(facts), one)
    return facts


def outcome(facts: list[Fact]) -> CallState:
    """The state but for `opened_at`, which tells what came first."""
    state = fold(facts)
    assert state is not None
    return replace(state, opened_at=BEGAN)


def ends(facts: list[Fact]) -> list[Fact]:
    return [fact for fact in facts if isinstance(fact.payload, CallEnded)]


def shuffled(reports: list[CarrierEvent]) -> st.SearchStrategy[list[CarrierEvent]]:
    """All reports at least once, some more often, in any order."""
    again = st.lists(st.sampled_from(reports), max_size=6)
    return again.flatmap(lambda more: st.permutations(reports + more))


def test_a_call_in_true_order() -> None:
    facts = run([report(one) for one in CALL.whole()])
    told = [(type(fact.payload), fact.occurred_at) for fact in facts]
    assert told == [
        (CallOpened, CALL.began),
        (CallProgressed, CALL.ended_at + LAG),  # the voice webhook carries no time of its own
        (CallProgressed, CALL.answered_at),
        (CallEnded, CALL.ended_at),
    ]
    state = outcome(facts)
    assert (state.state, state.end_state, state.ended_at) == ("ended", "completed", CALL.ended_at)
    assert (state.evidence, state.uncertainty_s) == (CARRIER_TIME, CARRIER_UNCERTAINTY_S)


@given(shuffled([report(one) for one in CALL.whole()]))
def test_any_order_and_repetition_ends_the_same(reports: list[CarrierEvent]) -> None:
    facts = run(reports)
    assert outcome(facts) == outcome(run([report(one) for one in CALL.whole()]))
    assert len(ends(facts)) == 1
    assert [type(fact.payload) for fact in facts].count(CallOpened) == 1
    assert isinstance(facts[0].payload, CallOpened)


@given(
    st.sets(st.integers(0, 4), min_size=1).flatmap(
        lambda chosen: st.tuples(
            st.just(sorted(chosen)), shuffled([report(CALL.whole()[i]) for i in sorted(chosen)])
        )
    )
)
def test_before_the_end_the_furthest_report_counts(
    drawn: tuple[list[int], list[CarrierEvent]],
) -> None:
    chosen, reports = drawn
    furthest = max(
        STATES.index(("opened", "ringing", "ringing", *["in-progress"] * 2)[i]) for i in chosen
    )
    state = outcome(run(reports))
    assert (state.state, state.ended_at) == (STATES[furthest], None)


@given(
    st.lists(
        st.builds(
            lambda status, at, seq: report(CALL.status(status, seq, CALL.began + at)),
            st.sampled_from(["queued", "ringing", "in-progress", *TERMINAL]),
            st.timedeltas(timedelta(0), timedelta(minutes=9)).map(
                lambda span: timedelta(seconds=int(span.total_seconds()))
            ),
            st.integers(0, 9),
        ),
        max_size=12,
    )
)
def test_the_first_end_stands(reports: list[CarrierEvent]) -> None:
    """Also when reports contradict each other: facts are appended, A does not move."""
    terminal = [one for one in reports if one.status in TERMINAL]
    found = ends(run(reports))
    assert [fact.occurred_at for fact in found] == [one.carrier_at for one in terminal[:1]]
    states = [fold(run(reports[:n])) for n in range(len(reports) + 1)]
    ranks = [STATES.index(state.state) for state in states if state is not None]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("status", ["busy", "no-answer", "canceled", "failed"])
def test_a_call_never_answered_ends(status: str) -> None:
    state = outcome(run([report(CALL.unanswered(status))]))
    assert (state.end_state, state.ended_at) == (status, CALL.answered_at)


@pytest.mark.parametrize("result", ["hangup", "system-error", "bridged"])
def test_only_a_status_callback_ends_a_call(result: str) -> None:
    """The queue's `completed` has no time: it must not beat the carrier's own to point A."""
    gone = report(CALL.left_queue(result, status="completed"))
    assert outcome(run([gone])).state == "opened"
    end = ends(run([gone, report(CALL.completed())]))
    assert [fact.occurred_at for fact in end] == [CALL.ended_at]


def test_without_timestamp_the_arrival_counts_and_is_less_certain() -> None:
    received = CALL.ended_at + LAG
    [end] = ends(run([report(CALL.completed().without("Timestamp"), received)]))
    assert end.occurred_at == received
    assert isinstance(end.payload, CallEnded)
    assert (end.payload.evidence, end.payload.uncertainty_s) == (
        RECEIVED_TIME,
        RECEIVED_UNCERTAINTY_S,
    )


def test_a_carrier_clock_ahead_of_ours_is_believed_less() -> None:
    [end] = ends(run([report(CALL.completed(), CALL.ended_at - timedelta(seconds=20))]))
    assert end.occurred_at == CALL.ended_at
    assert isinstance(end.payload, CallEnded)
    assert end.payload.uncertainty_s == 20


@pytest.mark.parametrize("off", [OLDEST, -NEWEST])
def test_a_time_that_cannot_be_true_counts_as_none(off: timedelta) -> None:
    edge = CALL.ended_at + off
    [end] = ends(run([report(CALL.completed(), edge)]))
    assert end.occurred_at == CALL.ended_at
    beyond = edge + (timedelta(seconds=1) if off > timedelta(0) else timedelta(seconds=-1))
    facts = run([report(CALL.completed(), beyond)])
    assert [fact.occurred_at for fact in facts] == [beyond, beyond]
    assert outcome(facts).evidence == RECEIVED_TIME
    assert outcome(facts).uncertainty_s == RECEIVED_UNCERTAINTY_S


def test_the_year_1900_is_no_end_of_a_call() -> None:
    long_ago = CALL.completed().with_(Timestamp="Mon, 01 Jan 1900 00:00:00 +0000")
    [end] = ends(run([report(long_ago)]))
    assert end.occurred_at == CALL.ended_at + LAG


def test_facts_of_other_streams_are_refused() -> None:
    opened = fold(run([report(CALL.voice())]))
    with pytest.raises(TypeError, match=r"ticket\.filed"):
        evolve(opened, Fact(TicketFiled(kind="fault", channel="phone"), BEGAN))
    with pytest.raises(ValueError, match="before the call was opened"):
        evolve(None, Fact(CallEnded(end_state="completed", evidence="x"), BEGAN))
