"""An organisation with terminals in vehicles, in the database of the test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from core.clock import now
from core.db import session_factory
from core.eventlog import decode
from core.events import Payload
from core.identity import system_actor
from core.ids import new_id
from core.models import Event, Organisation
from core.uow import UnitOfWork, unit_of_work
from gps import pipeline, service, strangers
from gps.models import Device


@dataclass
class Fleet:
    """Devices and vehicles of organisation 1, by the digits of the terminal."""

    org_id: int
    devices: dict[str, UUID]
    vehicles: dict[str, UUID]

    def work(self) -> UnitOfWork:
        return unit_of_work(system_actor(self.org_id, "test"))

    def know(self, protocol: str, identity: str, **more: Any) -> None:
        """A device of another protocol, in a vehicle; a stranger that knocked is adopted."""
        with self.work() as uow:
            device = Device(
                org_id=1,
                id=new_id(),
                protocol=protocol,
                identity=identity,
                **{"kind": "terminal", "vehicle_id": new_id(), **more},
            )
            uow.session.add(device)
            strangers.become(uow.session, device)
            self.devices[identity], self.vehicles[identity] = device.id, device.vehicle_id

    def enrol(self, identity: str, *, vehicle: bool = True) -> None:
        with self.work() as uow:
            vehicle_id = new_id() if vehicle else None
            self.devices[identity] = service.enrol(uow, identity=identity, vehicle_id=vehicle_id)
            if vehicle_id:
                self.vehicles[identity] = vehicle_id

    def adopt(self, identity: str) -> None:
        """A stranger becomes a terminal of this organisation."""
        self.know("jt808", identity)

    def facts(self, identity: str) -> list[tuple[Payload, Event]]:
        """What was recorded about the vehicle, in order."""
        with session_factory()() as session:
            rows = (
                session.query(Event)
                .filter(Event.stream_id == self.vehicles[identity])
                .order_by(Event.seq)
            )
            return [(decode(row.type, row.payload), row) for row in rows]

    def query(self, sql: str, *values: object) -> list[tuple]:
        with session_factory()() as session:
            cursor = session.connection().connection.cursor()
            return cursor.execute(sql, values).fetchall()

    def execute(self, sql: str) -> None:
        with session_factory()() as session:
            session.connection().connection.cursor().execute(sql)
            session.commit()


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    """Two terminals in vehicles and one on a bench."""
    pipeline._days.clear()
    with unit_of_work(system_actor(1, "test")) as uow:
        uow.session.add(
            Organisation(id=1, code="T", name_zh="测试", name_en="Test", created_at=now())
        )
    fleet = Fleet(1, {}, {})
    fleet.enrol("13800000001")
    fleet.enrol("13800000002")
    fleet.enrol("13800000003", vehicle=False)
    yield fleet
    pipeline._days.clear()
