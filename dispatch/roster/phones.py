"""Use case: a crew's phone says where it is; which device it is, and whose vehicle it is in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import Conflict, Problem
from core.identity import Access
from core.ids import new_id
from core.uow import ConcurrentChange, UnitOfWork
from dispatch.crews import repository as crews
from dispatch.crews.models import Crew
from dispatch.orders import repository as orders
from dispatch.orders.models import Assignment
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.roster.fleet import device_changed, touch_vehicle
from dispatch.roster.hours import Hours
from dispatch.roster.models import Member, Shift
from dispatch.roster.rules import Span
from gps.models import Device

PROTOCOL = "app"
"""Positions that the crew's page sends over HTTP."""
SEEN_EVERY = timedelta(seconds=30)
NEW_PHONES, NEW_WITHIN = 5, timedelta(days=1)


class PhoneOutOfUse(Conflict):
    """An administrator took the phone out of use."""

    code = "phone_out_of_use"
    zh = "管理员已停用这部手机的定位。"
    en = "An administrator has taken this phone out of use."


class PhoneOfOthers(Conflict):
    """Another organisation has a device of this identity."""

    code = "phone_of_others"
    zh = "这个手机标识属于另一单位，请重新登记。"
    en = "Another organisation has this identity; choose a new one."


class TooManyPhones(Problem):
    """One login brings ever new phones."""

    status = 429
    code = "too_many_phones"
    zh = "同一登录名一天内最多登记 {count} 部新手机。"
    en = "One login can bring at most {count} new phones a day."


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as it is about to send. `vehicle_id`: None where its crew has no vehicle."""

    device_id: UUID
    vehicle_id: UUID | None
    hours: Hours


class Between(NamedTuple):
    """Times of the oldest and the newest position that it sends."""

    first: datetime
    last: datetime


def sending(uow: UnitOfWork, crew_id: UUID, identity: UUID, span: Between, access: Access) -> Phone:
    """The phone of that installation, made known at its first word, in its crew's vehicle of now.

    Raises NotFound (not this login's crew), PhoneOutOfUse, PhoneOfOthers or TooManyPhones.
    """
    unit = crews.crew_of(uow.session, uow.org_id, crew_id, access)
    device = _find(uow, str(identity))
    vehicle = orders.vehicle_of(uow.session, uow.org_id, unit.id)
    vehicle_id = vehicle.id if vehicle else None

    if device is None:
        device = _new(uow, str(identity), vehicle_id)
    elif not device.active:
        raise PhoneOutOfUse
    elif device.vehicle_id != vehicle_id:
        touch_vehicle(uow, device.vehicle_id)
        device.vehicle_id = vehicle_id
        device.version += 1
        device_changed(uow, device, "vehicle_id", source="crew")

    if device.user_id != uow.actor.user_id:
        device.user_id = uow.actor.user_id
    if device.last_seen_at is None or uow.now - device.last_seen_at >= SEEN_EVERY:
        device.last_seen_at = uow.now
    return Phone(device.id, vehicle_id, hours(uow.session, uow.org_id, unit.id, span))


def hours(session: Session, org_id: int, crew_id: UUID, span: Between) -> Hours:
    """What is to be known of a crew's duty to judge moments of `span`."""
    first, last = session.execute(
        select(func.min(Shift.starts_at), func.max(Shift.ends_at)).where(
            Shift.org_id == org_id, Shift.unit_id == crew_id
        )
    ).one()
    here = select(Member.id).where(
        Member.org_id == org_id, Member.unit_id == crew_id, Member.active
    )
    shifts = session.execute(
        select(Shift.starts_at, Shift.ends_at).where(
            Shift.org_id == org_id,
            Shift.unit_id == crew_id,
            Shift.starts_at <= span.last,
            Shift.ends_at > span.first,
            or_(Shift.member_id.is_(None), Shift.member_id.in_(here)),
        )
    )
    working = select(func.min(Assignment.sent_at)).where(
        Assignment.org_id == org_id,
        Assignment.crew_id == crew_id,
        Assignment.state.in_(OPEN_ASSIGNMENT),
    )
    crew = session.get(Crew, (org_id, crew_id))
    return Hours(
        roster=Span(first, last) if first else None,
        shifts=[Span(begin, end) for begin, end in shifts],
        working_since=session.execute(working).scalar(),
        away_since=crew.away_since if crew else None,
    )


def _find(uow: UnitOfWork, identity: str) -> Device | None:
    """An identity is unique over all organisations, as every device's is."""
    query = select(Device).where(Device.protocol == PROTOCOL, Device.identity == identity)
    device = uow.session.scalars(query.with_for_update()).one_or_none()
    if device is not None and device.org_id != uow.org_id:
        raise PhoneOfOthers
    return device


def _new(uow: UnitOfWork, identity: str, vehicle_id: UUID | None) -> Device:
    mine = select(func.count()).where(
        Device.org_id == uow.org_id,
        Device.protocol == PROTOCOL,
        Device.user_id == uow.actor.user_id,
        Device.registered_at > uow.now - NEW_WITHIN,
    )
    if uow.session.execute(mine).scalar_one() >= NEW_PHONES:
        raise TooManyPhones(count=NEW_PHONES)
    device = Device(
        org_id=uow.org_id,
        id=new_id(),
        kind="phone",
        protocol=PROTOCOL,
        identity=identity,
        vehicle_id=vehicle_id,
        user_id=uow.actor.user_id,
        registered_at=uow.now,
        version=1,
    )
    uow.session.add(device)
    try:
        device_changed(uow, device, "created", source="crew")
    except IntegrityError as error:  # its other tab was first; the next try finds it
        raise ConcurrentChange from error
    return device
