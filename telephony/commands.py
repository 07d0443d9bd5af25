"""Asking the carrier for something: written down with the decision, done by `paidan dial`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.clock import real_now
from core.ids import new_id
from core.listen import DIAL
from core.uow import UnitOfWork
from telephony.command_models import CarrierCommand

URGENT, SOON, MASS = 0, 5, 9
"""Priorities: a caller waits on the line; somebody should hear soon; a notice to thousands."""


def ask(
    uow: UnitOfWork,
    kind: str,
    *,
    purpose: str,
    subject_id: UUID | None = None,
    call_id: UUID | None = None,
    leg_id: UUID | None = None,
    to_number: str | None = None,
    from_number: str | None = None,
    params: Mapping[str, Any] | None = None,
    priority: int = URGENT,
    due_in: timedelta = timedelta(0),
    expires_in: timedelta | None = None,
) -> UUID:
    """Let the carrier do it after the commit; the command's id, which a placed leg keeps.

    `kind`: a method of `Gateway` with the words of `params`. Times are real ones.
    """
    real = real_now()
    row = CarrierCommand(
        org_id=uow.org_id,
        id=new_id(),
        kind=kind,
        call_id=call_id,
        leg_id=leg_id,
        purpose=purpose,
        subject_id=subject_id,
        to_number=to_number,
        from_number=from_number,
        params=dict(params or {}),
        priority=priority,
        due_at=real + due_in,
        expires_at=_after(real, expires_in),
        state="waiting",
        tries=0,
        created_at=uow.now,
    )
    uow.session.add(row)
    uow.notify(DIAL, "")
    return row.id


def _after(real: datetime, seconds: timedelta | None) -> datetime | None:
    return None if seconds is None else real + seconds
