"""The real product and the simulator: callers with chaos; each call is one, and ends once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.check import Books
from tests.harness import RunningPaidan
from tests.simulator.fixtures import HOTLINE, CarrierSimulator, running_simulator

SPEED = 4.0
CALLS = 20
CHAOS = {"duplicate": 0.1, "delay": 0.3, "delay_s": 0.5, "system_error": 0.2}
ACCOUNT = "AC" + "5a" * 16
TOKEN = "0123456789abcdef"


def day(paidan: RunningPaidan) -> dict[str, Any]:
    """Callers who wait in the queue for a while and give up."""
    base = f"{paidan.base_url}/telephony/twilio"
    number = {
        "phone_number": HOTLINE,
        "voice_url": f"{base}/voice",
        "status_callback": f"{base}/status#rc=5&rp=5xx,ct,rt",
    }
    stream = {
        "number": "+8613900000000",
        "to": HOTLINE,
        "calls": CALLS,
        "gap_s": [0, 4],
        "patience_s": [20, 60],
    }
    return {"number": [number], "stream": [stream], "mischief": CHAOS}


def all_ended(carrier: CarrierSimulator) -> list[dict[str, Any]]:
    """Every call, once all have ended and everything is told."""
    ended: set[str] = set()
    after = 0
    while len(ended) < CALLS:
        entry = carrier.until(lambda one: one["kind"] == "call" and "by" in one, after)
        after = entry["n"]
        ended.add(entry["call"])
    carrier.settle()
    return [call for call in carrier.state()["calls"] if call["direction"] == "inbound"]


@pytest.mark.timeout(900)  # it starts all of Paidan
def test_every_call_of_a_chaotic_day_is_one_call_that_ended_once() -> None:
    anchor = datetime.now(UTC)
    start = anchor - timedelta(days=1)
    paced = {
        "clock_start": start.isoformat(),
        "clock_from": anchor.isoformat(),
        "clock_speed": str(SPEED),
    }
    wish = {"speed": SPEED, "start": start, "anchor": anchor, "token": TOKEN, "account": ACCOUNT}
    own = {"twilio_auth_token": TOKEN, "twilio_account_sid": ACCOUNT}
    with running_simulator(**wish) as carrier:
        own["twilio_api_url"] = carrier.url
        with RunningPaidan(**own, **paced) as paidan:
            carrier.post("/scenario", **day(paidan))
            calls = all_ended(carrier)
            errors = carrier.state()["errors"]
            Books(paidan).told()
            rows = Books(paidan).query("SELECT carrier_call, ended_at, evidence FROM call")
            assert paidan.command("verify").returncode == 0
    assert errors == []
    assert len(rows) == len({row[0] for row in rows}) == len(calls) == CALLS
    known = {row[0]: row for row in rows}
    for call in calls:
        _, ended_at, evidence = known[call["sid"]]
        assert evidence == "status_callback.timestamp"
        truth = datetime.fromisoformat(call["ended_at"])
        assert abs(truth - ended_at) <= timedelta(seconds=1), "the carrier writes whole seconds"
