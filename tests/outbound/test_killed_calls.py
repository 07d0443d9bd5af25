"""Calls to crews and to leaders, answered by key, over the real dialler and the carrier simulator;
the dialler is killed at any moment.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from core.clock import now
from core.db import session_factory
from core.models import Event, Unit
from core.settings import settings
from dispatch.notices import carried, jobs
from dispatch.notices.models import Notice
from dispatch.orders.models import Assignment
from dispatch.outbound import crews
from dispatch.roster.models import Member
from tests.acts import Acts
from tests.dispatch.test_notices import asked, now_is
from tests.office import ORG_ID, TOKEN, Office, query
from tests.outbound.carrier import commands
from tests.simulator.fixtures import HOTLINE, CarrierSimulator, running_simulator

LEADER = "+8613900139000"
KEYS = {
    "east-1": ["3", "1"], "east-2": ["1"], "east-3": ["1"], "west-1": ["3", "3", "1"],
    "west-2": ["2"], "west-3": ["3", "2"], "south-1": ["", "1"], "south-2": ["7", "1"],
    "south-3": [],
}  # fmt: skip
"""What is pressed at each question by whoever answers the telephone of a crew."""
ACCEPT = {crew for crew, keys in KEYS.items() if keys[-1:] == ["1"]}
RETURN = {crew for crew, keys in KEYS.items() if keys[-1:] == ["2"]}
LADDERS = 2
LOSSY = {"lost": 0.5, "busy": 0.1, "duplicate": 0.3, "drop": 1.0}
"""Answers are lost, documents asked for twice, and no report comes that would settle a try."""
SPEED, RING_S = 6.0, [6, 8]
UNANSWERED_S = [240, 240]
"""So long a telephone rings that every try is made before an answer tells that there was one."""


@dataclass
class Town:
    """Crews and leaders with telephones, orders that nobody has accepted, and who is called."""

    acts: Acts
    carrier: CarrierSimulator
    assignments: dict[str, UUID] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def number(self, crew: str) -> str:
        return f"+86138001380{sorted(KEYS).index(crew):02d}"

    def calls_everybody(self) -> None:
        """Ask for one call to each crew and for one of each ladder."""
        self._phones({})
        for _ in range(LADDERS):
            notice = asked(self.acts, "voice")
            for _twice in range(2):
                jobs.send(notice.id, notice.org_id, {})
            self.notices.append(notice)
        self._phones({crew: self.number(crew) for crew in KEYS})
        for crew in KEYS:
            _, self.assignments[crew] = self.acts.sent(crew)
        for _ in range(2):  # any number of engines
            crews.sweep(now() + timedelta(seconds=150))

    def _phones(self, of_crews: dict[str, str]) -> None:
        """Telephones of crews, and the leader's for everybody else."""
        with session_factory()() as session:
            session.execute(update(Member).values(phone=None if of_crews else LEADER))
            session.execute(update(Unit).values(phone=LEADER))
            for crew, number in of_crews.items():
                session.execute(update(Unit).values(phone=number).where(Unit.code == crew))
            session.commit()

    def telephones(self, ring_s: list[int]) -> None:
        """What is pressed at them, and how long they ring."""
        for crew in KEYS:
            self.carrier.post("/phones", number=self.number(crew), keys=KEYS[crew], ring_s=ring_s)
        self.carrier.post("/phones", number=LEADER, keys=["3", "1"], ring_s=ring_s)

    def subjects(self) -> dict[UUID, str]:
        """Whom each call is about → the number that is called."""
        found = {one: self.number(crew) for crew, one in self.assignments.items()}
        return found | {notice.id: LEADER for notice in self.notices}

    def over(self) -> bool:
        """Every call is asked for, has rung and is over."""
        asked_for = commands("place_call")
        if any(one.state not in ("done", "failed", "expired", "cancelled") for one in asked_for):
            return False
        return all(one["ended_at"] for one in self.carrier.state()["calls"])

    def states(self) -> dict[str, str]:
        wanted = select(Assignment.id, Assignment.state).where(Assignment.org_id == ORG_ID)
        found = dict(query(lambda session: [tuple(row) for row in session.execute(wanted)]))
        return {crew: found[id_] for crew, id_ in self.assignments.items()}

    def facts(self, id_: UUID, kind: str) -> int:
        count = select(func.count()).select_from(Event)
        mine = count.where(Event.stream_id == id_, Event.type == kind)
        return query(lambda session: session.execute(mine).scalar_one())


@pytest.fixture
def town(own_office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with running_simulator(token=TOKEN, speed=SPEED, calls_per_second=50) as carrier:
        carrier.post("/numbers", phone_number=HOTLINE)
        for name, value in {
            "TWILIO_ACCOUNT_SID": carrier.account,
            "TWILIO_API_URL": carrier.url,
            "PUBLIC_URL": own_office.url,
            "CALLER_NUMBER": HOTLINE,
            "CALLS_PER_SECOND": "20",
        }.items():
            monkeypatch.setenv(f"PAIDAN_{name}", value)
        settings.cache_clear()
        made = Town(Acts(ORG_ID), carrier)
        made.calls_everybody()
        yield made
    settings.cache_clear()


def dial_and_kill(town: Town, mistake: str, kills: int, over: Callable[[], bool]) -> None:
    """Let a process dial, kill it at random moments; the last one works until it is over."""
    dice, seen = random.Random(3), 0
    words = [sys.executable, "-m", "tests.outbound.dial_process", mistake]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    for round_ in range(kills + 1):
        with subprocess.Popen(words, env=environment) as process:
            left = dice.randint(1, 4) if round_ < kills else -1
            while left and not over():
                for entry in news(town.carrier, seen):
                    seen = entry["n"]
                    left -= entry["kind"] == "rest"
                    if not left:
                        break
            process.kill()


def news(carrier: CarrierSimulator, seen: int) -> list[dict[str, object]]:
    """What happened since at the carrier; waits a moment for it."""
    carrier.control.get("/trace", params={"after": seen, "wait": 0.2})
    return carrier.trace(after=seen)


def rung(carrier: CarrierSimulator) -> Counter[str]:
    return Counter(one["to"] for one in carrier.state()["calls"])


@pytest.mark.chaos
def test_the_dialler_is_killed_and_nobody_is_called_or_answered_twice(town: Town) -> None:
    town.telephones(RING_S)
    town.carrier.post("/mischief", next=["lost"], **LOSSY)
    dial_and_kill(town, "", 3, town.over)
    placed = commands("place_call")
    assert {one.state for one in placed} == {"done"}
    assert rung(town.carrier) == Counter(town.subjects()[one.subject_id] for one in placed)
    looked = [one for one in town.carrier.trace("rest") if is_look_up(one)]
    assert looked, "no try was looked up"
    states = town.states()
    assert {crew for crew, state in states.items() if state == "active"} == ACCEPT
    assert {crew for crew, state in states.items() if state == "returned"} == RETURN
    assert states["south-3"] == "sent"
    for crew, id_ in town.assignments.items():
        assert town.facts(id_, "assignment.accepted") == (crew in ACCEPT), crew
        assert town.facts(id_, "assignment.returned") == (crew in RETURN), crew
    carried.sweep(now())
    assert [now_is(one).state for one in town.notices] == ["answered"] * LADDERS


def is_look_up(entry: dict[str, object]) -> bool:
    return entry["method"] == "GET" and str(entry["path"]).endswith("/Calls.json")


def test_a_dialler_that_looks_nothing_up_is_caught(town: Town) -> None:
    town.telephones(UNANSWERED_S)
    town.carrier.post("/mischief", next=["lost"], **LOSSY)
    most = Counter(town.subjects().values())

    def caught() -> bool:
        return any(count > most[number] for number, count in rung(town.carrier).items())

    dial_and_kill(town, "no_look_up", 2, lambda: caught() or town.over())
    assert caught(), "the mistake was not caught"
