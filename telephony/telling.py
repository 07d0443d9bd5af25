"""The rows and facts of a call are brought to what its evidence tells."""

from collections.abc import Iterable
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
from telephony.models import Call
from telephony.purposes import CALLER
from telephony.rules import CallState, CarrierEvent, Fact, evolve
from telephony.story import Story, tell
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


def leg_of(uow: UnitOfWork, call: Call, event: CarrierEvent) -> CallLeg | None:
    """The leg that a report is about, made if it is new; None where nothing tells whose it is."""
    if not event.carrier_call:
        return None
    legs = story_repository.legs_of(uow.session, uow.org_id, call.id)
    for leg in legs:
        if leg.id == event.leg_id or leg.carrier_call == event.carrier_call:
            leg.carrier_call = event.carrier_call
            return leg
    placed = None
    if event.leg_id is not None:
        placed = uow.session.get(CarrierCommand, (uow.org_id, event.leg_id))
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
    uow.session.flush()
    return leg


def decided(uow: UnitOfWork, call_id: UUID, word: str, key: str, **more: Any) -> None:
    """Keep what our flow has decided for a call, once for each `key`, and follow what it changes.

    `word`: greeted, enqueue or a code of `story.DECIDED`. The call is locked until the commit.
    """
    call = uow.session.get_one(Call, (uow.org_id, call_id), with_for_update=True)
    if story_repository.log_decision(uow.session, call, word, key, uow.now, more):
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
    more: dict[str, Any] = {"queue": queue, "priority": priority, "skills": list(skills)}
    if language is not None:
        more["language"] = language
    decided(uow, call_id, "enqueue", key, **more)


def story_of(session: Session, call: Call) -> Story:
    """What the evidence of a call tells."""
    legs = story_repository.legs_of(session, call.org_id, call.id)
    return tell(
        story_repository.evidence_of(session, call.org_id, call.id),
        {leg.carrier_call: leg.role for leg in legs if leg.carrier_call is not None},
        inbound=call.direction == INBOUND,
        short_s=settings().short_abandon_seconds,
    )


def retell(uow: UnitOfWork, call: Call, at: datetime) -> None:
    """Bring a locked call, its legs and stays to what is known; `at`: when the last news was."""
    session = uow.session
    state = repository.state_of(call)
    stays = story_repository.stays_of(session, uow.org_id, call.id)
    story = story_of(session, call)

    over = {number: stay.left_at is not None for number, stay in stays.items()}
    facts = [Fact(one, at) for one in news(state, over, story)]

    legs = story_repository.legs_of(session, uow.org_id, call.id)
    before = _line(legs)
    for leg in legs:
        if told := story.legs.get(leg.carrier_call or ""):
            story_repository.write_leg(leg, told)
    if _line(legs) != before:
        uow.touch("call", call.id)
    story_repository.write_stays(session, call, stays, story)
    call.language = story.language or call.language
    call.queued_at, call.bridged_at = story.queued_at, story.bridged_at
    record(uow, call, state, facts)
    uow.notify(SWITCH, "")


def _line(legs: Iterable[CallLeg]) -> list[tuple[str, datetime | None]]:
    """What screens show of the telephones in a call."""
    return [(leg.state, leg.held_since) for leg in legs]


def record(uow: UnitOfWork, call: Call, state: CallState | None, facts: list[Fact]) -> None:
    """Append these facts to a call's stream and write what they make of it."""
    with correlated(str(call.id)):
        for fact in facts:
            state = evolve(state, fact)
            uow.emit(call.id, fact.payload, occurred_at=fact.occurred_at, source="carrier")
    if facts and state is not None:
        repository.write_state(call, state)
        uow.touch("call", call.id)
