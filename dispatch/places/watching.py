"""A vehicle that is on its way is watched for the order's place as it now is."""

from dispatch.orders.models import Location
from dispatch.orders.rules import ACTIVE_ASSIGNMENT, AssignmentState
from dispatch.orders.work import Work
from dispatch.places.rules import arrival_radius
from gps import service as gps


def move_site(work: Work, assignment: AssignmentState, place: Location) -> None:
    """Move the watch of an open assignment; begin one where there was no place to watch for."""
    if place.lat is None or place.lon is None:
        return
    moved = gps.move_site(
        work.uow,
        assignment.id,
        lat=place.lat,
        lon=place.lon,
        radius_m=arrival_radius(place.uncertainty_m),
        shape=place.shape,
    )
    if moved or assignment.vehicle_id is None or assignment.state not in ACTIVE_ASSIGNMENT:
        return
    gps.watch(
        work.uow,
        vehicle_id=assignment.vehicle_id,
        assignment_id=assignment.id,
        lat=place.lat,
        lon=place.lon,
        radius_m=arrival_radius(place.uncertainty_m),
        now=work.uow.now,
        shape=place.shape,
    )
