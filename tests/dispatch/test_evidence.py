"""Which times of vehicles outlive the thinning and dropping of positions."""

from datetime import timedelta

from sqlalchemy import text

from core.clock import now
from core.db import session_factory
from dispatch.evidence import AFTER, BEFORE, spans
from gps.retention import Span
from tests.dispatch.test_track import vehicle_of
from tests.office import Office


def of_vehicle(crew: str, *, closed: bool) -> list[Span]:
    vehicle = vehicle_of(crew)
    day = now() - timedelta(days=1), now() + timedelta(days=1)
    return [one for one in spans(*day, closed) if one.vehicle_id == vehicle]


def test_an_order_that_is_not_closed_keeps_its_way(own_office: Office) -> None:
    office, begin = own_office, now()
    assert of_vehicle("east-1", closed=False) == []
    office.sent("east-1")
    office.turn()
    for closed in (False, True):
        found = of_vehicle("east-1", closed=closed)
        assert all(one.since <= begin - BEFORE + AFTER for one in found)
        assert max(one.until for one in found) >= begin + timedelta(hours=12)
    with session_factory()() as session:
        arrived = text("UPDATE assignment SET ended_at = :at, arrived_at = :at")
        session.execute(arrived, {"at": begin})
        session.execute(text("UPDATE orders SET state = 'closed'"))
        session.execute(text("UPDATE gps_watch SET closed_at = now()"))
        session.commit()
    assert of_vehicle("east-1", closed=False) == []
    (way,) = of_vehicle("east-1", closed=True)
    assert way.until == begin + AFTER
    far = now() + timedelta(days=30)
    assert spans(far, far + timedelta(days=1), True) == []
    assert of_vehicle("west-1", closed=True) == []
