"""Supervisors in a call: listen, whisper to the agent, or speak with both. Each is on record."""

from typing import Literal
from uuid import UUID

from core import events as ev
from core.errors import NotFound
from core.uow import UnitOfWork
from telephony import commands
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.purposes import Leg
from telephony.routing import agents, legs, repository
from telephony.routing.acts import NobodyThere
from telephony.routing.agents import NoPhone
from telephony.routing.models import AgentCall
from telephony.routing.queues import plan
from telephony.script import Join, Script, Step

PURPOSE = "supervisor"
How = Literal["listen", "whisper", "barge"]


def supervise(uow: UnitOfWork, call_id: UUID, how: How) -> None:
    """The supervisor's phone rings; one who is in the call already takes part otherwise.

    Raises NotFound, NoPhone, NobodyThere.
    """
    assert uow.actor.user_id is not None
    call = repository.call_locked(uow.session, uow.org_id, call_id)
    if call is None:
        raise NotFound(what="call", id=call_id)
    me = agents.locked(uow, uow.actor.user_id)
    if me.endpoint is None:
        raise NoPhone
    part = _spoken_by(uow, call_id)
    if part is None:
        raise NobodyThere
    own = _own_leg(uow, call_id)
    if own is None:
        leg_id = legs.ring(
            uow,
            call,
            role=PURPOSE,
            purpose=PURPOSE,
            to_number=me.endpoint,
            ring_s=plan().ring_s,
            user_id=me.user_id,
        )
        uow.session.flush()
        _remember(uow, leg_id, how)
    else:
        _remember(uow, own.id, how)
        params = {"conference": str(call_id), "mode": how, "coach": _phone_of(uow, part)}
        commands.ask(uow, "mode", purpose=PURPOSE, call_id=call_id, leg_id=own.id, params=params)
    uow.touch("call", call_id)
    acted = ev.AgentActed(act=how, call_id=call_id, other_id=part.user_id)
    uow.emit(me.user_id, acted, source="agent")


def stop(uow: UnitOfWork, call_id: UUID) -> None:
    """The supervisor leaves the call; nothing where that was so."""
    assert uow.actor.user_id is not None
    own = _own_leg(uow, call_id)
    if own is not None:
        legs.drop(uow, call_id, own.id, PURPOSE)
        acted = ev.AgentActed(act="left", call_id=call_id)
        uow.emit(uow.actor.user_id, acted, source="agent")


def answer(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """The purpose of a supervisor's leg."""
    part = _spoken_by(uow, leg.call_id)
    placed = uow.session.get(CarrierCommand, (uow.org_id, leg.leg_id))
    if step.name != "answer" or part is None or placed is None:
        return legs.CALLER_SOUGHT
    how = placed.params["how"]
    coach = _phone_of(uow, part) if how == "whisper" else None
    return (Join(str(leg.call_id), mode=how, starts=False, coach=coach),)


def _remember(uow: UnitOfWork, leg_id: UUID, how: How) -> None:
    placed = uow.session.get_one(CarrierCommand, (uow.org_id, leg_id))
    placed.params = {**placed.params, "how": how}


def _spoken_by(uow: UnitOfWork, call_id: UUID) -> AgentCall | None:
    """The part of the agent who speaks in the call."""
    parts = repository.parts_of_call(uow.session, uow.org_id, call_id)
    return next((one for one in parts if one.state == "active"), None)


def _phone_of(uow: UnitOfWork, part: AgentCall) -> str | None:
    """The carrier's id of the agent's leg, once the carrier has told it."""
    leg = uow.session.get(CallLeg, (uow.org_id, part.leg_id))
    return leg.carrier_call if leg else None


def _own_leg(uow: UnitOfWork, call_id: UUID) -> CallLeg | None:
    alive = repository.legs_of_call(uow.session, uow.org_id, call_id)
    mine = (one for one in alive if one.role == PURPOSE and one.user_id == uow.actor.user_id)
    return next(mine, None)
