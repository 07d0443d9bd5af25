"""What agents and supervisors do in calls, and call-backs, with real rows."""

from datetime import timedelta
from uuid import UUID

import pytest

from api.verify_calls import calls
from core.db import read_session
from core.errors import InvalidField
from core.eventlog import read_stream
from core.ids import new_id
from telephony import service
from telephony.models import PhoneNumber
from telephony.routing import acts, agents, callbacks, supervision
from telephony.routing.acts import NobodyThere, NotYourCall, Target
from telephony.routing.models import Agent, Callback
from telephony.routing.queues import plan
from telephony.script import HangUp, Join
from telephony.service import RingsElsewhere
from tests.switchboard.hall import Hall


@pytest.fixture
def hall(organisation: int) -> Hall:
    return Hall(organisation)


def holds(hall: Hall, call_id: UUID) -> list[tuple[UUID | None, bool]]:
    return [(one.leg_id, one.params["on"]) for one in hall.asked("hold", call_id)]


def test_a_parked_call_waits_while_the_agent_takes_another(hall: Hall) -> None:
    agent, call_id = hall.talking()
    with hall.work(agent) as uow:
        acts.hold(uow, call_id)
        acts.resume(uow, call_id)
    assert holds(hall, call_id) == [(call_id, True), (call_id, False)]
    first_leg = hall.parts()[0].leg_id
    with hall.work(agent) as uow:
        acts.park(uow, call_id)
    hall.over(first_leg)
    other = hall.caller()
    hall.turn()
    assert hall.offer_of(agent).call_id == other
    hall.answered(agent)
    assert {one.call_id: one.state for one in hall.parts()} == {
        call_id: "parked",
        other: "active",
    }
    with hall.work(agent) as uow, pytest.raises(agents.AgentNotThere):
        acts.resume(uow, call_id)  # one active call
    hall.ends(other)
    hall.turn()
    with hall.work(agent) as uow:
        agents.end_wrap_up(uow, agent)
        acts.resume(uow, call_id)
    offer = hall.answered(agent)
    assert (offer.kind, hall.state(agent)[0]) == ("resume", "on_call")
    assert holds(hall, call_id)[-1] == (call_id, False)
    assert hall.offers() == []


def test_what_is_passed_on_reaches_a_colleague_or_waits_again(hall: Hall) -> None:
    agent, call_id = hall.talking()
    colleague = hall.agent(enquiry=3)
    with hall.work(agent) as uow:
        acts.transfer(uow, call_id, Target(user_id=colleague))
    assert (hall.state(agent)[0], hall.state(colleague)[0]) == ("wrap_up", "reserved")
    hall.turn()
    hall.answered(colleague)
    assert holds(hall, call_id) == [(call_id, True), (call_id, False)]

    hall.later(10)
    third = hall.agent(billing=1)
    with hall.work(colleague) as uow:
        acts.transfer(uow, call_id, Target(user_id=third))
    with hall.work(third) as uow:
        acts.decline(uow, hall.offer_of(third).id)
    assert hall.state(third) == ("break", "declined")
    hall.turn()
    assert [one.leg_id for one in hall.asked("redirect")] == [call_id]
    assert hall.stays(call_id)[-1].left_at is None


def test_a_call_passed_to_a_queue_is_served_there(hall: Hall) -> None:
    agent, call_id = hall.talking()
    hall.later(10)
    with hall.work(agent) as uow:
        acts.transfer(uow, call_id, Target(queue="enquiry"))
    expert = hall.agent(enquiry=3)
    hall.turn()
    assert (hall.offer_of(expert).call_id, hall.offer_of(expert).queue) == (call_id, "enquiry")
    with hall.work(agent) as uow, pytest.raises(NotYourCall):
        acts.hold(uow, call_id)


def test_nobody_takes_what_rings_at_a_colleagues_telephone(hall: Hall) -> None:
    agent, call_id = hall.agent(), hall.caller()
    other = hall.agent(ready=False)
    hall.turn()
    assert hall.offer_of(agent).call_id == call_id
    with hall.work(other) as uow, pytest.raises(RingsElsewhere, match="坐席"):
        service.call_to_take(uow, call_id)
    hall.answered(agent)
    with hall.work(agent) as uow:
        assert service.call_to_take(uow, call_id) is None, "it is the agent's"
    hall.ends(call_id)
    waiting = hall.caller()
    with hall.work(other) as uow:
        assert service.call_to_take(uow, waiting) is not None


def test_no_telephone_calls_itself(hall: Hall) -> None:
    agent, call_id = hall.talking()
    ours = "+861095599"
    with hall.work() as uow:
        more = {"id": new_id(), "label": "-", "registered_at": hall.clock}
        uow.session.add(PhoneNumber(org_id=hall.org_id, number=ours, **more))
    with hall.work(agent) as uow, pytest.raises(InvalidField) as refused:
        agents.equip(uow, agent, endpoint=ours)
    assert [one.field for one in refused.value.errors] == ["body.phone"]
    for number in (ours, "+861088880009"):
        with hall.work(agent) as uow:
            uow.session.get_one(Agent, (hall.org_id, agent)).endpoint = "+861088880009"
        with hall.work(agent) as uow, pytest.raises(InvalidField) as refused:
            acts.transfer(uow, call_id, Target(number=number))
        assert [one.field for one in refused.value.errors] == ["body.number"]
    assert hall.state(agent)[0] == "on_call"


def test_consulting_a_colleague_then_leaving_the_call(hall: Hall) -> None:
    agent, call_id = hall.talking()
    colleague = hall.agent(enquiry=3)
    with hall.work(agent) as uow:
        acts.consult(uow, call_id, Target(user_id=colleague))
    with hall.work(agent) as uow, pytest.raises(NobodyThere):
        acts.complete(uow, call_id)
    hall.answered(colleague)
    with hall.work(agent) as uow:
        acts.complete(uow, call_id)
    assert (hall.state(agent)[0], hall.state(colleague)[0]) == ("wrap_up", "on_call")
    assert holds(hall, call_id) == [(call_id, True), (call_id, False)]
    with hall.work(colleague) as uow:
        acts.dispose(uow, call_id, "answered")
        acts.hang_up(uow, call_id)
    assert hall.asked("hang_up")[-1].leg_id == call_id


def test_a_third_party_is_consulted_and_sent_away(hall: Hall) -> None:
    agent, call_id = hall.talking()
    with hall.work(agent) as uow, pytest.raises(InvalidField, match="number"):
        acts.consult(uow, call_id, Target(number="12"))
    with hall.work(agent) as uow:
        acts.consult(uow, call_id, Target(number="+8616410000137"))
    dial = hall.asked("place_call")[-1]
    assert (dial.purpose, dial.to_number) == ("third", "+8616410000137")
    assert hall.asks(dial.id) == (Join(str(call_id)),)
    assert holds(hall, call_id) == [(call_id, True)]  # the customer hears nothing of it
    with hall.work(agent) as uow:
        acts.back(uow, call_id)
    assert hall.asked("hang_up")[-1].leg_id == dial.id
    assert holds(hall, call_id)[-1] == (call_id, False)


def test_a_call_passed_to_a_number_stays_there_or_waits_again(hall: Hall) -> None:
    agent, call_id = hall.talking()
    hall.later(10)
    with hall.work(agent) as uow:
        acts.transfer(uow, call_id, Target(number="+8616410000137"))
    dial = hall.asked("place_call")[-1]
    assert (dial.purpose, dial.to_number) == ("third", "+8616410000137")
    assert (hall.state(agent)[0], holds(hall, call_id)) == ("wrap_up", [(call_id, True)])
    assert hall.turn() == 0  # it rings
    assert hall.asks(dial.id) == (Join(str(call_id)),)
    hall.joins(dial.id, call_id)
    assert holds(hall, call_id) == [(call_id, True), (call_id, False)]
    hall.later(60)
    hall.over(dial.id)
    hall.turn()
    assert hall.asked("hang_up", call_id)[-1].leg_id == call_id  # who was spoken with has hung up


def test_a_call_passed_to_a_number_where_nobody_answers_waits_again(hall: Hall) -> None:
    agent, call_id = hall.talking()
    hall.later(10)
    with hall.work(agent) as uow:
        acts.transfer(uow, call_id, Target(number="+8616410000137"))
    hall.over(hall.asked("place_call")[-1].id, "no-answer")
    hall.turn()
    assert [one.leg_id for one in hall.asked("redirect", call_id)] == [call_id]
    assert hall.stays(call_id)[-1].left_at is None


def test_a_third_party_joins_while_the_customer_listens(hall: Hall) -> None:
    agent, call_id = hall.talking()
    with hall.work(agent) as uow, pytest.raises(InvalidField, match="exactly one"):
        acts.add(uow, call_id, Target(queue="fault"))
    with hall.work(agent) as uow:
        acts.add(uow, call_id, Target(number="+8616410000137"))
    dial = hall.asked("place_call")[-1]
    assert hall.asks(dial.id) == (Join(str(call_id)),)
    hall.joins(dial.id, call_id)
    assert holds(hall, call_id) == []
    assert hall.turn() == 0
    hall.later(60)
    hall.over(dial.id)
    assert hall.turn() == 0
    assert hall.state(agent)[0] == "on_call"  # agent and customer go on


def test_a_supervisor_listens_whispers_and_leaves(hall: Hall) -> None:
    agent, call_id = hall.talking()
    lead = hall.agent(ready=False)
    with hall.work(lead) as uow:
        supervision.supervise(uow, call_id, "listen")
    leg = hall.asked("place_call")[-1].id
    assert hall.asks(leg) == (Join(str(call_id), mode="listen", starts=False),)
    with hall.work(lead) as uow:
        supervision.supervise(uow, call_id, "whisper")
    (mode,) = hall.asked("mode")
    spoken = hall.parts()[0].leg_id
    assert (mode.leg_id, mode.params["coach"]) == (leg, f"CA{spoken.hex}")
    with hall.work(lead) as uow:
        supervision.stop(uow, call_id)
    assert hall.asked("hang_up")[-1].leg_id == leg
    assert hall.state(agent)[0] == "on_call"


def wanted(hall: Hall, number: str = "+8616410000137") -> UUID:
    with hall.work() as uow:
        return callbacks.ask(
            uow,
            number=number,
            hotline="+861095598",
            reason="asked",
            queue="fault",
            since=hall.clock - timedelta(seconds=90),
        )


def test_a_call_back_keeps_its_place_and_calls_the_agent_first(hall: Hall) -> None:
    id_ = wanted(hall)
    assert wanted(hall) == id_
    hall.caller()
    agent = hall.agent()
    hall.turn()
    offer = hall.offer_of(agent)
    assert (offer.kind, offer.callback_id) == ("callback", id_)  # came before the caller
    assert len(hall.asked("place_call")) == 1
    hall.answered(agent)
    _, dial = hall.asked("place_call")
    assert (dial.purpose, dial.to_number) == ("callback", "+8616410000137")
    assert hall.call(offer.call_id).taken_by is None, "nobody has spoken with the customer yet"
    script = hall.asks(dial.id)
    assert isinstance(script[-1], Join)  # after the sentence about the recording
    assert hall.call(offer.call_id).taken_by == agent
    assert script[-1].ends
    assert hall.callback(id_).state == "talking"
    hall.later(60)
    hall.over(dial.id)
    hall.turn()
    assert hall.callback(id_).state == "done"
    assert hall.call(offer.call_id).state == "ended"
    assert hall.state(agent)[0] == "wrap_up"
    assert hall.asks(dial.id) == (HangUp(),)


def test_callers_on_the_line_and_call_backs_take_turns(hall: Hall) -> None:
    for number in range(3):
        wanted(hall, f"+861641000020{number}")
        hall.caller()
    agent = hall.agent()
    kinds = []
    for _ in range(6):
        hall.turn()
        offer = hall.answered(agent)
        kinds.append(offer.kind)
        if offer.kind == "callback":
            hall.over(hall.asked("place_call")[-1].id, "no-answer")
        else:
            hall.ends(offer.call_id)
        hall.over(offer.leg_id)
        hall.turn()
        with hall.work(agent) as uow:
            agents.end_wrap_up(uow, agent)
    assert kinds == ["callback", "caller"] * 3


def test_with_nobody_on_the_line_one_call_back_follows_another(hall: Hall) -> None:
    agent = hall.agent()
    for number in range(2):
        wanted(hall, f"+861641000030{number}")
        hall.turn()
        offer = hall.answered(agent)
        assert offer.kind == "callback"
        hall.over(hall.asked("place_call")[-1].id, "no-answer")
        hall.over(offer.leg_id)
        hall.turn()
        with hall.work(agent) as uow:
            agents.end_wrap_up(uow, agent)


def test_one_that_a_person_sees_to_stays_that_persons_for_a_while(hall: Hall) -> None:
    agent, first = hall.agent(ready=False), wanted(hall)
    with hall.work() as uow:
        row = uow.session.get_one(Callback, (hall.org_id, first))
        row.tries = len(plan().callback.gaps_s) + 1
        callbacks.not_reached(uow, row, "no_answer")
    with hall.work(agent) as uow:
        callbacks.take_up(uow, first)
    second = wanted(hall)
    assert (hall.callback(first).state, hall.callback(second).state) == ("failed", "waiting")
    with hall.work() as uow:
        callbacks.cancel(uow, second)
    hall.later(plan().callback.hand_s)
    third = wanted(hall)
    assert (hall.callback(first).state, hall.callback(third).state) == ("cancelled", "waiting")


def test_a_try_for_which_no_agent_came_is_over_as_the_evidence_says(hall: Hall) -> None:
    id_, agent = wanted(hall), hall.agent()
    hall.turn()
    offer = hall.offer_of(agent)
    hall.over(offer.leg_id, "no-answer")
    hall.turn()
    assert (hall.callback(id_).state, hall.state(agent)) == ("waiting", ("break", "no_answer"))
    assert hall.call(offer.call_id).state == "ended"
    with read_session() as session:
        told = {offer.call_id: list(read_stream(session, hall.org_id, "call", offer.call_id))}
        assert list(calls(session, hall.org_id, told)) == []


def test_a_customer_who_never_answers_is_work_for_a_person_at_last(hall: Hall) -> None:
    id_, agent = wanted(hall), hall.agent()
    tries = len(plan().callback.gaps_s) + 1
    for number in range(1, tries + 1):
        hall.turn()
        hall.answered(agent)
        hall.over(hall.asked("place_call")[-1].id, "no-answer")
        hall.turn()
        row = hall.callback(id_)
        assert (row.tries, row.state) == (number, "failed" if number == tries else "waiting")
        assert hall.state(agent)[0] == "wrap_up"
        with hall.work(agent) as uow:
            agents.end_wrap_up(uow, agent)
        assert hall.turn() == 0  # not before its time
        hall.later(86_400)
    with hall.work(agent) as uow:
        callbacks.reschedule(uow, id_, hall.clock)
    hall.turn()
    assert hall.offer_of(agent).callback_id == id_
    hall.later(40)  # the agent's phone rings in vain: no try of the customer's
    hall.turn()
    assert (hall.callback(id_).tries, hall.callback(id_).state) == (0, "waiting")
