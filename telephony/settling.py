"""How a command ends, whoever learns of it: the dialler, a webhook, whoever asked for it."""

from uuid import UUID

from core.events import CommandEnded
from core.listen import SWITCH
from core.uow import UnitOfWork
from telephony.command_models import CarrierCommand

OPEN = ("waiting", "sending", "unsure")


def end(uow: UnitOfWork, row: CarrierCommand, state: str, code: str = "") -> None:
    """Close a command whose row is locked. `state`: done, failed, expired or cancelled."""
    row.state = state
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


def placed(uow: UnitOfWork, command_id: UUID, carrier: str, carrier_ref: str) -> None:
    """The carrier itself speaks of what a command asked for: so it was done.

    Nothing where the id is none of a command, or that is known already.
    """
    row = uow.session.get(CarrierCommand, (uow.org_id, command_id))
    if row is None or (row.carrier_ref == carrier_ref and row.state not in OPEN):
        return
    uow.session.refresh(row, with_for_update=True)
    row.carrier, row.carrier_ref = carrier, carrier_ref
    if row.state in OPEN:
        end(uow, row, "done")
