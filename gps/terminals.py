"""Which terminals exist, which gateway holds each, and who knocked in vain."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core.clock import real_now
from core.db import read_session
from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from gps.models import Device, Stranger, TerminalMessage

PROTOCOL = "jt808"
NOBODY = 0
"""Organisation number of strangers."""

RECALL_MEMORY = timedelta(days=2)
"""A recall that went unanswered is sent again when the terminal returns within this time."""


class Terminal(NamedTuple):
    """A known terminal."""

    org_id: int
    id: UUID
    auth_code: str | None


def find(identity: str) -> Terminal | None:
    """The terminal in use with these digits, of whatever organisation."""
    with read_session() as session:
        row = session.execute(
            select(Device.org_id, Device.id, Device.auth_code).where(
                Device.protocol == PROTOCOL, Device.identity == identity, Device.active
            )
        ).one_or_none()
    return Terminal(*row) if row else None


def register(identity: str, now: datetime) -> str | None:
    """Answer a registration: the code to authenticate with, or None for a stranger.

    A terminal that registers again gets the same code, so that a lost answer locks nobody out.
    """
    terminal = find(identity)
    if terminal is None:
        _note_stranger(identity, now)
        return None
    code = secrets.token_hex(8)
    with unit_of_work(system_actor(terminal.org_id, "gps"), now=now) as uow:
        return uow.session.execute(
            update(Device)
            .where(Device.org_id == terminal.org_id, Device.id == terminal.id)
            .values(auth_code=func.coalesce(Device.auth_code, code), registered_at=now)
            .returning(Device.auth_code)
        ).scalar_one()


def authenticate(identity: str, code: str, gateway: str, now: datetime) -> Terminal | None:
    """Let a terminal in: from now on `gateway` holds it and sends what waits for it."""
    terminal = find(identity)
    if terminal is None:
        _note_stranger(identity, now)
        return None
    if terminal.auth_code is None or not secrets.compare_digest(
        terminal.auth_code.encode(), code.encode()
    ):
        return None
    with unit_of_work(system_actor(terminal.org_id, "gps"), now=now) as uow:
        uow.session.execute(
            update(Device)
            .where(Device.org_id == terminal.org_id, Device.id == terminal.id)
            .values(gateway=gateway, last_seen_at=now)
        )
        _wake_messages(uow, terminal.id)
    return terminal


def _wake_messages(uow: UnitOfWork, device_id: UUID) -> None:
    """The terminal is back: what it has not confirmed goes out at once, with all its tries."""
    unconfirmed_recall = and_(
        TerminalMessage.status == "failed",
        TerminalMessage.purpose == "recall",
        TerminalMessage.cause == "unanswered",
        TerminalMessage.created_at > uow.now - RECALL_MEMORY,
    )
    uow.session.execute(
        update(TerminalMessage)
        .where(
            TerminalMessage.org_id == uow.org_id,
            TerminalMessage.device_id == device_id,
            or_(TerminalMessage.status.in_(("queued", "sent")), unconfirmed_recall),
        )
        .values(
            status=case(
                (TerminalMessage.status == "failed", "queued"), else_=TerminalMessage.status
            ),
            attempts=0,
            next_attempt_at=real_now(),
            cause=None,
        )
    )


def still_held(org_id: int, devices: Iterable[UUID], gateway: str, now: datetime) -> set[UUID]:
    """Note that these terminals are connected; those in use that `gateway` still holds."""
    with unit_of_work(system_actor(org_id, "gps"), now=now) as uow:
        return set(
            uow.session.scalars(
                update(Device)
                .where(
                    Device.org_id == org_id,
                    Device.id.in_(list(devices)),
                    Device.gateway == gateway,
                    Device.active,
                )
                .values(last_seen_at=now)
                .returning(Device.id)
            )
        )


def release(org_id: int, devices: Iterable[UUID], gateway: str, now: datetime) -> None:
    """The connections of these terminals have ended."""
    with unit_of_work(system_actor(org_id, "gps"), now=now) as uow:
        uow.session.execute(
            update(Device)
            .where(Device.org_id == org_id, Device.id.in_(list(devices)), Device.gateway == gateway)
            .values(gateway=None, last_seen_at=now)
        )


def _note_stranger(identity: str, now: datetime) -> None:
    with unit_of_work(system_actor(NOBODY, "gps"), now=now) as uow:
        statement = insert(Stranger).values(
            org_id=NOBODY,
            protocol=PROTOCOL,
            identity=identity,
            first_seen_at=now,
            last_seen_at=now,
            tries=1,
        )
        uow.session.execute(
            statement.on_conflict_do_update(
                index_elements=["org_id", "protocol", "identity"],
                set_={"last_seen_at": now, "tries": Stranger.tries + 1},
            )
        )
