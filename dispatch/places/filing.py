"""Where an order that is being filed lies: what the form says, looked up in the directory."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import InvalidField
from dispatch.places import repository
from dispatch.places.rules import uncertainty_of


@dataclass(frozen=True, slots=True)
class Placed:
    """The point of an order, with what it was found from. Degrees WGS-84, metres."""

    source: str
    lat: float | None = None
    lon: float | None = None
    uncertainty_m: float | None = None
    premise_id: UUID | None = None
    node_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says about the place. `source`: where its point is from; empty: a pin."""

    area_class: str
    lat: float | None = None
    lon: float | None = None
    source: str | None = None
    uncertainty_m: float | None = None
    premise_id: UUID | None = None
    meter: str | None = None
    node: str | None = None


def placed(session: Session, org_id: int, said: Said) -> Placed:
    """The point that counts: the form's own, else that of its premise, meter or node.

    Raises InvalidField naming what the directory does not know.
    """
    premise_id, node_id, source = said.premise_id, None, said.source
    point: tuple[float | None, float | None] = (None, None)
    if said.meter is not None:
        row = repository.point_of_meter(session, org_id, said.meter.strip())
        if row is None:
            raise InvalidField("body.meter", "there is no such meter", "没有此电表")
        premise_id, point, source = row[1].id, (row[1].lat, row[1].lon), source or "meter"
    elif premise_id is not None:
        premise = repository.premise(session, org_id, premise_id)
        if premise is None:
            raise InvalidField("body.premise_id", "there is no such premise", "没有此用电地址")
        point, source = (premise.lat, premise.lon), source or "premise"
    if said.node is not None:
        node = repository.node_of_code(session, org_id, said.node.strip())
        if node is None:
            raise InvalidField(
                "body.node", "there is no such node of the network", "没有此设备编号"
            )
        node_id, point, source = node.id, (node.lat, node.lon), source or node.kind
    if said.lat is not None:
        point, source = (said.lat, said.lon), said.source or "map_pin"
    if point[0] is None:
        return Placed(source or "map_pin", premise_id=premise_id, node_id=node_id)
    told = uncertainty_of(source or "map_pin", said.area_class, said.uncertainty_m)
    return Placed(source or "map_pin", point[0], point[1], told, premise_id, node_id)
