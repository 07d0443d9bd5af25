"""What callers hear: their flow is asked with what is known of them, and its decisions are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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
from telephony.models import Call, QueueStay
from telephony.purposes import Leg
from telephony.routing import callbacks
from telephony.routing.queues import plan
from telephony.script import Script, Step

CHOOSING = ("menu", "outage", "offer")
"""Steps from which a caller comes to a queue."""
BEFORE = ("answer", "language", "menu")
"""Steps at which it does not count where the caller has waited."""


def caller(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """The purpose of a caller's leg."""
    flow = flow_of(leg.to_number)
    call = uow.session.get_one(Call, (uow.org_id, leg.call_id))
    at = step.name.partition(".")[0]
    stay = None if at in BEFORE else repository.last_stay(uow.session, uow.org_id, call.id)

    found = answer(flow, step, _situation(uow, call, at, stay))

    _keep(uow, call, step, found.decided)
    for one in found.decided:
        if one.word == "callback":
            _call_back(uow, flow, call, stay, one.language)
    return found.script


def _situation(uow: UnitOfWork, call: Call, step: str, stay: QueueStay | None) -> Situation:
    choosing = step in CHOOSING
    waiting = stay if step == "wait" else None
    session, org_id = uow.session, uow.org_id
    return Situation(
        now=uow.now,
        zone=ZoneInfo(settings().timezone),
        emergency=repository.emergency(session, org_id) if step == "answer" else None,
        full=_full(uow) if choosing else frozenset(),
        caller=wiring().callers(session, org_id, call.from_number) if choosing else NOBODY,
        withheld=not can_be_called(call.from_number),
        language=call.language,
        ahead=repository.ahead(session, waiting) if waiting else None,
        wait_s=repository.usual_wait(session, waiting, uow.now) if waiting else None,
    )


def _full(uow: UnitOfWork) -> frozenset[str]:
    return plan().full(repository.waiting_by_queue(uow.session, uow.org_id))


def _keep(uow: UnitOfWork, call: Call, step: Step, decided: Sequence[Decision]) -> None:
    """A repeated request finds the same number of requests for its step, and keeps nothing."""
    if decided:
        asked = repository.times_asked(uow.session, uow.org_id, call.id, step.name)
        key = f"{step.name}:{asked}"
        telling.keep(uow, call, [(one.word, key, _said(one)) for one in decided])


def _said(one: Decision) -> dict[str, Any]:
    said = {"language": one.language, "basis": one.basis}
    more: dict[str, Any] = {name: value for name, value in said.items() if value}
    if one.word == "enqueue":
        more |= telling.queued(one.queue, one.priority, one.skills)
    return more


def _call_back(
    uow: UnitOfWork, flow: Flow, call: Call, stay: QueueStay | None, language: str | None
) -> UUID:
    """In the place that the caller had; who never was in a queue begins now."""
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
