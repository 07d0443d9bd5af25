"""A ticket is filed with its number and the answers to its guide; an order follows them."""

from typing import Any

import pytest
from sqlalchemy import select

from api.verify import verify
from core.db import read_session
from core.models import Event
from tests.office import NEEDS, Office, query
from tests.people import Person, Refused

DARK = {"danger": "no", "life_support": "no", "neighbours": "dark"}


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


def guided(agent: Person, answers: dict[str, str], **more: Any) -> dict[str, Any]:
    body = {"channel": "web", "guide": {"fault_code": "no_power_home", "answers": answers}, **more}
    ticket: dict[str, Any] = agent.post("/api/tickets", body)
    return ticket


def filed_order(agent: Person, ticket_id: str, **chosen: Any) -> dict[str, Any]:
    plain = {key: value for key, value in NEEDS.items() if key != "trade"}
    order: dict[str, Any] = agent.post(
        "/api/orders", {**plain, "ticket_id": ticket_id, "fault_code": "no_power_home", **chosen}
    )
    return order


def payload_of(type_: str, stream_id: str) -> dict[str, Any]:
    wanted = select(Event.payload).where(Event.type == type_, Event.stream_id == stream_id)
    return query(lambda session: session.scalars(wanted).one())


def test_the_guide_is_served_with_the_words_of_its_codes(agent: Person) -> None:
    guide = agent.get("/api/guides/wires_down")
    named = {one["hazard"] for each in guide["questions"] for one in each["choices"]} - {None}
    assert {one["code"] for one in guide["hazards"]} == named
    with pytest.raises(Refused) as refused:
        agent.get("/api/guides/nothing")
    assert refused.value.status == 404


def test_the_outcome_so_far_names_the_next_question(agent: Person) -> None:
    path = "/api/guides/no_power_home/outcome"
    assert agent.get(path)["missing"] == "danger"
    found = agent.get(path, answer=[f"{key}:{value}" for key, value in DARK.items()])
    assert (found["missing"], found["urgency"], found["trade"]) == (None, 1, "low_voltage")
    for wrong in ("danger", "danger:perhaps", "own_breaker:on"):
        with pytest.raises(Refused) as refused:
            agent.get(path, answer=[wrong])
        assert refused.value.status == 422


def test_answers_are_kept_and_the_order_follows_them(agent: Person) -> None:
    ticket = guided(agent, DARK)
    order = filed_order(agent, ticket["id"])
    assert (order["urgency"], order["trade"]) == (1, "low_voltage")
    filed = payload_of("order.filed", order["id"])
    assert (filed["guided_urgency"], filed["guided_trade"]) == (None, None)
    assert payload_of("ticket.guided", ticket["id"])["urgency"] == 1


def test_who_chooses_otherwise_is_noted(agent: Person) -> None:
    ticket = guided(agent, DARK)
    order = filed_order(agent, ticket["id"], urgency=3, trade="medium_voltage")
    assert (order["urgency"], order["trade"]) == (3, "medium_voltage")
    filed = payload_of("order.filed", order["id"])
    assert (filed["guided_urgency"], filed["guided_trade"]) == (1, "low_voltage")


def test_without_a_guide_an_order_is_as_before(agent: Person) -> None:
    ticket = agent.post("/api/tickets", {"channel": "web", "description": "没电"})
    order = filed_order(agent, ticket["id"])
    assert (order["urgency"], order["trade"]) == (0, "any")


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"danger": "perhaps"}, "body.guide.answers.danger"),
        ({"danger": "no", "own_breaker": "on"}, "body.guide.answers.own_breaker"),
        ({"nothing": "yes"}, "body.guide.answers.nothing"),
    ],
)
def test_a_wrong_answer_is_named(agent: Person, answers: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as refused:
        guided(agent, answers)
    assert refused.value.status == 422
    assert [one["field"] for one in refused.value.problem["errors"]] == [field]


def test_the_facts_hold_together(agent: Person) -> None:
    with read_session() as session:
        assert list(verify(session, 1)) == []


def test_names_and_places_have_one_line(office: Office) -> None:
    agent = office.person("agent")
    said = {"channel": "web", "caller_name": " 王\r\n小\t明 ", "description": "一楼\n二楼"}
    row = agent.post("/api/tickets", said)
    assert (row["caller_name"], row["description"]) == ("王 小 明", "一楼\n二楼")
    place = {**NEEDS, "place": "景山街道\n12 号楼 ", "ticket_id": row["id"]}
    assert agent.post("/api/orders", place)["place"] == "景山街道 12 号楼"
    with pytest.raises(Refused, match="place"):
        agent.post("/api/orders", {**place, "place": " \n "})


def test_a_filed_ticket_has_its_number_and_no_sign_that_nobody_sees(office: Office) -> None:
    agent = office.person("agent")
    words = "一楼\u202e没电\n二楼也是\x07"
    said = {"channel": "web", "caller_name": "\u202eabc\u202c", "description": words}
    row = agent.post("/api/tickets", {**said, "caller_phone": "\u202d139 1113 9111\u202c"})
    page = agent.get(f"/api/tickets/{row['id']}")
    assert row["number"] == page["ticket"]["number"] is not None
    assert (row["caller_name"], row["caller_phone"]) == ("abc", "139 1113 9111")
    assert row["description"] == "一楼没电\n二楼也是"
