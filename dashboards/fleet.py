"""Rows of crews and vehicles, as the board and the crews' pages show them.

Like every numbered row they depend on the database alone, never on the clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Unit
from dashboards.values import iso, text
from dispatch.crews.models import Crew, Vehicle
from dispatch.orders.models import Assignment, Order
from dispatch.orders.rules import ACTIVE_ASSIGNMENT, OPEN_ASSIGNMENT
from gps.models import VehiclePosition


def crew_rows(
    session: Session, org_id: int, crew_ids: Iterable[UUID] | None = None
) -> list[dict[str, Any]]:
    """Rows of crews: trade, state, queue, vehicle."""
    query = (
        select(Crew, Unit)
        .join(Unit, (Unit.org_id == Crew.org_id) & (Unit.id == Crew.id))
        .where(Crew.org_id == org_id, Unit.active)
        .order_by(Unit.code)
    )
    if crew_ids is not None:
        query = query.where(Crew.id.in_(list(crew_ids)))
    crews = session.execute(query).all()
    ids = [unit.id for _, unit in crews]
    work = defaultdict(list)
    held = select(Assignment.crew_id, Assignment.state, Order.number).join(
        Order, (Order.org_id == Assignment.org_id) & (Order.id == Assignment.order_id)
    )
    for crew_id, state, number in session.execute(
        held.where(
            Assignment.org_id == org_id,
            Assignment.crew_id.in_(ids),
            Assignment.state.in_(OPEN_ASSIGNMENT),
        ).order_by(Assignment.sent_at)
    ):
        work[crew_id].append((state, number))
    vehicles = {
        vehicle.crew_id: vehicle.id
        for vehicle in session.scalars(
            select(Vehicle)
            .where(Vehicle.org_id == org_id, Vehicle.crew_id.in_(ids), Vehicle.active)
            .order_by(Vehicle.plate.desc())
        )
    }
    helped = defaultdict(list)
    absent = select(Crew.stand_in_id, Crew.id).where(
        Crew.org_id == org_id, Crew.stand_in_id.in_(ids)
    )
    for stand_in_id, crew_id in session.execute(absent.order_by(Crew.id)):
        helped[stand_in_id].append(str(crew_id))
    return [
        _crew_row(crew, unit, work[unit.id], vehicles.get(unit.id), helped[unit.id])
        for crew, unit in crews
    ]


def _crew_row(
    crew: Crew,
    unit: Unit,
    work: Sequence[tuple[str, str]],
    vehicle_id: UUID | None,
    stands_in_for: list[str],
) -> dict[str, Any]:
    active = next((number for state, number in work if state in ACTIVE_ASSIGNMENT), None)
    waiting = [number for state, number in work if state not in ACTIVE_ASSIGNMENT]
    away = crew.away_reason is not None
    return {
        "id": str(unit.id),
        "code": unit.code,
        "name_zh": unit.name_zh,
        "name_en": unit.name_en,
        "centre_id": text(unit.centre_id),
        "trade": crew.trade,
        "state": "away" if away else "busy" if work else "free",
        "active_order": active,
        "next_order": waiting[0] if waiting else None,
        "queue": len(waiting),
        "away_reason": crew.away_reason,
        "away_since": iso(crew.away_since),
        "away_until": iso(crew.away_until),
        "away_note": crew.away_note,
        "overdue_since": iso(crew.overdue_since),
        "stand_in_id": text(crew.stand_in_id),
        "stands_in_for": stands_in_for,
        "voltage_classes": crew.voltage_classes,
        "vehicle_id": text(vehicle_id),
    }


def vehicle_rows(session: Session, org_id: int) -> list[dict[str, Any]]:
    """Vehicles in use with their last known position; unknown is null, never a guess."""
    query = (
        select(Vehicle, Unit.centre_id, VehiclePosition)
        .outerjoin(Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id))
        .outerjoin(
            VehiclePosition,
            (VehiclePosition.org_id == Vehicle.org_id) & (VehiclePosition.vehicle_id == Vehicle.id),
        )
        .where(Vehicle.org_id == org_id, Vehicle.active)
        .order_by(Vehicle.plate)
    )
    return [
        {
            "id": str(vehicle.id),
            "plate": vehicle.plate,
            "crew_id": text(vehicle.crew_id),
            "centre_id": text(centre_id),
            "lat": position.lat if position else None,
            "lon": position.lon if position else None,
            "speed_kmh": position.speed_kmh if position else None,
            "course_deg": position.course_deg if position else None,
            "fix_at": iso(position.fix_at) if position else None,
        }
        for vehicle, centre_id, position in session.execute(query)
    ]
