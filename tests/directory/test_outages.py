"""When the power was away at a customer's, as orders tell it."""

from collections import defaultdict
from typing import Any

from api.demo.city import City
from tests.office import NEEDS, Office


def customer_id(town: Office, number: str) -> str:
    [hit] = town.person("agent").get("/api/search", q=number, kinds="customer")["hits"]
    return str(hit["id"])


def told(town: Office, customer: str, fault: str) -> dict[str, Any]:
    agent = town.person("agent")
    ticket = agent.post("/api/tickets", {"channel": "phone", "customer_id": customer})
    order: dict[str, Any] = agent.post(
        "/api/orders", {**NEEDS, "fault_code": fault, "ticket_id": ticket["id"]}
    )
    return order


def outages(town: Office, customer: str) -> dict[str, tuple[str, bool]]:
    rows = town.person("agent").get(f"/api/customers/{customer}")["outages"]
    return {one["order_number"]: (one["because"], one["ended_at"] is not None) for one in rows}


def test_a_customer_has_the_outages_of_the_account_the_premises_and_the_transformer(
    town: Office, city: City
) -> None:
    below = defaultdict(list)
    for one in city.customers:
        below[one.transformer].append(one)
    first, second, *_ = next(some for some in below.values() if len(some) > 2)
    stranger = next(one for one in city.customers if one.transformer != first.transformer)
    mine, near, far = (customer_id(town, one.number) for one in (first, second, stranger))
    own = told(town, mine, "no_power_home")
    area = told(town, near, "no_power_area")
    told(town, near, "no_power_home")
    told(town, near, "meter_fault")
    told(town, far, "no_power_area")
    assert outages(town, mine) == {
        own["number"]: ("customer", False),
        area["number"]: ("transformer", False),
    }
    lead, desk, crew = (town.person(one) for one in ("lead", "east.desk", "east.crew1"))
    lead.post(f"/api/orders/{own['id']}/release", {"centre_id": town.unit("east")})
    desk.post(f"/api/orders/{own['id']}/accept")
    row = desk.post(f"/api/orders/{own['id']}/dispatch", {"crew_id": town.unit("east-1")})
    work = f"/api/assignments/{row['assignment']['id']}"
    for act in ("accept", "depart", "arrive", "restore"):
        crew.post(f"{work}/{act}", {})
    assert outages(town, mine)[own["number"]] == ("customer", True)
    hidden = town.person("west.desk").http.get(f"/api/customers/{mine}")
    assert hidden.status_code == 404 or own["number"] not in hidden.text
