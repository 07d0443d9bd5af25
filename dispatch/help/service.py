"""Use cases: a crew calls for help, somebody takes note, somebody ends it.

A call is never lost and never doubled: it comes as a fact that is read at least once, and what was
read before is known by its time.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core import events as ev
from core.errors import Conflict
from core.identity import Access
from core.ids import new_id
from core.local import local_time
from core.models import Unit
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.crews import repository as crews
from dispatch.crews.models import Vehicle
from dispatch.help import repository
from dispatch.help.models import HelpCall
from dispatch.help.rules import evolve_help
from dispatch.orders import repository as orders
from gps import service as gps

SOURCES = {"key": "terminal", "alarm": "terminal", "phone": "crew"}
"""Of the fact, by how the crew called."""


class HelpOver(Conflict):
    """Somebody has ended the call for help already."""

    code = "help_over"
    zh = "该求助已于 {at} 结束。"
    en = "This call for help was ended at {at}."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a crew, or a vehicle that belongs to none. Degrees WGS-84."""

    crew_id: UUID | None
    vehicle_id: UUID | None
    lat: float | None = None
    lon: float | None = None


def vehicle_calls(
    uow: UnitOfWork,
    vehicle_id: UUID,
    how: str,
    at: datetime,
    place: tuple[float | None, float | None] = (None, None),
) -> None:
    """A key or the alarm switch of a vehicle's terminal. May run twice."""
    vehicle = uow.session.get(Vehicle, (uow.org_id, vehicle_id))
    if vehicle is None:
        return
    crew_id = vehicle.crew_id
    if crew_id is not None:
        orders.lock_crew(uow.session, uow.org_id, crew_id)
    before = repository.last_of(uow.session, uow.org_id, crew_id, vehicle_id)
    if before is not None and at <= before.last_at:  # read before, or of a time that is settled
        return
    lat, lon = place
    if lat is None:
        seen = gps.positions(uow.session, uow.org_id, [vehicle_id]).get(vehicle_id)
        lat, lon = (seen.lat, seen.lon) if seen else (None, None)
    _call(uow, Caller(crew_id, vehicle_id, lat, lon), how, at, before)


def crew_calls(
    uow: UnitOfWork,
    crew_id: UUID,
    access: Access,
    at: datetime | None,
    place: tuple[float | None, float | None],
) -> UUID:
    """The crew's phone calls for help, tapped `at`; the id of the call."""
    crews.crew_of(uow.session, uow.org_id, crew_id, access)
    orders.lock_crew(uow.session, uow.org_id, crew_id)
    before = repository.last_of(uow.session, uow.org_id, crew_id, None)
    wanted = select(Vehicle.id).where(
        Vehicle.org_id == uow.org_id, Vehicle.crew_id == crew_id, Vehicle.active
    )
    vehicle_id = uow.session.scalars(wanted.order_by(Vehicle.plate)).first()
    lat, lon = place
    if lat is None and vehicle_id is not None:
        seen = gps.positions(uow.session, uow.org_id, [vehicle_id]).get(vehicle_id)
        lat, lon = (seen.lat, seen.lon) if seen else (None, None)
    tapped = min(at or uow.now, uow.now)
    return _call(uow, Caller(crew_id, vehicle_id, lat, lon), "phone", tapped, before)


def _call(uow: UnitOfWork, who: Caller, how: str, at: datetime, before: HelpCall | None) -> UUID:
    if before is not None and before.ended_at is None:
        again = ev.HelpRepeated(how=how, lat=who.lat, lon=who.lon)
        _record(uow, before, before.id, again, SOURCES[how], at)
        return before.id
    unit = uow.session.get(Unit, (uow.org_id, who.crew_id)) if who.crew_id else None
    active = orders.active_assignment(uow.session, uow.org_id, who.crew_id) if who.crew_id else None
    called = ev.HelpCalled(
        how=how,
        crew_id=who.crew_id,
        centre_id=unit.centre_id if unit else None,
        vehicle_id=who.vehicle_id,
        order_id=active.order_id if active else None,
        lat=who.lat,
        lon=who.lon,
    )
    id_ = new_id()
    _record(uow, None, id_, called, SOURCES[how], at)
    return id_


def acknowledge(uow: UnitOfWork, help_id: UUID, access: Access) -> UUID:
    """Somebody takes note; the first one counts, and the vehicle's terminal says so."""
    row = repository.locked(uow.session, uow.org_id, help_id, access)
    _demand_open(row)
    if row.seen_at is None:
        _record(uow, row, row.id, ev.HelpAcknowledged(), "dispatcher", None)
        if row.vehicle_id is not None:
            gps.send_text(
                uow,
                vehicle_id=row.vehicle_id,
                assignment_id=None,
                purpose="help",
                text=f"求助已收到，{local_time(uow.now)} 已有人处理。",
            )
    return row.id


def end(uow: UnitOfWork, help_id: UUID, outcome: str, access: Access) -> UUID:
    """It is over; said by whoever helped, or by the crew that called by mistake."""
    row = repository.locked(uow.session, uow.org_id, help_id, access)
    _demand_open(row)
    _record(uow, row, row.id, ev.HelpEnded(outcome=outcome), "dispatcher", None)
    return row.id


def _demand_open(row: HelpCall) -> None:
    if row.ended_at is not None:
        raise HelpOver(at=local_time(row.ended_at))


def _record(
    uow: UnitOfWork,
    row: HelpCall | None,
    id_: UUID,
    fact: ev.Payload,
    source: str,
    at: datetime | None,
) -> Recorded:
    event = uow.emit(id_, fact, occurred_at=at, source=source)
    state = evolve_help(repository.help_state(row) if row else None, event)
    repository.save(uow.session, uow.org_id, state)
    uow.touch("help", id_)
    return event
