"""Calls through a real Asterisk, by real SIP phones."""

from collections.abc import Sequence

from sqlalchemy import select

from telephony.leg_models import CallLeg
from telephony.models import Call, CarrierEventRow
from telephony.routing import agents
from telephony.rules import CARRIER_TIME, LEAVE_TIME, LOOKUP_TIME
from tests.asterisk.conftest import House, until
from tests.asterisk.phones import Phone as SipPhone
from tests.asterisk.phones import called, calling
from tests.office import query, user_id
from tests.switching import work
from tests.telephony.carrier import CALLER, HOTLINE


def calls() -> Sequence[Call]:
    """All calls, the first one first."""
    return query(lambda session: session.scalars(select(Call).order_by(Call.opened_at)).all())


def is_call(**wanted: object) -> bool:
    """Whether the first call is so."""
    known = calls()
    return bool(known) and all(getattr(known[0], name) == value for name, value in wanted.items())


def test_caller_is_answered_and_the_end_is_point_a(house: House) -> None:
    with house.adapter():
        caller = house.phone("trunk", calling(CALLER, HOTLINE, ("bye",)))
        caller.told("answered")
        until(lambda: is_call(state="in-progress"))
        caller.go()
        caller.told("bye")
        until(lambda: is_call(state="ended"))
    (call,) = calls()
    assert (call.carrier, call.direction) == ("asterisk", "inbound")
    assert (call.from_number, call.to_number) == (CALLER, HOTLINE)
    assert (call.evidence, call.uncertainty_s) == (CARRIER_TIME, 1.0)
    assert (call.outcome, call.left_in) == ("abandoned", "menu")


def legs(role: str) -> Sequence[CallLeg]:
    """The telephones of this role."""
    wanted = select(CallLeg).where(CallLeg.role == role).order_by(CallLeg.placed_at)
    return query(lambda session: session.scalars(wanted).all())


def heard(kind: str, word: str = "") -> bool:
    """Whether such a report is in the log."""
    rows = query(lambda session: session.scalars(select(CarrierEventRow)).all())
    return any(row.kind == kind and word in (row.told or {}).get("word", "") for row in rows)


def staff(login: str) -> None:
    """An agent who knows of faults, with a phone of the exchange."""
    with work() as uow:
        whose = user_id(login)
        agents.equip(uow, whose, skills={"fault": 3}, endpoint=f"client:{login}")
        agents.choose(uow, whose, "available", None)


def speaking(
    house: House, caller_acts: tuple[str, ...], agent_acts: tuple[str, ...]
) -> tuple[SipPhone, SipPhone]:
    """A caller chose by keys, waited, and speaks with the agent: their phones."""
    staff("agent")
    agent = house.phone("agent", called(agent_acts))
    caller = house.phone("trunk", calling(CALLER, HOTLINE, ("1", "1", *caller_acts)))
    caller.told("answered")
    for key in ("1", "1"):
        caller.go()
        caller.told(key)
    until(lambda: is_call(stage="offered"))
    agent.told("ringing")
    agent.go()
    agent.told("answered")
    until(together)
    return caller, agent


def together() -> bool:
    """Caller and agent are in the conference."""
    known = query(lambda session: session.scalars(select(CallLeg)).all())
    return len(known) == 2 and all(one.joined_at for one in known)


def test_caller_chooses_waits_speaks_with_an_agent_and_hangs_up(house: House) -> None:
    house.dialler()
    with house.adapter():
        caller, agent = speaking(house, ("bye",), ("wait",))
        agent.go()
        caller.go()
        caller.told("bye")
        agent.told("wait")
        until(lambda: is_call(state="ended") and legs("agent")[0].state == "ended")
    (call,) = calls()
    assert (call.outcome, call.evidence, call.hung_up_by) == ("answered", LEAVE_TIME, "caller")
    assert call.queue == "fault"
    assert call.wait_s is not None
    assert call.talk_s is not None
    (leg,) = legs("agent")
    assert leg.carrier_call == str(leg.id)
    moments = (leg.ringing_at, leg.answered_at, leg.joined_at, leg.left_at)
    assert None not in moments
    assert sorted(one for one in moments if one) == list(moments)


def test_agent_hangs_up_and_so_does_the_caller(house: House) -> None:
    house.dialler()
    with house.adapter():
        caller, agent = speaking(house, ("wait",), ("bye",))
        caller.go()
        agent.go()
        agent.told("bye")
        until(lambda: is_call(state="ended"))
        caller.told("wait")
    (call,) = calls()
    assert (call.outcome, call.hung_up_by, call.evidence) == ("answered", "agent", CARRIER_TIME)


def test_conversation_outlives_the_adapter_and_its_end_is_found(house: House) -> None:
    house.dialler()
    with house.adapter():
        caller, agent = speaking(house, ("bye",), ("wait",))
    agent.go()
    caller.go()
    caller.told("bye")
    (before,) = calls()
    assert before.state == "in-progress"
    with house.adapter():
        until(lambda: is_call(state="ended") and legs("agent")[0].state == "ended")
        agent.told("wait")
    (call,) = calls()
    assert (call.evidence, call.uncertainty_s) == (LOOKUP_TIME, 1.0)
    assert (call.end_state, call.outcome) == ("completed", "answered")


def test_menu_goes_on_after_the_adapter_was_away(house: House) -> None:
    with house.adapter():
        caller = house.phone("trunk", calling(CALLER, HOTLINE, ("1", "1", "bye")))
        caller.told("answered")
        caller.go()
        caller.told("1")
        until(lambda: heard("step", "language.1"))
    with house.adapter():
        caller.go()
        caller.told("1")
        until(lambda: is_call(stage="queued"))
    with house.adapter():
        caller.go()
        caller.told("bye")
        until(lambda: is_call(state="ended"))
    (call,) = calls()
    assert (call.outcome, call.left_in, call.queue) == ("abandoned", "queued", "fault")
    assert call.evidence == CARRIER_TIME


def test_who_is_told_by_keys_before_the_words_are_over(house: House) -> None:
    with house.adapter():
        caller = house.phone("trunk", calling(CALLER, HOTLINE, ("2", "2", "bye")))
        caller.told("answered")
        for act in ("2", "2"):
            caller.go()
            caller.told(act)
        until(lambda: is_call(stage="queued"))
        caller.go()
        caller.told("bye")
        until(lambda: is_call(state="ended"))
    (call,) = calls()
    assert (call.language, call.queue) == ("en-US", "enquiry")
