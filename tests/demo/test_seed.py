"""The demo organisation: made once, apart from the real one, known to `demo.json`."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.demo import seed
from api.demo.city import DEFAULT_SEED, make_city
from api.demo.seed import VERSION, demo_organisation, ensure_demo, read_demo
from api.demo.staff import GUESTS
from core import auth
from core.db import Base, session_factory
from core.engines import EngineUrls
from core.errors import WrongCredentials
from core.migrate import metadata
from core.models import Organisation, Unit, User
from dashboards.reference import TRADE_CODES
from dispatch.crews.models import Crew, Vehicle
from dispatch.directory.models import (
    BaseMap,
    Customer,
    CustomerPhone,
    NetworkNode,
    Premise,
    Region,
    ServicePoint,
)
from dispatch.starter import ORG_ID
from gps.models import Device
from gps.movement_models import Fence
from gps.shapes import shape_of
from telephony.models import PhoneNumber
from tests.office import Starter, environment, fresh_database, query

GROUND = (Region, NetworkNode, Premise, Customer, CustomerPhone, ServicePoint, BaseMap)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(engines: EngineUrls, starter: Starter, folder: Path) -> Any:
    """The demo organisation beside the starter's; the content of `demo.json`."""
    with (
        fresh_database(engines, starter.database) as url,
        environment(url, engines.redis_url, folder),
    ):
        before = query(census)
        ensure_demo(folder)
        assert query(lambda session: census(session, ORG_ID)) == before
        yield read_demo(folder)


def census(session: Session, org_id: int | None = None) -> dict[str, int]:
    """Rows per table, of one organisation or of all."""
    found = {}
    for name, table in metadata().tables.items():
        if "org_id" in table.c and not name.startswith("fix"):
            count = select(func.count()).select_from(table)
            if org_id is not None:
                count = count.where(table.c.org_id == org_id)
            found[name] = session.execute(count).scalar_one()
    return found


def count(model: type[Base], org_id: int) -> int:
    table = model.__table__
    return query(
        lambda session: session.execute(
            select(func.count()).select_from(table).where(table.c.org_id == org_id)
        ).scalar_one()
    )


def test_it_is_marked_and_apart(demo: dict[str, Any]) -> None:
    found = query(lambda session: session.get_one(Organisation, demo["org_id"]))
    assert (found.code, found.demo, found.name_zh, found.name_en) == (
        "demo",
        True,
        "演示城",
        "Demo City",
    )
    assert demo["org_id"] != ORG_ID
    assert query(lambda session: session.get_one(Organisation, ORG_ID)).demo is False


def test_the_whole_city_is_in_the_directory(demo: dict[str, Any]) -> None:
    city = make_city(demo["seed"])
    counts = {model.__tablename__: count(model, demo["org_id"]) for model in GROUND}
    people = len(city.customers)
    assert counts == {
        "region": len(city.districts),
        "network_node": len(city.devices),
        "premise": people,
        "customer": people,
        "customer_phone": people,
        "service_point": people,
        "base_map": 1,
    }


def test_its_fences_are_shapes(demo: dict[str, Any]) -> None:
    with session_factory()() as session:
        fences = list(session.scalars(select(Fence).where(Fence.org_id == demo["org_id"])))
    assert {one.shape["kind"] for one in fences} == {"circle", "polygon", "corridor"}
    for one in fences:
        assert shape_of(one.shape).to_json() == one.shape
    yards = {one.unit_id: one.shape for one in fences if one.purpose == "base"}
    for centre in demo["centres"]:
        yard = shape_of(yards[UUID(centre["unit_id"])])
        assert yard.beyond_m(centre["lat"], centre["lon"]) < 0


def test_the_file_is_its_owners_only_and_true(demo: dict[str, Any], folder: Path) -> None:
    assert (folder / "demo.json").stat().st_mode & 0o077 == 0
    assert demo["seed"] == DEFAULT_SEED
    with session_factory()() as session:
        for crew in demo["crews"]:
            key = (demo["org_id"], UUID(crew["unit_id"]))
            unit = session.get_one(Unit, key)
            assert (unit.kind, unit.code) == ("crew", crew["code"])
            assert session.get_one(Crew, key).trade == crew["trade"]
            vehicle = session.get_one(Vehicle, (demo["org_id"], UUID(crew["vehicle_id"])))
            assert (vehicle.plate, vehicle.crew_id) == (crew["plate"], unit.id)
            device = session.scalars(
                select(Device).where(Device.identity == crew["terminal"])
            ).one()
            assert (device.org_id, device.vehicle_id) == (demo["org_id"], vehicle.id)
            parent = session.get_one(Unit, (demo["org_id"], unit.parent_id))
            assert parent.code == crew["centre"]
            assert (unit.site == parent.site) is crew["same_site"]
        number = session.scalars(select(PhoneNumber)).one()
        assert (number.org_id, number.number) == (demo["org_id"], demo["hotline_number"])
    assert {crew["trade"] for crew in demo["crews"]} == set(TRADE_CODES) - {"any"}
    assert len(demo["crews"]) == 12
    assert {one["login"] for one in demo["people"]} == {post.login for post in GUESTS}


def test_everybody_can_log_in(demo: dict[str, Any]) -> None:
    people = {one["password"] for one in demo["people"]}
    staff_passwords = {one["password"] for one in demo["staff"]}
    assert len(people) == len(demo["people"])
    assert len(staff_passwords) == 1
    assert not people & staff_passwords
    for one in (demo["people"][0], demo["people"][-1], demo["staff"][0], demo["staff"][-1]):
        _, principal = auth.log_in(one["login"], one["password"])
        assert principal.org_id == demo["org_id"]
        assert (principal.role.value, str(principal.unit_id)) == (one["role"], one["unit_id"])
    crews = {crew["login"]: crew["unit_id"] for crew in demo["crews"]}
    staff = {one["login"]: one["unit_id"] for one in demo["staff"]}
    assert crews == {login: staff[login] for login in crews}


def test_a_second_start_changes_nothing(demo: dict[str, Any], folder: Path) -> None:
    before = query(census)
    logins = ensure_demo(folder)
    assert query(census) == before
    assert read_demo(folder) == demo
    assert [one.login for one in logins] == [one["login"] for one in demo["people"]]


def test_a_lost_file_is_written_anew_with_new_passwords(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    before = query(census)
    ensure_demo(tmp_path)
    again = read_demo(tmp_path)
    assert again is not None
    assert query(census) == before
    assert again["crews"] == demo["crews"]
    assert again["org_id"] == demo["org_id"] == query(demo_organisation)
    login = again["staff"][0]["login"]
    auth.log_in(login, again["staff"][0]["password"])
    with pytest.raises(WrongCredentials):
        auth.log_in(login, demo["staff"][0]["password"])
    users = query(lambda session: session.scalars(select(User.password_hash)).all())
    assert "-" in users  # the starter's colleagues, whom nobody touched


def test_a_city_of_another_edition_makes_room(
    engines: EngineUrls, starter: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        fresh_database(engines, starter.database) as url,
        environment(url, engines.redis_url, tmp_path),
    ):
        with monkeypatch.context() as earlier:
            earlier.setattr(seed, "DEFAULT_SEED", DEFAULT_SEED + 1)
            earlier.setattr(seed, "VERSION", 1)
            ensure_demo(tmp_path)
            old = read_demo(tmp_path)
        assert old is not None
        ensure_demo(tmp_path)
        new = read_demo(tmp_path)
        assert new is not None
        assert new["org_id"] == query(demo_organisation) != old["org_id"]
        assert new["seed"] == DEFAULT_SEED
        retired = query(lambda session: session.get_one(Organisation, old["org_id"]))
        assert retired.code == f"demo-{old['org_id']}"
        assert retired.demo
        for one in (old["staff"][0], old["people"][0]):
            with pytest.raises(WrongCredentials):
                auth.log_in(one["login"], one["password"])
        auth.log_in(new["staff"][0]["login"], new["staff"][0]["password"])
        numbers = query(lambda session: session.scalars(select(PhoneNumber.org_id)).all())
        assert numbers == [new["org_id"]]
        ensure_demo(tmp_path)
        assert read_demo(tmp_path) == new


EDITION = (3, ["晨钟区石磴街223号", "柳湾区外环路524号1单元302室", "渡桥区晒谷一路851号"], 9)


def test_the_edition_is_raised_with_the_city() -> None:
    """When this fails, raise VERSION and write the new words here."""
    city = make_city(DEFAULT_SEED)
    told = [city.customers[number].address_zh for number in (0, 500, 1499)]
    assert (VERSION, told, len(city.greens)) == EDITION
