"""Notices, sent by the RQ worker. Each job reports its outbox row done with its own record."""

from typing import Any, Protocol
from uuid import UUID

from core import outbox
from core.identity import system_actor
from core.logging import logger
from core.uow import unit_of_work
from dispatch.notices.models import Notice

log = logger(__name__)


class Notify(Protocol):
    """Somewhere a notice can go. Must return or raise within its own timeout."""

    channel: str

    def send(self, *, code: str, order_id: UUID) -> None:
        """Send; raise when it cannot be said that it was sent."""
        ...


class LogNotify:
    """The null gateway: the notice becomes a log line."""

    channel = "log"

    def send(self, *, code: str, order_id: UUID) -> None:
        log.warning("notice", code=code, order_id=str(order_id))


def alarm(outbox_id: UUID, org_id: int, body: dict[str, Any]) -> None:
    """Tell the desk that an order was not accepted in time."""
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        if not outbox.report_done(uow.session, org_id, outbox_id, uow.now):
            return
        gateway: Notify = LogNotify()
        order_id = UUID(body["order_id"])
        gateway.send(code=body["code"], order_id=order_id)
        uow.session.add(
            Notice(
                org_id=org_id,
                id=outbox_id,
                order_id=order_id,
                timer_id=UUID(body["timer_id"]),
                code=body["code"],
                channel=gateway.channel,
                sent_at=uow.now,
            )
        )
