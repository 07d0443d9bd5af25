"""A hotline at work: a real `paidan up`, the carrier simulator in a process of its own with
mischief, agents who are signed in by the API and act at their screens, callers of every kind.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx

from tests.harness import ROOT, RunningPaidan
from tests.hotline.staff import Seat, Staff
from tests.people import WAIT_S, Person

HOTLINE = "+861095598"
ACCOUNT = "AC" + "5a" * 16
TOKEN = "0123456789abcdef"
CALLS_PER_SECOND = "20"
MISCHIEF = {
    "duplicate": 0.05,
    "delay": 0.2,
    "delay_s": 1.0,
    "drop": 0.03,
    "busy": 0.02,
    "lost": 0.01,
    "system_error": 0.2,
}
SKILLS = ({"general": 5, "fault": 4}, {"general": 3, "fault": 2, "enquiry": 3}, {"enquiry": 5})


@dataclass(frozen=True)
class Wish:
    """How much goes on. `over_s`: all callers come within so many seconds of business time.
    `screens`: of so many agents, beside the one from which all of them are led.
    """

    calls: int = 12
    agents: int = 5
    screens: int = 5
    over_s: float = 60.0
    talk_s: tuple[float, float] = (20.0, 60.0)
    speed: float = 10.0
    seed: int = 1
    mischief: Mapping[str, float] = field(default_factory=lambda: dict(MISCHIEF))
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Hotline:
    """What runs, and what is known of it."""

    wish: Wish
    paidan: RunningPaidan
    carrier: httpx.Client
    anchor: datetime
    start: datetime
    lead: Person
    staff: Staff

    def real(self, business: datetime) -> datetime:
        """The real moment of a moment of business."""
        return self.anchor + (business - self.start) / self.wish.speed

    def state(self, *, ended: bool = False) -> Any:
        return self.carrier.get("/state", params={"all": "1"} if ended else None).json()

    def trace(self) -> list[dict[str, Any]]:
        lines = self.carrier.get("/trace").text.splitlines()
        return [json.loads(line) for line in lines]

    def callers_gone(self) -> int:
        """How many callers' calls are over."""
        calls = self.state(ended=True)["calls"]
        return sum(one["direction"] == "inbound" and one["ended_at"] is not None for one in calls)

    def open_it(self) -> None:
        """Let the callers call."""
        answer = self.carrier.post("/scenario", json=scene(self.paidan.base_url, self.wish))
        assert answer.is_success, answer.text


def scene(base: str, wish: Wish) -> dict[str, Any]:
    """Callers who want different things; some are impatient, press wrong keys, call twice."""
    dice, callers = Random(wish.seed), []
    for number in range(wish.calls):
        kind = dice.random()
        keys, patience = ["1", "1"], [60, 240]
        if kind < 0.3:
            keys = ["1", "2"]
        elif kind < 0.4:
            keys = ["1", "9", "", "1"]
        elif kind < 0.5:
            keys = ["1", "1", "2"]  # asks to be called back while waiting
        elif kind < 0.6:
            keys, patience = [], [5, 40]
        again = number > 3 and dice.random() < 0.05
        callers.append(
            {
                "number": f"+8613900{number - 3 if again else number:06d}",
                "to": HOTLINE,
                "at_s": round(dice.uniform(0, wish.over_s), 3),
                "keys": keys,
                "patience_s": patience,
                "talk_s": list(wish.talk_s),
            }
        )
    line = {
        "phone_number": HOTLINE,
        "voice_url": f"{base}/telephony/twilio/voice",
        "voice_fallback_url": f"{base}/telephony/twilio/fallback",
        "status_callback": f"{base}/telephony/twilio/status#rc=5&rp=5xx,ct,rt",
    }
    phones = [
        {"number": "+8613900*", "talk_s": [10, 30], "patience_s": [20, 40], "ring_s": [1, 3]},
        {"number": "+8610888*", "ring_s": [1, 4], "share_lost": 0.05},
    ]
    return {"number": [line], "phone": phones, "caller": callers, "mischief": dict(wish.mischief)}


@contextmanager
def running_carrier(wish: Wish, environment: Mapping[str, str]) -> Iterator[str]:
    """`paidan carrier` on a free port; its address."""
    words = ["carrier", "--port", "0", "--speed", str(wish.speed), "--seed", str(wish.seed)]
    words += ["--calls-per-second", CALLS_PER_SECOND, "--most-requests", "200"]
    with subprocess.Popen(
        [sys.executable, "-m", "api.cli", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            yield child.stdout.readline().split()[1]
        finally:
            child.terminate()
            child.wait(WAIT_S)


@contextmanager
def hotline(wish: Wish) -> Iterator[Hotline]:
    """Everything started, all agents available; nobody has called yet."""
    anchor = datetime.now(UTC)
    start = anchor.replace(hour=2, minute=0, second=0) - timedelta(days=1)  # ten in the morning
    paced = {"clock_start": start.isoformat(), "clock_from": anchor.isoformat()}
    account = {"twilio_auth_token": TOKEN, "twilio_account_sid": ACCOUNT}
    environment = {f"PAIDAN_{name.upper()}": text for name, text in {**paced, **account}.items()}
    own: dict[str, Any] = {
        **account,
        **paced,
        "clock_speed": str(wish.speed),
        "lost_call_seconds": "60",
    }
    own |= {"calls_per_second": CALLS_PER_SECOND, **wish.settings}
    with (
        running_carrier(wish, environment) as url,
        RunningPaidan(**own, twilio_api_url=url) as paidan,
        httpx.Client(base_url=f"{url}/_sim", timeout=60, trust_env=False) as carrier,
    ):
        lead = Person(paidan.base_url, "lead", paidan.logins["lead"])
        seats = seated(paidan, lead, wish.agents)
        staff = Staff(paidan.base_url, seats, lead, wish.speed, wish.seed, wish.screens)
        working = threading.Thread(target=lambda: asyncio.run(staff.work()), daemon=True)
        working.start()
        assert staff.ready.wait(2 * WAIT_S), "the staff did not come"
        try:
            yield Hotline(wish, paidan, carrier, anchor, start, lead, staff)
        finally:
            staff.stop()
            working.join(WAIT_S)
            lead.close()


def seated(paidan: RunningPaidan, lead: Person, count: int) -> list[Seat]:
    """New agents with telephones and skills, signed in."""
    admin = Person(paidan.base_url, "admin", paidan.logins["admin"])
    unit = lead.me["user"]["unit"]["id"]
    seats = []
    for number in range(count):
        body = {"login": f"seat{number}", "name": f"坐席{number}", "role": "agent", "unit_id": unit}
        made = admin.post("/api/users", body)
        person = Person(paidan.base_url, f"seat{number}", made["password"])
        id_ = person.me["user"]["id"]
        skills = SKILLS[number % len(SKILLS)]
        lead.post(f"/api/agents/{id_}", {"skills": skills, "phone": f"+8610888{number:05d}"})
        token = person.http.cookies["paidan_session"]
        seats.append(Seat(id_, token, person.me["csrf_token"]))
        person.close()
    admin.close()
    return seats
