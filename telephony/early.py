"""What a caller hears while only the flow decides: answered from the report, nothing is written.

Whoever answers keeps the report and what was decided with it; the call is opened, and the caller
comes to a queue, when that is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.settings import settings
from core.wiring import wiring
from telephony.caller import caller, said, situation
from telephony.caller_repository import InQueue
from telephony.flow import FAILED, FULL, Situation, answer
from telephony.flow_files import flow_of
from telephony.missed import can_be_called
from telephony.purposes import CALLER
from telephony.rules import CarrierEvent
from telephony.script import Script, Step
from telephony.untold_repository import Decided

INBOUND = "inbound"
ALONE = ("answer", "language", "consent", "queue", "wait", "waiting")
"""Steps at which it does not count who calls."""
READING = ("menu",)
"""Steps that need that to be looked up, and after which nothing is done but what is kept."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is asked for now and then, for all callers of a number.

    `emergency`: words by column of a language; `full`: queues that take nobody more; `places`: of
    the calls that wait.
    """

    org_id: int
    emergency: Mapping[str, str] | None = None
    full: frozenset[str] = frozenset()
    places: Mapping[UUID, InQueue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Early:
    """What the leg is to do next, and what is to be kept with its report."""

    leg_id: UUID
    script: Script
    decided: Decided


def can_be(event: CarrierEvent) -> bool:
    """Whether a report can be answered without telling it: a caller's, at the usual steps."""
    if wiring().purposes.get(CALLER) is not caller:
        return False  # callers hear something else than our flow
    if event.direction != INBOUND or not (event.leg_id is None or event.of_caller):
        return False
    if event.queue_result == FULL or event.queue_result in FAILED:
        return False
    if event.step == "wait":
        return False  # the language is the call's
    return _place(event) in (*ALONE, *READING)


def reads(event: CarrierEvent) -> bool:
    """Whether `looked_up` is needed for its answer."""
    return _place(event) in READING


def looked_up(session: Session, standing: Standing, event: CarrierEvent) -> Situation:
    """What the flow is told where it counts who calls."""
    own = situation(session, standing.org_id, event.received_at, _place(event), event.from_number)
    return replace(own, full=standing.full)


def standing_situation(standing: Standing, event: CarrierEvent) -> Situation:
    """What the flow is told where nothing has to be looked up."""
    place = standing.places.get(event.call_id)
    return Situation(
        now=event.received_at,
        zone=ZoneInfo(settings().timezone),
        emergency=standing.emergency,
        withheld=not can_be_called(event.from_number),
        ahead=place.ahead if place else None,
        wait_s=place.wait_s if place else None,
    )


def early(event: CarrierEvent, known: Situation) -> Early:
    """The answer to a report that `can_be` answered so."""
    step = Step(event.step, event.digits, {**event.params, "QueueResult": event.queue_result})
    found = answer(flow_of(event.to_number), step, known)
    decided = [(one.word, said(one)) for one in found.decided]
    return Early(event.call_id, found.script, decided)


def _place(event: CarrierEvent) -> str:
    return event.step.partition(".")[0]
