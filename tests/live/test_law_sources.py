"""The law of live screens where a vehicle has two devices: which counts, which is not with it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from core.clock import now
from core.db import session_factory
from core.ids import new_id
from core.models import Event
from core.uow import unit_of_work
from dispatch.crews.models import Vehicle
from dispatch.roster import fleet
from dispatch.starter import ORG_ID
from gps import pipeline
from gps.fix import Fix
from gps.models import Device, FixRow, VehiclePosition
from tests.acts import Acts
from tests.live.test_law import Reader, acts, topics
from tests.office import query, unit_id

__all__ = ["acts"]
CREW, METRE = "east-1", 1 / 111_195


@pytest.fixture
def vehicle(acts: Acts) -> UUID:
    """A vehicle that was never seen."""
    pipeline._days.clear()
    mine = select(Vehicle.id).where(Vehicle.crew_id == unit_id(CREW))
    id_ = query(lambda session: session.scalars(mine).one())
    with session_factory()() as session:
        session.execute(delete(VehiclePosition).where(VehiclePosition.vehicle_id == id_))
        session.execute(delete(FixRow).where(FixRow.vehicle_id == id_))
        session.commit()
    return id_


def mounted(vehicle: UUID, kind: str) -> UUID:
    with session_factory()() as session:
        device = Device(
            org_id=ORG_ID,
            id=new_id(),
            kind=kind,
            protocol="app",
            identity=str(new_id()),
            vehicle_id=vehicle,
            registered_at=now(),
            version=1,
        )
        session.add(device)
        session.commit()
        return device.id


def seen(device: UUID, at: datetime, north_m: float) -> Fix:
    return Fix(device, at, at, 39.9 + north_m * METRE, 116.4, accuracy_m=10.0)


def said(vehicle: UUID) -> list[str]:
    wanted = select(Event.type).where(Event.stream_id == vehicle, Event.source == "gps")
    types = query(lambda session: list(session.scalars(wanted.order_by(Event.seq))))
    return [one for one in types if "source" in one or "device" in one]


def test_which_device_counts_and_which_is_not_with_its_vehicle_is_numbered(
    acts: Acts, vehicle: UUID
) -> None:
    readers = [Reader(topic) for topic in topics()]
    for reader in readers:
        reader.fetch()
    board = next(reader for reader in readers if reader.topic == "board:all")
    terminal, phone = mounted(vehicle, "terminal"), mounted(vehicle, "phone")
    begin = now() - timedelta(hours=1)

    def drive(seconds: range, *, terminal_m: float | None, phone_m: float | None) -> list[object]:
        """What the board says of the source and of strays after it."""
        for second in seconds:
            at = begin + timedelta(seconds=second)
            fixes = [] if terminal_m is None else [seen(terminal, at, terminal_m)]
            if phone_m is not None:
                fixes.append(seen(phone, at + timedelta(seconds=1), phone_m))
            pipeline.write(ORG_ID, fixes)
        for reader in readers:
            reader.check()
        row = board.rows[f"vehicle {vehicle}"]
        return [row["source"], [one["id"] for one in row["apart"]]]

    assert board.rows[f"vehicle {vehicle}"]["source"] is None
    assert drive(range(0, 120, 10), terminal_m=0, phone_m=5) == ["terminal", []]
    assert drive(range(120, 240, 10), terminal_m=None, phone_m=5) == ["phone", []]
    assert drive(range(240, 420, 10), terminal_m=0, phone_m=5) == ["terminal", []]
    assert drive(range(420, 900, 10), terminal_m=0, phone_m=3000) == ["terminal", [str(phone)]]
    assert drive(range(900, 1100, 10), terminal_m=0, phone_m=5) == ["terminal", []]
    assert drive(range(1100, 1500, 10), terminal_m=0, phone_m=3000) == ["terminal", [str(phone)]]
    assert said(vehicle) == [
        "vehicle.source_changed",
        "vehicle.source_changed",
        "vehicle.device_apart",
        "vehicle.device_together",
        "vehicle.device_apart",
    ]
    with unit_of_work(acts.by("admin")) as uow:
        fleet.set_device_active(uow, phone, active=False, version=1)
    for reader in readers:
        reader.check()
    assert board.rows[f"vehicle {vehicle}"]["apart"] == []
