"""The whole product and the simulator: callers, the queue, agents' phones, the conference."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.check import Books
from tests.harness import RunningPaidan
from tests.line import Line
from tests.people import Person
from tests.simulator.fixtures import AGENT, HOTLINE, running_simulator

SPEED = 10.0
ACCOUNT = "AC" + "5a" * 16
TOKEN = "0123456789abcdef"
CALLERS = 2


def scene(base: str) -> dict[str, Any]:
    """Two callers at once, and one agent's phone."""
    number = {
        "phone_number": HOTLINE,
        "voice_url": f"{base}/telephony/twilio/voice",
        "status_callback": f"{base}/telephony/twilio/status#rc=5&rp=5xx,ct,rt",
    }
    stream = {
        "number": "+8613900000000",
        "to": HOTLINE,
        "calls": CALLERS,
        "gap_s": [0, 1],
        "patience_s": 2000,
        "talk_s": [20, 30],
    }
    return {"number": [number], "phone": [{"number": AGENT, "ring_s": [2, 4]}], "stream": [stream]}


def test_callers_wait_for_one_agent_talk_and_hang_up_one_after_the_other() -> None:
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
        with RunningPaidan(**own, **paced, twilio_api_url=carrier.url) as paidan:
            agent = Person(paidan.base_url, "agent", paidan.logins["agent"])
            lead = Person(paidan.base_url, "lead", paidan.logins["lead"])
            me = agent.me["user"]["id"]
            lead.post(f"/api/agents/{me}", {"skills": {"general": 5}, "phone": AGENT})
            agent.post("/api/agent/state", {"state": "available"})
            token = agent.http.cookies["paidan_session"]
            with Line(paidan.base_url, token) as line:
                line.subscribe("agents", lead.get("/api/agents")["number"])
                carrier.post("/scenario", **scene(paidan.base_url))
                seen: list[str] = []
                while seen.count("wrap_up") < CALLERS:
                    frame = line.until(lambda one: one["type"] == "deltas")
                    for one in frame["items"]:
                        state = one["value"]["state"]
                        if not seen or seen[-1] != state:
                            seen.append(state)
                        if state == "wrap_up" and one["value"]["calls"]:
                            call_id = one["value"]["call_id"]
                            agent.post(
                                f"/api/calls/{call_id}/disposition", {"disposition": "answered"}
                            )
                    if seen[-1] == "wrap_up":
                        agent.try_post("/api/agent/wrap-up/end")
            carrier.settle()
            Books(paidan).told()
            rows = Books(paidan).query(
                "SELECT state, outcome, taken_by IS NOT NULL FROM call WHERE direction = 'inbound'"
            )
            assert paidan.command("verify").returncode == 0
            agent.close()
            lead.close()
        errors = carrier.state()["errors"]
    assert errors == []
    assert seen == ["reserved", "on_call", "wrap_up", "available"] * (CALLERS - 1) + [
        "reserved",
        "on_call",
        "wrap_up",
    ]
    assert rows == [("ended", "answered", True)] * CALLERS
