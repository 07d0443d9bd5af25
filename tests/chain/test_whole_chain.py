"""The whole chain once, through real sockets: carrier, screens, terminal."""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gps.terminal import Terminal
from tests.chain.world import carrier_says, file_order, passwords, telephones, to_the_site
from tests.harness import RunningPaidan
from tests.people import Person
from tests.telephony.carrier import TOKEN, InboundCall


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with RunningPaidan(twilio_auth_token=TOKEN, receipt_retry_seconds="0.5") as running:
        yield running
        sys.stdout.write(running.output[-8000:])  # pytest shows it where a test failed


@pytest.fixture
def people(paidan: RunningPaidan) -> Iterator[dict[str, Person]]:
    known = passwords(paidan)
    wanted = ("agent", "lead", "supervisor", "east.desk", "west.desk", "east.crew1", "east.crew2")
    found = {name: Person(paidan.base_url, name, known[name]) for name in wanted}
    yield found
    for person in found.values():
        person.close()


def test_from_the_last_webhook_to_arrival_by_gps(
    paidan: RunningPaidan, people: dict[str, Person]
) -> None:
    agent, lead = people["agent"], people["lead"]
    east, west, crew = people["east.desk"], people["west.desk"], people["east.crew1"]
    board = people["supervisor"]
    for person in (lead, east, west, board):
        person.follow()
    crew.follow("queue")

    began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=90)
    call = InboundCall(1, began=began)
    call_id = telephones(paidan, agent, call)
    order = file_order(agent, call_id)
    order_id = order["id"]
    assert order["points"]["A"] is None
    assert carrier_says(paidan, call.completed()).status_code in (200, 204)
    row = board.wait_order(order_id, lambda row: row["points"]["A"])
    assert datetime.fromisoformat(row["points"]["A"]) == call.ended_at

    # wrong centre: it returns the order; the lead sends it on and recalls it once
    lead.post(f"/api/orders/{order_id}/release", {"centre_id": west.unit_id})
    west.wait_order(order_id, lambda row: row["hop"]["received_at"])
    west.post(f"/api/orders/{order_id}/return", {"reason": "wrong_department"})
    west.wait(lambda screen: order_id not in screen.rows["order"])
    lead.post(f"/api/orders/{order_id}/release", {"centre_id": west.unit_id})
    lead.post(f"/api/orders/{order_id}/recall", {"reason": "wrong_department"})
    lead.post(f"/api/orders/{order_id}/release", {"centre_id": east.unit_id})
    row = east.wait_order(order_id, lambda row: row["points"]["C"])
    assert row["hop"]["attempt"] == 3

    east.post(f"/api/orders/{order_id}/accept")
    crews = {row["code"]: row["id"] for row in east.screen.rows["crew"].values()}
    refused = dispatch_twice(east, order_id, [crews["east-1"], crews["east-2"]])
    assert refused["status"] == 409
    assert refused["code"] == "already_done"
    assert "城东报修中心调度 already dispatched it to East crew" in refused["detail"]

    assignment = board.wait_order(order_id, lambda row: row["assignment"])["assignment"]
    east.post(f"/api/assignments/{assignment['id']}/recall", {"reason": "other"})
    board.wait_order(order_id, lambda row: row["state"] == "accepted")

    east.post(f"/api/orders/{order_id}/dispatch", {"crew_id": crews["east-1"]})
    row = crew.wait_order(order_id, lambda row: row["points"]["E"])
    crew.post(f"/api/assignments/{row['assignment']['id']}/accept")
    asyncio.run(to_the_site(paidan, "13800001101"))
    row = board.wait_order(order_id, lambda row: row["points"]["G"] and row["points"]["H"])
    assert row["assignment"]["state"] == "arrived"
    vehicle = row["assignment"]["vehicle_id"]
    assert board.wait(lambda screen: screen.positions.get(vehicle))

    page = agent.get(f"/api/orders/{order_id}")
    sources = {s["point"]: s["source"] for s in page["stamps"] if s["counts"]}
    assert sources["A"] == "carrier"
    assert sources["C"] == "receipt"
    assert sources["E"] in ("receipt", "terminal")
    assert sources["G"] == sources["H"] == "gps"
    segments = {one["code"]: one for one in page["segments"]}
    assert list(segments) == ["AB", "BC", "CD", "DE", "EF", "FG", "GH", "AH"]
    assert {segments[code]["state"] for code in ("AB", "BC", "CD", "DE", "EF")} == {"done"}
    assert "detour" in {mark for one in segments.values() for mark in one["marks"]} or any(
        one["excluded_s"] for one in segments.values()
    )

    done = row["assignment"]["id"]
    crew.post(f"/api/assignments/{done}/restore", {})
    crew.post(f"/api/assignments/{done}/finish")
    lead.post(f"/api/orders/{order_id}/close", {"outcome": "repaired"})
    board.wait(lambda screen: order_id not in screen.rows["order"])
    assert_same_as_fresh(board)
    verified = paidan.command("verify")
    assert verified.returncode == 0, verified.stdout


def test_the_terminal_is_a_receipt_where_no_phone_answers(
    paidan: RunningPaidan, people: dict[str, Person]
) -> None:
    agent, lead, east, board = (people[n] for n in ("agent", "lead", "east.desk", "supervisor"))
    board.follow()
    order_id = file_order(agent, None)["id"]
    lead.post(f"/api/orders/{order_id}/release", {"centre_id": east.unit_id})
    assert board.screen is not None
    crews = {row["code"]: row["id"] for row in board.screen.rows["crew"].values()}
    row = east.post(f"/api/orders/{order_id}/dispatch", {"crew_id": crews["east-3"]})
    assert row["points"]["E"] is None

    async def listen() -> None:
        async with Terminal("13800001301") as terminal:
            await terminal.connect(*paidan.jt808)
            await terminal.register()
            await terminal.authenticate()
            assert row["number"] in await terminal.next_text()
            await asyncio.to_thread(board.wait_order, order_id, lambda now: now["points"]["E"])
            path = f"/api/assignments/{row['assignment']['id']}/recall"
            await asyncio.to_thread(east.post, path, {"reason": "other"})
            said = await terminal.next_text()
            while "召回" not in said:  # an order that was not confirmed in time is sent again
                assert row["number"] in said
                said = await terminal.next_text()

    asyncio.run(listen())
    board.wait_order(
        order_id, lambda now: now["state"] == "accepted" and not now["recall_unconfirmed"]
    )
    stamps = agent.get(f"/api/orders/{order_id}")["stamps"]
    assert [one["source"] for one in stamps if one["point"] == "E"] == ["terminal"]


def dispatch_twice(desk: Person, order_id: str, crews: list[str]) -> dict[str, Any]:
    """Two dispatchers at the same moment: one wins; the other's problem is returned."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda crew: desk.try_post(f"/api/orders/{order_id}/dispatch", {"crew_id": crew}),
                crews,
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    problem: dict[str, Any] = next(a for a in answers if a.status_code == 409).json()
    return problem


def assert_same_as_fresh(person: Person) -> None:
    """The law: snapshot + deltas == fresh snapshot."""
    assert person.screen is not None
    fresh = person.get("/api/board")
    person.wait(lambda screen: screen.number >= fresh["number"])
    assert person.screen.gaps == 0
    assert person.screen.rows["order"] == {row["id"]: row for row in fresh["orders"]}
    assert person.screen.rows["crew"] == {row["id"]: row for row in fresh["crews"]}
