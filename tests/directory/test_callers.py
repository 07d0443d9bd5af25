"""Who calls: customers of a phone, their line, what is going on there, earlier contacts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from api.demo.city import City
from api.demo.model import Customer
from core.clock import now
from core.db import engine, read_session, session_factory
from dispatch.directory import service
from dispatch.directory.models import CustomerPhone
from dispatch.starter import ORG_ID
from tests.office import NEEDS, Office
from tests.people import Refused
from tests.telephony.carrier import InboundCall
from tests.telling import tell


def who(town: Office, number: str) -> dict[str, Any]:
    answer = town.person("agent").http.get("/api/callers", params={"number": number})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def only(town: Office, number: str) -> dict[str, Any]:
    (customer,) = who(town, number)["customers"]
    return dict(customer)


def alone(city: City, **fitting: str) -> Customer:
    """A customer whose phone is nobody else's."""
    phones = [one.phone for one in city.customers]
    return next(
        one
        for one in city.customers
        if phones.count(one.phone) == 1
        and all(getattr(one, name) == value for name, value in fitting.items())
    )


def file_for(town: Office, customer_id: str | None = None, **more: Any) -> dict[str, Any]:
    """An order from a ticket of the web form about this customer."""
    agent = town.person("agent")
    body = {"channel": "web", **({"customer_id": customer_id} if customer_id else {}), **more}
    ticket = agent.post("/api/tickets", body)
    order: dict[str, Any] = agent.post("/api/orders", {**NEEDS, "ticket_id": ticket["id"]})
    return order


def test_a_customer_is_known_with_place_line_and_centre(town: Office, city: City) -> None:
    wanted = alone(city, kind="household", district="LW")
    found = only(town, wanted.phone)
    assert (found["number"], found["name_zh"], found["name_en"]) == (
        wanted.number,
        wanted.name_zh,
        wanted.name_en,
    )
    assert found["verified"] is True
    (point,) = found["points"]
    assert (point["address_zh"], point["meter"]) == (wanted.address_zh, wanted.meter)
    assert (point["lat"], point["lon"]) == wanted.at
    assert point["region"]["code"] == "LW"
    assert point["region"]["centre_id"] == town.unit("east")
    assert point["region"]["centre_name_zh"] == "城东报修中心"
    kinds = [node["kind"] for node in point["line"]]
    assert kinds == ["transformer", "section", "feeder", "substation"]
    assert point["line"][0]["code"] == wanted.transformer
    assert point["line"][2]["code"] == city.feeder_of(wanted.transformer)
    assert point["on_feeder"]["count"] == 0


@pytest.mark.parametrize(
    "written", ["{e164}", "0086 {national}", "{national}", "{a}-{b}-{c}", " ({a}) {b} {c} "]
)
def test_the_number_may_be_written_in_any_way(town: Office, city: City, written: str) -> None:
    wanted = alone(city)
    national = wanted.phone.removeprefix("+86")
    parts = {"a": national[:3], "b": national[3:7], "c": national[7:]}
    found = who(town, written.format(e164=wanted.phone, national=national, **parts))
    assert found["number"] == wanted.phone
    assert [one["number"] for one in found["customers"]] == [wanted.number]


@pytest.mark.parametrize("number", ["anonymous", "+", "12", "95598", "+999123456789", "0" * 40])
def test_what_is_no_number_is_nobody(town: Office, number: str) -> None:
    found = who(town, number)
    assert (found["customers"], found["orders"], found["contacts"]) == ([], [], [])


def test_a_stranger_is_a_number_without_customers(town: Office) -> None:
    found = who(town, "13900001111")
    assert found["number"] == "+8613900001111"
    assert found["customers"] == []


def test_a_shared_phone_has_all_its_customers(town: Office, city: City) -> None:
    phones = [one.phone for one in city.customers]
    shared = next(phone for phone in phones if phones.count(phone) > 1)
    found = {one["number"] for one in who(town, shared)["customers"]}
    assert found == {one.number for one in city.customers if one.phone == shared}


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that this thread sends to the database meanwhile; the office's server has its
    own.
    """
    sent: list[str] = []
    mine = threading.get_ident()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == mine:
            sent.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def test_many_customers_are_told_as_each_alone_in_as_many_statements(
    town: Office, city: City
) -> None:
    phones = [one.phone for one in city.customers]
    several = [one for one in city.customers if phones.count(one.phone) == 1][:200:25]
    assert len({city.feeder_of(one.transformer) for one in several}) > 1
    ids = [only(town, one.phone)["customer_id"] for one in several]
    for _ in range(service.CONTACTS + 1):  # more than are listed; the others keep theirs
        file_for(town, ids[0])
    file_for(town, ids[1])
    shared = "+8613900004444"
    with session_factory()() as session:
        for id_ in ids:
            session.add(
                CustomerPhone(org_id=ORG_ID, customer_id=UUID(id_), number=shared, verified=True)
            )
        session.commit()
    with read_session() as session:
        with statements() as for_one:
            service.who_calls(session, ORG_ID, several[0].phone)
        with statements() as for_all:
            together = service.who_calls(session, ORG_ID, shared).customers
        each = [service.who_calls(session, ORG_ID, one.phone).customers[0] for one in several]
    assert {one.customer_id: one for one in together} == {one.customer_id: one for one in each}
    found = {str(one.customer_id): one for one in together}
    assert len(found[ids[0]].contacts) == service.CONTACTS
    assert len(found[ids[1]].contacts) == 1
    assert len(for_all) == len(for_one) > 0


def test_importance_is_told(town: Office, city: City) -> None:
    hospital = next(one for one in city.customers if one.importance == "special")
    assert only(town, hospital.phone)["importance"] == "special"


def test_an_open_order_shows_with_the_customer_and_on_their_line(town: Office, city: City) -> None:
    first = alone(city, district="QY")
    feeder = city.feeder_of(first.transformer)
    neighbour = next(
        one
        for one in city.customers
        if one.transformer != first.transformer and city.feeder_of(one.transformer) == feeder
    )
    order = file_for(town, only(town, first.phone)["customer_id"])
    found = only(town, first.phone)
    assert [(one["id"], one["because"]) for one in found["orders"]] == [(order["id"], "customer")]
    assert found["contacts"][0]["order_number"] == order["number"]
    assert found["points"][0]["on_transformer"]["order_ids"] == [order["id"]]
    beside = next(
        one for one in who(town, neighbour.phone)["customers"] if one["number"] == neighbour.number
    )
    assert beside["orders"] == []
    (point,) = beside["points"]
    assert (point["on_feeder"]["code"], point["on_feeder"]["order_ids"]) == (feeder, [order["id"]])
    assert point["on_transformer"]["count"] == 0
    town.person("lead").post(f"/api/orders/{order['id']}/close", {"outcome": "cancelled"})
    assert only(town, first.phone)["orders"] == []
    assert only(town, first.phone)["contacts"][0]["order_id"] == order["id"]


def test_an_order_told_from_a_phone_is_found_by_it(town: Office) -> None:
    order = file_for(town, caller_phone="139 0000 2222".replace(" ", ""))
    found = who(town, "+86 139 0000 2222")
    assert [(one["id"], one["because"]) for one in found["orders"]] == [(order["id"], "phone")]


def test_earlier_calls_of_the_phone_are_listed_newest_first(town: Office) -> None:
    number = "+8613900003333"
    began = now() - timedelta(minutes=30)
    calls = [
        InboundCall(7_000 + n, began + timedelta(minutes=n), from_number=number) for n in range(2)
    ]
    for call in calls:
        for webhook in call.whole():
            answer = town.person("agent").http.post(
                webhook.path, content=webhook.body, headers=webhook.headers(PUBLIC)
            )
            assert answer.status_code < 300, answer.text
    tell()
    agent = town.person("agent")
    rows = {row["from_number"]: row for row in reversed(agent.get("/api/calls"))}
    ticket = agent.post("/api/tickets", {"call_id": rows[number]["id"]})
    order = agent.post("/api/orders", {**NEEDS, "ticket_id": ticket["id"]})
    found = who(town, number)
    assert [one["kind"] for one in found["contacts"]] == ["call", "call"]
    assert {one["state"] for one in found["contacts"]} == {"completed"}
    assert [one["order_id"] for one in found["contacts"]].count(order["id"]) == 1
    assert found["orders"][0]["id"] == order["id"]


PUBLIC = "http://127.0.0.1:8700"


def test_a_ticket_names_only_a_customer_that_there_is(town: Office, city: City) -> None:
    customer = only(town, alone(city).phone)["customer_id"]
    ticket = town.person("agent").post("/api/tickets", {"channel": "web", "customer_id": customer})
    assert ticket["customer_id"] == customer
    with pytest.raises(Refused) as refused:
        town.person("agent").post(
            "/api/tickets",
            {"channel": "web", "customer_id": "01a20037-08c2-7366-b53b-6b86f3b69262"},
        )
    assert refused.value.status == 422
    assert refused.value.problem["errors"][0]["field"] == "body.customer_id"


def test_another_organisation_knows_nobody(town: Office, city: City) -> None:
    with read_session() as session:
        assert service.who_calls(session, ORG_ID, alone(city).phone).customers
        assert service.who_calls(session, ORG_ID + 1, alone(city).phone).customers == []
        assert service.regions(session, ORG_ID + 1) == []


def test_a_place_is_told_in_both_languages_wherever_an_order_is_listed(town: Office) -> None:
    both = {"place": "杏花路 6 号", "place_en": "6 Xinghua Road"}
    order = town.filed(**both)
    lead = town.person("lead")
    for row in (
        order,
        lead.get(f"/api/orders/{order['id']}")["order"],
        next(each for each in lead.get("/api/board")["orders"] if each["id"] == order["id"]),
    ):
        assert {name: row[name] for name in both} == both
    assert town.filed()["place_en"] is None


def test_notes_are_told_pinned_ones_first_and_hidden_ones_never(town: Office, city: City) -> None:
    phones = [one.phone for one in city.customers]
    wanted = [one for one in city.customers if phones.count(one.phone) == 1][-3]
    agent, lead = town.person("agent"), town.person("lead")
    page = f"/api/customers/{only(town, wanted.phone)['customer_id']}"
    for words, pinned in (
        ("后门进", False),
        ("有恶犬", True),
        ("写错了", False),
        ("先打 13987654321", False),
    ):
        agent.post(f"{page}/notes", {"words": words, "pinned": pinned})
    wrong = next(one for one in agent.get(page)["notes"] if one["words"] == "写错了")
    lead.post(f"{page}/notes/{wrong['id']}/hide", {"reason": "mistake"})
    told = only(town, wanted.phone)["notes"]
    assert [(one["words"], one["pinned"]) for one in told] == [
        ("有恶犬", True),
        ("先打 13987654321", False),
        ("后门进", False),
    ]
    supervisor = town.person("supervisor").get("/api/callers", number=wanted.phone)
    assert "13987654321" not in str(supervisor)
