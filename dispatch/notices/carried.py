"""Notices by short message and by call: asked of the carrier, followed to their end.

A notice that the carrier has is `sending` without a worker at it (`sending_at`). The engine calls
`sweep`: what became of the message or the call is read from its rows, so nothing hangs on a fact
that was missed. Whoever answers a call hears the notice, and takes note of the alert by key 1.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import read_session
from core.errors import NotFound
from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from dispatch.escalation.service import end_notice
from dispatch.notices.models import Notice
from dispatch.notices.wording import locked, message_of
from sla import escalation
from sla import service as sla
from sla.policy import Name
from telephony import messages
from telephony.command_models import CarrierCommand
from telephony.commands import URGENT, ask
from telephony.leg_models import CallLeg
from telephony.message_models import Message
from telephony.messages import NewMessage
from telephony.purposes import Leg
from telephony.script import Gather, HangUp, Say, Script, Step
from telephony.templates import catalogue

PURPOSE = "notice"
"""Of the calls; their subject is the notice. Messages are `about` the same."""
BY_CARRIER = ("sms", "voice")
SMS_USEFUL, CALL_USEFUL = timedelta(minutes=10), timedelta(minutes=2)
UNHEARD = timedelta(minutes=10)
"""After so long a call of which the carrier tells nothing has come to nothing."""
RING_S = 30
ROUNDS = 3
KEY = "key"
TONGUES = {"zh-CN": "cmn-CN", "en": "en-US"}
GONE = ("accepted", "scheduled", "sending", "sent", "delivered")


def is_out(notice: Notice) -> bool:
    """Whether the carrier has been asked for it, and its end is not known."""
    return notice.state == "sending" and notice.sending_at is None


def hand_over(uow: UnitOfWork, notice: Notice) -> bool:
    """Ask the carrier for it; False where it is not the carrier's, or none is set up."""
    if notice.channel not in BY_CARRIER or not messages.set_up(uow.session, uow.org_id):
        return False
    notice.tries += 1
    said = message_of(uow, notice)
    if said.phone is None:
        end_notice(uow, notice, "failed", "no_number", uow.now)
        return True
    notice.state, notice.sending_at = "sending", None
    if notice.channel == "sms":
        write(uow, PURPOSE, notice.id, said.phone, said.text)
        return True
    ask(
        uow,
        "place_call",
        purpose=PURPOSE,
        subject_id=notice.id,
        to_number=said.phone,
        from_number=messages.sender(uow.session, uow.org_id),
        params={"ring_s": RING_S, "detect_machine": True},
        priority=URGENT,
        expires_in=CALL_USEFUL,
    )
    return True


def write(uow: UnitOfWork, about: str, id_: UUID, number: str, text: Name) -> None:
    """A short message with the words of a notice to one of us, once however often it is asked."""
    language = messages.language_of(uow, number) or catalogue().default_language
    asked = NewMessage(
        template="staff_notice",
        to_number=number,
        about=about,
        about_id=id_,
        values={"text": _in(language, text)},
        key=f"{about}:{id_}",
        language=language,
        priority=URGENT,
        expires_in=SMS_USEFUL,
    )
    messages.send(uow, asked)


def _in(language: str, text: Name) -> str:
    return text.zh if language.startswith("zh") else text.en


def written(session: Session, org_id: int, about: str, id_: UUID) -> tuple[str, str | None] | None:
    """How a notice by short message ended, and why; None while nobody knows."""
    query = select(Message.state, Message.code).where(
        Message.org_id == org_id, Message.about == about, Message.about_id == id_
    )
    found = session.execute(query).first()
    if found is None or found.state == "queued":
        return None
    return ("sent", None) if found.state in GONE else ("failed", found.code or found.state)


def sweep(now: datetime) -> int:
    """End the notices of which it is known what the carrier did; returns how many."""
    with read_session() as session:
        query = select(Notice.org_id, Notice.id).where(
            Notice.state == "sending", Notice.sending_at.is_(None)
        )
        found = session.execute(query).all()
    return sum(_look(org_id, notice_id, now) for org_id, notice_id in found)


def _look(org_id: int, notice_id: UUID, now: datetime) -> bool:
    with unit_of_work(system_actor(org_id, "outbound"), now=now) as uow:
        notice = locked(uow, notice_id)
        if not is_out(notice):
            return False
        if notice.channel == "sms":
            end = written(uow.session, org_id, PURPOSE, notice_id)
        else:
            end = _called(uow, notice)
        if end is not None:
            end_notice(uow, notice, *end, uow.now)
        return end is not None


def _called(uow: UnitOfWork, notice: Notice) -> tuple[str, str | None] | None:
    """How a call that nobody has heard ended; None while somebody may still hear it."""
    query = select(CarrierCommand).where(
        CarrierCommand.org_id == uow.org_id,
        CarrierCommand.purpose == PURPOSE,
        CarrierCommand.subject_id == notice.id,
    )
    command = uow.session.scalars(query).first()
    if command is None:
        return "failed", "unsure"
    if command.state != "done":
        over = command.ended_at is not None
        return ("failed", command.failure or command.state) if over else None
    leg = uow.session.get(CallLeg, (uow.org_id, command.id))
    if leg is not None and leg.state == "ended":
        return "failed", leg.end_state if leg.end_state in ("busy", "failed") else "no_answer"
    late = command.ended_at is not None and uow.now - command.ended_at > UNHEARD
    return ("failed", "no_answer") if late else None


def answer(uow: UnitOfWork, leg: Leg, step: Step) -> Script:
    """What somebody hears who is called with a notice. See `telephony.purposes.Answerer`."""
    found = leg.subject_id and uow.session.get(Notice, (uow.org_id, leg.subject_id))
    machine = (step.more or {}).get("AnsweredBy", "").startswith(("machine", "fax"))
    if not found or machine:
        return (HangUp(),)
    notice = locked(uow, found.id)
    noted = step.name.startswith(KEY) and step.digits == "1"
    if is_out(notice) or (noted and notice.state == "sent"):
        end_notice(uow, notice, "answered" if noted else "sent", None, uow.now)
    if noted:
        _take_note(uow, notice)
        return _say(uow, leg, "staff_noted", ""), HangUp()
    words = message_of(uow, notice).text
    turn = _turn(step)
    if turn > ROUNDS:
        return (HangUp(),)
    return (Gather(f"{KEY}{turn}", (_say(uow, leg, "staff_call", words),)),)


def _take_note(uow: UnitOfWork, notice: Notice) -> None:
    """Who was told takes note of the alert, so that nobody else is; harmless a second time."""
    if notice.timer_id is None or notice.ladder_id is None:
        return
    if not escalation.climbing(uow, notice.ladder_id):
        return
    try:
        timer = sla.acknowledge(uow, notice.timer_id, uow.now)
    except NotFound:  # it is over
        return
    if notice.user_id is not None and timer.acknowledged_at == uow.now:
        timer.acknowledged_by = notice.user_id


def _turn(step: Step) -> int:
    """Which time it is said; to ask for it again does not count."""
    if not step.name.startswith(KEY):
        return 1
    said = int(step.name.removeprefix(KEY) or "1")
    return said if step.digits == "3" else said + 1


def _say(uow: UnitOfWork, leg: Leg, template: str, words: Name | str) -> Say:
    book = catalogue()
    found = book.template(template)
    language, text = book.chosen(found, "voice", messages.language_of(uow, leg.to_number))
    spoken = _in(language, words) if isinstance(words, Name) else words
    values = {"text": spoken} if found.placeholders else {}
    return Say(text.with_values(values), TONGUES.get(language, language))
