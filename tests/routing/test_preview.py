"""What the form says before filing is what the table says of the filed order: one rule."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.db import session_factory
from core.ids import new_id
from dashboards.reference import FAULT_CODES
from dispatch.directory.models import Region
from dispatch.starter import ORG_ID
from dispatch.tickets.guides.loading import guides
from dispatch.tickets.guides.model import END
from tests.office import Office, unit_id
from tests.people import Person, Refused

SQUARE = [[116.0, 39.0], [117.0, 39.0], [117.0, 40.0], [116.0, 40.0], [116.0, 39.0]]
PLACE = {"lat": 39.9, "lon": 116.4}


@pytest.fixture(scope="module")
def agent(office: Office) -> Person:
    """Of an office with one district, whose centre is east."""
    with session_factory()() as session:
        names = {"code": "D1", "name_zh": "城中", "name_en": "Inner city"}
        district = {
            "centre_id": unit_id("east"),
            "outline": {"type": "Polygon", "coordinates": [SQUARE]},
        }
        session.add(Region(org_id=ORG_ID, id=new_id(), **names, **district))
        session.commit()
    return office.person("agent")


def ways(code: str) -> Iterator[dict[str, str]]:
    """One way through the guide for every answer to its first question."""
    guide = guides()[code]
    for begun in guide.questions[guide.first].choices:
        way, at, choice = {}, guide.first, begun
        while True:
            given = choice.code if choice.at_least is None else f"{choice.at_least:g}"
            way[at], at = given, choice.next
            if at == END:
                break
            choice = guide.questions[at].choices[0]
        yield way


def said(proposal: dict[str, Any]) -> tuple[str, str, list[str]]:
    return proposal["centre_id"], proposal["trade"], [one["zh"] for one in proposal["why"]]


@pytest.mark.parametrize("fault", FAULT_CODES)
def test_the_preview_is_what_is_filed(agent: Person, office: Office, fault: str) -> None:
    for answers in ways(fault):
        given = [f"{question}:{answer}" for question, answer in answers.items()]
        trade = agent.get(f"/api/guides/{fault}/outcome", answer=given)["trade"]
        preview = agent.get("/api/routing", fault_code=fault, trade=trade, **PLACE)
        guide = {"fault_code": fault, "answers": answers}
        ticket = agent.post(
            "/api/tickets", {"channel": "web", "description": "没电", "guide": guide}
        )
        body = {"ticket_id": ticket["id"], "fault_code": fault, "place": "景山街道 12 号", **PLACE}
        order = agent.post("/api/orders", {**body, "area_class": "urban"})
        assert order["trade"] == trade
        assert said(preview) == said(agent.get("/api/routing", order_id=order["id"]))
        if trade != "any":
            assert preview["trade"] in (trade, "any")


def test_a_trade_that_somebody_chose_is_previewed(agent: Person) -> None:
    asked = {"fault_code": "no_power_home", **PLACE}
    chosen = agent.get("/api/routing", **asked, trade="medium_voltage")
    assert chosen["trade"] == "medium_voltage"
    assert chosen["centre_id"] == str(unit_id("east"))
    with pytest.raises(Refused) as refused:
        agent.get("/api/routing", **asked, trade="plumber")
    assert "query.trade" in str(refused.value.problem)


def test_a_district_is_asked_by_its_code(agent: Person) -> None:
    by_code = agent.get("/api/routing", fault_code="other", region="d1")
    assert by_code["centre_id"] == str(unit_id("east"))
    assert agent.get("/api/routing", fault_code="other", region=by_code["region_id"]) == by_code
    with pytest.raises(Refused) as refused:
        agent.get("/api/routing", fault_code="other", region="nowhere")
    assert "query.region" in str(refused.value.problem)
