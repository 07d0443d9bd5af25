"""The page of one customer by its API: what is on it, what is put right, and what is recorded."""

import json
import threading
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from api.verify import verify
from core.db import engine, read_session, session_factory
from core.models import Event
from dashboards.customer_page import customer_page
from dispatch.directory.models import CustomerPhone
from dispatch.privacy.masking import CLEAR
from dispatch.privacy.models import CustomerNote
from dispatch.starter import ORG_ID
from tests.office import NEEDS, Office, query
from tests.people import Refused
from tests.privacy.planting import (
    ADDRESS,
    NAME,
    PHONE,
    SECRETS,
    Planted,
    plant,
    plant_customer,
)


def page(office: Office, customer_id: object, login: str = "agent") -> dict[str, Any]:
    found: dict[str, Any] = office.person(login).get(f"/api/customers/{customer_id}")
    return found


def facts(customer_id: object) -> list[tuple[str, dict[str, Any]]]:
    """Type and payload of the customer's events, in order."""
    wanted = (
        select(Event)
        .where(Event.stream == "customer", Event.stream_id == customer_id)
        .order_by(Event.seq)
    )
    return query(lambda session: [(one.type, one.payload) for one in session.scalars(wanted)])


def findings() -> list[str]:
    with read_session() as session:
        return list(verify(session, ORG_ID))


def test_all_that_is_known_stands_on_the_page(office: Office, planted: Planted) -> None:
    found = page(office, planted.customer)
    assert (found["name_zh"], found["importance"], found["account_state"]) == (
        NAME,
        "second",
        "active",
    )
    assert (found["category"], found["voltage"]) == ("commercial", "10")
    assert (found["contract_kva"], found["running_kva"]) == (315.0, 250.0)
    assert date.fromisoformat(found["commissioned_on"]) == date(2011, 6, 18)
    assert [one["number"] for one in found["phones"]] == [PHONE]
    assert [one["address_zh"] for one in found["points"]] == [ADDRESS]
    assert [(one["id"], one["because"]) for one in found["open_orders"]] == [
        (planted.order, "customer")
    ]
    assert [one["id"] for one in found["orders"]] == [planted.order]
    (ticket,) = found["tickets"]
    told = office.person("agent").get(f"/api/tickets/{planted.ticket}")["ticket"]
    assert ticket["id"] == planted.ticket
    assert (ticket["number"], ticket["state"]) == (told["number"], told["state"])
    assert ticket["words"] == told["description"]
    assert [(one["id"], one["ticket_id"]) for one in found["calls"]] == [
        (planted.call, planted.ticket)
    ]
    assert [(one["order_id"], one["ended_at"]) for one in found["outages"]] == [
        (planted.order, None)
    ]
    assert found["notes"] == []


def test_a_call_from_another_phone_about_the_account_is_listed(office: Office) -> None:
    """Whoever called: a ticket of that call is about this customer."""
    customer, phone, _ = plant_customer()
    agent = office.person("agent")
    agent.post(f"/api/customers/{customer}/phones/{phone}/remove")
    call = agent.get("/api/calls")[0]["id"]
    agent.post("/api/tickets", {"call_id": call, "customer_id": str(customer)})
    assert {one["id"] for one in page(office, customer)["calls"]} == {call}


def statements(customer_id: object) -> int:
    """How many statements the page takes."""
    sent: list[str] = []
    own = threading.get_ident()  # the office's server works in this process too

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == own:
            sent.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        with read_session() as session:
            customer_page(session, ORG_ID, customer_id, CLEAR)  # type: ignore[arg-type]
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return len(sent)


def test_the_page_takes_as_many_statements_however_much_there_is(office: Office) -> None:
    customer, _, _ = plant_customer()
    agent = office.person("agent")
    empty = statements(customer)
    for n in range(4):
        agent.post(f"/api/customers/{customer}/notes", {"words": f"第 {n} 次上门"})
        agent.post(f"/api/customers/{customer}/phones", {"number": f"1390000{n:04d}"})
        ticket = agent.post("/api/tickets", {"channel": "web", "customer_id": str(customer)})
        agent.post("/api/orders", {**NEEDS, "ticket_id": ticket["id"]})
    found = page(office, customer)
    assert (len(found["notes"]), len(found["phones"]), len(found["orders"])) == (4, 5, 4)
    assert statements(customer) == empty <= 17


def test_lines_about_several_keep_the_order_asked(office: Office) -> None:
    first, second = plant_customer()[0], plant_customer()[0]
    agent = office.person("agent")
    asked = [str(second), str(uuid4()), str(first)]
    found = agent.get("/api/customers", id=asked)
    assert [one["id"] for one in found] == [str(second), str(first)]
    assert {one["address_zh"] for one in found} == {ADDRESS}
    assert {one["region"] for one in found} == {"CZ"}
    masked = office.person("supervisor").get("/api/customers", id=asked)
    assert not any(secret in json.dumps(masked, ensure_ascii=False) for secret in SECRETS)
    with pytest.raises(Refused) as refused:
        agent.get("/api/customers", id=[str(uuid4())] * 21)
    assert refused.value.status == 422


def test_notes_are_written_pinned_and_hidden_with_a_reason(office: Office) -> None:
    customer, _, _ = plant_customer()
    agent, lead = office.person("agent"), office.person("lead")
    at = f"/api/customers/{customer}/notes"
    first = agent.post(at, {"words": "门禁密码找物业要"})["notes"][0]
    second = agent.post(at, {"words": "家中有呼吸机", "pinned": True})["notes"][0]
    assert (second["by"], second["pinned"]) == (agent.me["user"]["name"], True)
    rows = lead.post(f"{at}/{first['id']}/pin", {"pinned": True})["notes"]
    assert [one["pinned"] for one in rows] == [True, True]
    assert lead.post(f"{at}/{first['id']}/pin", {"pinned": True})["notes"] == rows
    rows = lead.post(f"{at}/{first['id']}/hide", {"reason": "写错客户"})["notes"]
    assert [(one["words"], one["hidden_by"], one["hidden_why"]) for one in rows] == [
        ("家中有呼吸机", None, None),
        (None, lead.me["user"]["name"], "写错客户"),
    ]
    again = lead.try_post(f"{at}/{first['id']}/hide", {"reason": "写错客户"})
    assert again.status_code == 404
    other, _, _ = plant_customer()
    elsewhere = f"/api/customers/{other}/notes/{second['id']}/pin"
    assert lead.try_post(elsewhere, {"pinned": False}).status_code == 404
    note = {"note_id": first["id"]}
    assert facts(customer) == [
        ("customer.note_added", {**note, "pinned": False}),
        ("customer.note_added", {"note_id": second["id"], "pinned": True}),
        ("customer.note_pinned", {**note, "pinned": True}),
        ("customer.note_hidden", note),
    ]
    assert findings() == []
    with session_factory()() as session:
        session.get_one(CustomerNote, (ORG_ID, second["id"])).pinned = False
        session.commit()
    assert [one for one in findings() if second["id"] in one]
    with session_factory()() as session:
        session.get_one(CustomerNote, (ORG_ID, second["id"])).pinned = True
        session.commit()


def test_numbers_in_a_note_are_masked_for_who_sees_masks(office: Office) -> None:
    customer, _, _ = plant_customer()
    words = "值班电话 13987654321，进 987号楼找人"
    office.person("agent").post(f"/api/customers/{customer}/notes", {"words": words})
    [note] = page(office, customer, "supervisor")["notes"]
    assert note["words"] == "值班电话 139****4321，进 *号楼找人"


def test_phones_are_added_verified_and_removed_by_id(office: Office) -> None:
    customer, phone, _ = plant_customer()
    agent = office.person("agent")
    at = f"/api/customers/{customer}/phones"
    rows = agent.post(at, {"number": "010-6234 5678", "used_by": "duty_room"})["phones"]
    assert [one["number"] for one in rows] == [PHONE, "+861062345678"]
    added = rows[1]["id"]
    assert rows[1]["verified"] is False
    rows = agent.post(f"{at}/{added}/verify", {"verified": True})["phones"]
    assert rows[1]["verified"] is True
    rows = agent.post(f"{at}/{phone}/remove")["phones"]
    assert [one["id"] for one in rows] == [added]
    assert agent.get("/api/callers", number="01062345678")["customers"][0]["customer_id"] == str(
        customer
    )
    assert agent.try_post(f"{at}/{phone}/remove").status_code == 404
    assert facts(customer) == [
        ("customer.phone_added", {"phone_id": added, "used_by": "duty_room", "verified": False}),
        ("customer.phone_verified", {"phone_id": added, "verified": True}),
        ("customer.phone_removed", {"phone_id": str(phone)}),
    ]
    erased = select(CustomerPhone).where(CustomerPhone.customer_id == customer)
    assert [one.number for one in query(lambda session: session.scalars(erased).all())] == [
        "+861062345678"
    ]


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("not a number", 422, "invalid_field"),
        ("12", 422, "invalid_field"),
        ("139 8765 4321", 409, "phone_known"),
    ],
)
def test_a_phone_must_be_one_and_new(office: Office, number: str, status: int, code: str) -> None:
    customer, _, _ = plant_customer()
    answer = office.person("agent").try_post(
        f"/api/customers/{customer}/phones", {"number": number}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_correction_records_names_of_fields_only(office: Office) -> None:
    customer, _, _ = plant_customer()
    agent = office.person("agent")
    at = f"/api/customers/{customer}/correct"
    key = str(uuid4())
    body = {"name_zh": "诸葛知夏", "importance": "first"}
    found = agent.try_post(at, body, key).json()
    assert (found["name_zh"], found["importance"], found["account_state"]) == (
        "诸葛知夏",
        "first",
        "active",
    )
    assert agent.try_post(at, body, key).json() == found
    agent.post(at, body)
    assert facts(customer) == [("customer.corrected", {"fields": "importance+name_zh"})]
    assert page(office, customer)["name_zh"] == "诸葛知夏"


def test_what_is_not_there_is_told_so(office: Office) -> None:
    agent, nobody = office.person("agent"), uuid4()
    with pytest.raises(Refused) as refused:
        agent.get(f"/api/customers/{nobody}")
    assert (refused.value.status, refused.value.problem["code"]) == (404, "not_found")
    for path, body in (
        ("notes", {"words": "备注"}),
        ("phones", {"number": PHONE}),
        ("correct", {"importance": "first"}),
    ):
        assert agent.try_post(f"/api/customers/{nobody}/{path}", body).status_code == 404


def test_a_centre_sees_its_own_customers_and_orders(office: Office) -> None:
    """Of its regions, and whom an order that it holds is for; of others it hears nothing."""
    mine = plant(office)
    own, other = office.person("east.desk"), office.person("west.desk")
    path = f"/api/customers/{mine.customer}"
    assert own.get(path)["orders"]
    refused = other.http.get(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert other.get("/api/customers", id=mine.customer) == []
    office.person("lead").post(f"/api/orders/{mine.order}/recall", {"reason": "other"})
    office.person("lead").post(
        f"/api/orders/{mine.order}/release", {"centre_id": office.unit("west")}
    )
    seen = other.get(path)
    assert [one["id"] for one in seen["orders"]] == [mine.order]
    assert [one["id"] for one in other.get("/api/customers", id=mine.customer)] == [mine.customer]
    left = own.get(path)
    assert mine.order not in json.dumps(left), "a region of its own, an order of others"
    assert [one["id"] for one in left["tickets"]] == [mine.ticket]
