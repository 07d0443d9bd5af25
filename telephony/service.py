"""Use cases of telephony: hear the carrier, tell when a call ended, let an agent take a call."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import read_session
from core.errors import AlreadyDone, Conflict, NotFound, Problem
from core.events import CallTaken
from core.identity import system_actor
from core.local import local_time
from core.models import User
from core.uow import UnitOfWork, unit_of_work
from telephony import folding, repository
from telephony.models import Call
from telephony.routing import repository as routing
from telephony.rules import CarrierEvent, Fact, evolve


class UnknownNumber(Problem):
    """No organisation has the dialled number."""

    status = 404
    code = "unknown_number"
    zh = "被叫号码未登记到任何单位。"
    en = "The dialled number belongs to no organisation here."


class RingsElsewhere(Conflict):
    """The switchboard has given the call to somebody: whose telephone it is, has the call."""

    code = "rings_elsewhere"
    zh = "这通电话已接到 {who} 的话机。"
    en = "This call is at the telephone of {who}."


@dataclass(frozen=True, slots=True)
class CallEnd:
    """When a call ended: point A. `at` is None while it goes on; uncertainty in seconds."""

    at: datetime | None
    evidence: str
    uncertainty_s: float


def receive(event: CarrierEvent) -> UUID:
    """Take one report of the carrier and tell its call, however often and in whatever order.
    Returns the call.

    Raises UnknownNumber when no organisation can be found for it, NotFound when it is about a leg
    or a conference that is not ours.
    """
    with hearing(event) as uow:
        return folding.hear(uow, event).id


@contextmanager
def hearing(event: CarrierEvent) -> Iterator[UnitOfWork]:
    """The unit of work in which a report is taken: of the organisation that it concerns.

    Raises as `receive` does.
    """
    with read_session() as session:
        [found] = organisations(session, [event])
    if isinstance(found, Problem):
        raise found
    with unit_of_work(system_actor(found, "carrier"), now=event.received_at) as uow:
        yield uow


def organisations(session: Session, events: Sequence[CarrierEvent]) -> list[int | Problem]:
    """Whose each report is: of a known call or leg, else of the numbers that it names.

    UnknownNumber or NotFound stands where nobody's is found.
    """
    known = repository.owners(session, events)
    strangers = [
        one for one, owner in zip(events, known, strict=True) if owner is None and _by_number(one)
    ]
    numbers = {number for one in strangers for number in (one.to_number, one.from_number)}
    registered: Mapping[str, int] = {}
    only: int | None = None
    if strangers:
        registered, only = repository.organisations_of_numbers(session, numbers)
    return [
        owner if owner is not None else _owner_by_number(one, registered, only)
        for one, owner in zip(events, known, strict=True)
    ]


def _by_number(event: CarrierEvent) -> bool:
    return event.named is None and bool(event.carrier_call)


def _owner_by_number(
    event: CarrierEvent, registered: Mapping[str, int], only: int | None
) -> int | Problem:
    if not _by_number(event):
        return NotFound(what="call", id=event.leg_id or event.conference)
    numbers = [event.to_number, event.from_number]
    if event.direction != "inbound":
        numbers.reverse()  # ours is the one that calls
    found = next((registered[one] for one in numbers if one in registered), only)
    return UnknownNumber() if found is None else found


def organisation_of(numbers: Sequence[str]) -> int:
    """Whose the first known of these numbers is; the only organisation otherwise.

    Raises UnknownNumber.
    """
    with read_session() as session:
        registered, only = repository.organisations_of_numbers(session, numbers)
    found = next((registered[one] for one in numbers if one in registered), only)
    if found is None:
        raise UnknownNumber
    return found


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

    Raises NotFound, AlreadyDone with who took it and when, or RingsElsewhere.
    """
    call = repository.inbound_locked(uow.session, uow.org_id, call_id)
    if call is None:
        raise NotFound(what="call", id=call_id)
    if call.taken_by is None:
        rings_at = routing.served_by(uow.session, uow.org_id, call_id)
        if rings_at not in (None, uow.actor.user_id):
            raise RingsElsewhere(who=uow.session.get_one(User, (uow.org_id, rings_at)).name)
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
