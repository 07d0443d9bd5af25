"""The city's own carrier over the real processes: telephones that ring, agents at them, notices,
and whole chains: a call-back, a crew that is called after, a customer who is told of a delay.
"""

import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.demo import account
from api.demo.telephones import PACE_UPTO
from api.demo.units import HOTLINE_NUMBER
from tests.demo.test_life import LONG_S, sit_down
from tests.harness import RunningPaidan
from tests.people import Person

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SPEED = 5
CARRIER_PORT = account.free_port()
STRANGER = "+86164999"
"""Where the numbers of callers begin who are nobody in the city."""


@pytest.fixture(scope="module")
def city() -> Iterator[RunningPaidan]:
    """A city whose telephones ring, at five times the pace."""
    assert SPEED <= PACE_UPTO
    anchor = datetime.now(UTC) + timedelta(seconds=2)
    paidan = RunningPaidan(
        demo="true",
        clock_start=START.isoformat(),
        clock_from=anchor.isoformat(),
        clock_speed=str(SPEED),
        demo_carrier_port=str(CARRIER_PORT),
    )
    try:
        paidan.start(wait=False)
        paidan.wait_ready(LONG_S)
        yield paidan
    finally:
        paidan.clean()


class Outside:
    """What happens at the carrier, by its control interface."""

    def __init__(self) -> None:
        address = f"http://127.0.0.1:{CARRIER_PORT}/_sim"
        self._http = httpx.Client(base_url=address, timeout=LONG_S, trust_env=False)

    def post(self, path: str, **body: Any) -> None:
        self._http.post(path, json=body).raise_for_status()

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._http.get("/state").json()["messages"]
        return found

    def until(self, read: Callable[[], Any]) -> Any:
        """What `read` finds, once it finds something; each look follows news of the carrier, or a
        second without any.
        """
        end, seen = time.monotonic() + LONG_S, 0
        while time.monotonic() < end:
            if found := read():
                return found
            news = self._http.get("/trace", params={"after": seen, "wait": 1}).text.splitlines()
            seen += len(news)
        raise AssertionError(f"not seen in {LONG_S} s")

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def outside(city: RunningPaidan) -> Iterator[Outside]:
    found = Outside()
    found.post("/phones", number=f"{STRANGER}*", ring_s=2, talk_s=15, patience_s=LONG_S * SPEED)
    yield found
    found.close()


def awaited(person: Person, read: Any) -> Any:
    """What `read` finds, once it finds something; each look follows news on the board."""
    return person.wait(lambda _screen: read(), LONG_S)


@pytest.mark.timeout(900)
def test_a_caller_speaks_with_an_agent_who_files_it(city: RunningPaidan) -> None:
    supervisor = sit_down(city, "demo.supervisor")
    supervisor.follow()
    try:
        call = awaited(
            supervisor,
            lambda: next(
                (
                    one
                    for one in supervisor.get("/api/calls")
                    if one["outcome"] == "answered" and one["tickets"]
                ),
                None,
            ),
        )
        assert call["queue"] in ("fault", "enquiry", "hazard")
        assert call["taken_by"]["name"]
        agents = {one["name"]: one for one in supervisor.get("/api/agents")["agents"]}
        assert agents[call["taken_by"]["name"]]["has_phone"]
        wall = supervisor.get("/api/wallboard")
        assert wall["day"]["answered"] >= 1, wall
    finally:
        supervisor.close()


@pytest.mark.timeout(900)
def test_a_notice_reaches_customers_and_says_whom_not(city: RunningPaidan) -> None:
    lead = sit_down(city, "demo.lead")
    order = awaited(_following(lead), lambda: next(iter(lead.screen.rows["order"].values()), None))
    body = {
        "template": "danger",
        "values": {"area": order["place"][:40]},
        "scope": "order",
        "scope_id": order["id"],
        "importances": [],
    }
    try:
        seen = lead.post("/api/campaigns/preview", body)
        assert seen["set_up"]
        made = lead.post("/api/campaigns", {**body, "reason": "试", "useful_hours": 1})
        path = f"/api/campaigns/{made['id']}"
        lead.post(f"{path}/start")
        done = awaited(lead, lambda: _done(lead.get(path)))
        ended = done["progress"].get("delivered", 0) + done["progress"].get("undelivered", 0)
        assert ended == done["recipients"] >= 1
        assert sum(one["count"] for one in done["reasons"]) >= done["progress"].get(
            "undelivered", 0
        )
    finally:
        lead.close()


def _following(person: Person) -> Person:
    person.follow()
    return person


def _done(page: dict[str, Any]) -> dict[str, Any] | None:
    told = page["progress"] or {}
    going = sum(told.get(name, 0) for name in ("waiting", "queued", "accepted", "sending", "sent"))
    return page if page["state"] == "done" and not going else None


@pytest.mark.timeout(900)
def test_who_asks_for_a_call_back_keeps_the_place_and_is_connected(
    city: RunningPaidan, outside: Outside
) -> None:
    """More callers than agents: those who wait press 2."""
    for number in range(10):
        caller = {"number": f"{STRANGER}{number:05d}", "to": HOTLINE_NUMBER}
        outside.post("/calls", **caller, keys=["1", "1", "2"], talk_s=15, patience_s=LONG_S * SPEED)
    supervisor = sit_down(city, "demo.supervisor")

    def connected() -> tuple[Any, Any, Any] | None:
        done = supervisor.get("/api/callbacks", state="done")
        calls = {one["id"]: one for one in supervisor.get("/api/calls")}
        for one in done:
            asked, back = calls.get(one["from_call_id"]), calls.get(one["call_id"])
            over = asked and back and asked["outcome"] and back["outcome"]
            if one["reason"] == "asked" and over:
                return one, asked, back
        return None

    try:
        one, asked, back = outside.until(connected)
    finally:
        supervisor.close()
    assert one["since"] == asked["queued_at"]
    assert (asked["direction"], asked["outcome"]) == ("in", "callback")
    assert (back["direction"], back["outcome"]) == ("back", "answered")
    assert back["taken_by"]["name"]
    assert asked["opened_at"] < back["opened_at"] <= one["ended_at"]


@pytest.fixture(scope="class")
def still(city: RunningPaidan) -> Iterator[None]:
    """The city's people do nothing: they would do what the orders of a test wait for."""
    people = city.process("city")
    people.signal(signal.SIGSTOP)
    yield
    people.signal(signal.SIGCONT)


@pytest.fixture(scope="class")
def desk(city: RunningPaidan) -> Iterator[Person]:
    """A dispatcher of the eastern centre."""
    found = sit_down(city, "demo.east")
    yield found
    found.close()


@pytest.fixture(scope="class")
def slow(city: RunningPaidan, still: None, desk: Person) -> dict[str, Any]:
    """An order that nobody sends to a crew."""
    return _released(city, desk, f"{STRANGER}70001")


class TestNobodyActs:
    """What the product does by itself where people do not."""

    @pytest.mark.timeout(900)
    def test_a_crew_that_does_not_answer_is_called_and_accepts_by_a_key(
        self, city: RunningPaidan, desk: Person, slow: dict[str, Any], outside: Outside
    ) -> None:
        outside.post("/phones", number=f"{account.STAFF}*", keys=["1"], ring_s=2)
        order = _released(city, desk, f"{STRANGER}70002")
        crews = desk.get("/api/board")["crews"]
        crew = next(one for one in crews if one["state"] != "away")
        desk.post(f"/api/orders/{order['id']}/dispatch", {"crew_id": crew["id"]})

        def ended() -> Any:
            page = desk.get(f"/api/orders/{order['id']}")
            return page if (page["order"]["assignment"]["called"] or {}).get("outcome") else None

        page = outside.until(ended)
        assert page["order"]["assignment"]["called"]["outcome"] == "accepted"
        assert page["order"]["assignment"]["accepted_at"]
        sources = {one["point"]: one["source"] for one in page["stamps"] if one["counts"]}
        assert (sources["E"], sources["F"]) == ("voice", "voice")
        said = {(one["template"], one["channel"]) for one in page["outgoing"]}
        assert ("crew_offer", "voice") in said

    @pytest.mark.timeout(900)
    def test_a_customer_hears_the_new_time_before_the_promise_breaks(
        self, desk: Person, slow: dict[str, Any], outside: Outside
    ) -> None:
        def told() -> Any:
            page = desk.get(f"/api/orders/{slow['id']}")
            return next((one for one in page["outgoing"] if one["state"] == "delivered"), None)

        message = outside.until(told)
        assert (message["template"], message["channel"]) == ("delay", "sms")
        promise = desk.get(f"/api/orders/{slow['id']}")["order"]["promise"]
        assert message["at"] < promise["due_at"]
        customers = f"{STRANGER}70001"
        body = next(one["body"] for one in outside.messages() if one["to"] == customers)
        assert slow["number"] in body
        assert re.search(r"预计\d\d:\d\d到达", body)


def _released(city: RunningPaidan, desk: Person, phone: str) -> dict[str, Any]:
    """An order of a customer with that telephone, at the centre of a desk."""
    agent, lead = sit_down(city, "demo.agent"), sit_down(city, "demo.lead")
    ticket = agent.post("/api/tickets", {"channel": "web", "caller_phone": phone})
    where = next(one for one in lead.get("/api/board")["vehicles"] if one["lat"] is not None)
    needs = {
        "fault_code": "no_power_building",
        "place": "演示路 1 号",
        "lat": where["lat"],
        "lon": where["lon"],
        "trade": "low_voltage",
    }
    order = agent.post("/api/orders", {**needs, "ticket_id": ticket["id"]})
    path = f"/api/orders/{order['id']}/release"
    released: dict[str, Any] = lead.post(path, {"centre_id": desk.unit_id})
    agent.close()
    lead.close()
    return released


@pytest.mark.timeout(900)
def test_facts_and_state_agree_afterwards(city: RunningPaidan) -> None:
    city.stop()
    checked = city.command("verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr
