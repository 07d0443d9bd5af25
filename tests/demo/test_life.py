"""The city at a real `paidan up`: it works through the doors, and leaves the seat to a human."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.demo.book import STAND_BACK
from tests.harness import RunningPaidan
from tests.people import Person, Screen

LONG_S = 240.0
SPEED = 20

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def city() -> Iterator[RunningPaidan]:
    """A city that has been at work for a while, at twenty times the pace."""
    anchor = datetime.now(UTC) + timedelta(seconds=2)
    paidan = RunningPaidan(
        demo="true",
        clock_start="2026-03-02T08:00:00+08:00",
        clock_from=anchor.isoformat(),
        clock_speed=str(SPEED),
    )
    try:
        paidan.start(wait=False)
        paidan.wait_ready(LONG_S)
        yield paidan
    finally:
        paidan.clean()


def sit_down(city: RunningPaidan, login: str) -> Person:
    people = json.loads((city.data_dir / "demo.json").read_text(encoding="utf-8"))["people"]
    password = next(one["password"] for one in people if one["login"] == login)
    return Person(city.base_url, login, password)


def arrived_by_gps(person: Person) -> dict[str, Any] | None:
    """The page of an order whose crew has arrived, as its vehicle says."""
    assert person.screen is not None
    for row in list(person.screen.rows["order"].values()):
        if row["points"]["H"] is None:
            continue
        page = person.get(f"/api/orders/{row['id']}")
        if any(stamp["point"] == "H" and stamp["source"] == "gps" for stamp in page["stamps"]):
            found: dict[str, Any] = page
            return found
    return None


def test_an_order_goes_from_the_call_to_the_door_with_evidence(city: RunningPaidan) -> None:
    supervisor = sit_down(city, "demo.supervisor")
    supervisor.follow()
    try:
        page = supervisor.wait(lambda _screen: arrived_by_gps(supervisor), LONG_S)
        evidence = {stamp["point"]: stamp["source"] for stamp in page["stamps"] if stamp["counts"]}
        assert evidence["A"] == "carrier"
        assert evidence["C"] == "receipt"
        assert evidence["E"] in ("receipt", "terminal")
        assert evidence["H"] == "gps"
        assert {row["state"] for row in supervisor.get("/api/calls")} & {
            "ringing",
            "in-progress",
            "ended",
        }
    finally:
        supervisor.close()


def test_the_simulated_dispatcher_leaves_the_seat_to_a_human(city: RunningPaidan) -> None:
    """An order that a human took back from a crew waits until the human has gone."""
    human = sit_down(city, "demo.east")
    human.follow()
    try:
        row = human.wait(_with_crew, LONG_S)
        taken = human.post(
            f"/api/assignments/{row['assignment']['id']}/recall", {"reason": "other"}
        )
        since = datetime.fromisoformat(taken["holder"]["since"])
        sent = human.wait_order(
            row["id"],
            lambda now: now["assignment"] and now["assignment"]["id"] != row["assignment"]["id"],
            LONG_S,
        )
        assert datetime.fromisoformat(sent["assignment"]["sent_at"]) - since >= STAND_BACK
    finally:
        human.close()


def _with_crew(screen: Screen) -> dict[str, Any] | None:
    for row in screen.rows["order"].values():
        if row["assignment"] and row["assignment"]["state"] in ("sent", "accepted", "active"):
            return row
    return None


def test_a_killed_api_does_not_stop_the_city(city: RunningPaidan) -> None:
    victim = city.kill("api")
    city.wait_replaced("api", victim)
    city.wait_ready()
    lead = sit_down(city, "demo.lead")
    known = set(lead.follow().rows["order"])
    try:
        fresh = lead.wait(lambda screen: set(screen.rows["order"]) - known, LONG_S)
        assert fresh
    finally:
        lead.close()


def test_facts_and_state_agree_afterwards(city: RunningPaidan) -> None:
    city.stop()
    checked = city.command("verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr
