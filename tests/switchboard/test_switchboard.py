"""The switchboard with real rows: reservations, bridges, what follows when somebody goes."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.verify_agents import states
from core.db import read_session
from core.eventlog import read_stream
from telephony.caller_repository import silent_legs
from telephony.models import Call
from telephony.routing import agents, repository, switchboard
from telephony.routing.models import Agent
from telephony.script import Join
from tests.office import query
from tests.switchboard.hall import Hall


@pytest.fixture
def hall(organisation: int) -> Hall:
    return Hall(organisation)


def test_from_queue_to_talk_to_wrap_up_and_back(hall: Hall) -> None:
    agent, call_id = hall.agent(), hall.caller()
    assert hall.turn() == 1
    offer = hall.offer_of(agent)
    assert (offer.call_id, offer.queue, hall.state(agent)[0]) == (call_id, "fault", "reserved")
    (dial,) = hall.asked("place_call")
    assert (dial.id, dial.to_number) == (offer.leg_id, hall.phone_of(agent))

    assert hall.asks(offer.leg_id) == (Join(str(call_id)),)
    assert hall.asks(offer.leg_id) == (Join(str(call_id)),)  # the carrier repeats itself
    (fetch,) = hall.asked("take_from_queue")
    assert (fetch.leg_id, fetch.params["queue"]) == (call_id, "fault")
    assert fetch.params["script"][0]["conference"] == str(call_id)
    assert hall.state(agent)[0] == "on_call"
    assert hall.call(call_id).taken_by == agent

    hall.leaves_queue(call_id)
    hall.joins(offer.leg_id, call_id)
    hall.later(60)
    hall.over(offer.leg_id)
    hall.turn()
    assert hall.state(agent)[0] == "wrap_up"
    assert [one.leg_id for one in hall.asked("hang_up")] == [call_id]  # both hang up together
    hall.ends(call_id)
    hall.later(61)
    hall.turn()
    assert hall.state(agent) == ("available", None)
    spans = [(one.state, one.ended_at is None) for one in hall.spans(agent)]
    told = ["available", "reserved", "on_call", "wrap_up", "available"]
    assert spans == [(state, state == "available" and at == 4) for at, state in enumerate(told)]
    moved = [one.payload.state for one in facts(hall, agent) if one.type == "agent.moved"]
    assert moved == told


def facts(hall: Hall, user_id: UUID) -> list[object]:  # type: ignore[type-arg]
    return query(lambda session: list(read_stream(session, hall.org_id, "agent", user_id)))


def test_who_does_not_answer_is_not_ready_and_the_next_is_asked(hall: Hall) -> None:
    first, call_id = hall.agent(), hall.caller()
    hall.turn()
    gone = hall.offer_of(first)
    hall.later(1)
    second = hall.agent()
    hall.later(40)
    hall.turn()
    assert hall.state(first) == ("break", "no_answer")
    offer = hall.offer_of(second)
    assert offer.call_id == call_id
    assert hall.asks(gone.leg_id) != (Join(str(call_id)),)  # too late
    assert hall.state(first) == ("break", "no_answer")
    assert Counter(one.outcome for one in hall.offers(open_only=False)) == {
        "no_answer": 1,
        None: 1,
    }


@pytest.mark.parametrize(
    ("end_state", "reason"), [("no-answer", "no_answer"), ("failed", "phone_failed")]
)
def test_the_carriers_word_ends_a_reservation(hall: Hall, end_state: str, reason: str) -> None:
    agent, _ = hall.agent(), hall.caller()
    hall.turn()
    hall.over(hall.offer_of(agent).leg_id, end_state)
    hall.turn()
    assert hall.state(agent) == ("break", reason)


def test_a_caller_who_goes_frees_the_agent(hall: Hall) -> None:
    agent, call_id = hall.agent(), hall.caller()
    hall.turn()
    hall.ends(call_id)
    hall.turn()
    assert hall.state(agent) == ("available", None)
    (dial,) = hall.asked("place_call")
    assert dial.state == "cancelled"  # nobody had dialled yet
    assert hall.offers() == []


def test_a_phone_that_drops_at_once_leaves_nobody_alone(hall: Hall) -> None:
    agent, call_id = hall.agent(), hall.caller()
    hall.turn()
    offer = hall.offer_of(agent)
    hall.asks(offer.leg_id)
    hall.leaves_queue(call_id)
    hall.later(8)
    hall.over(offer.leg_id)
    hall.turn()
    (sent,) = hall.asked("redirect")
    assert (sent.leg_id, sent.params["script"][0]["node"]) == (call_id, "Enqueue")
    hall.turn()
    assert len(hall.asked("redirect")) == 1
    (stay,) = [one for one in hall.stays(call_id) if one.left_at is None]
    assert (stay.queue, stay.priority) == ("fault", 5)
    with hall.work(agent) as uow:
        agents.end_wrap_up(uow, agent)
    hall.turn()
    assert hall.offer_of(agent).call_id == call_id


def test_a_caller_who_is_being_fetched_is_offered_to_nobody_else(hall: Hall) -> None:
    first, call_id = hall.agent(), hall.caller()
    hall.turn()
    second = hall.agent()
    hall.asks(hall.offer_of(first).leg_id)
    hall.turn()
    assert hall.state(second) == ("available", None)
    assert [one.call_id for one in hall.parts()] == [call_id]


def test_an_agent_to_whom_the_carrier_brings_nobody_is_let_go(hall: Hall) -> None:
    first, call_id = hall.agent(), hall.caller()
    hall.turn()
    offer = hall.offer_of(first)
    hall.asks(offer.leg_id)
    hall.joins(offer.leg_id, call_id)
    assert hall.turn() == 0
    hall.refuses("take_from_queue", call_id)
    assert hall.turn() == 1
    (again,) = hall.asked("redirect", call_id)
    assert (again.leg_id, again.params["script"][0]["node"]) == (call_id, "Join")
    assert hall.turn() == 0  # what was asked of the carrier is waited for
    hall.later(5)
    second = hall.agent()
    hall.refuses("redirect", call_id)
    hall.turn()
    assert hall.state(first)[0] == "wrap_up"
    assert [one.leg_id for one in hall.asked("hang_up", call_id)] == [offer.leg_id]
    assert hall.offer_of(second).call_id == call_id
    with read_session() as session:
        since = hall.clock - timedelta(hours=1)
        asked_for = silent_legs(session, since, 9)
        assert [one.leg_id for one in asked_for] == [call_id]  # perhaps the caller has gone
    hall.later(1)
    hall.ends(call_id)
    with read_session() as session:
        assert silent_legs(session, since, 9) == []


def test_who_waited_too_long_is_called_back(hall: Hall) -> None:
    hall.agent(ready=False)
    call_id = hall.caller()
    hall.later(1801)
    hall.turn()
    assert [one.leg_id for one in hall.asked("redirect")] == [call_id]
    assert hall.turn() == 0
    (row,) = hall.callbacks()
    assert (row.reason, row.number, row.since) == (
        "missed",
        hall.call(call_id).from_number,
        hall.call(call_id).queued_at,
    )


def test_a_break_asked_for_in_a_call_begins_after_it(hall: Hall) -> None:
    agent, call_id = hall.talking()
    with hall.work(agent) as uow:
        agents.choose(uow, agent, "break", "meal")
    assert hall.state(agent)[0] == "on_call"
    hall.ends(call_id)
    hall.turn()
    with hall.work(agent) as uow:
        agents.end_wrap_up(uow, agent)
    assert hall.state(agent) == ("break", "meal")


def rush(hall: Hall, turn: Callable[[], object]) -> list[BaseException]:
    """Many switchboards and agents at once; what failed."""
    failed: list[BaseException] = []
    start = threading.Barrier(6)

    def board() -> None:
        start.wait()
        for _ in range(12):
            guarded(turn)

    def people(mine: list[UUID]) -> None:
        start.wait()
        for _ in range(6):
            for one in mine:
                guarded(lambda one=one: pause_and_come_back(hall, one))  # type: ignore[misc]

    def guarded(act: Callable[[], object]) -> None:
        try:
            act()
        except agents.AgentNotThere:
            pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=board) for _ in range(4)]
    threads += [threading.Thread(target=people, args=(hall.staff[half::2],)) for half in (0, 1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return failed


def pause_and_come_back(hall: Hall, user_id: UUID) -> None:
    with hall.work(user_id) as uow:
        agents.choose(uow, user_id, "break", "rest")
    with hall.work(user_id) as uow:
        agents.choose(uow, user_id, "available", None)


def crowd(hall: Hall) -> None:
    for _ in range(8):
        hall.agent()
        hall.caller()


def test_one_call_each_however_many_work_at_once(hall: Hall) -> None:
    crowd(hall)
    assert rush(hall, lambda: switchboard.turn(hall.org_id, hall.clock)) == []
    hall.turn()
    found = hall.offers()
    assert len(found) == len({one.user_id for one in found}) == len({one.call_id for one in found})
    for one in hall.staff:
        reserved = [offer for offer in found if offer.user_id == one]
        assert (hall.state(one)[0] == "reserved") == (len(reserved) == 1)


def test_a_switchboard_without_locks_is_caught(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted mistake: two decide on what both have read; the database refuses the second."""
    agent, _ = hall.agent(), hall.caller()
    monkeypatch.setattr(repository, "one_switchboard", lambda _session, _org: True)
    monkeypatch.setattr(
        repository, "call_now", lambda session, org_id, id_: session.get(Call, (org_id, id_))
    )
    both = threading.Barrier(2)

    def read(session: Session, org_id: int, user_id: UUID) -> Agent | None:
        found = session.get(Agent, (org_id, user_id))
        both.wait(30)
        return found

    monkeypatch.setattr(repository, "agent_now", read)
    failed: list[BaseException] = []

    def board() -> None:
        try:
            switchboard.turn(hall.org_id, hall.clock)
        except IntegrityError as error:
            failed.append(error)

    boards = [threading.Thread(target=board) for _ in range(2)]
    for one in boards:
        one.start()
    for one in boards:
        one.join()
    (error,) = failed
    assert "uq_offer_agent" in str(error)
    assert [one.user_id for one in hall.offers()] == [agent]


def test_verify_finds_a_state_that_no_fact_tells(hall: Hall) -> None:
    agent, _ = hall.talking()
    with read_session() as session:
        told = {agent: list(read_stream(session, hall.org_id, "agent", agent))}
        assert list(states(session, hall.org_id, told)) == []
    with hall.work() as uow:
        uow.session.get_one(Agent, (hall.org_id, agent)).state = "available"
    with read_session() as session:
        assert [one.partition(":")[0] for one in states(session, hall.org_id, told)] == [
            f"agent {agent}.state"
        ]
