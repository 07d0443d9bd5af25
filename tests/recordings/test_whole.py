"""The whole way in real processes: announced, recorded, paused, heard, erased at the carrier."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from tests.harness import RunningPaidan
from tests.people import WAIT_S, Person
from tests.simulator.fixtures import AGENT, HOTLINE, CarrierSimulator, running_simulator

ACCOUNT = "AC" + "5a" * 16
TOKEN = "0123456789abcdef"
SPEED = 8.0


def awaited(read: Callable[[], Any], fits: Callable[[Any], Any]) -> Any:
    """What is read, once it fits: it changes in other processes."""
    end = time.monotonic() + WAIT_S
    while not fits(found := read()):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def tape_at(person: Person) -> dict[str, Any] | None:
    """The recording of the call in which the agent speaks, as the desk shows it."""
    row = person.get("/api/agent")["agent"]
    found = [one["recording"] for one in row["calls"] if one["state"] == "active"]
    return found[0] if found else None


def desk_shows(person: Person, state: str) -> dict[str, Any]:
    found: dict[str, Any] = awaited(
        lambda: tape_at(person), lambda tape: tape is not None and tape["state"] == state
    )
    return found


def at_carrier(carrier: CarrierSimulator) -> list[str]:
    return [one["status"] for one in carrier.state()["recordings"]]


@contextmanager
def at_work(paidan: RunningPaidan) -> Iterator[tuple[Person, Person]]:
    """An agent with a telephone, and the supervisor."""
    logins = paidan.logins
    agent = Person(paidan.base_url, "agent", logins["agent"])
    supervisor = Person(paidan.base_url, "supervisor", logins["supervisor"])
    with closing(agent), closing(supervisor):
        ready(agent, supervisor)
        yield agent, supervisor


def ready(agent: Person, supervisor: Person) -> None:
    agent.post("/api/agent/phone", {"phone": AGENT})
    me = agent.get("/api/agent")["agent"]["id"]
    supervisor.post(f"/api/agents/{me}", {"skills": {"fault": 5, "general": 5}})
    agent.post("/api/agent/state", {"state": "available"})


@pytest.mark.timeout(900)  # it starts all of Paidan
def test_a_conversation_from_the_announcement_to_the_erasure() -> None:
    own = {"twilio_auth_token": TOKEN, "twilio_account_sid": ACCOUNT}
    with (
        running_simulator(speed=SPEED, token=TOKEN, account=ACCOUNT) as carrier,
        RunningPaidan(**own, twilio_api_url=carrier.url) as paidan,
    ):
        base = f"{paidan.base_url}/telephony/twilio"
        number = {"phone_number": HOTLINE, "voice_url": f"{base}/voice"}
        number["status_callback"] = f"{base}/status#rc=5&rp=5xx,ct,rt"
        carrier.post("/scenario", number=[number])
        with at_work(paidan) as (agent, supervisor):
            carrier.call_in(keys=["1", "1"])
            tape = desk_shows(agent, "in-progress")
            call_id = agent.get("/api/agent")["agent"]["call_id"]
            assert at_carrier(carrier) == ["in-progress"]

            agent.post(f"/api/calls/{call_id}/recording", {"act": "pause"})
            assert desk_shows(agent, "paused")["until"] is not None
            assert at_carrier(carrier) == ["paused"]
            agent.post(f"/api/calls/{call_id}/recording", {"act": "resume"})
            desk_shows(agent, "in-progress")
            agent.post(f"/api/calls/{call_id}/hang-up")

            def row() -> dict[str, Any]:
                [found] = supervisor.get(f"/api/calls/{call_id}/recordings")["recordings"]
                return dict(found)

            over = awaited(row, lambda one: one["state"] == "ready")
            assert (over["id"], over["basis"], over["kind"]) == (
                tape["id"],
                "announced",
                "conversation",
            )
            assert over["seconds"] >= 0
            path = f"/api/recordings/{tape['id']}"
            opened = supervisor.post(f"{path}/listen", {"reason": "quality"})
            sound = supervisor.http.get(opened["audio"])
            assert (sound.status_code, sound.content[:4]) == (200, b"RIFF")
            assert [one["reason"] for one in row()["accesses"]] == ["quality"]

            supervisor.post(f"{path}/erase", {"words": "the caller wishes it"})
            gone = awaited(row, lambda one: one["state"] == "deleted")
            assert gone["gone_why"] == "person"
            assert at_carrier(carrier) == ["deleted"]
            assert paidan.command("verify").returncode == 0
