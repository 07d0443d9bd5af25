"""Whoever comes second to a ticket or order is told who was first; a caller is called once."""

from typing import Any

import pytest
from sqlalchemy import select

from dispatch.tickets.models import FollowUp, Ticket
from tests.office import NEEDS, Office, query, turn
from tests.people import Person, Refused


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


def filed(agent: Person, **said: Any) -> str:
    return str(agent.post("/api/tickets", {"channel": "web", "description": "没电"} | said)["id"])


def refusal(person: Person, path: str, body: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(Refused) as refused:
        person.post(path, body)
    return refused.value.problem


def test_the_second_to_merge_is_told_who_merged_it_when_and_into_which_order(
    agent: Person, office: Office
) -> None:
    order, other = office.filed(), office.filed()
    path = f"/api/tickets/{filed(agent)}/merge"
    agent.post(path, {"order_id": order["id"]})
    lead = office.person("lead")
    problem = refusal(lead, path, {"order_id": other["id"]})
    me = agent.get("/api/me")["user"]["name"]
    assert problem["code"] == "ticket_not_possible"
    for said in (me, order["number"], ":"):
        assert said in problem["detail"]


def test_the_second_to_file_an_order_is_told_who_was_first(agent: Person, office: Office) -> None:
    ticket_id = filed(agent)
    order = agent.post("/api/orders", {**NEEDS, "ticket_id": ticket_id})
    problem = refusal(office.person("lead"), "/api/orders", {**NEEDS, "ticket_id": ticket_id})
    assert problem["code"] == "order_exists"
    assert order["number"] in problem["detail"]
    assert agent.get("/api/me")["user"]["name"] in problem["detail"]


def test_one_follow_on_of_a_trade_is_enough(office: Office) -> None:
    order = office.sent()
    path = f"/api/orders/{order['id']}/follow-on"
    body = {"kind": "made_safe", "trade": "low_voltage", "reason": "待换电缆"}
    lead, desk = office.person("lead"), office.person("east.desk")
    first = desk.post(path, body)
    problem = refusal(lead, path, body)
    assert problem["code"] == "follow_on_exists"
    assert first["number"] in problem["detail"]
    assert desk.get("/api/me")["user"]["name"] in problem["detail"]
    assert lead.post(path, {**body, "trade": "medium_voltage"})["id"] != first["id"]
    lead.post(f"/api/orders/{first['id']}/close", {"outcome": "cancelled"})
    assert lead.post(path, body)["id"] != first["id"]


def test_who_asked_five_times_about_one_order_is_called_once(agent: Person, office: Office) -> None:
    phone, spelled = "+8613911139111", "139 1113 9111"
    first = filed(agent, caller_phone=phone)
    order = agent.post("/api/orders", {**NEEDS, "ticket_id": first})
    again = [filed(agent, caller_phone=each) for each in (phone, spelled)]
    neighbour = filed(agent, caller_phone="+8613911139112")
    for ticket_id in (*again, neighbour):
        agent.post(f"/api/tickets/{ticket_id}/merge", {"order_id": order["id"]})
    closed = {"outcome": "customer_side"}
    office.person("lead").post(f"/api/orders/{order['id']}/close", closed)
    turn()
    mine = select(FollowUp.ticket_id).where(FollowUp.order_id == order["id"])
    called = query(lambda session: {str(one) for one in session.scalars(mine)})
    assert called == {first, neighbour}
    how = select(Ticket.closed_how).where(Ticket.id.in_(again))
    assert query(lambda session: set(session.scalars(how))) == {"called_once"}
