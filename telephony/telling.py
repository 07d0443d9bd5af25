"""The rows and facts of a call are brought to what its evidence tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.correlation import correlated
from core.listen import SWITCH
from core.settings import settings
from core.uow import UnitOfWork
from telephony import repository, story_repository
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.models import Call, QueueStay
from telephony.purposes import CALLER
from telephony.rules import CallState, CarrierEvent, Fact, evolve
from telephony.story import Story, tell
from telephony.story_legs import Evidence
from telephony.story_news import news

INBOUND = "inbound"
ROLES = {
    CALLER: "caller",
    "agent": "agent",
    "third": "third",
    "supervisor": "supervisor",
    "crew_offer": "crew",
}
"""Purpose of a leg → its role, where whoever asked for the leg has not said it."""
OTHERS = "customer"


@dataclass(slots=True)
class Known:
    """A locked call with everything that its story is told from and written to."""

    call: Call
    legs: list[CallLeg]
    stays: dict[int, QueueStay]
    evidence: list[Evidence]


def gather(session: Session, calls: Sequence[Call]) -> dict[UUID, Known]:
    """What is known of calls of one organisation."""
    if not calls:
        return {}
    org_id, ids = calls[0].org_id, [call.id for call in calls]
    legs = story_repository.legs_of(session, org_id, ids)
    stays = story_repository.stays_of(session, org_id, ids)
    evidence = story_repository.evidence_of(session, org_id, ids)
    return {
        call.id: Known(call, legs[call.id], stays[call.id], evidence[call.id]) for call in calls
    }


def leg_of(
    uow: UnitOfWork, known: Known, event: CarrierEvent, placed: CarrierCommand | None
) -> CallLeg | None:
    """The leg that a report is about, made if it is new; None where nothing tells whose it is.

    `placed`: the command that let it ring.
    """
    if not event.carrier_call:
        return None
    call = known.call
    for leg in known.legs:
        if leg.id == event.leg_id or leg.carrier_call == event.carrier_call:
            leg.carrier_call = event.carrier_call
            return leg
    if placed is None and event.carrier_call != call.carrier_call:
        return None
    purpose = placed.purpose if placed else CALLER
    leg = CallLeg(
        org_id=uow.org_id,
        id=placed.id if placed else call.id,
        call_id=call.id,
        role=ROLES.get(purpose, OTHERS) if placed or call.direction == INBOUND else OTHERS,
        purpose=purpose,
        subject_id=placed.subject_id if placed else None,
        carrier=event.carrier,
        carrier_call=event.carrier_call,
        state="placed",
        placed_at=event.at,
        held_s=0.0,
    )
    uow.session.add(leg)
    known.legs.append(leg)
    return leg


def keep(
    uow: UnitOfWork, call: Call, decided: Sequence[tuple[str, str, Mapping[str, Any]]]
) -> bool:
    """Log what our flow has decided for a call: (word, key, more), once for each word and key.

    `word`: greeted, enqueue or a code of `story.DECIDED`. It is told with the next report. False
    where all of it is known.
    """
    return story_repository.log_decisions(uow.session, call, decided, uow.now)


def decided(uow: UnitOfWork, call_id: UUID, word: str, key: str, **more: Any) -> None:
    """Keep what was decided for a call (`keep`), and follow at once what it changes.

    The call is locked until the commit.
    """
    call = uow.session.get_one(Call, (uow.org_id, call_id), with_for_update=True)
    if keep(uow, call, [(word, key, more)]):
        retell(uow, call, uow.now)


def enqueue(
    uow: UnitOfWork,
    call_id: UUID,
    queue: str,
    key: str,
    *,
    priority: int = 0,
    language: str | None = None,
    skills: tuple[str, ...] = (),
) -> None:
    """The caller goes to a queue with the next script. `key`: the same for a repeated decision."""
    more = queued(queue, priority, skills)
    if language is not None:
        more["language"] = language
    decided(uow, call_id, "enqueue", key, **more)


def queued(queue: str, priority: int, skills: Sequence[str]) -> dict[str, Any]:
    """What the decision `enqueue` says of a queue."""
    return {"queue": queue, "priority": priority, "skills": list(skills)}


def story_of(session: Session, call: Call) -> Story:
    """What the evidence of a call tells."""
    return _story(gather(session, [call])[call.id])


def _story(known: Known) -> Story:
    legs = {leg.carrier_call: leg for leg in known.legs if leg.carrier_call is not None}
    return tell(
        known.evidence,
        {name: leg.role for name, leg in legs.items()},
        {name: str(leg.user_id) for name, leg in legs.items() if leg.user_id is not None},
        inbound=known.call.direction == INBOUND,
        short_s=settings().short_abandon_seconds,
    )


def retell(uow: UnitOfWork, call: Call, at: datetime) -> None:
    """Bring a locked call, its legs and stays to what is known; `at`: when the last news was."""
    follow(uow, gather(uow.session, [call])[call.id], at)


def follow(uow: UnitOfWork, known: Known, at: datetime) -> None:
    """Bring the rows of a call to its evidence; `at`: when the last news was."""
    call = known.call
    state = repository.state_of(call)
    story = _story(known)

    over = {number: stay.left_at is not None for number, stay in known.stays.items()}
    facts = [Fact(one, at) for one in news(state, over, story)]

    before = _line(known)
    for leg in known.legs:
        if told := story.legs.get(leg.carrier_call or ""):
            story_repository.write_leg(leg, told)
    story_repository.write_stays(uow.session, call, known.stays, story)
    call.language = story.language or call.language
    call.queued_at, call.bridged_at = story.queued_at, story.bridged_at
    record(uow, call, state, facts)
    if facts or _line(known) != before:
        uow.touch("call", call.id)
        uow.notify(SWITCH, "")


def _line(known: Known) -> list[tuple[Any, ...]]:
    """What screens and the switchboard see of the telephones in a call, and of its waiting."""
    legs = [(leg.state, leg.held_since, leg.joined_at, leg.left_at) for leg in known.legs]
    stays = [(one.queue, one.priority, one.left_at) for one in known.stays.values()]
    return [*legs, *stays]


def record(uow: UnitOfWork, call: Call, state: CallState | None, facts: list[Fact]) -> None:
    """Append these facts to a call's stream and write what they make of it."""
    append(uow, call, state, facts)
    if facts:
        uow.touch("call", call.id)


def append(uow: UnitOfWork, call: Call, state: CallState | None, facts: list[Fact]) -> None:
    """The same without a word to the screens, which see it when the call is told."""
    with correlated(str(call.id)):
        for fact in facts:
            state = evolve(state, fact)
            uow.emit(call.id, fact.payload, occurred_at=fact.occurred_at, source="carrier")
    if facts and state is not None:
        repository.write_state(call, state)
