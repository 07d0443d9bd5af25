"""Notices that leave the house, sent by the RQ worker.

A try is written down before it is made, so that a job that is handed out twice at once does not
send twice. Nothing is locked while the other side is waited for.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from core import outbox
from core.clock import real_now
from core.identity import system_actor
from core.settings import settings
from core.uow import unit_of_work
from dispatch.escalation.service import end_notice
from dispatch.notices import carried
from dispatch.notices.channels import channel_called
from dispatch.notices.port import (
    MAX_TRIES,
    Message,
    NotSent,
    TryAgain,
    Unavailable,
    outcome,
)
from dispatch.notices.wording import locked, message_of
from sla import escalation


@dataclass(frozen=True, slots=True)
class Try:
    """One try that has been written down."""

    channel: str
    message: Message
    reached: frozenset[int]
    number: int


def send(outbox_id: UUID, org_id: int, _body: dict[str, Any]) -> None:
    """Tell whom a step of a ladder names. Raises TryAgain as long as another try may help."""
    begun = _begin(outbox_id, org_id)
    if begun is None:
        return
    reached, failure = _deliver(begun)
    _finish(outbox_id, org_id, begun, reached, failure)


def _begin(outbox_id: UUID, org_id: int) -> Try | None:
    """Write the try down; None where there is nothing to do, or somebody is at it."""
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        notice = locked(uow, outbox_id)
        if notice.state not in ("waiting", "sending") or carried.is_out(notice):
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        real, lease = real_now(), timedelta(seconds=settings().outbox_lease_seconds)
        if notice.sending_at is not None and real - notice.sending_at < lease:
            return None
        assert notice.ladder_id is not None
        if not escalation.climbing(uow, notice.ladder_id):
            end_notice(uow, notice, "cancelled", None, uow.now)
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        if carried.hand_over(uow, notice):
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        notice.state, notice.sending_at = "sending", real
        notice.tries += 1
        message = message_of(uow, notice)
        reached = frozenset(map(int, notice.reached))
        return Try(notice.channel, message, reached, notice.tries)


def _deliver(begun: Try) -> tuple[frozenset[int], Exception | None]:
    """Send to every address that has not got it yet; the last failure, if any."""
    channel = channel_called(begun.channel)
    reached, failure = set(begun.reached), None
    for address in range(channel.addresses):
        if address in reached:
            continue
        try:
            channel.send(begun.message, address)
            reached.add(address)
        except (NotSent, Unavailable) as error:
            failure = error
    return frozenset(reached), failure


def _finish(
    outbox_id: UUID,
    org_id: int,
    begun: Try,
    reached: frozenset[int],
    failure: Exception | None,
) -> None:
    again = isinstance(failure, NotSent) and failure.again and begun.number < MAX_TRIES
    result, reason = outcome(failure)
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        notice = locked(uow, outbox_id)
        notice.reached, notice.sending_at = [str(one) for one in sorted(reached)], None
        if again:
            notice.state = "waiting"
        else:
            end_notice(uow, notice, result, reason, uow.now)
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
    if again:
        raise TryAgain(reason)
