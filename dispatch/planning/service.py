"""Promises are looked at again: on each event of their order, and while time and vehicles go on.

The engine calls `sweep`. Any number may run: each takes promises that no other looks at. A case is
held only where an alert begins or ends, so that no deadline waits for a look that says nothing.
Positions are not followed fix by fix: an order on the road is looked at every 15 seconds, and said
anew only when the forecast has moved enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.settings import settings
from core.uow import UnitOfWork
from dispatch.orders import loading
from dispatch.orders import repository as orders
from dispatch.orders.loading import Known
from dispatch.orders.models import Location
from dispatch.orders.rules import OPEN_ASSIGNMENT, AssignmentState
from dispatch.planning.travel import Spot, estimate, factors
from dispatch.turns import Turns
from gps.models import VehiclePosition
from gps.rhythm import MOVING_KMH
from gps.service import positions
from sla import forecasts
from sla import repository as sla
from sla.forecasts import Journey
from sla.models import SlaForecast
from sla.prediction import Eta
from sla.service import policy_of

SOURCE = "planning"
AT_ONCE = 80
SAID_AT_ONCE = 10
"""Promises that are looked at once more in the same transaction while so few had news: a dispatcher
waits until the screens are told of it.
"""


def sweep(now: datetime, limit: int = AT_ONCE) -> int:
    """Look at promises whose time has come; returns at how many."""
    return _TURNS.sweep(now, limit)


def _serve(uow: UnitOfWork, limit: int, only: UUID | None = None) -> int:
    due = sla.claim_forecasts(uow.session, uow.org_id, uow.now, limit, only)
    looked = said = 0
    while said < SAID_AT_ONCE and looked < len(due):
        some = due[looked : looked + max(SAID_AT_ONCE, looked)]
        said += _look(uow, some)
        looked += len(some)
    return looked


def _look(uow: UnitOfWork, due: Sequence[SlaForecast]) -> int:
    """Look at these promises; how many had something new to say."""
    found = loading.known(uow.session, uow.org_id, [row.id for row in due])
    known = {one.row.id: one for one in found}
    ways = _ways(uow.session, uow.org_id, found)

    said = 0
    for row in due:
        one = known[row.id]
        assert one.case is not None
        journey, policy = _journey(one, ways, uow.now), policy_of(one.case)
        said += forecasts.renew(uow, row, policy, one.timelines[-1], journey, uow.now)
    return said


_TURNS = Turns(
    name=SOURCE,
    organisations=sla.organisations_to_forecast,
    serve=_serve,
    cases=sla.forecasts_due,
    postpone=sla.postpone_forecast,
    try_again=timedelta(minutes=5),
    at_once=AT_ONCE,
)


def next_due(session: Session) -> datetime | None:
    """When the sweep has work next; None where no promise runs."""
    return sla.next_forecast(session)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Where vehicles are, by vehicle, and faults, by location. `vehicles`: what a crew has."""

    fixes: Mapping[UUID, VehiclePosition]
    places: Mapping[UUID, Location]
    vehicles: Mapping[UUID, UUID]


def _driver(one: Known) -> AssignmentState | None:
    """The assignment whose crew is to drive, or drives, or is there."""
    last = one.assignment
    if last is None or last.state not in OPEN_ASSIGNMENT or last.crew_id is None:
        return None
    return last


def _ways(session: Session, org_id: int, found: Sequence[Known]) -> _Ways:
    driven = [(one, last) for one in found if (last := _driver(one))]
    crews = {last.crew_id for _, last in driven if last.crew_id and last.vehicle_id is None}
    vehicles = orders.vehicles_of(session, org_id, crews)
    named = {last.vehicle_id for _, last in driven if last.vehicle_id}
    return _Ways(
        fixes=positions(session, org_id, named.union(vehicles.values())),
        places=orders.locations(
            session, org_id, {one.row.location_id for one, _ in driven if one.row.location_id}
        ),
        vehicles=vehicles,
    )


def _journey(one: Known, ways: _Ways, now: datetime) -> Journey:
    """Who is to drive, and how long the way is from where the vehicle is."""
    last = _driver(one)
    if last is None or last.crew_id is None:
        return Journey()
    drives = last.departed_at is not None and last.arrived_at is None
    vehicle_id = last.vehicle_id or ways.vehicles.get(last.crew_id)
    fix = ways.fixes.get(vehicle_id) if vehicle_id else None
    place = ways.places.get(one.row.location_id) if one.row.location_id else None
    return Journey(_eta(one, fix, place, now), has_vehicle=True, drives=drives)


def _eta(
    one: Known, fix: VehiclePosition | None, place: Location | None, now: datetime
) -> Eta | None:
    if fix is None or place is None or place.lat is None or place.lon is None:
        return None
    if fix.quiet_at <= now:  # silent by its own rhythm: nobody knows where it is
        return None
    drives = fix.speed_kmh >= MOVING_KMH  # one that stands has come no nearer since its last word
    return estimate(
        factors(),
        Spot(fix.lat, fix.lon),
        fix.fix_at if drives else now,
        Spot(place.lat, place.lon, place.uncertainty_m or 0.0),
        one.order.area_class,
        now,
        ZoneInfo(settings().timezone),
    )
