"""Faults that wait for an order: their clock, their promise, the order that is made of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.clock import now
from core.db import session_factory
from dispatch.tickets.models import Ticket
from tests.office import NEEDS, Office
from tests.people import Person, Refused

PROMISE = timedelta(minutes=45)
GUIDE = {"fault_code": "no_power_home", "answers": {"danger": "yes"}}


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


def filed(agent: Person, **said: Any) -> dict[str, Any]:
    ticket = agent.post("/api/tickets", {"channel": "web", "description": "没电"} | said)
    page: dict[str, Any] = agent.get(f"/api/tickets/{ticket['id']}")
    return page


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def aged(page: Mapping[str, Any], by: timedelta) -> None:
    """The ticket's clock began earlier."""
    with session_factory()() as session:
        change = update(Ticket).where(Ticket.id == page["ticket"]["id"])
        session.execute(change.values(clock_started_at=now() - by))
        session.commit()


def ids(agent: Person, **query: Any) -> list[str]:
    return [one["id"] for one in agent.get("/api/tickets", **query)["tickets"]]


@pytest.mark.parametrize(
    ("channel", "source", "evidence"),
    [("web", "system", "submission"), ("phone", "agent", "filing")],
)
def test_without_a_call_a_is_when_it_was_handed_in_or_filed(
    agent: Person, channel: str, source: str, evidence: str
) -> None:
    before = now()
    page = filed(agent, channel=channel)
    assert (page["clock"]["source"], page["clock"]["evidence"]) == (source, evidence)
    assert before <= at(page["clock"]["at"]) <= now()
    assert at(page["ticket"]["due_at"]) == at(page["clock"]["at"]) + PROMISE
    order = agent.post("/api/orders", {**NEEDS, "ticket_id": page["ticket"]["id"]})
    promise = agent.get(f"/api/orders/{order['id']}")["promise"]
    assert at(promise["due_at"]) == at(page["clock"]["at"]) + PROMISE


def test_a_fault_without_an_order_is_listed_and_is_late_when_its_promise_is(agent: Person) -> None:
    page, enquiry = filed(agent), filed(agent, kind="enquiry")
    id_ = page["ticket"]["id"]
    assert id_ in ids(agent, unordered=True)
    assert enquiry["ticket"]["id"] not in ids(agent, unordered=True)
    assert id_ not in ids(agent, overdue=True)
    aged(page, PROMISE + timedelta(seconds=5))
    assert id_ in ids(agent, overdue=True)
    agent.post("/api/orders", {**NEEDS, "ticket_id": id_})
    assert id_ not in ids(agent, overdue=True)
    assert id_ not in ids(agent, unordered=True)


def test_answers_that_are_asked_for_later_are_kept_with_the_ticket(agent: Person) -> None:
    id_ = filed(agent)["ticket"]["id"]
    body = {key: value for key, value in NEEDS.items() if key not in ("urgency", "trade")}
    order = agent.post("/api/orders", {**body, "ticket_id": id_, "guide": GUIDE})
    page = agent.get(f"/api/tickets/{id_}")
    assert page["guided"]["answers"][0]["question"] == "danger"
    assert (order["urgency"], order["trade"]) == (
        page["guided"]["urgency"],
        page["guided"]["trade"],
    )
    assert order["urgency"] > 0


def test_answers_that_are_there_stay(agent: Person) -> None:
    id_ = filed(agent, guide=GUIDE)["ticket"]["id"]
    with pytest.raises(Refused) as refused:
        agent.post("/api/orders", {**NEEDS, "ticket_id": id_, "guide": GUIDE})
    assert refused.value.status == 422
    agent.post("/api/orders", {**NEEDS, "ticket_id": id_})
    with pytest.raises(Refused) as second:
        agent.post("/api/orders", {**NEEDS, "ticket_id": id_, "guide": GUIDE})
    assert second.value.problem["code"] == "order_exists"
