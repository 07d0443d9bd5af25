"""Offers: an agent is reserved for somebody, the phone rings, and it comes to something or not."""

from datetime import timedelta
from uuid import UUID

from core import events as ev
from core.ids import new_id
from core.uow import UnitOfWork
from telephony import commands
from telephony.models import Call
from telephony.routing import agents, callbacks, legs, repository
from telephony.routing import callback_repository as book
from telephony.routing.models import Agent, AgentCall, Offer
from telephony.routing.queues import plan
from telephony.routing.rules import after_taking
from telephony.script_json import to_json

PURPOSE = "agent"
BLAMED = ("no_answer", "declined", "failed")
"""Outcomes after which the agent gets no more calls until a person says ready."""
_REASON = {"no_answer": "no_answer", "declined": "declined", "failed": "phone_failed"}


def make(
    uow: UnitOfWork,
    agent: Agent,
    call: Call,
    kind: str,
    *,
    queue: str | None = None,
    callback_id: UUID | None = None,
) -> Offer:
    """Reserve an agent, whose row is locked and `available`, and let the phone ring."""
    rule = plan()
    assert agent.endpoint is not None
    agents.move(uow, agent, "reserve", call_id=call.id)
    leg_id = legs.ring(
        uow,
        call,
        role="agent",
        purpose=PURPOSE,
        to_number=agent.endpoint,
        ring_s=rule.ring_s,
        user_id=agent.user_id,
    )
    offer = Offer(
        org_id=uow.org_id,
        id=new_id(),
        kind=kind,
        user_id=agent.user_id,
        call_id=call.id,
        queue=queue,
        callback_id=callback_id,
        leg_id=leg_id,
        offered_at=uow.now,
        expires_at=uow.now + timedelta(seconds=rule.reserve_s),
    )
    uow.session.add(offer)
    uow.session.flush()  # the last guard of "one at a time" speaks here
    offered = ev.AgentOffered(offer_id=offer.id, call_id=call.id, kind=kind, queue=queue)
    uow.emit(agent.user_id, offered, source="system")
    return offer


def accept(uow: UnitOfWork, offer: Offer, agent: Agent, call: Call) -> None:
    """The agent answered. All three rows are locked, the offer is open."""
    _end(uow, offer, "accepted")
    agents.move(uow, agent, "connect", call_id=call.id)
    part = repository.part_of(uow.session, uow.org_id, agent.user_id, call.id)
    if part is None:
        part = AgentCall(
            org_id=uow.org_id,
            id=new_id(),
            user_id=agent.user_id,
            call_id=call.id,
            part="consulted" if offer.kind == "consult" else "main",
            queue=offer.queue,
            began_at=uow.now,
        )
        uow.session.add(part)
    part.leg_id, part.state = offer.leg_id, "active"
    uow.session.flush()
    agent.callers_since = after_taking(
        agent.callers_since, offer.kind, plan().callback.callers_between
    )
    if offer.kind == "caller":
        agents.claim(uow, call, agent.user_id)
        _fetch(uow, call)
    elif offer.kind == "callback":
        assert offer.callback_id is not None
        callbacks.dial(uow, offer.callback_id, call, agent.user_id)
    elif offer.kind in ("resume", "transfer"):
        legs.hold(uow, call.id, legs.customer_leg(uow, call), PURPOSE, on=False)


def _fetch(uow: UnitOfWork, call: Call) -> None:
    """Out of the queue, into the conference."""
    stay = repository.last_stay(uow.session, uow.org_id, call.id)
    script = legs.customers(call.id)
    commands.ask(
        uow,
        "take_from_queue",
        purpose=PURPOSE,
        call_id=call.id,
        leg_id=legs.customer_leg(uow, call),
        params={"queue": stay.queue if stay else call.queue, "script": to_json(script)},
    )


def fail(uow: UnitOfWork, offer: Offer, agent: Agent, outcome: str) -> None:
    """It came to nothing; both rows are locked, the offer is open. The phone rings no more."""
    _end(uow, offer, outcome)
    legs.drop(uow, offer.call_id, offer.leg_id, PURPOSE)
    if outcome in BLAMED:
        agents.not_ready(uow, agent, _REASON[outcome])
    else:
        agents.free(uow, agent)
    if offer.callback_id is not None:
        row = book.locked(uow.session, uow.org_id, offer.callback_id)
        if row is not None and row.state == "dialling":
            callbacks.no_agent(uow, row)


def _end(uow: UnitOfWork, offer: Offer, outcome: str) -> None:
    offer.ended_at, offer.outcome = uow.now, outcome
    ended = ev.AgentOfferEnded(offer_id=offer.id, call_id=offer.call_id, outcome=outcome)
    uow.emit(offer.user_id, ended, source="agent" if uow.actor.user_id else "system")
    uow.touch("agent", offer.user_id)
