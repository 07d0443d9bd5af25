"""Queries of crews and their absences."""

from dataclasses import fields
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.models import Unit
from core.rights import Scope
from dispatch.crews.models import Crew, Vehicle
from dispatch.crews.rules import AwayState

AWAY_FIELDS = tuple(field.name for field in fields(AwayState))


def crew_of(session: Session, org_id: int, crew_id: UUID, access: Access) -> Unit:
    """The crew's unit; NotFound where there is none, or it is not one of `access`."""
    found = session.get(Unit, (org_id, crew_id))
    mine = found is not None and (
        access.scope is Scope.ALL
        or (access.scope is Scope.CENTRE and found.centre_id == access.unit_id)
        or (access.scope is Scope.CREW and found.id == access.unit_id)
    )
    if found is None or found.kind != "crew" or not mine:
        raise NotFound(what="crew", id=crew_id)
    return found


def lock_crews_of(session: Session, org_id: int, centre_id: UUID | None) -> dict[UUID, Crew]:
    """All crews of a centre, locked in one order, so that the last two cannot leave together."""
    query = (
        select(Crew)
        .join(Unit, (Unit.org_id == Crew.org_id) & (Unit.id == Crew.id))
        .where(Crew.org_id == org_id, Unit.centre_id == centre_id)
        .order_by(Crew.id)
        .with_for_update(of=Crew)
        .execution_options(populate_existing=True)
    )
    return {crew.id: crew for crew in session.scalars(query)}


def crews_of(session: Session, org_id: int, centre_id: UUID | None) -> list[Crew]:
    """All crews of a centre."""
    query = (
        select(Crew)
        .join(Unit, (Unit.org_id == Crew.org_id) & (Unit.id == Crew.id))
        .where(Crew.org_id == org_id, Unit.centre_id == centre_id)
    )
    return list(session.scalars(query.order_by(Unit.code)))


def centres_of_vehicles(session: Session, org_id: int) -> dict[UUID, UUID]:
    """The centre of each vehicle in use whose crew has one."""
    query = (
        select(Vehicle.id, Unit.centre_id)
        .join(Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id))
        .where(Vehicle.org_id == org_id, Vehicle.active, Unit.centre_id.is_not(None))
    )
    found = session.execute(query)
    return {vehicle: centre for vehicle, centre in found if centre is not None}


def away_state(crew: Crew) -> AwayState:
    return AwayState(**{name: getattr(crew, name) for name in AWAY_FIELDS})


def save_away(session: Session, crew: Crew, state: AwayState, note: str | None) -> None:
    values = {name: getattr(state, name) for name in AWAY_FIELDS}
    session.execute(
        update(Crew)
        .where(Crew.org_id == crew.org_id, Crew.id == crew.id)
        .values(**values, away_note=note)
    )
