"""The story of a call is a function of the set of its evidence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.spans import Span, common, seconds, union
from telephony.story import DECIDED, GIVEN_UP_IN, OUTCOMES, STAGES, Story, tell
from telephony.story_legs import Evidence

T0 = datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
CALLER, AGENT, SECOND, GUEST = "CAc", "CAa", "CAb", "CAg"
ROLES = {CALLER: "caller", AGENT: "agent", SECOND: "agent", GUEST: "third"}
SHORT_S = 5.0


def at(s: float) -> datetime:
    return T0 + timedelta(seconds=s)


def status(word: str, s: float, party: str = CALLER, sequence: int = 0) -> Evidence:
    return Evidence("status", party, at(s + 0.4), at(s), status=word, sequence=sequence)


def conference(
    word: str, s: float, party: str, sequence: int = 0, reason: str = "", room: str = "CF1"
) -> Evidence:
    known = {"word": word, "sequence": sequence, "reason": reason, "room": room}
    return Evidence("conference", party, at(s + 0.4), at(s), **known)


def step(name: str, s: float, waited: float | None = None) -> Evidence:
    return Evidence("step", CALLER, at(s), status="in-progress", word=name, seconds=waited)


def queue(result: str, s: float, waited: float) -> Evidence:
    return Evidence("queue", CALLER, at(s), status="in-progress", word=result, seconds=waited)


def flow(code: str, s: float, **more: object) -> Evidence:
    return Evidence("flow", "", at(s), word=code, more=tuple(sorted(more.items())))


HUNG_UP = "participant_hung_up"
RINGS = [Evidence("voice", CALLER, at(0), status="ringing"), flow("greeted", 0)]
MENU = [*RINGS, status("in-progress", 0, sequence=1), step("menu", 8)]
QUEUED = [*MENU, flow("enqueue", 8, queue="faults", priority=2), step("wait", 8.2, waited=0)]
OFFERED = [*QUEUED, step("wait", 28, waited=20), status("initiated", 30, AGENT)]
RINGING = [*OFFERED, status("ringing", 31, AGENT, 1)]
BRIDGED = [
    *RINGING,
    status("in-progress", 36, AGENT, 2),
    conference("join", 36, AGENT, 1),
    queue("redirected", 37.5, waited=29),
    conference("join", 37, CALLER, 2),
]
HELD = [*BRIDGED, conference("hold", 60, CALLER, 3)]
RESUMED = [*HELD, conference("unhold", 80, CALLER, 4)]
ENDED = [
    *RESUMED,
    conference("leave", 120, CALLER, 5, HUNG_UP),
    status("completed", 120, sequence=2),
    conference("leave", 121, AGENT, 6, "conference_ended_via_api"),
    status("completed", 121, AGENT, 3),
]
MOVED_ON = [
    *RESUMED,
    status("ringing", 90, SECOND),
    status("in-progress", 95, SECOND, 1),
    conference("join", 95, SECOND, 5),
    conference("leave", 100, AGENT, 6, HUNG_UP),
    status("completed", 100, AGENT, 3),
    conference("leave", 140, CALLER, 7, "participant_updated_via_api"),
    status("completed", 140, sequence=2),
    status("completed", 140, SECOND, 2),
]
MOVED = "participant_updated_via_api"
BACK = [
    *HELD,
    flow("enqueue", 80, queue="billing"),
    conference("leave", 80, AGENT, 4, HUNG_UP),
    conference("leave", 80, CALLER, 5, MOVED),
    conference("end", 80, "", 6),
    status("completed", 80, AGENT, 3),
    step("wait", 80.2, waited=0),
]
AGAIN = [
    *BACK,
    status("ringing", 80, SECOND),
    status("in-progress", 80, SECOND, 1),
    conference("join", 80, CALLER, 1, room="CF2"),
    conference("join", 80, SECOND, 2, room="CF2"),
]
"""Within one second, of which the carrier tells no parts."""
HELD_AGAIN = [*AGAIN, conference("hold", 90, CALLER, 3, room="CF2")]
SENT_ON = [
    *HELD_AGAIN,
    conference("unhold", 100, CALLER, 4, room="CF2"),
    conference("leave", 130, CALLER, 5, HUNG_UP, room="CF2"),
    status("completed", 130, sequence=2),
    conference("leave", 130, SECOND, 6, room="CF2"),
    conference("end", 130, "", 7, room="CF2"),
    status("completed", 130, SECOND, 2),
]
GONE = status("completed", 40, sequence=2)
CALLS = {
    "answered": ENDED,
    "transferred": MOVED_ON,
    "sent on": SENT_ON,
    "given up in the menu": [*MENU, GONE],
    "given up in the queue": [*QUEUED, queue("hangup", 40, 32), GONE],
    "given up while offered": [
        *RINGING,
        queue("hangup", 40, 32),
        GONE,
        status("canceled", 41, AGENT),
    ],
    "the carrier's race": [*QUEUED, queue("system-error", 40, 32), GONE],
    "not answered by the agent": [
        *RINGING,
        status("no-answer", 35, AGENT, 2),
        queue("hangup", 60, 52),
        status("completed", 60),
    ],
    "called back": [*QUEUED, flow("callback", 30), queue("leave", 30, 22), GONE],
    "closed": [*RINGS, flow("closed", 0), GONE],
    "full": [*MENU, flow("full", 8), GONE],
    "two queues": [
        *QUEUED,
        queue("leave", 20, 12),
        flow("enqueue", 21, queue="billing"),
        step("wait", 21.1, waited=0),
        queue("hangup", 40, 19),
        GONE,
    ],
    "without conference": [*RINGS, status("in-progress", 0), queue("bridged", 30, 28), GONE],
}


def told(evidence: list[Evidence], **more: object) -> Story:
    return tell(evidence, ROLES, {}, inbound=True, short_s=SHORT_S)


@pytest.mark.parametrize(
    ("evidence", "stage"),
    [
        (RINGS[:1], "ringing"),
        (RINGS, "menu"),
        (MENU, "menu"),
        (QUEUED, "queued"),
        (OFFERED, "offered"),
        (RINGING, "offered"),
        (BRIDGED, "talking"),
        (HELD, "held"),
        (RESUMED, "talking"),
        (ENDED, "ended"),
        (BACK, "queued"),
        (AGAIN, "talking"),
        (HELD_AGAIN, "held"),
        (SENT_ON, "ended"),
    ],
)
def test_stages(evidence: list[Evidence], stage: str) -> None:
    assert told(evidence).stage == stage


def test_an_answered_call_is_measured() -> None:
    story = told(ENDED)
    assert (story.outcome, story.hung_up_by, story.transfers) == ("answered", "caller", 0)
    assert (story.queued_at, story.bridged_at, story.hung_up_at) == (at(8), at(37), at(120))
    assert (story.wait_s, story.ring_s, story.talk_s, story.held_s) == (29, 5, 63, 20)
    [stay] = story.stays
    assert (stay.queue, stay.priority, stay.left_at, stay.result) == (
        "faults",
        2,
        at(37),
        "bridged",
    )


def test_a_transferred_call_counts_both_agents() -> None:
    story = told(MOVED_ON)
    assert (story.outcome, story.transfers, story.talk_s) == ("answered", 1, 83)
    assert (story.hung_up_by, story.ring_s) == ("agent", 5)


def test_a_second_conference_of_the_same_name_counts_for_itself() -> None:
    story = told(SENT_ON)
    assert (story.outcome, story.transfers, story.hung_up_by) == ("answered", 1, "caller")
    assert (story.talk_s, story.held_s) == (23 + 40, 20 + 10)
    assert [one.result for one in story.stays] == ["bridged", "bridged"]


def test_who_comes_back_to_a_call_is_no_further_agent() -> None:
    more = {"inbound": True, "short_s": SHORT_S}
    assert tell(SENT_ON, ROLES, {AGENT: "she", SECOND: "she"}, **more).transfers == 0
    assert tell(SENT_ON, ROLES, {AGENT: "she", SECOND: "he"}, **more).transfers == 1
    assert tell(SENT_ON, ROLES, {SECOND: "he"}, **more).transfers == 1


@pytest.mark.parametrize("lost", ["join", "leave", "end", "unhold"])
def test_what_is_lost_of_one_conference_is_not_made_up_from_another(lost: str) -> None:
    known = [one for one in SENT_ON if not (one.is_((lost,)) and one.room == "CF1")]
    story = told(known)
    assert (story.outcome, story.held_s) == ("answered", 30)
    again = told([one for one in SENT_ON if not (one.is_((lost,)) and one.room == "CF2")])
    assert (again.talk_s or 0) <= 23 + 50
    assert not any(one.begin < at(80) for leg in [again.legs[SECOND]] for one in leg.present)


@pytest.mark.parametrize(
    ("name", "outcome", "left_in"),
    [
        ("given up in the menu", "abandoned", "menu"),
        ("given up in the queue", "abandoned", "queued"),
        ("given up while offered", "abandoned", "offered"),
        ("the carrier's race", "abandoned", "queued"),
        ("not answered by the agent", "abandoned", "queued"),
        ("two queues", "abandoned", "queued"),
        ("called back", "callback", None),
        ("closed", "closed", None),
        ("full", "queue_full", None),
        ("without conference", "answered", None),
    ],
)
def test_outcomes(name: str, outcome: str, left_in: str | None) -> None:
    story = told(CALLS[name])
    assert (story.outcome, story.left_in) == (outcome, left_in)


def test_who_waits_although_it_is_closed_has_given_up() -> None:
    hazard = [*RINGS, flow("closed", 0), flow("enqueue", 8, queue="hazard"), step("wait", 9, 1)]
    story = told([*hazard, GONE])
    assert (story.outcome, story.left_in, story.short) == ("abandoned", "queued", False)
    assert told([*hazard, *BRIDGED[-3:], GONE]).outcome == "answered"


@pytest.mark.parametrize(("end", "short"), [(13, True), (13.5, False)])
def test_who_gives_up_at_once_is_counted_apart(end: float, short: bool) -> None:
    assert told([*QUEUED, status("completed", end)]).short is short


def test_two_stays_are_two_rows() -> None:
    first, second = told(CALLS["two queues"]).stays
    assert (first.queue, first.left_at, first.result) == ("faults", at(20), "leave")
    assert (second.queue, second.entered_at, second.result) == ("billing", at(21), "hangup")


@pytest.mark.parametrize("soon", [0.5, 1.9, 4.0])
def test_who_is_sent_back_to_the_queue_at_once_waits_there(soon: float) -> None:
    back = [*BRIDGED, status("completed", 37, AGENT, 3), flow("enqueue", 37 + soon, queue="faults")]
    told = tell(back, ROLES, {}, inbound=True, short_s=SHORT_S)
    assert [one.result for one in told.stays] == ["bridged", None]
    again = [
        *back,
        conference("leave", 38 + soon, CALLER, 7, "participant_updated_via_api"),
        conference("join", 60, CALLER, 9),
        status("in-progress", 59, SECOND),
    ]
    told = tell(again, ROLES, {}, inbound=True, short_s=SHORT_S)
    assert [one.result for one in told.stays] == ["bridged", "bridged"]
    assert told.stays[1].left_at == at(60)


def test_the_carriers_own_queue_is_a_stay_too() -> None:
    """The fallback document put the caller there; we decided nothing."""
    [stay] = told([RINGS[0], step("wait", 12, waited=10)]).stays
    assert (stay.entered_at, stay.left_at) == (at(2), None)


@pytest.mark.parametrize(
    ("end_state", "outcome"),
    [("completed", "answered"), ("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed")],
)
def test_calls_that_we_place(end_state: str, outcome: str) -> None:
    evidence = [status("ringing", 1), status(end_state, 9, sequence=2)]
    story = tell(evidence, {CALLER: "crew"}, {}, inbound=False, short_s=SHORT_S)
    assert (story.stage, story.outcome) == ("ended", outcome)


def test_the_sweepers_word_ends_a_call() -> None:
    word = Evidence("lookup", CALLER, at(900), at(120), status="completed")
    story = told([*RESUMED, word])
    assert (story.outcome, story.hung_up_at, story.talk_s) == ("answered", at(120), 63)


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_order_and_repetition_count_for_nothing(name: str, data: st.DataObject) -> None:
    evidence = CALLS[name]
    again = data.draw(st.lists(st.sampled_from(evidence), max_size=6))
    assert told(data.draw(st.permutations(evidence + again))) == told(evidence)


@given(
    st.sampled_from(sorted(CALLS)).flatmap(
        lambda name: st.tuples(st.lists(st.sampled_from(CALLS[name]), unique=True), st.booleans())
    )
)
def test_whatever_is_lost_there_is_one_outcome(drawn: tuple[list[Evidence], bool]) -> None:
    """Any subset; the sweeper's word ends what is left without an end."""
    evidence, swept = drawn
    word = Evidence("lookup", CALLER, at(900), at(150), status="completed")
    story = told([*evidence, word] if swept else evidence)
    assert story.stage in STAGES
    assert (story.stage == "ended") == (story.outcome is not None)
    assert story.stage == "ended" or not swept
    if story.outcome is not None:
        assert story.outcome in OUTCOMES
        assert (story.outcome == "abandoned") == (story.left_in in GIVEN_UP_IN)
        assert (story.short is None) == (story.left_in is None)
        assert all(value is not None and value >= 0 for value in (story.talk_s, story.held_s))
        assert (story.outcome == "answered") == (story.bridged_at is not None)
        assert all(stay.left_at is not None and stay.result for stay in story.stays)


@given(
    st.lists(
        st.sampled_from(sorted({one for each in CALLS.values() for one in each}, key=repr)),
        unique=True,
        max_size=25,
    )
)
def test_more_evidence_never_opens_a_call_again(evidence: list[Evidence]) -> None:
    """Even when the evidence contradicts itself."""
    stories = [told(evidence[:n]) for n in range(1, len(evidence) + 1)]
    over = [story.stage == "ended" for story in stories]
    assert over == sorted(over)
    ends = [story.hung_up_at for story in stories if story.hung_up_at]
    assert ends == sorted(ends, reverse=True), "the earliest moment counts"


@given(st.sampled_from(sorted({*DECIDED})), st.sampled_from([MENU, QUEUED, RINGING]), st.booleans())
def test_what_the_flow_decided_counts_where_no_agent_answered(
    code: str, evidence: list[Evidence], answered: bool
) -> None:
    calls = [*(ENDED if answered else [*evidence, GONE]), flow(code, 9)]
    waits = code == "closed" and evidence is not MENU  # a hazard is taken at any hour
    expected = "abandoned" if waits else DECIDED[code]
    assert told(calls).outcome == ("answered" if answered else expected)


def test_evidence_of_a_leg_counts_once_its_role_is_known() -> None:
    without = tell(ENDED, {CALLER: "caller"}, {}, inbound=True, short_s=SHORT_S)
    assert without.outcome == "abandoned"
    guest = [replace(one, party=GUEST) if one.party == AGENT else one for one in ENDED]
    assert told(guest).outcome == "abandoned", "a third party is no agent"


SPANS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20)).map(
        lambda pair: Span(at(pair[0]), at(pair[0] + pair[1]))
    ),
    max_size=6,
)


@given(SPANS, SPANS)
def test_spans_are_sets_of_seconds(left: list[Span], right: list[Span]) -> None:
    def covered(spans: list[Span]) -> set[int]:
        return {s for s in range(80) for one in spans if one.end and one.begin <= at(s) < one.end}

    both = common(union(left), union(right))
    assert covered(both) == covered(left) & covered(right)
    assert seconds(both) == len(covered(both))
    assert seconds(union(left)) == len(covered(left))
