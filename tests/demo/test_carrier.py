"""The city's own carrier: telephones that ring, agents at them, notices; nobody else's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.demo import account
from api.demo.city import make_city
from api.demo.plan import calls
from api.demo.telephones import PACE_UPTO, keys_of
from core.settings import Settings
from telephony.simulator import scenario
from telephony.simulator.phones import Phones
from tests.demo.test_life import LONG_S, sit_down
from tests.harness import RunningPaidan
from tests.people import Person

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SPEED = 5


def own(**more: Any) -> Settings:
    return Settings(demo=True, **{"host": "127.0.0.1", "port": 8700, **more})


def test_a_carrier_of_one_s_own_is_left_alone() -> None:
    assert account.settings_of(own(twilio_account_sid="AC1"), "token") == {}
    assert account.settings_of(own(twilio_auth_token="token"), "token") == {}
    assert account.settings_of(own(asterisk_url="http://127.0.0.1:8088"), "token") == {}
    assert account.settings_of(own(host="192.0.2.7"), "token") == {}
    found = account.settings_of(own(demo_carrier_port=4017), "token")
    assert found["PAIDAN_TWILIO_API_URL"] == "http://127.0.0.1:4017"
    assert found["PAIDAN_DEMO_CARRIER_PORT"] == "4017"


def test_the_scenario_is_one_that_the_carrier_reads(tmp_path: Path) -> None:
    here = own(data_dir=tmp_path, public_url="https://paidan.example")
    account.write(here, "+8616400095598")
    found = scenario.load(tmp_path / account.FILE, 1)
    (number,) = found.numbers
    assert number["voice_url"] == "https://paidan.example/telephony/twilio/voice"
    phones = Phones(1)
    for one in found.phones:
        phones.add(one)
    assert phones.of("+8616400200001").talk_s is None, "agents hang up for nobody"
    assert phones.of("+8616400100001").keys == ("1",), "who is on duty accepts"
    numbers = {one.phone for one in make_city(1).customers}
    unreached = [one for one in numbers if phones.of(one).sms == "undelivered"]
    assert 0.01 < len(unreached) / len(numbers) < 0.06
    assert all(phones.of(one).talk_s for one in numbers)


def test_callers_press_what_they_call_for() -> None:
    plan = list(islice(calls(make_city(1), "7", START, ZoneInfo("Asia/Shanghai")), 400))
    pressed = {call.key: keys_of("7", call) for call in plan}
    assert pressed == {call.key: keys_of("7", call) for call in plan}
    for call in plan:
        matter = "2" if call.fault is None else "3" if call.fault.urgency >= 3 else "1"
        assert [key for key in pressed[call.key] if key not in ("9", "")][1] == matter
    kinds = {tuple(keys) for keys in pressed.values()}
    assert {("1", "1"), ("1", "9", "1"), ("1", "1", "2")} <= kinds


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
    )
    try:
        paidan.start(wait=False)
        paidan.wait_ready(LONG_S)
        yield paidan
    finally:
        paidan.clean()


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
def test_facts_and_state_agree_afterwards(city: RunningPaidan) -> None:
    city.stop()
    checked = city.command("verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr
