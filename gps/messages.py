"""Texts, questions and menus for terminals as rows: claimed, tried, confirmed or given up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select, update

from core.clock import now as clock_now
from core.clock import real_now
from core.events import (
    Payload,
    VehicleKeyPressed,
    VehicleMessageAcked,
    VehicleMessageFailed,
)
from core.identity import system_actor
from core.ids import new_id
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from gps.jt808 import downlink
from gps.models import Device, TerminalMessage

MAX_TRIES = 5
CLAIM_LIMIT = 200

CAUSES = {1: "failed", 2: "not_understood", 3: "unsupported"}
"""Results of a terminal's general acknowledgement (JT/T 808-2013, 8.1)."""

FORMS = {downlink.TEXT: "text", downlink.EVENTS: "menu", downlink.QUESTION: "question"}

MENU: dict[int, tuple[str, str]] = {
    1: ("accept", "受理"),
    2: ("depart", "出发"),
    3: ("arrive", "到达"),
    4: ("finish", "完工"),
    5: ("help", "求助"),
}
"""Keys of the terminal's menu (0x8301, 0x0301): number → what it says, label."""

ANSWERS: dict[int, tuple[str, str]] = {1: ("accept", "受理"), 2: ("return", "退单")}
"""Answers to the question about an order (0x8302, 0x0302)."""

MENU_VERSION = 2
"""Counts up with each change of MENU: terminals then get the new one."""

RECORDED, NOTHING_SHOWN, UNKNOWN_KEY = 0, 1, 3
"""Results of the platform's answer to a key."""

SERIALS = 1 << 16

MEMORY = timedelta(days=7)
"""How long an answer may take; serials of a terminal come again after 65,536 messages."""


class Sending(NamedTuple):
    """One try of one message; each part of it carries one of `serials`."""

    org_id: int
    message_id: UUID
    device_id: UUID
    form: str
    text: str
    serials: list[int]


Parts = Callable[[UUID, str, str], int | None]
"""How many parts a message (device, form, text) has; None where it is not connected here."""


def body(form: str, text: str, version: int | None) -> bytes:
    """The body of a message in the version that the terminal speaks."""
    flags = downlink.TEXT_URGENT | downlink.TEXT_SPOKEN
    match form:
        case "question":
            answers = [(number, label) for number, (_, label) in ANSWERS.items()]
            return downlink.build_question(text, answers, flags=flags)
        case "menu":
            return downlink.build_events([(number, label) for number, (_, label) in MENU.items()])
        case _:
            return downlink.build_text(text, flags=flags | downlink.TEXT_DISPLAY, version=version)


def claim(org_id: int, gateway: str, parts: Parts) -> list[Sending]:
    """Take the messages that are due for terminals of this gateway; the commit is the try.

    Recalls go first. Unanswered, a message is due again after 5 s, 10 s, 15 s, … (the growing
    timeout of the standard) and is given up after its fifth try.
    """
    with unit_of_work(system_actor(org_id, "gps")) as uow:
        rows = _lock_due(uow, gateway)

        sendings = []
        for message, device in rows:
            if message.attempts >= MAX_TRIES:
                _give_up(uow, message, device, "unanswered")
                continue
            count = parts(device.id, message.form, message.text)
            if count is None:
                continue
            serials = _serials(uow, device.id, count)
            sendings.append(
                Sending(org_id, message.id, device.id, message.form, message.text, serials)
            )
            _note_try(message, serials)
    return sendings


def _serials(uow: UnitOfWork, device_id: UUID, count: int) -> list[int]:
    """The next ones of this terminal: none is used twice by whatever connection or gateway, so
    that a late answer never speaks for another message.
    """
    end = uow.session.execute(
        update(Device)
        .where(Device.org_id == uow.org_id, Device.id == device_id)
        .values(next_serial=(Device.next_serial + count) % SERIALS)
        .returning(Device.next_serial)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return [(end - count + index) % SERIALS for index in range(count)]


def _lock_due(uow: UnitOfWork, gateway: str) -> list[tuple[TerminalMessage, Device]]:
    query = (
        select(TerminalMessage, Device)
        .join(
            Device,
            (Device.org_id == TerminalMessage.org_id) & (Device.id == TerminalMessage.device_id),
        )
        .where(
            TerminalMessage.org_id == uow.org_id,
            TerminalMessage.status.in_(("queued", "sent")),
            TerminalMessage.next_attempt_at <= real_now(),
            Device.gateway == gateway,
        )
        .order_by(TerminalMessage.purpose != "recall", TerminalMessage.created_at)
        .limit(CLAIM_LIMIT)
        .with_for_update(of=TerminalMessage, skip_locked=True)
    )
    return [(message, device) for message, device in uow.session.execute(query)]


def _note_try(message: TerminalMessage, serials: list[int]) -> None:
    message.attempts += 1
    message.status = "sent"
    message.serials = [*message.serials, serials]
    wait = settings().receipt_retry_seconds * message.attempts
    message.next_attempt_at = real_now() + timedelta(seconds=wait)


def answered(
    org_id: int, device_id: UUID, serial: int, message_id: int, result: int, at: datetime
) -> None:
    """The terminal acknowledged what had this serial (0x0001). Late and double is harmless.

    `at` is when the answer arrived: point E of the assignment.
    """
    form = FORMS.get(message_id)
    if form is None:
        return
    with unit_of_work(system_actor(org_id, "gps"), now=clock_now()) as uow:
        message = _sent_with(uow, device_id, serial, form)
        if message is None or message.acked_at is not None:
            return
        device = uow.session.get_one(Device, (org_id, device_id))
        if result != 0:
            if message.status in ("queued", "sent"):
                _give_up(uow, message, device, CAUSES.get(result, "refused"))
            return
        message.confirmed = [*message.confirmed, serial]
        if any(set(sent) <= set(message.confirmed) for sent in message.serials):
            _confirm(uow, message, device, at)


def replied(org_id: int, device_id: UUID, serial: int, answer: int, at: datetime) -> int:
    """The driver chose an answer to the question that had this serial (0x0302).

    Returns the result for the terminal, as `pressed`. Who answers has seen the question: that is
    a receipt too.
    """
    chosen = ANSWERS.get(answer)
    if chosen is None:
        return UNKNOWN_KEY
    with unit_of_work(system_actor(org_id, "gps"), now=clock_now()) as uow:
        message = _sent_with(uow, device_id, serial, "question")
        if message is None or message.assignment_id is None:
            return NOTHING_SHOWN
        device = uow.session.get_one(Device, (org_id, device_id))
        if message.acked_at is None:
            _confirm(uow, message, device, at)
        if message.status == "cancelled":
            return NOTHING_SHOWN
        _emit(uow, device, _key(device_id, message.assignment_id, chosen[0]), at)
    return RECORDED


def pressed(org_id: int, device_id: UUID, number: int, at: datetime) -> int:
    """The driver pressed a key of the terminal's menu (0x0301): accepting speaks of the order shown
    last, all others of the one that the crew is at.

    `at` is when it arrived. Returns the result for the terminal's answer: 0 recorded, 1 nothing
    is shown, 3 no such key. Reported twice it is recorded twice and means the same.
    """
    if number not in MENU:
        return UNKNOWN_KEY
    key, _ = MENU[number]
    with unit_of_work(system_actor(org_id, "gps"), now=clock_now()) as uow:
        device = uow.session.get_one(Device, (org_id, device_id))
        assignment_id = None
        if key == "accept":
            assignment_id = uow.session.execute(_shown_last(org_id, device_id)).scalar()
        if device.vehicle_id is None or (key == "accept" and assignment_id is None):
            return NOTHING_SHOWN
        _emit(uow, device, _key(device_id, assignment_id, key), at)
    return RECORDED


def offer_menu(uow: UnitOfWork, device_id: UUID) -> None:
    """Put our keys on a terminal that is not known to have them or to have none."""
    device = uow.session.get_one(Device, (uow.org_id, device_id))
    if device.capability.get("menu") in (MENU_VERSION, False):
        return
    waiting = select(TerminalMessage.id).where(
        TerminalMessage.org_id == uow.org_id,
        TerminalMessage.device_id == device_id,
        TerminalMessage.form == "menu",
        TerminalMessage.status.in_(("queued", "sent")),
    )
    if uow.session.scalars(waiting).first() is None:
        uow.session.add(new_message(uow, device_id, None, "menu", "menu", ""))


def new_message(
    uow: UnitOfWork, device_id: UUID, assignment_id: UUID | None, purpose: str, form: str, text: str
) -> TerminalMessage:
    """A message that is due at once."""
    return TerminalMessage(
        org_id=uow.org_id,
        id=new_id(),
        device_id=device_id,
        assignment_id=assignment_id,
        purpose=purpose,
        form=form,
        text=text,
        status="queued",
        serials=[],
        confirmed=[],
        attempts=0,
        next_attempt_at=real_now(),
        created_at=uow.now,
    )


def _shown_last(org_id: int, device_id: UUID) -> Select[UUID | None]:
    return (
        select(TerminalMessage.assignment_id)
        .where(
            TerminalMessage.org_id == org_id,
            TerminalMessage.device_id == device_id,
            TerminalMessage.purpose == "order",
            TerminalMessage.status == "acked",
        )
        .order_by(TerminalMessage.created_at.desc())
        .limit(1)
    )


def _sent_with(uow: UnitOfWork, device_id: UUID, serial: int, form: str) -> TerminalMessage | None:
    """The newest message of this form that had this serial, locked."""
    return uow.session.scalars(
        select(TerminalMessage)
        .where(
            TerminalMessage.org_id == uow.org_id,
            TerminalMessage.device_id == device_id,
            TerminalMessage.form == form,
            TerminalMessage.created_at > uow.now - MEMORY,
            TerminalMessage.serials.contains([[serial]]),
        )
        .order_by(TerminalMessage.created_at.desc())
        .limit(1)
        .with_for_update()
    ).first()


def _confirm(uow: UnitOfWork, message: TerminalMessage, device: Device, at: datetime) -> None:
    message.acked_at = at
    if message.form == "menu":
        device.capability = {**device.capability, "menu": MENU_VERSION}
    if message.status == "cancelled":
        return
    message.status, message.cause = "acked", None
    if message.assignment_id is not None:
        fact = VehicleMessageAcked(
            message_id=message.id,
            assignment_id=message.assignment_id,
            device_id=device.id,
            purpose=message.purpose,
        )
        _emit(uow, device, fact, at)


def _key(device_id: UUID, assignment_id: UUID | None, key: str) -> VehicleKeyPressed:
    return VehicleKeyPressed(device_id=device_id, assignment_id=assignment_id, key=key)


def _give_up(uow: UnitOfWork, message: TerminalMessage, device: Device, cause: str) -> None:
    """No further try. A terminal that cannot ask or has no keys still shows the order's text."""
    message.status, message.cause = "failed", cause
    if cause == "unsupported":
        device.capability = {**device.capability, message.form: False}
    if message.form != "text" or message.assignment_id is None:
        return
    fact = VehicleMessageFailed(
        message_id=message.id,
        assignment_id=message.assignment_id,
        device_id=device.id,
        purpose=message.purpose,
        cause=cause,
    )
    _emit(uow, device, fact, uow.now)


def _emit(uow: UnitOfWork, device: Device, fact: Payload, at: datetime) -> None:
    # A terminal that was taken out of its vehicle meanwhile answers on its own stream.
    uow.emit(device.vehicle_id or device.id, fact, occurred_at=at, source="gps")
