"""Hotline, centres, crews, vehicles and terminals of the demo organisation."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from api.demo.city import City
from api.demo.model import LatLon
from api.demo.staff import HOTLINE, TEAMS, Team
from core.clock import now
from core.ids import new_id
from core.models import Unit
from dispatch.crews.models import Crew, Vehicle
from gps.models import Device
from telephony.repository import add_number

HOTLINE_NUMBER = "+8616400095598"
"""In the same range as the customers' phones, which no operator has."""
TERMINALS = "1640000"


def add_units(session: Session, org_id: int, city: City) -> None:
    """The tree of units with crews, vehicles, terminals and the hotline's number."""
    root = new_id()
    rows = [_unit(org_id, root, None, "hotline", HOTLINE, ("95598 热线", "Hotline 95598"), "hq")]
    crews = []
    for place, site in enumerate(city.sites, start=1):
        centre = new_id()
        name = (site.name_zh, site.name_en)
        rows.append(_unit(org_id, centre, root, "centre", site.code, name, site.code))
        for team in TEAMS:
            crews.append((new_id(), place, team))
            rows.append(_crew_unit(org_id, crews[-1][0], centre, site.code, name, team))
    session.execute(insert(Unit), rows)
    session.execute(
        insert(Crew),
        [
            {
                "org_id": org_id,
                "id": id_,
                "trade": team.trade,
                "voltage_classes": list(team.voltage_classes),
            }
            for id_, _, team in crews
        ],
    )
    _add_vehicles(session, org_id, crews)
    label = "演示热线 Demo hotline"
    add_number(session, org_id, new_id(), HOTLINE_NUMBER, label, now())


def _add_vehicles(session: Session, org_id: int, crews: list[tuple[UUID, int, Team]]) -> None:
    """A vehicle with a terminal for each crew. No province's plates begin with 演."""
    vehicles, devices = [], []
    for crew, place, team in crews:
        vehicle = new_id()
        number = f"{place}{team.number}"
        plate = f"演A·D{number}01"
        vehicles.append({"org_id": org_id, "id": vehicle, "plate": plate, "crew_id": crew})
        devices.append(
            {
                "org_id": org_id,
                "id": new_id(),
                "kind": "terminal",
                "protocol": "jt808",
                "identity": f"{TERMINALS}{number}01",
                "vehicle_id": vehicle,
            }
        )
    session.execute(insert(Vehicle), vehicles)
    session.execute(insert(Device), devices)


def _crew_unit(
    org_id: int, id_: UUID, centre: UUID, code: str, name: tuple[str, str], team: Team
) -> dict[str, Any]:
    zh = name[0].removesuffix("报修中心") + team.name_zh
    en = f"{name[1].removesuffix(' repair centre')} {team.name_en}"
    site = code if team.same_site else f"{code}-{team.number}"
    return _unit(org_id, id_, centre, "crew", f"{code}-{team.number}", (zh, en), site)


def _unit(
    org_id: int,
    id_: UUID,
    parent: UUID | None,
    kind: str,
    code: str,
    name: tuple[str, str],
    site: str,
) -> dict[str, Any]:
    return {
        "org_id": org_id,
        "id": id_,
        "parent_id": parent,
        "kind": kind,
        "code": code,
        "name_zh": name[0],
        "name_en": name[1],
        "site": site,
    }


def units_of(session: Session, org_id: int) -> dict[str, UUID]:
    """Code → id."""
    query = select(Unit.code, Unit.id).where(Unit.org_id == org_id)
    return {row.code: row.id for row in session.execute(query)}


def crews_of(session: Session, org_id: int, city: City) -> list[dict[str, Any]]:
    """The crews as `demo.json` has them."""
    query = (
        select(Unit.code, Unit.id, Vehicle.id.label("vehicle_id"), Vehicle.plate, Device.identity)
        .join(Vehicle, (Vehicle.org_id == Unit.org_id) & (Vehicle.crew_id == Unit.id))
        .join(Device, (Device.org_id == Vehicle.org_id) & (Device.vehicle_id == Vehicle.id))
        .where(Unit.org_id == org_id, Unit.kind == "crew")
        .order_by(Device.identity)
    )
    teams = {f"{site.code}-{team.number}": (site, team) for site in city.sites for team in TEAMS}
    rows = []
    for found in session.execute(query):
        site, team = teams[found.code]
        lat, lon = site.at if team.same_site else _other_home(city, site.code)
        rows.append(
            {
                "code": found.code,
                "unit_id": str(found.id),
                "centre": site.code,
                "trade": team.trade,
                "same_site": team.same_site,
                "lat": lat,
                "lon": lon,
                "vehicle_id": str(found.vehicle_id),
                "plate": found.plate,
                "terminal": found.identity,
                "login": f"sim.{found.code}",
            }
        )
    return rows


def _other_home(city: City, centre: str) -> LatLon:
    """Beside the substation of another district of that centre: where 10 kV crews sit."""
    home = next(site for site in city.sites if site.code == centre)
    other = next(
        one
        for one in city.districts
        if one.centre == centre and one != city.district_at(home.at) and one.area_class == "urban"
    )
    return next(
        one.at for one in city.devices if one.code == f"SS-{other.code}" and one.at is not None
    )
