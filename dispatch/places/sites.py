"""The site of an order: the drawn shape, or the circle that its point's uncertainty makes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.errors import InvalidField
from dispatch.orders.models import Location
from dispatch.places.rules import arrival_radius
from gps.motion import ACCURACY_M, Sight, Site
from gps.shapes import Shape, shape_of

_ZH = {"the outline crosses itself": "边界自相交"}
_ALWAYS = datetime.min.replace(tzinfo=UTC)


def site_of(place: Location | None, since: datetime = _ALWAYS) -> Site | None:
    """What a vehicle must reach; None where nobody knows the point. `since`: of the watch."""
    if place is None or place.lat is None or place.lon is None:
        return None
    shape = shape_of(place.shape) if place.shape else None
    return Site(place.lat, place.lon, arrival_radius(place.uncertainty_m), since, shape)


def kept_shape(shape: Mapping[str, Any] | None, lat: float, lon: float) -> dict[str, Any] | None:
    """What is left of a drawn shape when the point moves: a circle goes along, an outline stays as
    long as it holds the new point."""
    if shape is None:
        return None
    if shape["kind"] == "circle":
        return {**shape, "lat": lat, "lon": lon}
    return dict(shape) if shape_of(dict(shape)).beyond_m(lat, lon) <= ACCURACY_M else None


def shape_told(values: Mapping[str, Any]) -> Shape:
    """The shape that a request says. Raises InvalidField for a field of `body.shape`."""
    try:
        return shape_of(dict(values))
    except KeyError as error:
        raise InvalidField(f"body.shape.{error.args[0]}", "is missing", "缺少") from error
    except (ValueError, TypeError) as error:
        name, _, what = str(error).partition(": ")
        raise InvalidField(f"body.shape.{name}", what or name, _ZH.get(what)) from error


def beyond_m(site: Site, lat: float, lon: float) -> float:
    """Metres outside the edge; negative inside."""
    return site.beyond_m(Sight(_ALWAYS, lat, lon))
