"""Promises are looked at again: on each event of their order, and while time and vehicles go on.

The engine calls `sweep`. Any number may run: each takes cases that no other holds. Positions are
not followed fix by fix: an order on the road is looked at every 15 seconds of business time, and
said anew only when the forecast has moved enough.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.db import read_session
from core.identity import system_actor
from core.logging import logger
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from dispatch.orders import repository as orders
from dispatch.orders.models import Order
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.orders.work import Work
from dispatch.planning.travel import Spot, estimate, factors
from gps.models import VehiclePosition
from sla import forecasts
from sla import repository as sla
from sla.forecasts import Journey
from sla.models import SlaCase, SlaForecast
from sla.prediction import Eta
from sla.service import policy_of

SOURCE = "planning"
TRY_AGAIN = timedelta(minutes=5)
log = logger(__name__)


def sweep(now: datetime, limit: int = 20) -> int:
    """Look at promises whose time has come, `limit` per organisation; returns how many.

    Where one cannot be looked at, the others are, one by one; that one is tried again later.
    """
    with read_session() as session:
        organisations = sla.organisations_to_forecast(session, now)
    looked = 0
    for org_id in organisations:
        try:
            looked += _batch(org_id, now, limit)
        except Exception:
            log.exception("forecasts_failed", org_id=org_id)
            looked += _one_by_one(org_id, now, limit)
    return looked


def _batch(org_id: int, now: datetime, limit: int, only: UUID | None = None) -> int:
    with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
        due = sla.claim_forecasts(uow.session, org_id, now, limit, only)
        for case, row in due:
            _look(uow, case, row, now)
        return len(due)


def _one_by_one(org_id: int, now: datetime, limit: int) -> int:
    looked = 0
    with read_session() as session:
        due = sla.forecasts_due(session, org_id, now, limit)
    for case_id in due:
        try:
            looked += _batch(org_id, now, 1, case_id)
        except Exception:
            log.exception("forecast_failed", order_id=str(case_id))
            with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
                sla.postpone_forecast(uow.session, org_id, case_id, now + TRY_AGAIN)
    return looked


def next_due(session: Session) -> datetime | None:
    """When the sweep has work next; None where no promise runs."""
    return sla.next_forecast(session)


def _look(uow: UnitOfWork, case: SlaCase, row: SlaForecast, now: datetime) -> None:
    order = uow.session.get(Order, (uow.org_id, case.id))
    if order is None:
        forecasts.stop(uow, row, now)
        return
    work = Work(uow, order)
    journey = _journey(work, now)
    forecasts.renew(uow, case, row, policy_of(case), work.attempts()[-1], journey, now)


def _journey(work: Work, now: datetime) -> Journey:
    """Who is to drive, and how long the way is from where the vehicle is."""
    one = work.assignment
    if one is None or one.state not in OPEN_ASSIGNMENT or one.crew_id is None:
        return Journey()
    drives = one.departed_at is not None and one.arrived_at is None
    return Journey(_eta(work, now), has_vehicle=True, drives=drives)


def _eta(work: Work, now: datetime) -> Eta | None:
    session, org_id, one = work.uow.session, work.uow.org_id, work.assignment
    if one is None or one.crew_id is None:
        return None
    vehicle_id = one.vehicle_id
    if vehicle_id is None:
        vehicle = orders.vehicle_of(session, org_id, one.crew_id)
        vehicle_id = vehicle.id if vehicle else None
    fix = session.get(VehiclePosition, (org_id, vehicle_id)) if vehicle_id else None
    place = orders.location(session, org_id, work.row.location_id)
    if fix is None or place is None or place.lat is None or place.lon is None:
        return None
    return estimate(
        factors(),
        Spot(fix.lat, fix.lon),
        fix.fix_at,
        Spot(place.lat, place.lon, place.uncertainty_m or 0.0),
        work.order.area_class,
        now,
        ZoneInfo(settings().timezone),
    )
