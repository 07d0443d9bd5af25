"""A carrier account that is set up, and what becomes of commands as `paidan dial` would say it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now
from core.db import session_factory
from core.events import MessageMoved
from core.identity import system_actor
from core.ids import new_id
from core.recorded import Recorded
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from telephony import messages
from telephony.command_models import CarrierCommand
from telephony.message_models import Message
from tests.office import ORG_ID, query

ACCOUNT = {
    "PAIDAN_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "PAIDAN_TWILIO_AUTH_TOKEN": "secret",
    "PAIDAN_CALLER_NUMBER": "+861012345678",
}


def account(patch: pytest.MonkeyPatch) -> None:
    """The settings name a carrier's account."""
    for name, value in ACCOUNT.items():
        patch.setenv(name, value)
    settings.cache_clear()
    settings()  # a thread of the office that was just reading the old ones comes too late


@contextmanager
def work() -> Iterator[UnitOfWork]:
    with unit_of_work(system_actor(ORG_ID, "test")) as uow:
        yield uow


def message(id_: UUID) -> Message:
    return query(lambda session: session.get_one(Message, (ORG_ID, id_)))


def commands(kind: str = "send_message", **columns: object) -> list[CarrierCommand]:
    """Commands of a kind, the oldest first."""
    wanted = select(CarrierCommand).where(
        CarrierCommand.kind == kind, *(getattr(CarrierCommand, k) == v for k, v in columns.items())
    )
    return list(query(lambda s: s.scalars(wanted.order_by(CarrierCommand.created_at)).all()))


def ends(command: CarrierCommand, state: str, failure: str | None = None) -> None:
    """The dialler has done with a command."""
    with session_factory()() as session:
        row = session.get_one(CarrierCommand, (command.org_id, command.id))
        row.state, row.failure, row.ended_at = state, failure, now()
        row.carrier = "twilio"
        row.carrier_ref = "SM" + command.id.hex if state == "done" else None
        session.commit()
    with work() as uow:
        messages.command_ended(uow, said_of(command.id))


def said_of(command_id: UUID) -> Recorded:
    """A fact in the stream of a command; only whose it is counts."""
    at = now()
    payload = MessageMoved(state="sent")
    return Recorded(
        ORG_ID, new_id(), "command", command_id, payload, at, at, "system", None, "system", ""
    )
