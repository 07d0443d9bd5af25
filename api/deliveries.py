"""Deliveries over the live connection: what is due for whom, and what was confirmed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select

from core.clock import real_now
from core.errors import Forbidden, NotFound
from core.identity import Principal, system_actor
from core.rights import Role
from core.settings import settings
from core.uow import unit_of_work
from dispatch.orders import crew_service
from dispatch.orders.models import Receipt

RECEIVERS = (Role.DISPATCHER, Role.CREW)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to push to the clients of a unit."""

    org_id: int
    receipt_id: UUID
    order_id: UUID
    hop: str
    purpose: str
    unit_id: UUID


def take_due(
    org_id: int, units: Collection[UUID], fresh: Collection[UUID] = (), limit: int = 200
) -> list[Delivery]:
    """Count one more try for what is due; `fresh` units just connected and get all that waits."""
    moment = real_now()
    with unit_of_work(system_actor(org_id, "live")) as uow:
        query = (
            select(Receipt)
            .where(
                Receipt.org_id == org_id,
                Receipt.status == "sent",
                or_(
                    and_(Receipt.target_unit_id.in_(units), Receipt.next_attempt_at <= moment),
                    Receipt.target_unit_id.in_(fresh),
                ),
            )
            .order_by(Receipt.sent_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        due = list(uow.session.scalars(query))
        for receipt in due:
            receipt.attempts += 1
            receipt.next_attempt_at = moment + _pause(receipt.attempts)
            uow.touch("order", receipt.order_id)
        return [
            Delivery(
                org_id=org_id,
                receipt_id=receipt.id,
                order_id=receipt.order_id,
                hop=receipt.hop,
                purpose=receipt.purpose,
                unit_id=receipt.target_unit_id,
            )
            for receipt in due
        ]


def _pause(attempts: int) -> timedelta:
    """Between tries: the set seconds, growing to at most a minute."""
    return timedelta(seconds=min(settings().receipt_retry_seconds * attempts, 60.0))


def confirm(principal: Principal, receipt_id: UUID, at: datetime | None = None) -> None:
    """The client of the receiving unit has it: C, E, or the recall. A second time is harmless.

    `at`: since when, where the client could not say so earlier. It counts from the sending to now.
    """
    if principal.role not in RECEIVERS:
        raise Forbidden(right="receipt")
    with unit_of_work(principal.actor) as uow:
        receipt = uow.session.get(Receipt, (principal.org_id, receipt_id))
        if receipt is None or receipt.target_unit_id != principal.unit_id:
            raise NotFound(what="receipt", id=receipt_id)
        since = min(max(at or uow.now, receipt.sent_at), uow.now)
        crew_service.confirm_receipt(uow, receipt, f"screen:{principal.session_id}", since)
