"""What agents and supervisors do in a call. The call is locked first, then the agents by id."""

import re
from dataclasses import dataclass
from uuid import UUID

from core import events as ev
from core.errors import Conflict, InvalidField, NotFound
from core.uow import UnitOfWork
from telephony.caller_repository import waiting_by_queue
from telephony.flow_files import flow_of
from telephony.gateway import RecordAct
from telephony.models import Call
from telephony.recordings import service as recordings
from telephony.routing import agents, bridge, legs, offers, repository
from telephony.routing.agents import PHONE, STATE_ZH, AgentNotThere, NoPhone
from telephony.routing.models import Agent, AgentCall, Offer
from telephony.routing.queues import plan

THIRD = "third"


class NotYourCall(Conflict):
    """Only who speaks in a call can act in it."""

    code = "not_your_call"
    zh = "您不在这通电话中。"
    en = "You are not in this call."


class AgentNotFree(Conflict):
    """The colleague cannot be called now."""

    code = "agent_not_free"
    zh = "该坐席当前为“{state_zh}”，不能接听。"
    en = "That agent is {state} and cannot take a call."


class QueueFull(Conflict):
    """As many wait there as may; who is passed there would be turned away."""

    code = "queue_full"
    zh = "队列“{queue_zh}”已满，不能转入。"
    en = "The queue {queue} is full; nobody can be passed there."


class NobodyThere(Conflict):
    """The other side has not answered, so the call cannot be left to it."""

    code = "nobody_there"
    zh = "对方尚未接听，不能转接。"
    en = "Nobody has answered there yet; the call cannot be left to them."


class OfferOver(Conflict):
    """The offer has ended meanwhile."""

    code = "offer_over"
    zh = "该来电提醒已结束。"
    en = "This offer is over."


@dataclass(frozen=True, slots=True)
class Target:
    """To whom: exactly one of a queue, a colleague and a number."""

    queue: str | None = None
    user_id: UUID | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A call, the agent who acts, and the agent's part in it; the first two are locked."""

    call: Call
    agent: Agent
    part: AgentCall


def scene(uow: UnitOfWork, call_id: UUID, beside: UUID | None = None) -> Scene:
    """Raises NotFound, NotYourCall. `beside`: another agent whose row is to be locked."""
    assert uow.actor.user_id is not None
    call = repository.call_locked(uow.session, uow.org_id, call_id)
    if call is None:
        raise NotFound(what="call", id=call_id)
    for user_id in sorted({uow.actor.user_id, *([beside] if beside else [])}):
        agents.locked(uow, user_id)
    agent = uow.session.get_one(Agent, (uow.org_id, uow.actor.user_id))
    part = repository.part_of(uow.session, uow.org_id, agent.user_id, call_id)
    if part is None or call.state == repository.ENDED:
        raise NotYourCall
    return Scene(call, agent, part)


def hold(uow: UnitOfWork, call_id: UUID) -> None:
    """The customer hears music; the agent stays."""
    here = _active(scene(uow, call_id))
    _hold(uow, here.call, on=True)
    _tell(uow, "hold", call_id)


def park(uow: UnitOfWork, call_id: UUID) -> None:
    """The customer hears music and the agent is free for another call; `resume` comes back."""
    here = _active(scene(uow, call_id))
    _hold(uow, here.call, on=True)
    legs.drop(uow, call_id, here.part.leg_id, offers.PURPOSE)
    here.part.state = "parked"
    uow.session.flush()
    agents.move(uow, here.agent, "park")
    _tell(uow, "park", call_id)


def resume(uow: UnitOfWork, call_id: UUID) -> None:
    """The customer takes part again; for a parked call the agent's phone rings first."""
    here = scene(uow, call_id)
    if here.part.state == "active":
        _hold(uow, here.call, on=False)
    elif repository.offer_of_agent(uow.session, uow.org_id, here.agent.user_id) is None:
        _free(here.agent)
        offers.make(uow, here.agent, here.call, "resume", queue=here.part.queue)
    _tell(uow, "resume", call_id)


def transfer(uow: UnitOfWork, call_id: UUID, to: Target) -> None:
    """Pass the call on and leave it at once. What nobody takes waits in its queue again.

    Raises QueueFull, AgentNotFree.
    """
    _check(to, queue=True)
    here = _active(scene(uow, call_id, to.user_id))
    if to.queue is not None:
        _room(uow, here.call, to.queue)
        bridge.again(uow, here.call, to.queue)
    else:
        _hold(uow, here.call, on=True)
        _reach(uow, here, to, "transfer")
    _leave(uow, here, "passed_on")
    _tell(uow, "transfer", call_id, to)


def consult(uow: UnitOfWork, call_id: UUID, to: Target) -> None:
    """Speak with somebody while the customer hears music."""
    _check(to, queue=False)
    here = _active(scene(uow, call_id, to.user_id))
    _hold(uow, here.call, on=True)
    _reach(uow, here, to, "consult")
    _tell(uow, "consult", call_id, to)


def add(uow: UnitOfWork, call_id: UUID, to: Target) -> None:
    """Somebody joins while the customer listens."""
    _check(to, queue=False)
    here = _active(scene(uow, call_id, to.user_id))
    _reach(uow, here, to, "consult")
    _tell(uow, "add", call_id, to)


def complete(uow: UnitOfWork, call_id: UUID) -> None:
    """Leave the call to whom one has consulted. Raises NobodyThere."""
    here = _active(scene(uow, call_id))
    others = [one for one in _others(uow, here) if one.state == "active"]
    staying = repository.legs_of_call(uow.session, uow.org_id, call_id)
    if not others and not any(one.role == THIRD and one.state == "answered" for one in staying):
        raise NobodyThere
    if others:
        others[0].part = "main"
    _hold(uow, here.call, on=False)
    _leave(uow, here, "passed_on")
    _tell(uow, "complete", call_id)


def back(uow: UnitOfWork, call_id: UUID) -> None:
    """End the consultation: everybody but the agent leaves, the customer takes part again."""
    here = _active(scene(uow, call_id))
    offer = repository.offer_of_call(uow.session, uow.org_id, call_id)
    others = _others(uow, here)
    for user_id in sorted({one.user_id for one in others} | ({offer.user_id} if offer else set())):
        agents.locked(uow, user_id)
    if offer is not None and offer.ended_at is None:
        offers.fail(
            uow, offer, uow.session.get_one(Agent, (uow.org_id, offer.user_id)), "withdrawn"
        )
    for one in others:
        legs.drop(uow, call_id, one.leg_id, offers.PURPOSE)
        person = uow.session.get_one(Agent, (uow.org_id, one.user_id))
        bridge.end_part(uow, person, one, "released")
    for leg in repository.legs_of_call(uow.session, uow.org_id, call_id):
        if leg.role == THIRD:
            legs.drop(uow, call_id, leg.id, THIRD)
    _hold(uow, here.call, on=False)
    _tell(uow, "back", call_id)


def hang_up(uow: UnitOfWork, call_id: UUID) -> None:
    """End the call; who was only consulted leaves it alone."""
    here = scene(uow, call_id)
    if here.part.part == "consulted":
        _leave(uow, here, "released")
    else:
        legs.drop(uow, call_id, legs.customer_leg(uow, here.call), offers.PURPOSE)
    _tell(uow, "hang_up", call_id)


def record(uow: UnitOfWork, call_id: UUID, act: RecordAct) -> None:
    """Recording is paused while something is said that must not be kept.

    Raises NotRecorded, NoConsent, NeverRecorded.
    """
    here = _active(scene(uow, call_id))
    recordings.act(uow, here.call, legs.customer_leg(uow, here.call), act)
    _tell(uow, f"record_{act}", call_id)


def decline(uow: UnitOfWork, offer_id: UUID) -> None:
    """The agent does not take it: the next one is asked, this one gets no more until ready."""
    assert uow.actor.user_id is not None
    found = uow.session.get(Offer, (uow.org_id, offer_id))
    if found is None or found.user_id != uow.actor.user_id:
        raise NotFound(what="offer", id=offer_id)
    repository.call_locked(uow.session, uow.org_id, found.call_id)
    agent = agents.locked(uow, uow.actor.user_id)
    offer = repository.offer_locked(uow.session, uow.org_id, offer_id)
    assert offer is not None
    if offer.outcome == "declined":
        return
    if offer.ended_at is not None:
        raise OfferOver
    offers.fail(uow, offer, agent, "declined")


def dispose(uow: UnitOfWork, call_id: UUID, disposition: str) -> None:
    """Say what a call came to, during or after it. Raises InvalidField, NotYourCall."""
    known = [one.code for one in plan().disposition if not one.system]
    if disposition not in known:
        words = ", ".join(known)
        raise InvalidField("body.disposition", f"must be one of {words}", f"应为 {words} 之一")
    assert uow.actor.user_id is not None
    agents.locked(uow, uow.actor.user_id)
    part = repository.last_part(uow.session, uow.org_id, uow.actor.user_id, call_id)
    if part is None:
        raise NotYourCall
    if part.disposition != disposition:
        part.disposition = disposition
        wrapped = ev.AgentWrapped(call_id=call_id, disposition=disposition)
        uow.emit(uow.actor.user_id, wrapped, source="agent")
        uow.touch("agent", uow.actor.user_id)


def _active(here: Scene) -> Scene:
    if here.part.state != "active":
        raise NotYourCall
    return here


def _others(uow: UnitOfWork, here: Scene) -> list[AgentCall]:
    found = repository.parts_of_call(uow.session, uow.org_id, here.call.id)
    return [one for one in found if one.id != here.part.id]


def _hold(uow: UnitOfWork, call: Call, *, on: bool) -> None:
    legs.hold(uow, call.id, legs.customer_leg(uow, call), offers.PURPOSE, on=on)


def _leave(uow: UnitOfWork, here: Scene, left_by: str) -> None:
    legs.drop(uow, here.call.id, here.part.leg_id, offers.PURPOSE)
    bridge.end_part(uow, here.agent, here.part, left_by)


def _check(to: Target, *, queue: bool) -> None:
    given = [name for name in ("queue", "user_id", "number") if getattr(to, name) is not None]
    allowed = ("queue", "user_id", "number") if queue else ("user_id", "number")
    if len(given) != 1 or given[0] not in allowed:
        words = ", ".join(allowed)
        raise InvalidField("body", f"name exactly one of {words}", f"须恰好填写 {words} 之一")
    if to.number is not None and not re.fullmatch(PHONE, to.number):
        raise InvalidField("body.number", "must be like +8610955980", "应形如 +8610955980")
    if to.queue is not None and to.queue not in {one.code for one in plan().queue}:
        raise InvalidField("body.queue", "there is no such queue", "没有这个队列")


def _room(uow: UnitOfWork, call: Call, queue: str) -> None:
    """Raises QueueFull. Hazards are always taken, as from the menu."""
    ours = call.to_number if call.direction == "inbound" else call.from_number
    hazard = flow_of(ours).hazard
    if hazard is not None and queue == hazard.queue:
        return
    if queue in plan().full(waiting_by_queue(uow.session, uow.org_id)):
        rule = plan().of(queue)
        raise QueueFull(queue=rule.name_en, queue_zh=rule.name_zh)


def _reach(uow: UnitOfWork, here: Scene, to: Target, kind: str) -> None:
    """Let the other telephone ring. Raises AgentNotFree."""
    if to.user_id is None:
        assert to.number is not None
        if to.number == here.agent.endpoint:
            raise InvalidField("body.number", "is your own telephone", "是您自己的话机")
        agents.check_telephone(uow, "body.number", to.number)
        ring_s = plan().callback.ring_s
        legs.ring(uow, here.call, role=THIRD, purpose=THIRD, to_number=to.number, ring_s=ring_s)
        return
    other = uow.session.get_one(Agent, (uow.org_id, to.user_id))
    if other.user_id == here.agent.user_id:
        raise InvalidField("body.user_id", "is yourself", "不能转给自己")
    if other.state != "available" or other.endpoint is None:
        raise AgentNotFree(state=other.state, state_zh=STATE_ZH[other.state])
    offers.make(uow, other, here.call, kind, queue=here.part.queue)


def _free(agent: Agent) -> None:
    if agent.endpoint is None:
        raise NoPhone
    if agent.state != "available":
        raise AgentNotThere(state=agent.state, state_zh=STATE_ZH[agent.state])


def _tell(uow: UnitOfWork, act: str, call_id: UUID, to: Target | None = None) -> None:
    assert uow.actor.user_id is not None
    acted = ev.AgentActed(
        act=act,
        call_id=call_id,
        other_id=to.user_id if to else None,
        queue=to.queue if to else None,
    )
    uow.emit(uow.actor.user_id, acted, source="agent")
    uow.touch("agent", uow.actor.user_id)
