"""Texts for terminals as rows: claimed, tried, confirmed or given up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from core.clock import now as clock_now
from core.clock import real_now
from core.events import (
    Payload,
    VehicleKeyPressed,
    VehicleMessageAcked,
    VehicleMessageFailed,
)
from core.identity import system_actor
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from gps.models import Device, TerminalMessage

MAX_TRIES = 5
CLAIM_LIMIT = 200

CAUSES = {1: "failed", 2: "not_understood", 3: "unsupported"}
"""Results of a terminal's general acknowledgement (JT/T 808-2013, 8.1)."""


KEYS = {1: "accept"}
"""Numbers of the terminal's menu (事件, 0x0301) and what they say."""

RECORDED, NOTHING_SHOWN, UNKNOWN_KEY = 0, 1, 3
"""Results of the platform's answer to a key."""


class Sending(NamedTuple):
    """One try of one message; each part of it carries one of `serials`."""

    org_id: int
    message_id: UUID
    device_id: UUID
    text: str
    serials: list[int]


Reserve = Callable[[UUID, str], list[int] | None]
"""Takes serials for a text from the device's connection; None when it is not connected here."""


def claim(org_id: int, gateway: str, reserve: Reserve) -> list[Sending]:
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
            serials = reserve(device.id, message.text)
            if serials is None:
                continue
            sendings.append(Sending(org_id, message.id, device.id, message.text, serials))
            _note_try(message, serials)
    return sendings


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


def answered(org_id: int, message_id: UUID, result: int, at: datetime) -> None:
    """The terminal answered every part (`result` 0) or refused one. Late and double is harmless.

    `at` is when the answer arrived: point E of the assignment.
    """
    with unit_of_work(system_actor(org_id, "gps"), now=clock_now()) as uow:
        message = uow.session.get(TerminalMessage, (org_id, message_id), with_for_update=True)
        if message is None or message.acked_at is not None:
            return
        device = uow.session.get_one(Device, (org_id, message.device_id))
        if result != 0:
            if message.status in ("queued", "sent"):
                cause = CAUSES.get(result, "refused")
                _give_up(uow, message, device, cause)
            return
        message.acked_at = at
        if message.status == "cancelled":
            return
        message.status, message.cause = "acked", None
        fact = VehicleMessageAcked(
            message_id=message.id,
            assignment_id=message.assignment_id,
            device_id=device.id,
            purpose=message.purpose,
        )
        _emit(uow, device, fact, at)


def pressed(org_id: int, device_id: UUID, number: int, at: datetime) -> int:
    """The driver pressed a key of the terminal's menu: it speaks of the order shown last.

    `at` is when it arrived. Returns the result for the terminal's answer: 0 recorded, 1 nothing
    is shown, 3 no such key. Reported twice it is recorded twice and means the same.
    """
    key = KEYS.get(number)
    if key is None:
        return UNKNOWN_KEY
    with unit_of_work(system_actor(org_id, "gps"), now=clock_now()) as uow:
        shown = uow.session.scalars(
            select(TerminalMessage)
            .where(
                TerminalMessage.org_id == org_id,
                TerminalMessage.device_id == device_id,
                TerminalMessage.purpose == "order",
                TerminalMessage.status == "acked",
            )
            .order_by(TerminalMessage.created_at.desc())
            .limit(1)
        ).first()
        if shown is None:
            return NOTHING_SHOWN
        device = uow.session.get_one(Device, (org_id, device_id))
        fact = VehicleKeyPressed(device_id=device_id, assignment_id=shown.assignment_id, key=key)
        _emit(uow, device, fact, at)
    return RECORDED


def _give_up(uow: UnitOfWork, message: TerminalMessage, device: Device, cause: str) -> None:
    message.status, message.cause = "failed", cause
    if cause == "unsupported":
        device.capability = {**device.capability, "text": False}
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
