"""What callers hear: their flow is asked with what is known of them, and its decisions are kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.callers import NOBODY
from core.settings import settings
from core.uow import UnitOfWork
from core.wiring import wiring
from telephony import caller_repository as repository
from telephony import telling
from telephony.flow import Decision, Situation, answer
from telephony.flow_document import Flow
from telephony.flow_files import flow_of
from telephony.missed import can_be_called
from telephony.models import Call
from telephony.purposes import Leg
from telephony.routing import callbacks
from telephony.routing.queues import plan
from telephony.script import Script, Step

CHOOSING = ("menu", "outage", "offer")
"""Steps from which a caller comes to a queue."""


def caller(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """The purpose of a caller's leg."""
    flow = flow_of(leg.to_number)
    call = uow.session.get_one(Call, (uow.org_id, leg.call_id))
    at = step.name.partition(".")[0]

    session, org_id = uow.session, uow.org_id
    place = repository.places(session, org_id, uow.now).get(call.id) if at == "wait" else None
    known = replace(
        situation(session, org_id, uow.now, at, call.from_number),
        language=call.language,
        emergency=repository.emergency(session, org_id) if at == "answer" else None,
        full=full_queues(session, org_id) if at in CHOOSING else frozenset(),
        ahead=place.ahead if place else None,
        wait_s=place.wait_s if place else None,
    )
    found = answer(flow, step, known)

    _keep(uow, call, step, found.decided)
    for one in found.decided:
        if one.word == "callback":
            _call_back(uow, flow, call, one.language)
    return found.script


def situation(
    session: Session, org_id: int, now: datetime, step: str, from_number: str
) -> Situation:
    """What the flow is told of who calls, at a step, the first word of its name."""
    choosing = step in CHOOSING
    return Situation(
        now=now,
        zone=ZoneInfo(settings().timezone),
        caller=wiring().callers(session, org_id, from_number) if choosing else NOBODY,
        withheld=not can_be_called(from_number),
    )


def full_queues(session: Session, org_id: int) -> frozenset[str]:
    """Queues that take nobody more."""
    return plan().full(repository.waiting_by_queue(session, org_id))


def _keep(uow: UnitOfWork, call: Call, step: Step, decided: Sequence[Decision]) -> None:
    """A repeated request finds the same number of requests for its step, and keeps nothing."""
    if decided:
        asked = repository.times_asked(uow.session, uow.org_id, call.id, step.name)
        key = f"{step.name}:{asked}"
        telling.keep(uow, call, [(one.word, key, said(one)) for one in decided])


def said(one: Decision) -> dict[str, Any]:
    """What is kept of a decision beside its word."""
    said = {"language": one.language, "basis": one.basis}
    more: dict[str, Any] = {name: value for name, value in said.items() if value}
    if one.word == "enqueue":
        more |= telling.queued(one.queue, one.priority, one.skills)
    return more


def _call_back(uow: UnitOfWork, flow: Flow, call: Call, language: str | None) -> UUID:
    """In the place that the caller had; who never was in a queue begins now."""
    stay = repository.last_stay(uow.session, uow.org_id, call.id)
    since: datetime = stay.entered_at if stay else uow.now
    entry = flow.entry(flow.default)
    return callbacks.ask(
        uow,
        number=call.from_number,
        hotline=call.to_number,
        reason="asked",
        queue=stay.queue if stay else (entry.queue if entry else flow.entries[0].queue),
        since=since,
        priority=stay.priority if stay else 0,
        language=language,
        from_call_id=call.id,
    )
