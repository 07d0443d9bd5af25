"""Fences of the demo city: the yard of each centre, a district of each, a park, the ring road."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from shapely.geometry import Polygon
from sqlalchemy import insert
from sqlalchemy.orm import Session

from api.demo.city import City
from core.ids import new_id
from gps.movement_models import Fence
from gps.shapes import Circle, Outline, Shape

YARD_M, ROAD_M = 120.0, 60.0


def add_fences(session: Session, org_id: int, city: City, units: Mapping[str, UUID]) -> None:
    """`units`: id of each unit by its code."""
    rows = [
        {"org_id": org_id, "id": new_id(), "edition": edition, "unit_id": None, **row}
        for edition, row in enumerate(_rows(city, units), start=1)
    ]
    session.execute(insert(Fence), rows)


def _rows(city: City, units: Mapping[str, UUID]) -> Iterator[dict[str, Any]]:
    for site in city.sites:
        names = (f"{site.name_zh}院内", f"{site.name_en}, yard")
        yard = Circle(*site.at, YARD_M)
        yield _row(f"yard-{site.code}", names, "base", yard) | {"unit_id": units[site.code]}
        home = next(one for one in city.districts if one.centre == site.code)
        area = Outline("polygon", home.outline[:-1])
        names = (home.name_zh, home.name_en)
        yield _row(f"area-{home.code}", names, "zone", area) | {"unit_id": units[site.code]}
    parks = [green for green in city.greens if green.kind == "park"]
    park = max(parks, key=lambda green: float(Polygon(green.outline).area))
    names = (park.name_zh, park.name_en)
    yield _row("park", names, "no_go", Outline("polygon", park.outline[:-1]))
    ring = next(street for street in city.streets if street.kind == "ring")
    names = (ring.name_zh, ring.name_en)
    yield _row("ring", names, "zone", Outline("corridor", ring.line, ROAD_M))


def _row(code: str, names: tuple[str, str], purpose: str, shape: Shape) -> dict[str, Any]:
    name_zh, name_en = names
    told = shape.to_json()
    return {"code": code, "name_zh": name_zh, "name_en": name_en, "purpose": purpose, "shape": told}
