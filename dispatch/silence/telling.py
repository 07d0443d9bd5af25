"""The crew of a silent vehicle is told: on the page that it has open, else by a message.

What is on the page is there with the commit, as part of the vehicle's row. A message leaves through
the outbox; whether it is still true is looked at again before it is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.clock import real_now, seconds_until
from core.ids import new_id
from core.uow import UnitOfWork
from dispatch.roster.rules import OnDuty
from dispatch.silence import repository
from dispatch.silence.models import SilenceNotice
from dispatch.silence.rules import PATIENCE, Asked, next_attempt, whom
from gps.models import VehiclePosition

SEND = "notice.silence"


@dataclass(frozen=True, slots=True)
class Told:
    """Which crews have a page open, who is on duty, and what was said of which device before."""

    connected: set[UUID] = field(default_factory=set)
    roster: Mapping[UUID, OnDuty] = field(default_factory=dict)
    asked: Sequence[Asked] = ()


def tell(
    uow: UnitOfWork,
    row: VehiclePosition,
    crew_id: UUID,
    silent: Mapping[UUID, datetime],
    fresh: set[UUID],
    told: Told,
) -> None:
    """Make the attempts that are due now.

    `silent`: the vehicle's silent devices, since when. `fresh`: those whose silence was recorded
    just now and is to be told. The caller holds the row.
    """
    for device_id, since in silent.items():
        made = [
            one for one in told.asked if (one.device_id, one.silent_since) == (device_id, since)
        ]
        unknown = row.silent_since is not None
        number = next_attempt(made, uow.now, fresh=device_id in fresh, unknown=unknown)
        if number is not None:
            _attempt(uow, row, crew_id, Asked(device_id, since, number, uow.now), told)


def _attempt(
    uow: UnitOfWork, row: VehiclePosition, crew_id: UUID, asked: Asked, told: Told
) -> None:
    on_screen = crew_id in told.connected
    member_id, phone = (None, None) if on_screen else _reach(uow, crew_id, asked, told)
    leaves = not on_screen and phone is not None
    lasts = seconds_until(uow.now + PATIENCE) if asked.attempt == 1 else 0.0
    due_at = real_now() + timedelta(seconds=lasts)
    notice = SilenceNotice(
        org_id=uow.org_id,
        id=uow.effect("job", name=SEND, body={}, due_at=due_at) if leaves else new_id(),
        vehicle_id=row.vehicle_id,
        device_id=asked.device_id,
        crew_id=crew_id,
        member_id=member_id,
        channel="screen" if on_screen else "sms",
        attempt=asked.attempt,
        state="waiting",
        silent_since=asked.silent_since,
        asked_at=asked.at,
        tries=0,
    )
    uow.session.add(notice)
    if on_screen:
        end_notice(uow, notice, "sent", None)
    elif not leaves:
        end_notice(uow, notice, "failed", "no_number")


def _reach(
    uow: UnitOfWork, crew_id: UUID, asked: Asked, told: Told
) -> tuple[UUID | None, str | None]:
    """Whom a message goes to, and the number; that of the crew itself where nobody has one."""
    present = told.roster[crew_id].members if crew_id in told.roster else ()
    owner = repository.owner(uow.session, uow.org_id, asked.device_id)
    person = whom(asked.attempt, owner, present)
    if person is not None:
        return person.id, person.phone
    return None, repository.unit_phone(uow.session, uow.org_id, crew_id)


def end_notice(uow: UnitOfWork, notice: SilenceNotice, result: str, reason: str | None) -> None:
    """Write how an attempt ended, as a row and as a fact. The caller holds the vehicle's row."""
    notice.state, notice.reason, notice.ended_at = result, reason, uow.now
    uow.emit(
        notice.vehicle_id,
        ev.VehicleSilenceTold(
            notice_id=notice.id,
            device_id=notice.device_id,
            channel=notice.channel,
            attempt=notice.attempt,
            result=result,
            reason=reason,
        ),
        source="gps",
    )
    uow.touch("vehicle", notice.vehicle_id)
