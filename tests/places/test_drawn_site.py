"""A dispatcher draws what counts as being there: arrivals follow the drawing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.db import read_session
from core.errors import InvalidField
from core.identity import EVERYTHING
from core.models import Event
from core.uow import unit_of_work
from dispatch.orders import service as orders
from dispatch.orders.models import Location
from dispatch.orders.service import NewOrder
from dispatch.places import drawing, repository
from dispatch.starter import ORG_ID
from gps.models import Watch
from gps.shapes import shape_of
from tests.acts import Acts
from tests.office import query
from tests.places.scene import BEGINNING, OLD, Drive, file_at, page, stamps, under_way, verified

NORTH_200_M = (OLD[0] + 0.0018, OLD[1])
STREET = (OLD[0], OLD[1] + 0.0007)  # 60 m to the east: the street behind the house


def polygon(*corners: tuple[float, float]) -> dict[str, Any]:
    """Corners in thousandths of a degree from the order's point."""
    points = [[OLD[0] + lat / 1000, OLD[1] + lon / 1000] for lat, lon in corners]
    return {"kind": "polygon", "points": points}


YARD = polygon((-0.3, -0.3), (2.5, -0.3), (2.5, 0.3), (-0.3, 0.3))
HOUSE = polygon((-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1))


def draw(acts: Acts, order_id: UUID, shape: dict[str, Any] | None, by: str = "east.desk") -> None:
    with unit_of_work(acts.by(by)) as uow:
        drawing.draw_site(uow, order_id, EVERYTHING, shape)


def located(order_id: UUID) -> list[Location]:
    return query(lambda session: repository.locations_of(session, ORG_ID, order_id))


def watch_of(assignment_id: UUID) -> Watch:
    wanted = select(Watch).where(Watch.assignment_id == assignment_id)
    return query(lambda session: session.scalars(wanted).one())


def test_who_stands_in_the_drawn_yard_has_arrived_when_it_came_in(acts: Acts) -> None:
    order_id = file_at(acts)
    assignment_id = under_way(acts, order_id)
    drive = Drive(acts, order_id)
    drive.stand(BEGINNING, 4)
    drive.go(BEGINNING, NORTH_200_M, steps=9)
    came = drive.stand(NORTH_200_M, 40)
    assert stamps(order_id, "H") == [], "30 m outside the circle"
    draw(acts, order_id, YARD)
    assert watch_of(assignment_id).shape == shape_of(YARD).to_json()
    drive.stand(NORTH_200_M)
    [stamp] = stamps(order_id, "H")
    assert stamp["source"] == "gps"
    assert abs(datetime.fromisoformat(stamp["at"]) - came) < timedelta(seconds=40)
    assert page(order_id)["site"]["drawn"] is True
    assert verified() == []


def test_parked_next_door_is_no_arrival_once_the_house_is_drawn(acts: Acts) -> None:
    order_id = file_at(acts)
    under_way(acts, order_id)
    draw(acts, order_id, HOUSE)
    drive = Drive(acts, order_id)
    drive.stand(BEGINNING, 4)
    drive.go(BEGINNING, STREET)
    drive.stand(STREET, 120)
    assert stamps(order_id, "H") == []
    draw(acts, order_id, None)
    drive.stand(STREET)
    assert len(stamps(order_id, "H")) == 1, "the circle counts again"
    assert page(order_id)["site"]["drawn"] is False
    assert verified() == []


def test_the_shape_goes_along_to_the_next_crew_and_the_fact_has_no_outline(acts: Acts) -> None:
    order_id = file_at(acts)
    draw(acts, order_id, YARD, by="lead")
    old, new = located(order_id)
    assert (old.shape, new.shape) == (None, shape_of(YARD).to_json())
    assert (new.lat, new.lon, new.source, new.place) == (*OLD, old.source, old.place)
    assignment_id = under_way(acts, order_id)
    assert watch_of(assignment_id).shape == new.shape
    wanted = select(Event.payload).where(
        Event.type == "order.site_drawn", Event.stream_id == order_id
    )
    [payload] = query(lambda session: list(session.scalars(wanted)))
    assert (payload["shape"], payload["lat"]) == ("polygon", OLD[0])
    assert "points" not in str(payload)


def test_an_order_without_a_place_gets_it_from_the_drawing(acts: Acts) -> None:
    ticket = acts.ticket()
    with unit_of_work(acts.by("agent")) as uow:
        order_id = orders.file_order(uow, NewOrder(ticket, "no_power", "某处", "urban", 0, "any"))
    assignment_id = under_way(acts, order_id)
    draw(acts, order_id, HOUSE)
    new = located(order_id)[-1]
    assert new.source == "map_pin"
    assert new.lat == pytest.approx(OLD[0], abs=1e-4)
    assert watch_of(assignment_id).closed_at is None
    far = {"kind": "circle", "lat": OLD[0] + 0.05, "lon": OLD[1], "radius_m": 80}
    draw(acts, order_id, far)
    assert located(order_id)[-1].lat == far["lat"], "the point was wrong"
    with read_session() as session:
        assert session.get_one(Location, (ORG_ID, new.id)).lat == new.lat
    assert verified() == []


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        ({"kind": "circle", "lat": 39.9, "lon": 116.4, "radius_m": 10_001}, "body.shape"),
        ({"kind": "circle", "lat": 39.9, "lon": 116.4}, "body.shape.radius_m"),
        (polygon((0, 0), (1, 1), (0, 1), (1, 0)), "body.shape.points"),
        ({"kind": "corridor", "points": [[39, 116], [40, 116]], "width_m": 9}, "body.shape"),
    ],
)
def test_what_is_no_site_is_refused(acts: Acts, shape: dict[str, Any], field: str) -> None:
    order_id = file_at(acts)
    with pytest.raises(InvalidField) as refused:
        draw(acts, order_id, shape)
    assert refused.value.errors[0].field == field
    assert len(located(order_id)) == 1
