"""The demo city's follow-up calls and chase-ups, through the doors of a real office."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.demo import calling_back
from api.demo.book import Book, Case
from api.demo.calling_back import CallingBack
from api.demo.carrier import Carrier
from api.demo.cast import Cast, Login
from api.demo.door import Door, Person
from api.demo.hotline import Exchange
from api.demo.plan import Call, behaviour
from api.demo.tally import Tally
from tests.office import Office

PHONE = "+8613800138000"


def with_agent(office: Office, work: Any) -> Any:
    """Let a simulated person at the agent's desk do something."""

    async def run() -> Any:
        async with Door(office.url, Tally()) as door:
            login = Login("agent", office.starter.passwords["agent"], "agent", "hotline", "")
            return await work(Person(door, login))

    return asyncio.run(run())


def test_customers_are_called_back_but_the_fresh_ones_are_left_to_humans(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = office.person("agent")
    ticket = agent.post("/api/tickets", {"kind": "complaint", "caller_phone": PHONE})
    agent.post(f"/api/tickets/{ticket['id']}/answer", {"words": "已道歉"})
    monkeypatch.setattr(calling_back, "TALK_S", 0.0)

    with_agent(office, lambda person: CallingBack(person, "seed").round())
    (row,) = agent.get("/api/follow-ups")["follow_ups"]
    assert (row["state"], row["tries"]) == ("open", [])

    monkeypatch.setattr(calling_back, "LEFT_TO_HUMANS", timedelta(0))
    with_agent(office, lambda person: CallingBack(person, "seed").round())
    (after,) = agent.get(f"/api/tickets/{ticket['id']}")["follow_ups"]
    assert len(after["tries"]) == 1


def test_who_calls_about_a_known_fault_chases_its_order(office: Office) -> None:
    order = office.filed()
    agent = office.person("agent")
    ticket = agent.post("/api/tickets", {"channel": "web", "caller_phone": PHONE})
    book = Book("seed")
    first = cast(Call, SimpleNamespace(cause="T1"))
    book.cases[order["id"]] = Case("call-1", behaviour("seed", "call-1", "no_power_home"), first)

    async def chase(person: Person) -> None:
        stage = cast(Cast, SimpleNamespace(hotline_number="+861095598"))
        carrier = cast(Carrier, SimpleNamespace(door=person.door))
        exchange = Exchange(carrier, stage, [person], book, None, None)
        again = cast(Call, SimpleNamespace(cause="T1"))
        await exchange._chase(again, person, {"id": None}, ticket)

    with_agent(office, chase)
    page = agent.get(f"/api/tickets/{ticket['id']}")
    assert (page["ticket"]["state"], page["ticket"]["order_id"]) == ("merged", order["id"])
    assert [one["chase_ups"] for one in page["orders"]] == [1]
