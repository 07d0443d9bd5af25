"""What begins under which policy, with which facts."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.db import read_session, session_factory
from core.eventlog import read_stream
from core.events import SlaCaseOpened
from core.ids import new_id
from dispatch.directory.models import Customer
from dispatch.starter import ORG_ID
from sla.documents import load_policy, shipped_text
from sla.models import SlaCase, SlaTimer
from sla.service import policy_of
from tests.office import NEEDS, Office
from tests.people import Person

BEIJING = load_policy("beijing")


@pytest.fixture
def office(own_office: Office) -> Office:
    """Each test has policies of its own."""
    return own_office


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


def customer(importance: str) -> str:
    id_ = new_id()
    with session_factory()() as session:
        session.add(
            Customer(
                org_id=ORG_ID,
                id=id_,
                number=str(id_)[-10:],
                name_zh="市第一医院",
                name_en="First Hospital",
                category="public",
                importance=importance,
                account_state="active",
            )
        )
        session.commit()
    return str(id_)


def filed(agent: Person, customer_id: str | None = None, **more: Any) -> dict[str, Any]:
    ticket = agent.post(
        "/api/tickets", {"channel": "web", "customer_id": customer_id, "description": "停电"}
    )
    order: dict[str, Any] = agent.post("/api/orders", {**NEEDS, "ticket_id": ticket["id"], **more})
    return order


def case(id_: str) -> SlaCase:
    with read_session() as session:
        return session.scalars(select(SlaCase).where(SlaCase.id == UUID(id_))).one()


def timers(id_: str) -> dict[str, SlaTimer]:
    with read_session() as session:
        rows = session.scalars(select(SlaTimer).where(SlaTimer.case_id == UUID(id_)))
        return {row.code: row for row in rows}


def test_a_fault_is_under_the_hotlines_promise(agent):
    order = filed(agent)
    assert (case(order["id"]).policy, case(order["id"]).policy_version) == (
        "beijing",
        BEIJING.version,
    )
    assert timers(order["id"])["AH"].limit_s == 45 * 60
    with read_session() as session:
        (opened, *_) = read_stream(session, ORG_ID, "sla", UUID(order["id"]))
    assert opened.payload == SlaCaseOpened(
        policy="beijing",
        version=BEIJING.version,
        fault_class="no_power_building",
        kind="fault_repair",
        channel="web",
    )


def test_an_important_customers_fault_is_promised_sooner(agent):
    order = filed(agent, customer("first"))
    kept = case(order["id"])
    assert (kept.policy, kept.customer_class) == ("important_customers", "first")
    assert {code: row.limit_s for code, row in timers(order["id"]).items()} == {
        "AB": 120,
        "AH": 30 * 60,
        "AD": 5 * 60,
        "ARestored": 24 * 3600,
    }
    assert order["promise"]["limit_s"] == 30 * 60
    assert case(filed(agent, customer("ordinary"))["id"]).policy == "beijing"


@pytest.mark.parametrize(("channel", "days"), [("12345", 7), ("12398", 10)])
def test_what_another_hotline_hands_over_has_its_limit(agent, channel, days):
    ticket = agent.post(
        "/api/tickets", {"channel": channel, "kind": "complaint", "description": "转办"}
    )
    assert (case(ticket["id"]).policy, case(ticket["id"]).channel) == (
        "government_hotlines",
        channel,
    )
    assert timers(ticket["id"])["Handled"].limit_s >= days * 86400


def test_an_order_goes_on_under_its_version_when_a_newer_one_begins(office, agent):
    before = filed(agent)
    text = shipped_text("policies", "beijing").replace("limit_s = 120", "limit_s = 180")
    text = text.replace(f"version = {BEIJING.version}", f"version = {BEIJING.version + 1}")
    office.person("admin").post("/api/sla/policies", {"document": text})
    after = filed(agent)
    assert policy_of(case(after["id"])).version == BEIJING.version + 1
    released = {"centre_id": office.unit("east")}
    for order, limit in ((before, 120), (after, 180)):
        office.person("lead").post(f"/api/orders/{order['id']}/release", released)
        assert timers(order["id"])["AB"].limit_s == limit


def test_limits_may_depend_on_what_failed(office, agent):
    text = shipped_text("policies", "beijing").replace(
        "limits = [{ limit_s = 120,",
        'limits = [{ limit_s = 60, when = { fault_class = "wires_down" }, source = "own",'
        ' confidence = "derived" }, { limit_s = 120,',
        1,
    )
    text = text.replace(f"version = {BEIJING.version}", f"version = {BEIJING.version + 1}")
    office.person("admin").post("/api/sla/policies", {"document": text})
    assert timers(filed(agent)["id"])["AB"].limit_s == 120
    assert timers(filed(agent, fault_code="wires_down")["id"])["AB"].limit_s == 60


def test_what_is_under_no_policy_has_no_deadlines(office, agent):
    admin = office.person("admin")
    for row in admin.get("/api/sla/policies")["policies"]:
        if row["covers"] == "order" and row["state"] in ("in_force", "superseded"):
            admin.post(f"/api/sla/policies/{row['code']}/{row['version']}/disable")
    order = filed(agent)
    assert timers(order["id"]) == {}
    assert order["promise"]["state"] == "unknown"
    assert agent.get(f"/api/orders/{order['id']}")["segments"] == []
    assert agent.get("/api/board")["orders"][0]["id"] == order["id"]
