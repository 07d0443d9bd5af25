"""What agents' phones hear, and what follows when a phone or a call is over."""

from datetime import timedelta

from core.ids import new_id
from core.uow import UnitOfWork
from telephony import telling
from telephony.flow_files import flow_of
from telephony.leg_models import CallLeg
from telephony.models import Call
from telephony.purposes import Leg
from telephony.routing import agents, callbacks, legs, offers, repository
from telephony.routing import callback_repository as book
from telephony.routing.matching import Waiting
from telephony.routing.models import Agent, AgentCall
from telephony.routing.queues import plan
from telephony.script import Enqueue, HangUp, Say, Script, Step

TALKED = timedelta(seconds=10)
"""A phone that was off the hook for so long has spoken, also where its joining was never told."""
FETCHES = 2
"""How often the carrier is asked to bring a caller to the agent who waits."""
PROMISE: Script = (
    Say("抱歉让您久等了，我们会尽快给您回电，请保持电话畅通。", "cmn-CN"),
    Say("We are sorry for the long wait. We will call you back as soon as we can.", "en-US"),
    HangUp(),
)


def agent(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """The purpose of an agent's leg: who answers in time is in the call."""
    if step.name != "answer":
        return (HangUp(),)
    call = repository.call_locked(uow.session, uow.org_id, leg.call_id)
    found = repository.offer_of_leg(uow.session, uow.org_id, leg.leg_id)
    if call is None or found is None:
        return legs.CALLER_SOUGHT
    person = agents.locked(uow, found.user_id)
    offer = repository.offer_locked(uow.session, uow.org_id, found.id)
    assert offer is not None
    if offer.ended_at is None and call.state != repository.ENDED:
        offers.accept(uow, offer, person, call)
    part = repository.part_of(uow.session, uow.org_id, person.user_id, call.id)
    if part is None or part.leg_id != leg.leg_id:
        return legs.CALLER_SOUGHT
    return legs.staff(call.id)


def third(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """The purpose of a third party's leg. Where the agent has gone, the customer is waited for."""
    call = uow.session.get(Call, (uow.org_id, leg.call_id))
    if step.name != "answer" or call is None or call.state == repository.ENDED:
        return legs.CALLER_SOUGHT
    if not repository.parts_of_call(uow.session, uow.org_id, call.id):
        legs.hold(uow, call.id, legs.customer_leg(uow, call), offers.PURPOSE, on=False)
    return legs.staff(leg.call_id)


def settle(uow: UnitOfWork) -> int:
    """End the parts of agents whose phone or whose call is over, and what follows from it."""
    parts = repository.active_parts(uow.session, uow.org_id)
    phones = repository.legs(uow.session, uow.org_id, [one.leg_id for one, _ in parts])
    done = sum(_settle_part(uow, one, call, phones.get(one.leg_id)) for one, call in parts)
    done += sum(
        _settle_unfetched(uow, *one) for one in repository.unfetched(uow.session, uow.org_id)
    )
    uow.session.flush()
    alone = repository.left_alone(uow.session, uow.org_id, uow.now)
    done += sum(_settle_alone(uow, one) for one in alone)
    return done + _settle_callbacks(uow)


def _settle_part(uow: UnitOfWork, found: AgentCall, call: Call, phone: CallLeg | None) -> bool:
    over = call.state == repository.ENDED
    gone = found.state == "active" and phone is not None and phone.state == "ended"
    if not over and not gone:
        return False
    person = repository.agent_now(uow.session, uow.org_id, found.user_id)
    if person is None:
        return False
    uow.session.refresh(found)
    if found.state == repository.ENDED:
        return False
    if over and not gone and found.state == "active":
        legs.drop(uow, call.id, found.leg_id, offers.PURPOSE)
    left_by = "over" if over else "hung_up" if _talked(phone) else "dropped"
    end_part(uow, person, found, left_by)
    return True


def _settle_unfetched(uow: UnitOfWork, found: AgentCall, asked: int) -> bool:
    """The carrier did not bring the caller out of the queue: it is asked for the call itself, then
    the agent is let go, and the caller is offered to others as long as the wait goes on.
    """
    call = repository.call_now(uow.session, uow.org_id, found.call_id)
    person = repository.agent_now(uow.session, uow.org_id, found.user_id) if call else None
    if call is None or person is None or call.state == repository.ENDED:
        return False
    uow.session.refresh(found)
    if found.state != "active":
        return False
    if asked < FETCHES:
        script = legs.customers(call.id)
        legs.send(uow, call.id, legs.customer_leg(uow, call), offers.PURPOSE, script)
    else:
        legs.drop(uow, call.id, found.leg_id, offers.PURPOSE)
        end_part(uow, person, found, "dropped")
    return True


def end_part(uow: UnitOfWork, person: Agent, part: AgentCall, left_by: str) -> None:
    """The call is over for this agent, whose row is locked."""
    was, part.state = part.state, repository.ENDED
    part.ended_at, part.left_by = uow.now, left_by
    uow.session.flush()
    if was == "active" and person.state == "on_call" and person.call_id == part.call_id:
        agents.finish(uow, person, part.queue)
    uow.touch("agent", person.user_id)


def _settle_alone(uow: UnitOfWork, found: Call) -> bool:
    """A customer with whom nobody of ours is any more: hangs up with the one who hung up, and
    waits again after a phone that dropped, or where nobody took what was passed on.
    """
    call = repository.call_now(uow.session, uow.org_id, found.id)
    if call is None:
        return False
    last = repository.last_left(uow.session, uow.org_id, call.id)
    others = repository.ended_legs(uow.session, uow.org_id, call.id, "third")
    spoken = last.left_by == "hung_up" or (last.left_by != "dropped" and any(map(_talked, others)))
    if spoken or call.direction != "inbound":
        legs.drop(uow, call.id, legs.customer_leg(uow, call), offers.PURPOSE)
    else:
        again(uow, call)
    return True


def _talked(phone: CallLeg | None) -> bool:
    if phone is None or phone.answered_at is None:
        return False
    lasted = (phone.ended_at or phone.answered_at) - phone.answered_at
    return phone.joined_at is not None or lasted >= TALKED


def again(uow: UnitOfWork, call: Call, queue: str | None = None) -> None:
    """Let a caller, whose call is locked, wait in a queue: another one, or the last one again,
    there ahead of others.
    """
    stay = repository.last_stay(uow.session, uow.org_id, call.id)
    wanted = queue or (stay.queue if stay else plan().queue[0].code)
    priority = stay.priority if stay else 0
    telling.enqueue(
        uow,
        call.id,
        wanted,
        f"routing:{new_id()}",
        priority=priority if queue else priority + plan().dropped_priority,
        language=call.language,
        skills=() if queue or stay is None else tuple(stay.skills),
    )
    leg = legs.customer_leg(uow, call)
    language = flow_of(call.to_number).short_of(call.language)
    legs.send(uow, call.id, leg, offers.PURPOSE, (Enqueue(wanted, language),))


def promise(uow: UnitOfWork, one: Waiting) -> bool:
    """A caller has waited too long and is called back; False where there is no number to call.
    A customer whom we have called waits on.
    """
    call = repository.call_now(uow.session, uow.org_id, one.id)
    if call is None or call.direction != "inbound" or not call.from_number.startswith("+"):
        return False
    callbacks.ask(
        uow,
        number=call.from_number,
        hotline=call.to_number,
        reason="missed",
        queue=one.queue,
        since=one.since,
        priority=one.priority,
        language=one.language,
        from_call_id=call.id,
    )
    telling.decided(uow, call.id, "callback", f"routing:{call.id}")
    legs.send(uow, call.id, call.id, offers.PURPOSE, PROMISE)
    return True


def _settle_callbacks(uow: UnitOfWork) -> int:
    """What became of customers' phones."""
    rows = book.under_way(uow.session, uow.org_id)
    over = legs.fates(uow, [row.leg_id for row in rows if row.leg_id])
    done = 0
    for row in rows:
        fate = over.get(row.leg_id) if row.leg_id else None
        if fate is None or fate == "open":
            continue
        if row.call_id is not None:
            if repository.call_now(uow.session, uow.org_id, row.call_id) is None:
                continue  # a report about it is just being taken
            callbacks.end_call(uow, row.call_id, fate)
        if row.state == "talking":
            callbacks.done(uow, row)
        else:
            callbacks.not_reached(uow, row, fate)
        done += 1
    return done
