"""The track of an order: whose vehicle, from when to when, gaps told, nobody else's."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from core.clock import now
from core.db import read_session, session_factory
from core.errors import NotFound
from core.models import Unit
from dispatch.crews.models import Vehicle
from dispatch.starter import ORG_ID
from gps import repository
from gps.models import FixRow
from tests.acts import Acts
from tests.office import Office


def positions(vehicle_id: UUID, seconds: list[float], *, flags: str = "ok") -> None:
    """Stored positions so many seconds from now, moving north."""
    with session_factory()() as session:
        cur = repository.cursor(session)
        for second in seconds:
            at = now() + timedelta(seconds=second)
            repository.make_day(cur, at.date())
            session.execute(
                insert(FixRow).values(
                    org_id=ORG_ID,
                    device_id=uuid4(),
                    fix_at=at,
                    vehicle_id=vehicle_id,
                    lat=39.9 + second / 1e5,
                    lon=116.4,
                    speed_kmh=30.0,
                    course_deg=0,
                    altitude_m=0,
                    alarm_bits=0,
                    status_bits=0,
                    received_at=at,
                    serial=0,
                    flags=flags,
                )
            )
        session.commit()


def vehicle_of(crew: str) -> UUID:
    with read_session() as session:
        query = select(Vehicle.id).join(Unit, Unit.id == Vehicle.crew_id).where(Unit.code == crew)
        return session.scalars(query).one()


def test_the_track_of_an_order_is_that_of_its_vehicle_while_it_was_sent(office: Office) -> None:
    row: dict[str, Any] = office.sent("east-1")
    vehicle = vehicle_of("east-1")
    positions(vehicle, [-600, 1, 2])
    positions(vehicle, [3], flags="jump")
    positions(vehicle_of("west-1"), [1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.routes.orders.now", lambda: now() + timedelta(seconds=60))
        (track,) = office.person("supervisor").get(f"/api/orders/{row['id']}/track")
        assert len(office.person("east.crew1").get(f"/api/orders/{row['id']}/track")) == 1
    assert track["vehicle_id"] == str(vehicle)
    assert track["positions"] == len(track["points"]) == 2
    assert all(UUID(point["device_id"]) for point in track["points"])
    assert 50 < track["longest_gap_s"] < 60
    west = office.person("west.desk").http
    assert west.get(f"/api/orders/{row['id']}/track").status_code == NotFound.status
    Acts(1).put_all_away()
