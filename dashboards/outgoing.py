"""What went out about an order: messages to customers and crew, calls to the crew; their ends."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboards.values import iso
from dispatch.outbound.crews import OFFER
from dispatch.privacy.masking import mask_phone
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.message_models import Message

WAITS = {"waiting": "queued", "sending": "sending", "unsure": "sending"}
ENDS = {"completed": "answered", "no-answer": "no_answer", "canceled": "cancelled"}


def outgoing(
    session: Session, org_id: int, order_id: UUID, assignments: Sequence[UUID]
) -> list[dict[str, Any]]:
    """The oldest first; numbers masked. `code`: the carrier's, or ours, where it failed."""
    about = [order_id, *assignments]
    found = [*_messages(session, org_id, about), *_calls(session, org_id, assignments)]
    return sorted(found, key=lambda one: (one["at"], one["id"]))


def _messages(session: Session, org_id: int, about: Sequence[UUID]) -> list[dict[str, Any]]:
    query = select(Message).where(Message.org_id == org_id, Message.about_id.in_(about))
    return [
        {
            "id": str(one.id),
            "channel": "sms",
            "template": one.template,
            "number": mask_phone(one.to_number) if one.to_number else "",
            "at": iso(one.asked_at),
            "state": one.state,
            "code": one.code,
        }
        for one in session.scalars(query)
    ]


def _calls(session: Session, org_id: int, assignments: Sequence[UUID]) -> list[dict[str, Any]]:
    query = (
        select(CarrierCommand, CallLeg)
        .outerjoin(
            CallLeg, (CallLeg.org_id == CarrierCommand.org_id) & (CallLeg.id == CarrierCommand.id)
        )
        .where(
            CarrierCommand.org_id == org_id,
            CarrierCommand.purpose == OFFER,
            CarrierCommand.kind == "place_call",
            CarrierCommand.subject_id.in_(assignments),
        )
    )
    return [
        {
            "id": str(command.id),
            "channel": "voice",
            "template": OFFER,
            "number": mask_phone(command.to_number) if command.to_number else "",
            "at": iso(command.created_at),
            "state": _state(command, leg),
            "code": command.failure if command.state in ("failed", "expired") else None,
        }
        for command, leg in session.execute(query)
    ]


def _state(command: CarrierCommand, leg: CallLeg | None) -> str:
    """How far a call has come."""
    if command.state != "done":
        return WAITS.get(command.state, command.state)
    if leg is None or leg.state == "placed":
        return "sent"
    if leg.state == "ended":
        return ENDS.get(leg.end_state or "failed", leg.end_state or "failed")
    return leg.state
