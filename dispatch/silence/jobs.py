"""Messages to crews whose device is silent, sent by the RQ worker.

As with all notices a try is written down before it is made, and nothing is locked while the other
side is waited for. What is true no more is not sent.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import outbox
from core.clock import real_now
from core.db import read_session
from core.identity import system_actor
from core.local import local_time
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from dispatch.crews.models import Vehicle
from dispatch.notices import carried
from dispatch.notices.channels import channel_called
from dispatch.notices.port import MAX_TRIES, Message, NotSent, TryAgain, Unavailable, outcome
from dispatch.roster.duty import all_on_duty
from dispatch.roster.models import Member
from dispatch.silence import repository
from dispatch.silence.duty import duties
from dispatch.silence.models import SilenceNotice
from dispatch.silence.telling import end_notice
from dispatch.silence.words import TITLE, said
from gps.models import Device, VehiclePosition
from gps.silence import moment, read_rhythms
from telephony import messages

SILENCE = "silence"
"""What its short messages are about."""
ONLY = 0
"""A message goes to one number."""


def send(outbox_id: UUID, org_id: int, _body: dict[str, Any]) -> None:
    """Tell the crew that a device is silent. Raises TryAgain as long as another try may help."""
    message = _begin(outbox_id, org_id)
    if message is None:
        return
    failure: Exception | None = None
    try:
        channel_called("sms").send(message, ONLY)
    except (NotSent, Unavailable) as error:
        failure = error
    _finish(outbox_id, org_id, failure)


def _begin(outbox_id: UUID, org_id: int) -> Message | None:
    """Write the try down; None where there is nothing to do, or somebody is at it."""
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        notice, row = _locked(uow, outbox_id)
        real, lease = real_now(), timedelta(seconds=settings().outbox_lease_seconds)
        if notice.state not in ("waiting", "sending") or _is_out(notice):
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        if notice.sending_at is not None and real - notice.sending_at < lease:
            return None
        over = _over(uow, notice, row)
        if over is not None:
            end_notice(uow, notice, "cancelled", over)
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        notice.tries += 1
        said = _message(uow, notice)
        if messages.set_up(uow.session, org_id) and said.phone is not None:
            notice.state = "sending"
            carried.write(uow, SILENCE, notice.id, said.phone, said.text)
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
            return None
        notice.state, notice.sending_at = "sending", real
        return said


def _finish(outbox_id: UUID, org_id: int, failure: Exception | None) -> None:
    result, reason = outcome(failure)
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        notice, _ = _locked(uow, outbox_id)
        again = isinstance(failure, NotSent) and failure.again and notice.tries < MAX_TRIES
        notice.sending_at = None
        if again:
            notice.state = "waiting"
        else:
            end_notice(uow, notice, result, reason)
            outbox.report_done(uow.session, org_id, outbox_id, uow.now)
    if again:
        raise TryAgain(reason)


def _is_out(notice: SilenceNotice) -> bool:
    """Whether the carrier has been asked for it, and its end is not known."""
    return notice.state == "sending" and notice.sending_at is None


def sweep(now: datetime) -> int:
    """End the messages of which it is known what the carrier did; returns how many."""
    with read_session() as session:
        query = select(SilenceNotice.org_id, SilenceNotice.id).where(
            SilenceNotice.state == "sending", SilenceNotice.sending_at.is_(None)
        )
        found = session.execute(query).all()
    ended = 0
    for org_id, notice_id in found:
        with unit_of_work(system_actor(org_id, "outbound"), now=now) as uow:
            notice, _ = _locked(uow, notice_id)
            end = carried.written(uow.session, org_id, SILENCE, notice_id)
            if end is not None and _is_out(notice):
                end_notice(uow, notice, *end)
                ended += 1
    return ended


def _locked(uow: UnitOfWork, notice_id: UUID) -> tuple[SilenceNotice, VehiclePosition]:
    """The notice, its vehicle held first: whoever holds that may append to its stream."""
    notice = uow.session.get_one(SilenceNotice, (uow.org_id, notice_id))
    row = uow.session.get_one(
        VehiclePosition, (uow.org_id, notice.vehicle_id), with_for_update=True
    )
    uow.session.refresh(notice)
    return notice, row


def _over(uow: UnitOfWork, notice: SilenceNotice, row: VehiclePosition) -> str | None:
    """Why nobody needs to be told any more: it was heard, or its crew went off duty."""
    one = read_rhythms(row.rhythm).get(notice.device_id)
    if one is None or not one.silent_since or moment(one.silent_since) != notice.silent_since:
        return "heard"
    crew = notice.crew_id
    roster = all_on_duty(uow.session, uow.org_id, uow.now)
    duty = duties(uow.session, uow.org_id, [crew], roster, uow.now)[crew]
    return None if duty.answers(uow.now) else "off_duty"


def _message(uow: UnitOfWork, notice: SilenceNotice) -> Message:
    kind = uow.session.get_one(Device, (uow.org_id, notice.device_id)).kind
    plate = uow.session.get_one(Vehicle, (uow.org_id, notice.vehicle_id)).plate
    time = local_time(notice.silent_since)[:5]
    return Message(f"silence.{kind}", TITLE, said(kind, time, plate), _phone(uow, notice))


def _phone(uow: UnitOfWork, notice: SilenceNotice) -> str | None:
    if notice.member_id is None:
        return repository.unit_phone(uow.session, uow.org_id, notice.crew_id)
    query = select(Member.phone).where(Member.org_id == uow.org_id, Member.id == notice.member_id)
    return uow.session.scalars(query).one_or_none()
