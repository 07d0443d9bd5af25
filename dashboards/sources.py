"""Which device of a vehicle said where it was, at any time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.events import VehicleSourceChanged
from core.models import Event
from gps.models import Device, VehiclePosition


class Change(NamedTuple):
    """The source of a vehicle until `at`."""

    at: datetime
    before: UUID


@dataclass(frozen=True, slots=True)
class Counting:
    """The sources of vehicles from some moment on, and kinds of those devices."""

    changes: dict[UUID, list[Change]]
    current: dict[UUID, UUID]
    kinds: dict[UUID, str]

    def at(self, vehicle_id: UUID | None, moment: datetime) -> UUID | None:
        """The device that counted; None where nothing is known of the vehicle."""
        if vehicle_id is None:
            return None
        changes = self.changes.get(vehicle_id, [])
        later = bisect_right(changes, moment, key=lambda one: one.at)
        return changes[later].before if later < len(changes) else self.current.get(vehicle_id)


def counting(
    session: Session, org_id: int, vehicle_ids: Collection[UUID], since: datetime
) -> Counting:
    """Sources of these vehicles at any time from `since` on."""
    told = (
        select(Event.stream_id, Event.occurred_at, Event.payload)
        .where(
            Event.org_id == org_id,
            Event.stream == "vehicle",
            Event.stream_id.in_(vehicle_ids),
            Event.type == VehicleSourceChanged.TYPE,
            Event.occurred_at > since,
        )
        .order_by(Event.occurred_at)
    )
    changes: dict[UUID, list[Change]] = defaultdict(list)
    for vehicle_id, at, payload in session.execute(told):
        changes[vehicle_id].append(Change(at, UUID(payload["before"])))
    latest = select(VehiclePosition.vehicle_id, VehiclePosition.device_id).where(
        VehiclePosition.org_id == org_id, VehiclePosition.vehicle_id.in_(vehicle_ids)
    )
    current: dict[UUID, UUID] = dict(session.execute(latest).all())
    devices = {one.before for some in changes.values() for one in some} | set(current.values())
    return Counting(changes, current, kinds_of(session, org_id, devices))


def kinds_of(session: Session, org_id: int, device_ids: Collection[UUID]) -> dict[UUID, str]:
    """Kind of each of these devices: terminal or phone."""
    query = select(Device.id, Device.kind).where(Device.org_id == org_id, Device.id.in_(device_ids))
    kinds: dict[UUID, str] = dict(session.execute(query).all())
    return kinds
