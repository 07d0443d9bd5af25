"""All queries of silence: vehicles to be looked at, their devices, crews and notices."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from core.models import Event, Unit
from dispatch.crews.models import Crew, Vehicle
from dispatch.desks.models import DeskLease
from dispatch.orders.models import Assignment
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.silence.models import SilenceNotice
from dispatch.silence.rules import SETTLED, Asked
from gps.models import Device, VehiclePosition
from gps.quiet import TOGETHER, TOGETHER_WAIT, Mounted


def organisations(session: Session, now: datetime) -> list[int]:
    """Those with a vehicle to be looked at."""
    query = select(VehiclePosition.org_id).where(VehiclePosition.due_at <= now).distinct()
    return list(session.scalars(query))


def claim(
    session: Session, org_id: int, now: datetime, limit: int, only: UUID | None = None
) -> list[VehiclePosition]:
    """Vehicles to be looked at that nobody else looks at, and no gateway writes; locked. `only`:
    this one.
    """
    query = (
        select(VehiclePosition)
        .where(VehiclePosition.org_id == org_id, VehiclePosition.due_at <= now)
        .order_by(VehiclePosition.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if only is not None:
        query = query.where(VehiclePosition.vehicle_id == only)
    return list(session.scalars(query))


def due(session: Session, org_id: int, now: datetime, limit: int) -> list[UUID]:
    """Vehicles to be looked at, the longest awaited first."""
    query = select(VehiclePosition.vehicle_id).where(
        VehiclePosition.org_id == org_id, VehiclePosition.due_at <= now
    )
    return list(session.scalars(query.order_by(VehiclePosition.due_at).limit(limit)))


def postpone(
    session: Session, org_id: int, vehicle_id: UUID, now: datetime, until: datetime
) -> None:
    """A vehicle that is to be looked at now is looked at later."""
    mine = (
        VehiclePosition.org_id == org_id,
        VehiclePosition.vehicle_id == vehicle_id,
        VehiclePosition.due_at <= now,
    )
    session.execute(update(VehiclePosition).where(*mine).values(due_at=until))


def fell_together(session: Session, org_id: int, now: datetime) -> bool:
    """Whether most of those that were heard a few minutes ago are not any more."""
    lately = now - 2 * TOGETHER_WAIT - timedelta(minutes=1)
    fell, heard = session.execute(
        select(
            func.count().filter(VehiclePosition.quiet_at <= now),
            func.count().filter(VehiclePosition.quiet_at > now),
        ).where(VehiclePosition.org_id == org_id, VehiclePosition.quiet_at > lately)
    ).one()
    return bool(fell >= TOGETHER and fell >= heard)


def mounted(
    session: Session, org_id: int, vehicle_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, Mounted]]:
    """Devices in use by the vehicle in use that they are in."""
    query = (
        select(Device)
        .join(Vehicle, (Vehicle.org_id == Device.org_id) & (Vehicle.id == Device.vehicle_id))
        .where(
            Device.org_id == org_id,
            Device.vehicle_id.in_(vehicle_ids),
            Device.active,
            Vehicle.active,
        )
    )
    found: dict[UUID, dict[UUID, Mounted]] = defaultdict(dict)
    for one in session.scalars(query):
        if one.vehicle_id is not None:
            found[one.vehicle_id][one.id] = Mounted(one.kind, one.gateway is not None)
    return found


def crews(session: Session, org_id: int, vehicle_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Crew of each of these vehicles that has one."""
    query = select(Vehicle.id, Vehicle.crew_id).where(
        Vehicle.org_id == org_id, Vehicle.id.in_(list(vehicle_ids)), Vehicle.crew_id.is_not(None)
    )
    rows: Sequence[tuple[UUID, UUID]] = session.execute(query).all()  # type: ignore[assignment]
    return dict(rows)


def away(session: Session, org_id: int, crew_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these crews that are away."""
    query = select(Crew.id).where(
        Crew.org_id == org_id, Crew.id.in_(list(crew_ids)), Crew.away_reason.is_not(None)
    )
    return set(session.scalars(query))


def back_at(session: Session, org_id: int, now: datetime) -> dict[UUID, datetime]:
    """When crews came back, of those that did so lately."""
    query = (
        select(Event.stream_id, func.max(Event.occurred_at))
        .where(
            Event.org_id == org_id,
            Event.type == "crew.came_back",
            Event.occurred_at > now - SETTLED,
        )
        .group_by(Event.stream_id)
    )
    rows: Sequence[tuple[UUID, datetime]] = session.execute(query).all()
    return dict(rows)


def working_since(session: Session, org_id: int, crew_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When the oldest order that each crew holds was sent to it."""
    query = (
        select(Assignment.crew_id, func.min(Assignment.sent_at))
        .where(
            Assignment.org_id == org_id,
            Assignment.crew_id.in_(list(crew_ids)),
            Assignment.state.in_(OPEN_ASSIGNMENT),
        )
        .group_by(Assignment.crew_id)
    )
    rows: Sequence[tuple[UUID, datetime]] = session.execute(query).all()  # type: ignore[assignment]
    return dict(rows)


def connected(session: Session, org_id: int, crew_ids: Iterable[UUID], real: datetime) -> set[UUID]:
    """Crews with a page that is connected at this real moment."""
    query = select(DeskLease.unit_id).where(
        DeskLease.org_id == org_id,
        DeskLease.unit_id.in_(list(crew_ids)),
        DeskLease.until > real,
        DeskLease.gone_at.is_(None),
    )
    return set(session.scalars(query))


def asked(session: Session, org_id: int, device_ids: Iterable[UUID]) -> list[Asked]:
    """Every attempt that was made to tell of these devices."""
    query = select(
        SilenceNotice.device_id,
        SilenceNotice.silent_since,
        SilenceNotice.attempt,
        SilenceNotice.asked_at,
    ).where(SilenceNotice.org_id == org_id, SilenceNotice.device_id.in_(list(device_ids)))
    return [Asked(*row) for row in session.execute(query)]


def owner(session: Session, org_id: int, device_id: UUID) -> UUID | None:
    """Whose login a phone last sent under."""
    query = select(Device.user_id).where(Device.org_id == org_id, Device.id == device_id)
    return session.scalars(query).one_or_none()


def unit_phone(session: Session, org_id: int, unit_id: UUID) -> str | None:
    """Of the crew itself, E.164."""
    query = select(Unit.phone).where(Unit.org_id == org_id, Unit.id == unit_id)
    return session.scalars(query).one_or_none()


def last_notices(
    session: Session, org_id: int, device_ids: Iterable[UUID]
) -> dict[UUID, SilenceNotice]:
    """The newest attempt to tell of each of these devices."""
    query = (
        select(SilenceNotice)
        .where(SilenceNotice.org_id == org_id, SilenceNotice.device_id.in_(list(device_ids)))
        .ext(distinct_on(SilenceNotice.device_id))
        .order_by(SilenceNotice.device_id, SilenceNotice.asked_at.desc())
    )
    return {row.device_id: row for row in session.scalars(query)}
