"""What the administration screen shows: the tree with who is on duty, people, shifts, vehicles."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.identity import Access
from core.models import Unit, User
from core.rights import Scope
from dashboards.values import iso, text
from dispatch.crews.models import Crew, Vehicle
from dispatch.roster import repository
from dispatch.roster.duty import all_on_duty
from dispatch.roster.models import Member, Shift
from dispatch.roster.rules import OnDuty, Person, Span
from gps.models import Device


def tree(session: Session, org_id: int, access: Access, at: datetime) -> list[dict[str, Any]]:
    """Units that `access` may see, each with who is on duty at `at`."""
    crews = {crew.id: crew for crew in session.scalars(select(Crew).where(Crew.org_id == org_id))}
    counted = select(Member.unit_id, func.count()).where(Member.org_id == org_id, Member.active)
    counts = {row[0]: row[1] for row in session.execute(counted.group_by(Member.unit_id))}
    duty = all_on_duty(session, org_id, at)
    return [
        _unit(unit, crews.get(unit.id), counts.get(unit.id, 0), duty[unit.id])
        for unit in repository.units(session, org_id, access)
    ]


def unit_row(session: Session, org_id: int, unit_id: UUID, at: datetime) -> dict[str, Any]:
    """One unit as the tree shows it."""
    everything = Access(Scope.ALL)
    return next(row for row in tree(session, org_id, everything, at) if row["id"] == str(unit_id))


def _unit(unit: Unit, crew: Crew | None, members: int, duty: OnDuty) -> dict[str, Any]:
    return {
        "id": str(unit.id),
        "parent_id": text(unit.parent_id),
        "centre_id": text(unit.centre_id),
        "kind": unit.kind,
        "code": unit.code,
        "name_zh": unit.name_zh,
        "name_en": unit.name_en,
        "site": unit.site,
        "phone": unit.phone,
        "active": unit.active,
        "version": unit.version,
        "trade": crew.trade if crew else None,
        "voltage_classes": crew.voltage_classes if crew else [],
        "away_reason": crew.away_reason if crew else None,
        "members": members,
        "duty": duty_row(duty),
    }


def duty_row(duty: OnDuty) -> dict[str, Any]:
    """Who answers for a unit."""
    return {
        "unit_id": str(duty.unit_id),
        "on_duty": duty.on_duty,
        "always": duty.always,
        "until": iso(duty.until),
        "kinds": list(duty.kinds),
        "phone": duty.phone,
        "members": [_person(one) for one in duty.members],
        "leaders": [_person(one) for one in duty.leaders],
    }


def _person(one: Person) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "unit_id": str(one.unit_id),
        "name": one.name,
        "phone": one.phone,
        "leader_rank": one.leader_rank,
    }


def on_duty_rows(
    session: Session, org_id: int, access: Access, at: datetime, unit_id: UUID | None
) -> list[dict[str, Any]]:
    """Who is on duty in each unit in use that `access` may see, or in one of them."""
    units = repository.units(session, org_id, access)
    if unit_id is not None:
        units = [repository.unit_of(session, org_id, unit_id, access)]
    duty = all_on_duty(session, org_id, at)
    return [duty_row(duty[unit.id]) for unit in units if unit.active or unit_id]


def member_rows(session: Session, org_id: int, access: Access) -> list[dict[str, Any]]:
    """Members of all units that `access` may see."""
    units = repository.units(session, org_id, access)
    known = select(User.id, User.login).where(User.org_id == org_id)
    logins = {row.id: row.login for row in session.execute(known)}
    found = repository.members(session, org_id, [unit.id for unit in units])
    return [member_row(one, logins.get(one.user_id) if one.user_id else None) for one in found]


def member_row(one: Member, login: str | None) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "unit_id": str(one.unit_id),
        "user_id": text(one.user_id),
        "login": login,
        "name": one.name,
        "staff_number": one.staff_number,
        "phone": one.phone,
        "trades": one.trades,
        "voltage_classes": one.voltage_classes,
        "leader_rank": one.leader_rank,
        "active": one.active,
        "version": one.version,
    }


def shift_rows(session: Session, org_id: int, access: Access, span: Span) -> list[dict[str, Any]]:
    """Shifts that touch `span` of all units that `access` may see."""
    units = repository.units(session, org_id, access)
    found = repository.shifts(session, org_id, [unit.id for unit in units], span)
    return [shift_row(one) for one in found]


def shift_row(one: Shift) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "unit_id": str(one.unit_id),
        "member_id": text(one.member_id),
        "kind": one.kind,
        "starts_at": iso(one.starts_at),
        "ends_at": iso(one.ends_at),
        "version": one.version,
    }


def user_rows(
    session: Session, org_id: int, ids: Iterable[UUID] | None = None
) -> list[dict[str, Any]]:
    """Logins, those in use first."""
    query = select(User).where(User.org_id == org_id)
    if ids is not None:
        query = query.where(User.id.in_(list(ids)))
    return [
        {
            "id": str(user.id),
            "login": user.login,
            "name": user.name,
            "role": user.role,
            "unit_id": str(user.unit_id),
            "active": user.active,
            "locked_until": iso(user.locked_until),
            "version": user.version,
        }
        for user in session.scalars(query.order_by(User.active.desc(), User.login))
    ]


def vehicle_rows(
    session: Session, org_id: int, access: Access, ids: Iterable[UUID] | None = None
) -> list[dict[str, Any]]:
    """Vehicles with their devices; a centre sees those of its crews."""
    query = (
        select(Vehicle)
        .outerjoin(Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id))
        .where(Vehicle.org_id == org_id)
        .order_by(Vehicle.active.desc(), Vehicle.plate)
    )
    if access.scope is not Scope.ALL:
        query = query.where(Unit.centre_id == access.unit_id)
    if ids is not None:
        query = query.where(Vehicle.id.in_(list(ids)))
    vehicles = session.scalars(query).all()
    devices = defaultdict(list)
    held = select(Device).where(
        Device.org_id == org_id, Device.vehicle_id.in_([one.id for one in vehicles])
    )
    for device in session.scalars(held.order_by(Device.identity)):
        devices[device.vehicle_id].append(device_row(device))
    return [
        {
            "id": str(one.id),
            "plate": one.plate,
            "crew_id": text(one.crew_id),
            "active": one.active,
            "version": one.version,
            "devices": devices[one.id],
        }
        for one in vehicles
    ]


def device_row(one: Device) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kind": one.kind,
        "protocol": one.protocol,
        "identity": one.identity,
        "vehicle_id": text(one.vehicle_id),
        "registered_at": iso(one.registered_at),
        "last_seen_at": iso(one.last_seen_at),
        "connected": one.gateway is not None,
        "active": one.active,
        "version": one.version,
    }
