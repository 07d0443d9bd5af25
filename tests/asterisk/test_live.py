"""Calls through a real Asterisk, by real SIP phones."""

from collections.abc import Sequence

from sqlalchemy import select

from telephony.leg_models import CallLeg
from telephony.models import Call, CarrierEventRow
from telephony.routing import agents
from telephony.rules import CARRIER_TIME, LEAVE_TIME
from tests.asterisk.conftest import House, until
from tests.asterisk.phones import called, calling
from tests.office import query, user_id
from tests.switching import Phone, work
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


def test_caller_chooses_waits_speaks_with_an_agent_and_hangs_up(house: House) -> None:
    staff("agent")
    house.dialler()
    with house.adapter():
        agent = house.phone("agent", called(("wait",)))
        caller = house.phone("trunk", calling(CALLER, HOTLINE, ("1", "1", "bye")))
        caller.told("answered")
        for key in ("1", "1"):
            caller.go()
            caller.told(key)
        until(lambda: is_call(stage="offered"))
        agent.told("ringing")
        agent.go()
        agent.told("answered")
        until(lambda: is_call(stage="talking"))
        agent.go()
        caller.go()
        caller.told("bye")
        agent.told("wait")
        until(lambda: is_call(state="ended") and legs("agent")[0].state == "ended")
    (call,) = calls()
    assert (call.outcome, call.evidence, call.hung_up_by) == ("answered", LEAVE_TIME, "caller")
    assert call.queue is not None
    assert call.wait_s is not None
    assert call.talk_s is not None
    (leg,) = legs("agent")
    assert leg.carrier_call == str(leg.id)
    assert leg.ringing_at is not None
    assert leg.answered_at is not None
    assert leg.joined_at is not None
    assert leg.left_at is not None
    Phone("agent").away()
