"""A ticket that was transferred to a centre is seen, answered and returned there, not elsewhere."""

from typing import Any

import pytest

from tests.office import Office
from tests.people import Person, Refused


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


def transferred(agent: Person, office: Office, to: str = "east", **said: Any) -> str:
    body = {"channel": "web", "kind": "complaint", "caller_name": "王小明"} | said
    id_ = str(agent.post("/api/tickets", body)["id"])
    agent.post(f"/api/tickets/{id_}/transfer", {"unit_id": office.unit(to)})
    return id_


def ids(person: Person, **query: Any) -> list[str]:
    return [one["id"] for one in person.get("/api/tickets", **query)["tickets"]]


def status(person: Person, method: str, path: str, body: dict[str, Any] | None = None) -> int:
    with pytest.raises(Refused) as refused:
        person.get(path) if method == "get" else person.post(path, body or {})
    return refused.value.status


def test_a_centre_sees_what_it_holds_and_nothing_else(agent: Person, office: Office) -> None:
    kept = str(agent.post("/api/tickets", {"channel": "web", "caller_name": "李"})["id"])
    east, west = transferred(agent, office), transferred(agent, office, "west")
    desk = office.person("east.desk")
    listed = ids(desk, limit=500)
    assert east in listed
    assert not {kept, west} & set(listed)
    assert desk.get(f"/api/tickets/{east}")["ticket"]["caller_name"] == "王**"
    own = {"entity": "ticket", "id": east, "field": "caller_name", "reason_code": "call_back"}
    assert "王小明" in str(desk.post("/api/unmask", own))
    for other in (kept, west):
        path = f"/api/tickets/{other}"
        assert status(desk, "get", path) == 404
        assert status(desk, "post", f"{path}/answer", {"words": "好"}) == 404
        assert status(desk, "post", f"{path}/return", {"reason": "incomplete"}) == 404
        value = {
            "entity": "ticket",
            "id": other,
            "field": "caller_name",
            "reason_code": "call_back",
        }
        assert status(desk, "post", "/api/unmask", value) == 404
    assert status(desk, "post", f"/api/tickets/{east}/close", {"how": "solved"}) == 403


def test_a_centre_answers_what_it_was_given(agent: Person, office: Office) -> None:
    id_ = transferred(agent, office)
    page = office.person("east.desk").post(f"/api/tickets/{id_}/answer", {"words": "已上门道歉"})
    assert page["ticket"]["state"] in ("answered", "follow_up", "closed")
    told = agent.get(f"/api/tickets/{id_}")["history"]
    assert "已上门道歉" in [one["words"] for one in told]


def test_a_returned_ticket_leaves_the_centre(agent: Person, office: Office) -> None:
    id_ = transferred(agent, office)
    desk = office.person("east.desk")
    body = {"reason": "incomplete", "note": "没有地址"}
    assert desk.post(f"/api/tickets/{id_}/return", body)["ticket"]["state"] == "returned"
    assert id_ not in ids(desk, limit=500)
    assert status(desk, "get", f"/api/tickets/{id_}") == 404
    assert id_ in ids(agent, state=["returned"])


def test_related_tickets_of_others_are_not_told(agent: Person, office: Office) -> None:
    mine, other = transferred(agent, office), transferred(agent, office, "west")
    agent.post(f"/api/tickets/{mine}/relate", {"ticket_id": other})
    assert agent.get(f"/api/tickets/{mine}")["related"]
    assert office.person("east.desk").get(f"/api/tickets/{mine}")["related"] == []
