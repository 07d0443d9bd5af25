"""What dispatch asks of positions: watch a vehicle, send a text to its terminal.

Every function works inside the caller's unit of work and commits nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.ids import new_id
from core.uow import UnitOfWork
from gps import repository
from gps.messages import new_message
from gps.models import Device, TerminalMessage, VehiclePosition, Watch
from gps.motion import Motion, Sight, Site, again, begin
from gps.sites import drawn
from gps.track import in_order

WAKE_CHANNEL = "paidan_terminal"


def positions(
    session: Session, org_id: int, vehicle_ids: Iterable[UUID]
) -> dict[UUID, VehiclePosition]:
    """The latest counted fix of each of these vehicles that has one."""
    wanted = list(vehicle_ids)
    if not wanted:
        return {}
    query = select(VehiclePosition).where(
        VehiclePosition.org_id == org_id, VehiclePosition.vehicle_id.in_(wanted)
    )
    return {row.vehicle_id: row for row in session.scalars(query)}


def way(
    session: Session, org_id: int, vehicle_id: UUID, since: datetime, until: datetime
) -> list[Sight]:
    """What counts of a vehicle's positions between two moments, oldest first."""
    fixes = repository.track(repository.cursor(session), org_id, vehicle_id, since)
    return in_order(fix for fix in fixes if fix.at <= until)


def watch(
    uow: UnitOfWork,
    *,
    vehicle_id: UUID,
    assignment_id: UUID,
    lat: float,
    lon: float,
    radius_m: float,
    now: datetime,
    shape: dict[str, Any] | None = None,
) -> UUID:
    """Watch a vehicle for leaving towards a site and reaching it; returns the watch's id.

    Degrees WGS-84, metres. `shape`: as drawn (`gps.shapes`), instead of the circle. Asked again
    for the same assignment it starts anew with the new site.
    """
    latest = uow.session.get(VehiclePosition, (uow.org_id, vehicle_id))
    sight = Sight(latest.fix_at, latest.lat, latest.lon, latest.speed_kmh) if latest else None
    motion = begin(Site(lat, lon, radius_m, now, drawn(shape)), sight)

    row = uow.session.scalars(
        select(Watch)
        .where(Watch.org_id == uow.org_id, Watch.assignment_id == assignment_id)
        .with_for_update()
    ).first()
    if row is None:
        row = Watch(org_id=uow.org_id, id=new_id(), assignment_id=assignment_id)
        uow.session.add(row)
    row.vehicle_id, row.lat, row.lon, row.radius_m = vehicle_id, lat, lon, radius_m
    row.shape = shape
    row.created_at, row.motion = now, motion.to_json()
    row.departed_at = row.arrived_at = row.closed_at = None
    uow.session.flush()
    return row.id


def move_site(
    uow: UnitOfWork,
    assignment_id: UUID,
    *,
    lat: float,
    lon: float,
    radius_m: float,
    shape: dict[str, Any] | None = None,
) -> bool:
    """Move the site of an open watch; False where nothing is watched. Degrees WGS-84, metres;
    `shape` as for `watch`.

    What the vehicle did since the watch began is looked at again: one that stands at the new site
    already has arrived there when it came, as soon as the next fix confirms that it stays. An
    arrival at the old site no longer ends the watch, unless the new site holds it too.
    """
    row = uow.session.scalars(
        select(Watch)
        .where(
            Watch.org_id == uow.org_id,
            Watch.assignment_id == assignment_id,
            Watch.closed_at.is_(None),
        )
        .with_for_update()
    ).first()
    if row is None:
        return False
    site = Site(lat, lon, radius_m, row.created_at, drawn(shape))
    cursor = repository.cursor(uow.session)
    sights = in_order(repository.track(cursor, uow.org_id, row.vehicle_id, row.created_at))
    known = Motion.from_json(row.motion)
    row.lat, row.lon, row.radius_m, row.shape = lat, lon, radius_m, shape
    if row.arrived_at is None or not (sights and site.contains(sights[-1])):
        row.arrived_at = None
        row.motion = again(site, known, sights, row.departed_at).to_json()
    uow.session.flush()
    return True


def unwatch(uow: UnitOfWork, assignment_id: UUID, now: datetime) -> None:
    """Stop watching for an assignment; harmless when nothing is watched."""
    uow.session.execute(
        update(Watch)
        .where(
            Watch.org_id == uow.org_id,
            Watch.assignment_id == assignment_id,
            Watch.closed_at.is_(None),
        )
        .values(closed_at=now)
    )


def send_text(
    uow: UnitOfWork, *, vehicle_id: UUID, assignment_id: UUID | None, purpose: str, text: str
) -> UUID | None:
    """Queue a text for the vehicle's terminal; its id, or None when the vehicle has none that
    shows texts.

    `purpose` is `order`, `recall`, or, about no assignment, `help`. The terminal's own
    acknowledgement becomes the fact `vehicle.message_acked`; giving up becomes
    `vehicle.message_failed`; of help neither.
    """
    device = _terminal_of(uow, vehicle_id)
    return _queue(uow, device, assignment_id, purpose, "text", text) if device else None


def ask(uow: UnitOfWork, *, vehicle_id: UUID, assignment_id: UUID, text: str) -> UUID | None:
    """Queue the question whether the crew accepts; None where the terminal cannot ask.

    `text`: at most 255 bytes in GBK. The answer becomes the fact `vehicle.key_pressed`, `accept` or
    `return`.
    """
    device = _terminal_of(uow, vehicle_id)
    if device is None or device.capability.get("question") is False:
        return None
    return _queue(uow, device, assignment_id, "order", "question", text)


def _terminal_of(uow: UnitOfWork, vehicle_id: UUID) -> Device | None:
    return uow.session.scalars(
        select(Device)
        .where(
            Device.org_id == uow.org_id,
            Device.vehicle_id == vehicle_id,
            Device.kind == "terminal",
            Device.protocol == "jt808",  # the others show no texts
            Device.active,
        )
        .order_by(Device.last_seen_at.desc().nulls_last(), Device.id)
        .limit(1)
    ).first()


def _queue(
    uow: UnitOfWork, device: Device, assignment_id: UUID | None, purpose: str, form: str, text: str
) -> UUID:
    message = new_message(uow, device.id, assignment_id, purpose, form, text)
    uow.session.add(message)
    uow.session.flush()
    uow.notify(WAKE_CHANNEL, str(device.id))
    return message.id


def cancel_messages(uow: UnitOfWork, assignment_id: UUID, purpose: str) -> None:
    """Send a message of this purpose no further; one that is acknowledged stays so."""
    uow.session.execute(
        update(TerminalMessage)
        .where(
            TerminalMessage.org_id == uow.org_id,
            TerminalMessage.assignment_id == assignment_id,
            TerminalMessage.purpose == purpose,
            TerminalMessage.status.in_(("queued", "sent", "failed")),
        )
        .values(status="cancelled")
    )


def enrol(uow: UnitOfWork, *, identity: str, vehicle_id: UUID | None = None) -> UUID:
    """Make a JT/T 808 terminal known by its digits; the id of the device, new or not.

    An identity belongs to one organisation only: IntegrityError when another one has it.
    """
    digits = identity.lstrip("0") or "0"
    device = uow.session.scalars(
        select(Device).where(
            Device.org_id == uow.org_id, Device.protocol == "jt808", Device.identity == digits
        )
    ).first()
    if device is None:
        device = Device(
            org_id=uow.org_id, id=new_id(), kind="terminal", protocol="jt808", identity=digits
        )
        uow.session.add(device)
    if vehicle_id is not None:
        device.vehicle_id = vehicle_id
    uow.session.flush()
    return device.id
