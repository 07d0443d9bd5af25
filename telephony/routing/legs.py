"""Telephones of a call: placed, taken away, and what became of them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from core.uow import UnitOfWork
from telephony import commands, settling
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.models import Call
from telephony.script import HangUp, Join, Say, Script
from telephony.script_json import to_json

Fate = Literal["open", "over", "no_answer", "failed"]
_FATES: dict[str, Fate] = {"failed": "failed", "completed": "over"}
NEVER = ("failed", "expired", "cancelled")
DIAL_WITHIN = timedelta(seconds=20)
"""A phone that the carrier could not be asked to ring by then rings no more."""
CALLER_SOUGHT: Script = (
    Say("来电已取消，谢谢。", "cmn-CN"),
    Say("The call is over. Thank you.", "en-US"),
    HangUp(),
)


def ring(
    uow: UnitOfWork,
    call: Call,
    *,
    role: str,
    purpose: str,
    to_number: str,
    ring_s: int,
    user_id: UUID | None = None,
    subject_id: UUID | None = None,
) -> UUID:
    """Let a telephone ring for a call; the leg's id."""
    ours = call.to_number if call.direction == "inbound" else call.from_number
    leg_id = commands.ask(
        uow,
        "place_call",
        purpose=purpose,
        subject_id=subject_id or user_id,
        call_id=call.id,
        to_number=to_number,
        from_number=ours,
        params={"ring_s": ring_s},
        expires_in=DIAL_WITHIN,
    )
    uow.session.add(
        CallLeg(
            org_id=uow.org_id,
            id=leg_id,
            call_id=call.id,
            role=role,
            purpose=purpose,
            subject_id=subject_id or user_id,
            user_id=user_id,
            carrier=call.carrier,
            state="placed",
            placed_at=uow.now,
        )
    )
    return leg_id


def drop(uow: UnitOfWork, call_id: UUID, leg_id: UUID, purpose: str) -> None:
    """Let a telephone ring no more, or end its call. Where it never rang, nothing is dialled."""
    undialled = select(CarrierCommand).where(
        CarrierCommand.org_id == uow.org_id,
        CarrierCommand.id == leg_id,
        CarrierCommand.state == "waiting",
    )
    # Whoever holds the row just now is about to dial, or hears that it rang.
    placed = uow.session.scalars(undialled.with_for_update(skip_locked=True)).one_or_none()
    if placed is not None:
        settling.end(uow, placed, "cancelled")
        return
    commands.ask(uow, "hang_up", purpose=purpose, call_id=call_id, leg_id=leg_id)


def hold(uow: UnitOfWork, call_id: UUID, leg_id: UUID, purpose: str, *, on: bool) -> None:
    """Let a participant hear music, or take part again."""
    commands.ask(
        uow,
        "hold",
        purpose=purpose,
        call_id=call_id,
        leg_id=leg_id,
        params={"conference": str(call_id), "on": on},
    )


def send(uow: UnitOfWork, call_id: UUID, leg_id: UUID, purpose: str, script: Script) -> None:
    """Let a leg go on with another script."""
    commands.ask(
        uow,
        "redirect",
        purpose=purpose,
        call_id=call_id,
        leg_id=leg_id,
        params={"script": to_json(script)},
    )


def customers(call_id: UUID) -> Script:
    """A customer in the conference: it begins with the agent and ends with the customer."""
    return (Join(str(call_id), starts=False, ends=True),)


def staff(call_id: UUID) -> Script:
    """An agent, or a third party, in the conference."""
    return (Join(str(call_id)),)


def fates(uow: UnitOfWork, leg_ids: Iterable[UUID]) -> dict[UUID, Fate]:
    """What became of these telephones; one that nobody has heard of is `open`."""
    ids = list(leg_ids)
    found: dict[UUID, Fate] = dict.fromkeys(ids, "open")
    asked = select(CarrierCommand.id).where(
        CarrierCommand.org_id == uow.org_id,
        CarrierCommand.id.in_(ids),
        CarrierCommand.state.in_(NEVER),
    )
    found.update(dict.fromkeys(uow.session.scalars(asked), "failed"))
    over = select(CallLeg).where(
        CallLeg.org_id == uow.org_id, CallLeg.id.in_(ids), CallLeg.state == "ended"
    )
    for leg in uow.session.scalars(over):
        found[leg.id] = _FATES.get(leg.end_state or "", "no_answer")
    return found


def customer_leg(uow: UnitOfWork, call: Call) -> UUID:
    """The telephone of whom the call is with."""
    if call.direction == "inbound":
        return call.id
    query = select(CallLeg.id).where(
        CallLeg.org_id == uow.org_id, CallLeg.call_id == call.id, CallLeg.role == "customer"
    )
    return uow.session.scalars(query.order_by(CallLeg.placed_at.desc())).first() or call.id
