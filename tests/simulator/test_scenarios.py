"""Scenarios, phones and streams as data; the clock that runs; the command line; 200 calls."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from telephony.simulator import scenario
from tests.simulator.fixtures import (
    AGENT,
    HOTLINE,
    PATIENCE_S,
    CarrierSimulator,
    Product,
    running_simulator,
)

ROOT = Path(__file__).resolve().parents[2]
FINAL = ("completed", "no-answer", "busy", "failed", "canceled")


def test_patience_ends_where_nobody_talks_and_a_talk_ends_by_itself(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/voice"] = "<Enqueue>hotline</Enqueue>"
    product.documents["/agent"] = "<Dial><Queue>hotline</Queue></Dial>"
    carrier_simulator.post("/numbers", phone_number=HOTLINE, voice_url=f"{product.url}/voice")
    happy = carrier_simulator.call_in(patience_s=60, talk_s=100)
    lost = carrier_simulator.call_in(number="+8613800138001", patience_s=60)
    carrier_simulator.client().calls.create(to=AGENT, from_=HOTLINE, url=f"{product.url}/agent")
    carrier_simulator.advance(70)
    assert carrier_simulator.call(lost)["status"] == "completed"
    assert carrier_simulator.call(happy)["status"] == "in-progress"
    carrier_simulator.advance(60)
    assert carrier_simulator.call(happy)["status"] == "completed"


def test_voicemail_is_told_from_people_where_that_is_asked(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    carrier_simulator.post("/phones", number=AGENT, answer="voicemail")
    client = carrier_simulator.client()
    for to in (AGENT, "+861088880002"):
        client.calls.create(
            to=to, from_=HOTLINE, url=f"{product.url}/answer", machine_detection="Enable"
        )
    carrier_simulator.advance(20)
    assert {one["To"]: one["AnsweredBy"] for one in product.at("/answer")} == {
        AGENT: "machine_start",
        "+861088880002": "human",
    }


def test_a_phone_that_is_driven_by_hand(
    carrier_simulator: CarrierSimulator, product: Product
) -> None:
    product.documents["/offer"] = (
        '<Gather numDigits="1" timeout="30" action="/key"><Say>Order</Say></Gather>'
    )
    carrier_simulator.post("/phones", number=AGENT, answer="manual")
    made = carrier_simulator.client().calls.create(
        to=AGENT, from_=HOTLINE, url=f"{product.url}/offer"
    )
    carrier_simulator.advance(10)
    assert carrier_simulator.call(str(made.sid))["status"] == "ringing"
    carrier_simulator.act(str(made.sid), "answer")
    carrier_simulator.advance(2)
    carrier_simulator.act(str(made.sid), "press", keys="1")
    carrier_simulator.settle()
    assert [one["Digits"] for one in product.at("/key")] == ["1"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"callers": []}, "callers"),
        ({"caller": [{"number": "+1", "to": "+2", "mood": "bad"}]}, "caller[0].mood"),
        ({"caller": [{"number": "+1"}]}, "caller[0].to"),
        ({"phone": [{"ring_s": [5, 1]}]}, "phone[0].ring_s"),
        ({"phone": [{"answer": "maybe"}]}, "phone[0].answer"),
        ({"number": [{"voice_url": "x"}]}, "number[0].phone_number"),
        ({"stream": [{"number": "+1", "to": "+2"}]}, "stream[0].calls"),
        ({"phone": [{"share_lost": 2}]}, "phone[0].share_lost"),
    ],
)
def test_a_scenario_that_is_wrong_names_the_field(data: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field.replace("[", r"\[").replace("]", r"\]")):
        scenario.scenario_of(data, 1)


def test_the_same_seed_makes_the_same_callers(product: Product) -> None:
    stream = {"number": "+8613900000000", "to": HOTLINE, "calls": 30, "gap_s": [0, 9]}
    data = {"stream": [stream]}
    assert scenario.scenario_of(data, 1) == scenario.scenario_of(data, 1)
    assert scenario.scenario_of(data, 1) != scenario.scenario_of(data, 2)


def test_virtual_time_may_be_that_of_a_paced_product() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    anchor = datetime.now(UTC) - timedelta(hours=1)
    with running_simulator(speed=10, start=start, anchor=anchor) as carrier:
        now = datetime.fromisoformat(carrier.state()["now"])
    assert start + timedelta(hours=10) <= now < start + timedelta(hours=11)


def test_two_hundred_calls_of_minutes_run_in_seconds_and_each_ends_once(
    product: Product,
) -> None:
    product.documents |= {
        "/voice": '<Gather numDigits="1" action="/queue"><Say>欢迎</Say></Gather><Hangup/>',
        "/queue": '<Enqueue waitUrl="/wait" action="/after">hotline</Enqueue>',
        "/wait": '<Pause length="30"/>',
        "/agent": "<Dial><Queue>hotline</Queue></Dial><Redirect/>",
    }
    stream = {"number": "+8613900000000", "to": HOTLINE, "calls": 200, "gap_s": [0, 0.1]}
    callers = stream | {"keys": ["1"], "patience_s": [60, 240], "talk_s": [30, 120]}
    number = {"phone_number": HOTLINE, "voice_url": f"{product.url}/voice"}
    day = {"number": [number], "stream": [callers], "mischief": {"duplicate": 0.05, "delay": 0.1}}
    with running_simulator(speed=20, calls_per_second=50) as carrier:
        carrier.post("/numbers", phone_number=HOTLINE)
        client = carrier.client()
        for n in range(20):
            client.calls.create(to=f"+86108888{n:05}", from_=HOTLINE, url=f"{product.url}/agent")
        assert carrier.post("/scenario", **day) == {"callers": 200}
        ended: Counter[str] = Counter()
        after = 0
        while sum(ended.values()) < 200:
            entry = carrier.until(_is_end, after)
            after = entry["n"]
            if entry["by"] in ("phone", "document") and entry["call"] not in ended:
                ended[entry["call"]] += 1
        calls = carrier.state()["calls"]
        errors = carrier.state()["errors"]
    inbound = [call for call in calls if call["direction"] == "inbound"]
    assert len(inbound) == 200
    assert all(call["status"] in FINAL for call in inbound)
    assert errors == []
    talked = [one for one in product.at("/after") if one["QueueResult"] == "bridged"]
    assert talked


def _is_end(entry: dict[str, Any]) -> bool:
    return entry["kind"] == "call" and entry["status"] in FINAL and "by" in entry


def test_the_command_runs_a_scenario_and_says_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "day.toml"
    file.write_text('[[number]]\nphone_number = "+861095598"\n')
    command = [sys.executable, "-m", "api.cli", "carrier", "--port", "0", "--scenario", str(file)]
    process = subprocess.Popen(
        [*command, "--mischief", "drop=0.5"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        state = httpx.get(f"{words[1]}/_sim/state", timeout=PATIENCE_S, trust_env=False).json()
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert [number["phone_number"] for number in state["numbers"]] == ["+861095598"]
    assert state["mischief"]["drop"] == 0.5


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "day.json"
    file.write_text(json.dumps({"phone": [{"answer": "maybe"}]}))
    command = [sys.executable, "-m", "api.cli", "carrier", "--scenario", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 2
    assert "phone[0].answer" in done.stderr


def test_the_example_is_a_scenario() -> None:
    day = scenario.load(ROOT / "docs/examples/carrier/day.toml", 1)
    assert len(day.callers) == 21
