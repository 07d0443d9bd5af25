"""Customers who are called back, in the place of the queue that they had.

The agent is called first, then the customer. What comes of it is read from the customer's leg.
"""

from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from core import events as ev
from core.errors import AlreadyDone, Conflict, NotFound
from core.ids import new_id
from core.listen import SWITCH
from core.local import local_time
from core.models import User
from core.settings import settings
from core.uow import UnitOfWork
from telephony import repository as calls
from telephony import welcome
from telephony.models import Call
from telephony.purposes import Leg
from telephony.recordings import consent
from telephony.routing import agents, legs
from telephony.routing import callback_repository as repository
from telephony.routing import repository as routing
from telephony.routing.matching import Waiting
from telephony.routing.models import Callback
from telephony.routing.queues import plan
from telephony.routing.rules import in_hours, next_try
from telephony.rules import Fact, evolve
from telephony.script import Gather, HangUp, Script, Step

PURPOSE = "callback"
OPEN = ("waiting", "dialling", "talking")
IN_QUEUE = ("wait", "queue")
BY_ITS_LEGS = "legs"
"""Evidence of the end of a call that we began: its telephones are over."""
_SETTLED = {"reached": "done", "given_up": "given_up", "not_needed": "cancelled"}
_END_STATE = {"no_answer": "no-answer", "failed": "failed", "over": "completed"}


class CallbackOver(Conflict):
    """It is over, or an agent is just calling."""

    code = "callback_over"
    zh = "该回拨当前为“{state}”，不能更改。"
    en = "This call-back is {state} and cannot be changed."


class CallbackTwice(Conflict):
    """The customer is to be called back already, for another reason."""

    code = "callback_twice"
    zh = "该客户已有另一个待回拨，不能再开始一个。"
    en = "This customer is to be called back already; one is enough."


def ask(
    uow: UnitOfWork,
    *,
    number: str,
    hotline: str,
    reason: str,
    queue: str,
    since: datetime,
    priority: int = 0,
    language: str | None = None,
    from_call_id: UUID | None = None,
) -> UUID:
    """Let a customer be called back in the place of `since`; the id of the one that is open for
    the number where there is one. It takes the place of one that was tried in vain and that nobody
    sees to. `reason`: asked, abandoned or missed.
    """
    known = repository.open_of(uow.session, uow.org_id, number)
    if known is not None:
        return known
    at = uow.now if reason == "asked" else _daytime(uow.now)
    row = Callback(
        org_id=uow.org_id,
        id=new_id(),
        number=number,
        hotline=hotline,
        reason=reason,
        queue=queue,
        since=since,
        priority=priority,
        language=language,
        from_call_id=from_call_id,
        asked_at=uow.now,
        state="waiting",
        tries=0,
        next_at=at,
    )
    if not repository.add(uow.session, row):
        return repository.open_of(uow.session, uow.org_id, number) or row.id
    asked = ev.CallbackAsked(
        reason=reason, queue=queue, since=since, priority=priority, call_id=from_call_id
    )
    _tell(uow, row.id, asked)
    unclaimed = uow.now - timedelta(seconds=plan().callback.hand_s)
    for old in repository.in_vain(uow.session, uow.org_id, number, unclaimed):
        _end(uow, old, "cancelled")
    return row.id


def due(uow: UnitOfWork) -> list[Waiting]:
    """Those whose time has come and whom nobody is calling."""
    return [
        Waiting(one.id, one.queue, one.since, one.priority, language=one.language, called=True)
        for one in repository.due(uow.session, uow.org_id, uow.now)
    ]


def call_for(uow: UnitOfWork, row: Callback) -> Call:
    """The call of the next try: agent and customer meet in its conference."""
    row.tries += 1
    id_ = new_id()
    call = Call(
        org_id=uow.org_id,
        id=id_,
        carrier=repository.carrier_of(uow.session, uow.org_id, row.from_call_id),
        carrier_call=f"callback:{id_}",
        direction="outbound-api",
        from_number=row.hotline,
        to_number=row.number,
        state="opened",
        opened_at=uow.now,
        language=row.language,
    )
    uow.session.add(call)
    uow.session.flush()
    opened = ev.CallOpened(
        carrier=call.carrier, carrier_call=call.carrier_call, direction=call.direction
    )
    uow.emit(call.id, opened, source="system")
    uow.touch("call", call.id)
    uow.touch("callback", row.id)
    row.call_id, row.leg_id, row.state = call.id, None, "dialling"
    return call


def dial(uow: UnitOfWork, callback_id: UUID, call: Call, agent_id: UUID) -> None:
    """The agent is on the line: now the customer's phone."""
    row = repository.locked(uow.session, uow.org_id, callback_id)
    assert row is not None
    row.leg_id = legs.ring(
        uow,
        call,
        role="customer",
        purpose=PURPOSE,
        to_number=row.number,
        ring_s=plan().callback.ring_s,
        subject_id=row.id,
    )
    _tell(uow, row.id, ev.CallbackDialled(number=row.tries, call_id=call.id, agent_id=agent_id))


def answer(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """The purpose of the customer's leg: into the conference, after what is said of recording; what
    everybody hears in a queue, where an agent has passed the call to one.
    """
    if step.name.partition(".")[0] in IN_QUEUE:
        return welcome.caller(uow, leg, step)
    row = repository.locked(uow.session, uow.org_id, leg.subject_id) if leg.subject_id else None
    known = step.name in ("answer", consent.STEP)
    if not known or row is None or row.leg_id != leg.leg_id or row.state not in OPEN:
        return (HangUp(),)
    if row.state == "dialling":
        row.state = "talking"
        _tell(uow, row.id, ev.CallbackAnswered(call_id=leg.call_id))
        _claim(uow, leg.call_id)
    said = consent.called(uow, leg.call_id, row.hotline, row.queue, row.language, step)
    return said if _asks(said) else (*said, *legs.customers(leg.call_id))


def _claim(uow: UnitOfWork, call_id: UUID) -> None:
    """The call is from now on the agent's who is in it. Telling the report has locked it."""
    call = uow.session.get_one(Call, (uow.org_id, call_id))
    for part in routing.parts_of_call(uow.session, uow.org_id, call_id)[:1]:
        agents.claim(uow, call, part.user_id)


def _asks(said: Script) -> bool:
    return any(isinstance(node, Gather) for node in said)


def not_reached(uow: UnitOfWork, row: Callback, reason: str) -> None:
    """The customer did not answer: another time, or work for a person."""
    again = next_try(row.tries, uow.now, plan().callback.gaps_s)
    if again is None:
        _end(uow, row, "failed")
        return
    row.state, row.next_at, row.leg_id = "waiting", _daytime(again), None
    _tell(uow, row.id, ev.CallbackPutOff(reason=reason, next_at=row.next_at))


def no_agent(uow: UnitOfWork, row: Callback) -> None:
    """The agent did not come: the customer, who heard nothing of it, waits on in the same place."""
    if row.call_id is not None:
        end_call(uow, row.call_id, "no_answer")
    row.state, row.tries, row.leg_id = "waiting", row.tries - 1, None
    uow.touch("callback", row.id)


def end_call(uow: UnitOfWork, call_id: UUID, fate: str) -> None:
    """The call of a try is over; nothing where the carrier has told so."""
    call = uow.session.get(Call, (uow.org_id, call_id), with_for_update=True)
    if call is None or call.state == "ended":
        return
    ended = ev.CallEnded(end_state=_END_STATE[fate], evidence=BY_ITS_LEGS, uncertainty_s=5.0)
    event = uow.emit(call_id, ended, source="system")
    calls.write_state(call, evolve(calls.state_of(call), Fact(ended, event.occurred_at)))


def done(uow: UnitOfWork, row: Callback) -> None:
    """Agent and customer have spoken."""
    _end(uow, row, "done")


def cancel(uow: UnitOfWork, callback_id: UUID) -> Callback:
    """Nobody calls any more; also one that has failed is settled so. Raises CallbackOver."""
    return settle(uow, callback_id, "not_needed")


def settle(uow: UnitOfWork, callback_id: UUID, outcome: str) -> Callback:
    """A person has seen to one that had failed, or that waits still: `outcome` is reached, given_up
    or not_needed. Said again it changes nothing. Raises CallbackOver, AlreadyDone naming who else
    sees to it.
    """
    row = _changeable(uow, callback_id, *_SETTLED.values())
    wanted = _SETTLED[outcome]
    if row.state in ("waiting", "failed"):
        _end(uow, row, wanted)
    elif row.state != wanted:
        raise CallbackOver(state=row.state)
    return row


def reschedule(uow: UnitOfWork, callback_id: UUID, at: datetime) -> Callback:
    """At another time; one that has failed begins anew. Raises CallbackOver, CallbackTwice,
    AlreadyDone naming who else sees to it.
    """
    row = _changeable(uow, callback_id)
    if row.state in ("cancelled", "given_up"):
        raise CallbackOver(state=row.state)
    if row.state == "failed":
        if repository.open_of(uow.session, uow.org_id, row.number) is not None:
            raise CallbackTwice
        row.tries = 0
    row.state, row.next_at, row.ended_at = "waiting", max(at, uow.now), None
    row.worked_by = row.worked_at = None
    _tell(uow, row.id, ev.CallbackPutOff(reason="moved", next_at=row.next_at))
    return row


def take_up(uow: UnitOfWork, callback_id: UUID) -> Callback:
    """The actor sees to one that has failed, nobody else for `hand_s`; said again: for longer.
    Raises CallbackOver, AlreadyDone naming who has it.
    """
    row = _changeable(uow, callback_id)
    if row.state != "failed":
        raise CallbackOver(state=row.state)
    assert uow.actor.user_id is not None
    row.worked_by, row.worked_at = uow.actor.user_id, uow.now
    until = worked_until(row)
    assert until is not None
    _tell(uow, row.id, ev.CallbackTakenUp(agent_id=uow.actor.user_id, until=until))
    return row


def give_back(uow: UnitOfWork, callback_id: UUID) -> Callback:
    """Somebody else may see to it. Said again it changes nothing. Raises as `take_up`."""
    row = _changeable(uow, callback_id)
    if row.worked_by is not None:
        row.worked_by = row.worked_at = None
        _tell(uow, row.id, ev.CallbackGivenBack())
    return row


def worked_until(row: Callback) -> datetime | None:
    """Until when it is one person's; None: nobody's."""
    return row.worked_at and row.worked_at + timedelta(seconds=plan().callback.hand_s)


def _changeable(uow: UnitOfWork, callback_id: UUID, *also: str) -> Callback:
    """Its row, locked; `also`: in these states as well. Nobody else sees to it just now."""
    row = repository.locked(uow.session, uow.org_id, callback_id)
    if row is None:
        raise NotFound(what="callback", id=callback_id)
    if row.state in {"dialling", "talking", "done"} - set(also):
        raise CallbackOver(state=row.state)
    until = worked_until(row)
    if row.worked_by not in (None, uow.actor.user_id) and until and uow.now < until:
        _refuse(uow, row)
    return row


def _refuse(uow: UnitOfWork, row: Callback) -> NoReturn:
    """Somebody else sees to it."""
    owner = uow.session.get_one(User, (uow.org_id, row.worked_by))
    assert row.worked_at is not None
    raise AlreadyDone(
        who_zh=owner.name,
        who_en=owner.name,
        at=local_time(row.worked_at),
        act_zh="接手了该回拨",
        act_en="took up this call-back",
    )


def _end(uow: UnitOfWork, row: Callback, outcome: str) -> None:
    row.state, row.ended_at, row.next_at = outcome, uow.now, None
    row.worked_by = row.worked_at = None
    _tell(uow, row.id, ev.CallbackEnded(outcome=outcome))


def _tell(uow: UnitOfWork, id_: UUID, payload: ev.Payload) -> None:
    uow.emit(id_, payload, source="agent" if uow.actor.user_id else "system")
    uow.touch("callback", id_)
    uow.notify(SWITCH, "")


def _daytime(at: datetime) -> datetime:
    return in_hours(at, plan().callback.hours, ZoneInfo(settings().timezone))
