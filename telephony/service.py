"""Use cases of telephony: take a report of the carrier, tell when a call ended, list calls."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.correlation import correlated
from core.db import read_session
from core.errors import Problem
from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from telephony import repository
from telephony.rules import CarrierEvent, decide, evolve


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


@dataclass(frozen=True, slots=True)
class RecentCall:
    """A call as the agent's screen lists it. `state`: opened, ringing, in-progress, ended."""

    id: UUID
    carrier_call: str
    direction: str
    from_number: str
    to_number: str
    state: str
    opened_at: datetime
    ended_at: datetime | None
    end_state: str | None


def receive(event: CarrierEvent) -> UUID:
    """Take one report of the carrier, however often and in whatever order. Returns the call.

    Raises UnknownNumber when no organisation can be found for it.
    """
    org_id = _organisation(event)
    actor = system_actor(org_id, "carrier")
    with unit_of_work(actor, now=event.received_at) as uow:
        call, is_new = repository.call_locked(uow.session, org_id, event)
        if not repository.log_once(uow.session, call, event):
            return call.id

        state = None if is_new else repository.state_of(call)
        facts = decide(state, event)

        with correlated(str(call.id)):
            for fact in facts:
                state = evolve(state, fact)
                uow.emit(call.id, fact.payload, occurred_at=fact.occurred_at, source="carrier")
        if facts and state is not None:
            repository.write_state(call, state)
        return call.id


def _organisation(event: CarrierEvent) -> int:
    numbers = [event.to_number, event.from_number]
    if event.direction != "inbound":
        numbers.reverse()  # ours is the one that calls
    with read_session() as session:
        known = repository.organisation_of_call(session, event.carrier, event.carrier_call)
        if known is not None:
            return known
        registered = repository.organisations_of_numbers(session, numbers)
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


def recent_calls(session: Session, org_id: int, limit: int) -> list[RecentCall]:
    """The newest calls of callers, newest first, at most `limit`."""
    return [
        RecentCall(
            id=call.id,
            carrier_call=call.carrier_call,
            direction=call.direction,
            from_number=call.from_number,
            to_number=call.to_number,
            state=call.state,
            opened_at=call.opened_at,
            ended_at=call.ended_at,
            end_state=call.end_state,
        )
        for call in repository.recent_inbound(session, org_id, limit)
    ]
