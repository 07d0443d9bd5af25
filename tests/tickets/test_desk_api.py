"""Tickets through the API: lists, pages, chase-ups in a call, who may see whom."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.settings import settings
from tests.office import Office, turn
from tests.people import Person, Refused
from tests.telephony.carrier import InboundCall
from tests.telling import tell

PHONE = "+8613800138000"


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


def filed(agent: Person, **more: Any) -> dict[str, Any]:
    ticket: dict[str, Any] = agent.post(
        "/api/tickets", {"channel": "web", "caller_name": "王小明", "caller_phone": PHONE} | more
    )
    return ticket


def called(agent: Person, number: int) -> str:
    """A call that the agent took."""
    call = InboundCall(number, now().replace(microsecond=0) - timedelta(minutes=2))
    hook = call.voice()
    headers = hook.headers(settings().effective_public_url)
    assert agent.http.post(hook.path, content=hook.body, headers=headers).status_code == 200
    tell()
    row = next(one for one in agent.get("/api/calls") if not one["ended_at"])
    agent.post(f"/api/calls/{row['id']}/take")
    return str(row["id"])


def test_a_page_holds_what_happened_with_words(agent: Person, office: Office) -> None:
    ticket = filed(agent, kind="complaint")
    path = f"/api/tickets/{ticket['id']}"
    agent.post(f"{path}/transfer", {"unit_id": office.unit("west"), "note": "请核实"})
    page = agent.post(f"{path}/answer", {"words": "已道歉"})
    assert page["ticket"]["state"] == "follow_up"
    assert page["may"] == ["close", "reopen"]
    told = {one["type"]: one["words"] for one in page["history"]}
    assert told["ticket.transferred"] == "请核实"
    assert told["ticket.answered"] == "已道歉"
    assert page["clock"]["source"] == "system"
    assert [one["state"] for one in page["follow_ups"]] == ["open"]
    assert agent.get(path) == page


def test_a_fragment_finds_also_what_is_not_listed_any_more(agent: Person, office: Office) -> None:
    old = filed(agent, description="3号楼 100% 停电", caller_phone="010-6234 5678")
    filed(agent, caller_name="李雷", description="问电费")

    def ids(person: Person, q: str) -> list[str]:
        found = person.get("/api/tickets", limit=1, q=q)["tickets"]
        return [one["id"] for one in found]

    for words in ("小明", "停电 王", "62345678", "６２３４", old["number"].lower(), "100%"):
        assert ids(agent, words) == [old["id"]], words
    for words in ("小明 电费", "0%停", "_", "\\"):
        assert ids(agent, words) == [], words
    masked = office.person("supervisor")
    assert ids(masked, old["number"]) == [old["id"]]
    assert ids(masked, "小明") == ids(masked, "62345678") == []
    with pytest.raises(Refused, match="invalid_field"):
        ids(agent, "a\0")


def test_a_transfer_said_twice_tells_who_was_first(agent: Person, office: Office) -> None:
    path = f"/api/tickets/{filed(agent, kind='complaint')['id']}"
    agent.post(f"{path}/transfer", {"unit_id": office.unit("west")})
    lead = office.person("lead")
    with pytest.raises(Refused, match="already_done") as refused:
        lead.post(f"{path}/transfer", {"unit_id": office.unit("west")})
    assert "transferred it to West repair centre at" in str(refused.value)
    lead.post(f"{path}/transfer", {"unit_id": office.unit("east")})
    with pytest.raises(Refused, match="crew"):
        lead.post(f"{path}/transfer", {"unit_id": office.unit("east-1")})


def test_lists_are_narrowed(agent: Person, office: Office) -> None:
    enquiry, praise = filed(agent, kind="enquiry"), filed(agent, kind="praise")
    agent.post(f"/api/tickets/{praise['id']}/close", {})

    def ids(**query: Any) -> list[str]:
        return [one["id"] for one in agent.get("/api/tickets", **query)["tickets"]]

    assert enquiry["id"] in ids(kind="enquiry")
    assert praise["id"] not in ids(state=["open"])
    assert praise["id"] in ids(state=["closed", "open"])
    assert enquiry["id"] in ids(mine=True)
    assert enquiry["id"] not in ids(overdue=True)
    assert office.person("lead").get("/api/tickets", mine=True)["tickets"] == []
    newest = agent.get("/api/tickets", limit=1)
    assert newest["more"]
    assert ids(before=newest["tickets"][0]["filed_at"])[0] != newest["tickets"][0]["id"]


def test_a_supervisor_sees_masks(agent: Person, office: Office) -> None:
    ticket = filed(agent, kind="complaint", description="王小明 13800138000 投诉")
    page = agent.post(f"/api/tickets/{ticket['id']}/answer", {"words": "已致电 13800138000"})
    seen = office.person("supervisor").get(f"/api/tickets/{ticket['id']}")
    assert seen["ticket"]["caller_name"] == "王**"
    for clear in ("13800138000", "王小明"):
        assert clear in str(page)
    assert "13800138000" not in str(seen)
    queue = office.person("supervisor").get("/api/follow-ups")
    assert "13800138000" not in str(queue)


def test_a_call_chases_an_order_once(agent: Person, office: Office) -> None:
    order = office.filed()
    call_id = called(agent, 41)
    path = f"/api/orders/{order['id']}/chase-ups"
    row = agent.post(path, {"call_id": call_id})
    assert (row["chase_ups"], row["urgency"]) == (1, 1)
    with pytest.raises(Refused) as again:
        agent.post(path, {"call_id": call_id})
    assert again.value.problem["code"] == "already_chased"
    page = agent.get(f"/api/orders/{order['id']}")
    assert [one["call_id"] for one in page["links"]["chase_ups"]] == [call_id]
    for body in ({}, {"call_id": str(uuid.uuid4())}):
        with pytest.raises(Refused) as refused:
            agent.post(path, body)
        assert refused.value.status == 422


def test_an_order_tells_whose_a_it_has(agent: Person, office: Office) -> None:
    order, second = office.filed(), filed(agent)
    agent.post(f"/api/tickets/{second['id']}/merge", {"order_id": order["id"]})
    tickets = agent.get(f"/api/orders/{order['id']}")["links"]["tickets"]
    assert [one["gives_clock"] for one in tickets] == [True, True]
    assert {one["id"] for one in tickets} > {second["id"]}
    assert agent.get("/api/tickets", order_id=order["id"])["tickets"]


def test_a_dispatcher_asks_for_a_second_crew_of_its_own_order_only(office: Office) -> None:
    order = office.sent("east-1")
    body = {"kind": "second_crew", "trade": "low_voltage", "reason": "需要两人"}
    child = office.person("east.desk").post(f"/api/orders/{order['id']}/follow-on", body)
    assert (child["state"], child["centre_id"]) == ("released", office.unit("east"))
    with pytest.raises(Refused) as refused:
        office.person("west.desk").post(f"/api/orders/{order['id']}/follow-on", body)
    assert refused.value.status == 404


def test_the_reference_names_every_code(agent: Person) -> None:
    found = agent.get("/api/tickets/reference")
    for rows in found.values():
        assert rows
        assert all(row["name_zh"] and row["name_en"] for row in rows)


def test_the_facts_hold_together(office: Office) -> None:
    turn()
    with read_session() as session:
        assert list(verify(session, 1)) == []
