"""How a command ends, whoever learns of it: the dialler, a webhook, whoever asked for it."""

from uuid import UUID

from sqlalchemy import select

from core.clock import real_now
from core.events import CommandEnded
from core.listen import DIAL, SWITCH
from core.uow import UnitOfWork
from telephony import silence
from telephony.command_models import CarrierCommand

OPEN = ("waiting", "sending", "unsure")


def end(uow: UnitOfWork, row: CarrierCommand, state: str, code: str = "") -> None:
    """Close a command whose row is locked. `state`: done, failed, expired or cancelled."""
    row.state = state
    silence.ended(uow, row)
    row.failure = code or None
    row.ended_at = uow.now
    ended = CommandEnded(
        kind=row.kind,
        purpose=row.purpose,
        outcome=state,
        code=code,
        subject_id=row.subject_id,
        call_id=row.call_id,
        leg_id=row.id if row.kind == "place_call" else row.leg_id,
    )
    uow.emit(row.id, ended, source="carrier")
    uow.notify(SWITCH, "")


def done(uow: UnitOfWork, row: CarrierCommand, carrier: str, carrier_ref: str) -> None:
    """The carrier did it, and calls what came of it so. The row is locked.

    Another command that a look-up gave the same call or message was mistaken: it is looked up anew.
    """
    if carrier_ref:
        mistaken = select(CarrierCommand).where(
            CarrierCommand.carrier == carrier,
            CarrierCommand.carrier_ref == carrier_ref,
            CarrierCommand.id != row.id,
        )
        for other in uow.session.scalars(mistaken.with_for_update()):
            other.state, other.carrier_ref, other.ended_at = "unsure", None, None
            other.due_at = real_now()
            uow.notify(DIAL, "")
    row.carrier, row.carrier_ref = carrier, carrier_ref or None
    if row.state in OPEN:
        end(uow, row, "done")


def placed(uow: UnitOfWork, command_id: UUID, carrier: str, carrier_ref: str) -> None:
    """The carrier itself speaks of the leg that a command asked for: so it was placed.

    Nothing where the id is none of a command, or that is known already.
    """
    row = uow.session.get(CarrierCommand, (uow.org_id, command_id))
    if row is not None and not _known(row, carrier_ref):
        uow.session.refresh(row, with_for_update=True)
        if not _known(row, carrier_ref):
            done(uow, row, carrier, carrier_ref)


def sent(uow: UnitOfWork, message_id: UUID, carrier: str, carrier_ref: str) -> None:
    """The carrier itself speaks of a short message of ours: so it was sent."""
    query = select(CarrierCommand).where(
        CarrierCommand.org_id == uow.org_id,
        CarrierCommand.kind == "send_message",
        CarrierCommand.subject_id == message_id,
        CarrierCommand.state.in_(OPEN),
    )
    for row in uow.session.scalars(query.with_for_update()):
        done(uow, row, carrier, carrier_ref)


def _known(row: CarrierCommand, carrier_ref: str) -> bool:
    return row.carrier_ref == carrier_ref and row.state not in OPEN
