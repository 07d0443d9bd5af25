"""Use case: a dispatcher draws what counts as being at an order's place."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core import events as ev
from core.errors import InvalidField
from core.identity import Access
from core.ids import new_id
from core.uow import UnitOfWork
from dispatch.orders import repository as orders
from dispatch.orders.models import Location
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.orders.work import Work, work_on
from dispatch.places.rules import uncertainty_of
from dispatch.places.sites import shape_told
from dispatch.places.watching import move_site
from gps.fix import distance_m
from gps.motion import ACCURACY_M
from gps.shapes import Shape

WIDEST_M = 10_000.0
"""From its middle; what is larger is a region and no site."""
PIN = "map_pin"


def draw_site(
    uow: UnitOfWork, order_id: UUID, access: Access, shape: Mapping[str, Any] | None
) -> UUID:
    """What counts as being there: `shape` (`gps.shapes`), or the circle again where it is None.

    The site of vehicles that are on their way moves at once. A shape that does not hold the
    order's point, or that of an order without one, says where the place is. Raises InvalidField.
    """
    drawn = shape_told(shape) if shape is not None else None
    if drawn is not None and _reach_m(drawn) > WIDEST_M:
        raise InvalidField("body.shape", "reaches farther than 10 km", "范围超过 10 公里")
    with work_on(uow, order_id, access) as work:
        work.demand("site")
        new = _new_location(work, drawn)
        if new.lat is None or new.lon is None:
            raise InvalidField("body.shape", "the order has no place yet", "工单尚无位置")
        fact = ev.OrderSiteDrawn(
            location_id=new.id,
            shape=new.shape["kind"] if new.shape else None,
            place_source=new.source,
            lat=new.lat,
            lon=new.lon,
            uncertainty_m=new.uncertainty_m,
        )
        work.record(work.order.id, fact, source="dispatcher")
        for one in work.assignments.values():
            if one.state in OPEN_ASSIGNMENT:
                move_site(work, one, new)
        return order_id


def _new_location(work: Work, drawn: Shape | None) -> Location:
    uow = work.uow
    old = orders.location(uow.session, uow.org_id, work.order.location_id)
    new = Location(
        org_id=uow.org_id,
        id=new_id(),
        lat=old.lat if old else None,
        lon=old.lon if old else None,
        source=old.source if old else PIN,
        uncertainty_m=old.uncertainty_m if old else None,
        place=old.place if old else None,
        place_en=old.place_en if old else None,
        recorded_at=uow.now,
        order_id=work.order.id,
        premise_id=old.premise_id if old else None,
        node_id=old.node_id if old else None,
        note=old.note if old else None,
        shape=drawn.to_json() if drawn else None,
    )
    if drawn is not None and not _holds(drawn, new):
        new.lat, new.lon = drawn.middle()
        new.source, new.uncertainty_m = PIN, uncertainty_of(PIN)
    uow.session.add(new)
    uow.session.flush()
    return new


def _holds(drawn: Shape, place: Location) -> bool:
    if place.lat is None or place.lon is None:
        return False
    return drawn.beyond_m(place.lat, place.lon) <= ACCURACY_M


def _reach_m(drawn: Shape) -> float:
    told, middle = drawn.to_json(), drawn.middle()
    points = told.get("points", [middle])
    return max(distance_m(*middle, *point) for point in points) + float(told.get("radius_m", 0.0))
