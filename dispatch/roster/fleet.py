"""Use cases: vehicles and the terminals and phones in them."""

import re
from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import events as ev
from core.errors import InvalidField, NotFound
from core.ids import new_id
from core.models import Unit
from core.uow import UnitOfWork
from dispatch.crews.models import Vehicle
from dispatch.fences.service import vehicles_moved
from dispatch.orders.models import Assignment
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.roster import repository
from dispatch.roster.changes import SOURCE, StillInUse, apply, demand_version
from gps import strangers
from gps.models import Device
from gps.quirks import zone_of
from gps.terminals import PROTOCOL as JT808

DIGITS = re.compile(r"[0-9]{1,20}")


def save_vehicle(
    uow: UnitOfWork, vehicle_id: UUID | None, plate: str, crew_id: UUID | None, version: int = 0
) -> UUID:
    """A new vehicle (no id), or another plate or crew. It keeps its crew while it is under way."""
    repository.lock_organisation(uow.session, uow.org_id)
    _demand_free_plate(uow.session, uow.org_id, vehicle_id, plate)
    _demand_crew(uow.session, uow.org_id, crew_id)
    if vehicle_id is None:
        vehicle = Vehicle(org_id=uow.org_id, id=new_id(), plate=plate, crew_id=crew_id, version=1)
        uow.session.add(vehicle)
        _vehicle_changed(uow, vehicle, "created", {crew_id})
        return vehicle.id
    vehicle = vehicle_of(uow.session, uow.org_id, vehicle_id)
    demand_version(uow.session, vehicle, version)
    old_crew = vehicle.crew_id
    if crew_id != old_crew:
        _demand_idle(uow.session, vehicle)
    if what := apply(vehicle, {"plate": plate, "crew_id": crew_id}):
        _vehicle_changed(uow, vehicle, what, {old_crew, crew_id})
    return vehicle.id


def save_device(
    uow: UnitOfWork,
    device_id: UUID | None,
    *,
    kind: str,
    protocol: str,
    identity: str,
    vehicle_id: UUID | None,
    version: int = 0,
    more: Mapping[str, object] = MappingProxyType({}),
) -> UUID:
    """A new device (no id), or another identity or vehicle. Digits of JT/T 808 lose their leading
    zeros.

    `more`: `time_zone`, `datum`, `model` and `note` where they are to change.
    """
    repository.lock_organisation(uow.session, uow.org_id)
    if protocol == JT808:
        identity = _digits(identity)
    _demand_free_identity(uow.session, device_id, protocol, identity)
    known = uow.session.get(Device, (uow.org_id, device_id)) if device_id else None
    if vehicle_id is not None and (known is None or known.vehicle_id != vehicle_id):
        _demand_vehicle(uow.session, uow.org_id, vehicle_id)
    _demand_zone(more.get("time_zone"))
    values: dict[str, Any] = {"kind": kind, "protocol": protocol, "identity": identity}
    values |= {"vehicle_id": vehicle_id, **more}
    if device_id is None:
        device = Device(org_id=uow.org_id, id=new_id(), version=1, **values)
        uow.session.add(device)
        what = "created"
        strangers.become(uow.session, device)
    else:
        device = device_of(uow.session, uow.org_id, device_id)
        demand_version(uow.session, device, version)
        touch_vehicle(uow, device.vehicle_id)
        what = apply(device, values)
        changed = set(what.split())
        if {"identity", "protocol"} & changed:  # whoever has the new identity registers for itself
            device.auth_code, device.told = None, {}
            strangers.become(uow.session, device)
        if "vehicle_id" in changed:  # it will tell another plate
            device.told = {name: told for name, told in device.told.items() if name != "plate"}
        if "time_zone" in changed:
            device.clock_off_min = None
    if what:
        device_changed(uow, device, what)
    return device.id


def set_vehicle_active(
    uow: UnitOfWork, vehicle_id: UUID, *, active: bool, version: int, reason: str | None = None
) -> UUID:
    """Out of use, unless it is under way for an open order, or back.

    It comes back to its crew, or to none where that is out of use by now.
    """
    repository.lock_organisation(uow.session, uow.org_id)
    vehicle = vehicle_of(uow.session, uow.org_id, vehicle_id)
    demand_version(uow.session, vehicle, version)
    if not active:
        _demand_idle(uow.session, vehicle)
    values: dict[str, object] = {"active": active}
    crew = uow.session.get(Unit, (uow.org_id, vehicle.crew_id)) if vehicle.crew_id else None
    if active and (crew is None or not crew.active):
        values["crew_id"] = None
    if what := apply(vehicle, values):
        _vehicle_changed(uow, vehicle, what, {vehicle.crew_id}, reason)
    return vehicle.id


def set_device_active(
    uow: UnitOfWork, device_id: UUID, *, active: bool, version: int, reason: str | None = None
) -> UUID:
    """Out of use: the gateway knows it no more and ends its connection. Or back."""
    repository.lock_organisation(uow.session, uow.org_id)
    device = device_of(uow.session, uow.org_id, device_id)
    demand_version(uow.session, device, version)
    if not active:
        device.gateway = None
    if what := apply(device, {"active": active}):
        device_changed(uow, device, what, reason)
    return device.id


def vehicle_of(session: Session, org_id: int, vehicle_id: UUID) -> Vehicle:
    found = session.get(Vehicle, (org_id, vehicle_id))
    if found is None:
        raise NotFound(what="vehicle", id=vehicle_id)
    return found


def device_of(session: Session, org_id: int, device_id: UUID) -> Device:
    found = session.get(Device, (org_id, device_id))
    if found is None:
        raise NotFound(what="device", id=device_id)
    return found


def _demand_free_plate(session: Session, org_id: int, vehicle_id: UUID | None, plate: str) -> None:
    query = select(Vehicle.id).where(Vehicle.org_id == org_id, Vehicle.plate == plate)
    if any(id_ != vehicle_id for id_ in session.scalars(query)):
        raise InvalidField("body.plate", "another vehicle has this plate", "已有此车牌")


def _digits(identity: str) -> str:
    if not DIGITS.fullmatch(identity):
        raise InvalidField(
            "body.identity", "it must be up to 20 digits", "JT/T 808 设备号应为不超过 20 位数字"
        )
    return identity.lstrip("0") or "0"


def _demand_free_identity(
    session: Session, device_id: UUID | None, protocol: str, identity: str
) -> None:
    """An identity is unique over all organisations: the gateway knows nothing else of a device."""
    query = select(Device.id).where(Device.protocol == protocol, Device.identity == identity)
    if any(id_ != device_id for id_ in session.scalars(query)):
        raise InvalidField("body.identity", "another device has this identity", "已有此设备号")


def _demand_zone(name: object) -> None:
    try:
        zone_of(str(name) if name else None, UTC)
    except ValueError:
        raise InvalidField(
            "body.time_zone",
            "there is no such time zone; write one like Asia/Shanghai or +05:30",
            "没有此时区，应写作 Asia/Shanghai 或 +05:30 之类",
        ) from None


def _demand_vehicle(session: Session, org_id: int, vehicle_id: UUID) -> None:
    found = session.get(Vehicle, (org_id, vehicle_id))
    if found is None or not found.active:
        raise InvalidField("body.vehicle_id", "there is no such vehicle in use", "没有此在用车辆")


def _demand_crew(session: Session, org_id: int, crew_id: UUID | None) -> None:
    unit = session.get(Unit, (org_id, crew_id)) if crew_id else None
    if crew_id is not None and (unit is None or unit.kind != "crew" or not unit.active):
        raise InvalidField("body.crew_id", "there is no such crew in use", "没有此在用班组")


def _demand_idle(session: Session, vehicle: Vehicle) -> None:
    query = select(Assignment.id).where(
        Assignment.org_id == vehicle.org_id,
        Assignment.vehicle_id == vehicle.id,
        Assignment.state.in_(OPEN_ASSIGNMENT),
    )
    if session.execute(query.limit(1)).first() is not None:
        raise StillInUse(
            name_zh=vehicle.plate,
            name_en=vehicle.plate,
            what_zh="车辆正用于未结派单",
            what_en="it is under way for an open order",
        )


def device_changed(
    uow: UnitOfWork,
    device: Device,
    what: str,
    reason: str | None = None,
    *,
    source: str = SOURCE,
) -> None:
    """Record it; `what` names the changed fields."""
    uow.session.flush()
    fact = ev.OrganisationDeviceChanged(
        version=device.version,
        what=what,
        kind=device.kind,
        protocol=device.protocol,
        vehicle_id=device.vehicle_id,
        active=device.active,
        reason=reason,
    )
    uow.emit(device.id, fact, source=source)
    touch_vehicle(uow, device.vehicle_id)


def touch_vehicle(uow: UnitOfWork, vehicle_id: UUID | None) -> None:
    """The boards say which devices of a vehicle are not with it."""
    if vehicle_id is not None:
        uow.touch("vehicle", vehicle_id)


def _vehicle_changed(
    uow: UnitOfWork,
    vehicle: Vehicle,
    what: str,
    crews: set[UUID | None],
    reason: str | None = None,
) -> None:
    uow.session.flush()
    fact = ev.OrganisationVehicleChanged(
        version=vehicle.version,
        what=what,
        crew_id=vehicle.crew_id,
        active=vehicle.active,
        reason=reason,
    )
    uow.emit(vehicle.id, fact, source=SOURCE)
    uow.touch("vehicle_moved", vehicle.id)
    if {"created", "crew_id", "active"} & set(what.split()):
        vehicles_moved(uow)
    for crew_id in crews - {None}:
        assert crew_id is not None
        uow.touch("crew", crew_id)
