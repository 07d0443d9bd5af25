"""Sitting down at a demo desk without a password: there and nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from api.demo.desks import NoDemoDesk, enter
from api.demo.seed import demo_organisation, ensure_demo, read_demo
from api.demo.staff import DOINGS, GUESTS
from core.db import session_factory
from core.engines import EngineUrls
from core.models import Organisation, User
from core.settings import Settings
from tests.office import Office, Starter, open_office, query
from tests.people import Person, visitor


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(engines: EngineUrls, starter: Starter, folder: Path) -> Iterator[Office]:
    """The starter's office with the demo city beside it, and the demo on."""
    with open_office(engines, starter, folder, demo="true") as opened:
        ensure_demo(folder)
        yield opened


def sit_down(office: Office, login: Any) -> httpx.Response:
    with visitor(office.url) as client:
        return client.post("/api/demo/enter", json={"login": login})


def listed(office: Office) -> Any:
    with visitor(office.url) as client:
        answer = client.get("/api/demo")
    assert answer.status_code == 200
    return answer.json()


def refused(answer: httpx.Response) -> bool:
    assert "set-cookie" not in answer.headers
    return (answer.status_code, answer.json()["code"]) == (404, "no_demo_desk")


def test_every_desk_that_is_listed_can_be_entered(demo: Office) -> None:
    rows = listed(demo)
    assert [row["login"] for row in rows] == [post.login for post in GUESTS]
    org_id = query(demo_organisation)
    for row in rows:
        assert row["page"] == DOINGS[row["role"]].page
        assert all(row[name] for name in ("name_zh", "name_en", "what_zh", "what_en"))
        answer = sit_down(demo, row["login"])
        assert answer.status_code == 200
        me = answer.json()
        assert (me["user"]["login"], me["user"]["role"]) == (row["login"], row["role"])
        assert me["organisation"] == {
            "code": "demo",
            "name_zh": "演示城",
            "name_en": "Demo City",
            "demo": True,
        }
        token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        assert "HttpOnly" in answer.headers["set-cookie"]
        person = Person(demo.url, token=token)
        assert person.get("/api/me")["csrf_token"] == me["csrf_token"]
        person.close()
        unit = query(lambda session, me=me: session.get(User, (org_id, me["user"]["id"])))
        assert unit is not None


def test_nobody_else_is_let_in(demo: Office, folder: Path) -> None:
    kept = read_demo(folder)
    assert kept is not None
    others = [*demo.starter.passwords, *(one["login"] for one in kept["staff"])]
    assert len(others) > 30
    odd = ["", "demo.", "DEMO.AGENT", "demo.agent ", "nobody", "demo.%", "'; --", "demo.agent\n"]
    for login in [*others, *odd]:
        assert refused(sit_down(demo, login)), login
    assert sit_down(demo, 7).status_code == 422
    assert sit_down(demo, "a\x00").status_code == 422


def test_the_demo_sees_nothing_of_the_real_organisation(demo: Office) -> None:
    order = demo.sent("east-1")
    token = sit_down(demo, "demo.lead").headers["set-cookie"].partition("=")[2].partition(";")[0]
    guest = Person(demo.url, token=token)
    assert guest.get("/api/orders") == []
    assert guest.get("/api/board")["orders"] == []
    assert {row["name_zh"] for row in guest.get("/api/board")["centres"]} == {
        "城东报修中心",
        "城西报修中心",
        "城南报修中心",
    }
    assert guest.http.get(f"/api/orders/{order['id']}").status_code == 404
    lead = demo.person("lead")
    assert len(lead.get("/api/board")["crews"]) == 9
    assert len(guest.get("/api/board")["crews"]) == 12
    assert lead.get("/api/map")["features"] == []
    assert guest.get("/api/map")["features"]
    guest.close()


def test_a_desk_that_is_closed_is_not_offered(demo: Office) -> None:
    def set_active(*, active: bool) -> None:
        with session_factory()() as session:
            change = update(User).where(User.login == "demo.crew3").values(active=active)
            session.execute(change)
            session.commit()

    set_active(active=False)
    assert "demo.crew3" not in [row["login"] for row in listed(demo)]
    assert refused(sit_down(demo, "demo.crew3"))
    set_active(active=True)


def test_an_organisation_without_the_mark_has_no_desks(demo: Office) -> None:
    def mark(*, demo: bool) -> None:
        with session_factory()() as session:
            change = update(Organisation).where(Organisation.code == "demo").values(demo=demo)
            session.execute(change)
            session.commit()

    mark(demo=False)
    assert listed(demo) == []
    assert refused(sit_down(demo, "demo.agent"))
    mark(demo=True)
    assert len(listed(demo)) == len(GUESTS)


def test_switched_off_nobody_gets_in(engines: EngineUrls, starter: Starter, tmp_path: Path) -> None:
    with open_office(engines, starter, tmp_path, demo="false") as office:
        ensure_demo(tmp_path)
        assert listed(office) == []
        assert refused(sit_down(office, "demo.agent"))
        with pytest.raises(NoDemoDesk):
            enter("demo.agent")


def test_it_is_off_unless_somebody_turns_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIDAN_DEMO", raising=False)
    assert Settings().demo is False
