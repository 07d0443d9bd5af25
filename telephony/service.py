"""Use cases of telephony: hear the carrier, tell when a call ended, let an agent take a call."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db import read_session
from core.errors import AlreadyDone, NotFound, Problem
from core.events import CallTaken
from core.identity import system_actor
from core.local import local_time
from core.models import User
from core.uow import UnitOfWork, unit_of_work
from telephony import repository, settling, telling
from telephony.models import Call
from telephony.recordings import service as recordings
from telephony.rules import CarrierEvent, Fact, decide, evolve
from telephony.story_legs import FAR


class UnknownNumber(Problem):
    """No organisation has the dialled number."""

    status = 404
    code = "unknown_number"
    zh = "被叫号码未登记到任何单位。"
    en = "The dialled number belongs to no organisation here."


@dataclass(frozen=True, slots=True)
class CallEnd:
    """When a call ended: point A. `at` is None while it goes on; uncertainty in seconds."""

    at: datetime | None
    evidence: str
    uncertainty_s: float


def receive(event: CarrierEvent) -> UUID:
    """Take one report of the carrier, however often and in whatever order. Returns the call.

    Raises UnknownNumber when no organisation can be found for it, NotFound when it is about a leg
    or a conference that is not ours.
    """
    with hearing(event) as uow:
        return hear(uow, event).id


@contextmanager
def hearing(event: CarrierEvent) -> Iterator[UnitOfWork]:
    """The unit of work in which a report is taken: of the organisation that it concerns.

    Raises as `receive` does.
    """
    actor = system_actor(_organisation(event), "carrier")
    with unit_of_work(actor, now=event.received_at) as uow:
        yield uow


def hear(uow: UnitOfWork, event: CarrierEvent) -> Call:
    """Log a report and apply what is new in it; nothing when it is known. Returns its call."""
    if event.leg_id is not None:
        settling.placed(uow, event.leg_id, event.carrier, event.carrier_call)
    call, is_new = repository.call_locked(uow.session, uow.org_id, event)
    if not repository.log_once(uow.session, call, event):
        return call

    leg = telling.leg_of(uow, call, event)
    state = None if is_new else repository.state_of(call)
    facts = decide(state, event) if leg is not None and leg.role in FAR else []
    telling.record(uow, call, state, facts)
    telling.retell(uow, call, event.at)
    if event.kind == "recording":
        recordings.heard(uow, call, event.recording, event.recorded, event.at)
    return call


def _organisation(event: CarrierEvent) -> int:
    numbers = [event.to_number, event.from_number]
    if event.direction != "inbound":
        numbers.reverse()  # ours is the one that calls
    with read_session() as session:
        known = repository.organisation_of_report(session, event)
    if known is not None:
        return known
    if event.leg_id is not None or not event.carrier_call:
        raise NotFound(what="call", id=event.leg_id or event.conference)
    return organisation_of(numbers)


def organisation_of(numbers: Sequence[str]) -> int:
    """Whose the first known of these numbers is; the only organisation otherwise.

    Raises UnknownNumber.
    """
    with read_session() as session:
        registered = repository.organisations_of_numbers(session, list(numbers))
        for number in numbers:
            if number in registered:
                return registered[number]
        only = repository.only_organisation(session)
    if only is None:
        raise UnknownNumber
    return only


def end_of_call(uow: UnitOfWork, call_id: UUID) -> CallEnd | None:
    """When a call ended; None if there is no such call.

    Until the commit the call cannot end: who files a ticket in it now is seen by whoever
    learns of the end, so that no ticket's clock is missed.
    """
    row = repository.end_shared(uow.session, uow.org_id, call_id)
    if row is None:
        return None
    at, evidence, uncertainty_s = row
    return CallEnd(at=at, evidence=evidence or "", uncertainty_s=uncertainty_s or 0.0)


def call_to_take(uow: UnitOfWork, call_id: UUID) -> Call | None:
    """A caller's call, locked until the commit: None where it is the actor's own already.

    Raises NotFound, or AlreadyDone with who took it and when.
    """
    call = repository.inbound_locked(uow.session, uow.org_id, call_id)
    if call is None:
        raise NotFound(what="call", id=call_id)
    if call.taken_by is None:
        return call
    if call.taken_by == uow.actor.user_id:
        return None
    owner = uow.session.get_one(User, (uow.org_id, call.taken_by))
    assert call.taken_at is not None
    raise AlreadyDone(
        who_zh=owner.name,
        who_en=owner.name,
        at=local_time(call.taken_at),
        act_zh="接了这通电话",
        act_en="took this call",
    )


def take(uow: UnitOfWork, call: Call) -> None:
    """Record that the actor, a person, takes the call that `call_to_take` gave."""
    assert uow.actor.user_id is not None
    event = uow.emit(call.id, CallTaken(agent_id=uow.actor.user_id), source="agent")
    state = evolve(repository.state_of(call), Fact(event.payload, event.occurred_at))
    repository.write_state(call, state)
    uow.touch("call", call.id)
