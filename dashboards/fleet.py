"""Rows of crews and vehicles, as the board and the crews' pages show them.

Like every numbered row they depend on the database alone, never on the clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Unit
from dashboards.values import iso, text
from dispatch.crews.models import Crew, Vehicle
from dispatch.orders.models import Assignment, Order
from dispatch.orders.rules import ACTIVE_ASSIGNMENT, OPEN_ASSIGNMENT
from dispatch.silence import repository as silence
from dispatch.silence.models import SilenceNotice
from gps.memory import is_phone, sources_of
from gps.models import Device, VehiclePosition
from gps.silence import moment, read_rhythms
from gps.sources import Heard, apart, kind_of


def crew_rows(
    session: Session, org_id: int, crew_ids: Iterable[UUID] | None = None
) -> list[dict[str, Any]]:
    """Rows of crews: trade, state, queue, vehicle."""
    query = (
        select(Crew, Unit)
        .join(Unit, (Unit.org_id == Crew.org_id) & (Unit.id == Crew.id))
        .where(Crew.org_id == org_id, Unit.active)
        .order_by(Unit.code)
    )
    if crew_ids is not None:
        query = query.where(Crew.id.in_(list(crew_ids)))
    crews = session.execute(query).all()
    ids = [unit.id for _, unit in crews]
    work = defaultdict(list)
    held = select(Assignment.crew_id, Assignment.state, Order.number).join(
        Order, (Order.org_id == Assignment.org_id) & (Order.id == Assignment.order_id)
    )
    for crew_id, state, number in session.execute(
        held.where(
            Assignment.org_id == org_id,
            Assignment.crew_id.in_(ids),
            Assignment.state.in_(OPEN_ASSIGNMENT),
        ).order_by(Assignment.sent_at)
    ):
        work[crew_id].append((state, number))
    vehicles = {
        vehicle.crew_id: vehicle.id
        for vehicle in session.scalars(
            select(Vehicle)
            .where(Vehicle.org_id == org_id, Vehicle.crew_id.in_(ids), Vehicle.active)
            .order_by(Vehicle.plate.desc())
        )
    }
    helped = defaultdict(list)
    absent = select(Crew.stand_in_id, Crew.id).where(
        Crew.org_id == org_id, Crew.stand_in_id.in_(ids)
    )
    for stand_in_id, crew_id in session.execute(absent.order_by(Crew.id)):
        helped[stand_in_id].append(str(crew_id))
    return [
        _crew_row(crew, unit, work[unit.id], vehicles.get(unit.id), helped[unit.id])
        for crew, unit in crews
    ]


def _crew_row(
    crew: Crew,
    unit: Unit,
    work: Sequence[tuple[str, str]],
    vehicle_id: UUID | None,
    stands_in_for: list[str],
) -> dict[str, Any]:
    active = next((number for state, number in work if state in ACTIVE_ASSIGNMENT), None)
    waiting = [number for state, number in work if state not in ACTIVE_ASSIGNMENT]
    away = crew.away_reason is not None
    return {
        "id": str(unit.id),
        "code": unit.code,
        "name_zh": unit.name_zh,
        "name_en": unit.name_en,
        "centre_id": text(unit.centre_id),
        "trade": crew.trade,
        "state": "away" if away else "busy" if work else "free",
        "active_order": active,
        "next_order": waiting[0] if waiting else None,
        "queue": len(waiting),
        "away_reason": crew.away_reason,
        "away_since": iso(crew.away_since),
        "away_until": iso(crew.away_until),
        "away_note": crew.away_note,
        "overdue_since": iso(crew.overdue_since),
        "stand_in_id": text(crew.stand_in_id),
        "stands_in_for": stands_in_for,
        "voltage_classes": crew.voltage_classes,
        "vehicle_id": text(vehicle_id),
    }


def vehicle_rows(
    session: Session, org_id: int, vehicle_ids: Iterable[UUID] | None = None
) -> list[dict[str, Any]]:
    """Vehicles in use with their last known position; unknown is null, never a guess.

    Where the position is, and until when it holds, changes with every fix and is not numbered; that
    nobody hears a vehicle any more is, and which of its devices counts.
    """
    query = (
        select(Vehicle, Unit.centre_id, VehiclePosition)
        .outerjoin(Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id))
        .outerjoin(
            VehiclePosition,
            (VehiclePosition.org_id == Vehicle.org_id) & (VehiclePosition.vehicle_id == Vehicle.id),
        )
        .where(Vehicle.org_id == org_id, Vehicle.active)
        .order_by(Vehicle.plate)
    )
    if vehicle_ids is not None:
        query = query.where(Vehicle.id.in_(list(vehicle_ids)))
    found = session.execute(query).all()
    positions = [position for _, _, position in found if position]
    kinds = _kinds(session, org_id, positions)
    told = _told(session, org_id, kinds)
    strayed = _strayed(session, org_id, positions)
    return [
        {
            "id": str(vehicle.id),
            "plate": vehicle.plate,
            "crew_id": text(vehicle.crew_id),
            "centre_id": text(centre_id),
            "lat": position.lat if position else None,
            "lon": position.lon if position else None,
            "speed_kmh": position.speed_kmh if position else None,
            "course_deg": position.course_deg if position else None,
            "fix_at": iso(position.fix_at) if position else None,
            "quiet_at": iso(position.quiet_at) if position else None,
            **_silence(position, kinds, told),
            "source": kind_of(phone=is_phone(position.motion)) if position else None,
            "apart": strayed[vehicle.id],
        }
        for vehicle, centre_id, position in found
    ]


def vehicles_of_crews(session: Session, org_id: int, crew_ids: Iterable[UUID]) -> list[UUID]:
    """All vehicles of these crews, those out of use too."""
    wanted = list(crew_ids)
    query = select(Vehicle.id).where(Vehicle.org_id == org_id, Vehicle.crew_id.in_(wanted))
    return list(session.scalars(query.order_by(Vehicle.id))) if wanted else []


def _kinds(
    session: Session, org_id: int, positions: Iterable[VehiclePosition]
) -> dict[UUID, dict[UUID, str]]:
    """Kind and id of the silent devices of each vehicle that has one."""
    silent = {
        position.vehicle_id: [device for device, one in known.items() if one.silent_since]
        for position in positions
        if position.silent_on_duty is not None and (known := read_rhythms(position.rhythm))
    }
    ids = [device for devices in silent.values() for device in devices]
    if not ids:
        return {}
    query = select(Device.id, Device.kind).where(Device.org_id == org_id, Device.id.in_(ids))
    kinds: dict[UUID, str] = dict(session.execute(query).all())
    return {
        vehicle: {device: kinds[device] for device in sorted(devices) if device in kinds}
        for vehicle, devices in silent.items()
    }


def _told(
    session: Session, org_id: int, kinds: Mapping[UUID, Mapping[UUID, str]]
) -> dict[UUID, SilenceNotice]:
    """The last attempt to tell the crew of each silent device."""
    ids = [device for devices in kinds.values() for device in devices]
    return silence.last_notices(session, org_id, ids) if ids else {}


def _silence(
    position: VehiclePosition | None,
    kinds: Mapping[UUID, Mapping[UUID, str]],
    told: Mapping[UUID, SilenceNotice],
) -> dict[str, Any]:
    """Whether it is on record that nobody hears the vehicle, or one of its devices."""
    if position is None:
        return {"silent_since": None, "silent_on_duty": None, "silent_devices": []}
    known = read_rhythms(position.rhythm)
    return {
        "silent_since": iso(position.silent_since),
        "silent_on_duty": position.silent_on_duty,
        "silent_devices": [
            _silent_device(device, kind, moment(known[device].silent_since), told.get(device))
            for device, kind in kinds.get(position.vehicle_id, {}).items()
        ],
    }


def _silent_device(
    device: UUID, kind: str, since: datetime, last: SilenceNotice | None
) -> dict[str, Any]:
    """`told`: how the last attempt to tell the crew of this silence stands."""
    told = last if last is not None and last.silent_since == since else None
    return {
        "id": str(device),
        "kind": kind,
        "since": iso(since),
        "told": told
        and {
            "channel": told.channel,
            "attempt": told.attempt,
            "state": told.state,
            "reason": told.reason,
            "at": iso(told.ended_at or told.asked_at),
        },
    }


def _strayed(
    session: Session, org_id: int, positions: Iterable[VehiclePosition]
) -> Mapping[UUID, list[dict[str, Any]]]:
    """Devices of each vehicle that are far from it, while they are still said to be in it."""
    far: dict[tuple[UUID, UUID], Heard] = {}
    for position in positions:
        if (sources := sources_of(position.motion)) is not None:
            for device, heard in apart(sources).items():
                far[position.vehicle_id, device] = heard
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if not far:
        return found
    query = select(Device.vehicle_id, Device.id).where(
        Device.org_id == org_id, Device.active, Device.id.in_([device for _, device in far])
    )
    for vehicle_id, id_ in session.execute(query.order_by(Device.id)):
        if vehicle_id is not None and (one := far.get((vehicle_id, id_))) is not None:
            kind, since = kind_of(phone=one.phone), iso(moment(one.apart_at))
            found[vehicle_id].append({"id": str(id_), "kind": kind, "since": since})
    return found
