"""Real sweeps in processes of their own: paused, killed in a herd, two at once, without PostgreSQL,
under a clock that is set back. Every deadline fires once, and how late it was is recorded.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from api.verify import verify
from core.clock import now, seconds_until
from core.db import read_session, session_factory
from core.engines.embedded import Embedded
from core.engines.postgres import Postgres
from core.eventlog import recorded
from core.events import SlaBreached
from core.identity import system_actor
from core.ids import new_id
from core.models import Event, Organisation
from core.recorded import Recorded
from core.uow import unit_of_work
from sla import service
from sla.documents import load_policy
from sla.facts import Facts
from sla.models import ClockStep, SlaCase, SlaTimer
from sla.timelines import PointTime, Timeline
from tests.copies import Copy
from tests.engine_fixtures import forget_settings
from tests.folders import data_folder
from tests.harness import RunningPaidan
from tests.history.organisations import make_organisation
from tests.sla import sweep_process

BEIJING = load_policy("beijing")
AB = timedelta(seconds=120)
FACTS = Facts(same_site=True, area_class="urban")
FAULT_S = float(os.environ.get("PAIDAN_TEST_FAULT_SECONDS", "2"))
"""How long a sweep is paused, the server is away, and by how much a clock is set back."""
pytestmark = pytest.mark.timeout(420 + 2 * FAULT_S)
_TICK = threading.Event()


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for what another process does in the database."""
    end = now() + timedelta(seconds=FAULT_S + seconds)
    while not condition():
        assert now() < end, "it does not happen"
        _TICK.wait(0.02)


class Herd:
    """Orders whose first segment is due at one moment."""

    def __init__(self, org_id: int, count: int, due_at: datetime) -> None:
        self.org_id, self.due_at = org_id, due_at
        self.orders = [new_id() for _ in range(count)]
        with unit_of_work(system_actor(org_id, "test")) as uow:
            for order in self.orders:
                service.open_case(uow, order, BEIJING, now(), subject="ticket")
                points = {"A": PointTime(due_at - AB, "test")}
                timeline = Timeline(order, points=points, facts=FACTS)
                service.reassess(uow, order, [timeline], now())

    def fired(self) -> int:
        with session_factory()() as session:
            query = select(SlaTimer.id).where(
                SlaTimer.case_id.in_(self.orders), SlaTimer.fired_at.is_not(None), SlaTimer.shown
            )
            return len(session.scalars(query).all())

    def armed(self) -> dict[UUID, datetime]:
        """Since when each deadline is known: making many orders takes its time."""
        query = select(SlaTimer.case_id, SlaTimer.armed_at).where(SlaTimer.code == "AB")
        with session_factory()() as session:
            return {row.case_id: row.armed_at for row in session.execute(query)}

    def facts(self) -> list[Recorded]:
        with read_session() as session:
            query = select(Event).where(Event.type == SlaBreached.TYPE)
            found = [recorded(row) for row in session.scalars(query)]
        return [one for one in found if one.stream_id in set(self.orders)]

    def all_fired(self) -> bool:
        return self.fired() == len(self.orders)

    def assert_once(self) -> list[Recorded]:
        """One fact of each, with its deadline, and projections that agree; the facts."""
        facts = self.facts()
        assert Counter(one.stream_id for one in facts) == dict.fromkeys(self.orders, 1)
        assert {one.occurred_at for one in facts} == {self.due_at}
        for one in facts:
            assert isinstance(one.payload, SlaBreached)
            assert one.payload.late_s is not None
            assert one.payload.late_s >= 0
        with read_session() as session:
            assert list(verify(session, self.org_id)) == []
        return facts


def unhurried(org_id: int, count: int, seconds: float = 2.0) -> Herd:
    """Orders that are made well before they are due, however slow the machine is."""
    herd = Herd(org_id, count, soon(seconds))
    if seconds_until(herd.due_at) > seconds / 2:
        return herd
    return unhurried(org_id, count, 3 * seconds)


@pytest.fixture
def org_id(database: str) -> int:
    return make_organisation()


@pytest.fixture
def sweeps() -> Iterator[list[Copy]]:
    """Processes that end with the test."""
    started: list[Copy] = []
    yield started
    for one in started:
        one.kill()
        one.wait()


def soon(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)


def late_s(fact: Recorded) -> float:
    assert isinstance(fact.payload, SlaBreached)
    assert fact.payload.late_s is not None
    return fact.payload.late_s


def test_it_sleeps_until_the_deadline_and_wakes_for_an_earlier_one(org_id, sweeps):
    later = Herd(org_id, 1, soon(3600))
    sweeps.append(sweep_process.start())
    first = Herd(org_id, 1, soon(-10))
    until(first.all_fired)  # it runs, and sleeps for an hour now
    second = Herd(org_id, 3, soon(1))
    until(second.all_fired)
    second.assert_once()
    assert later.fired() == 0
    sweeps[0].terminate()
    assert sweeps[0].wait(30) == 0


def test_a_paused_sweep_fires_once_and_says_how_late(org_id, sweeps):
    sweeps.append(sweep_process.start())
    until(Herd(org_id, 1, soon(-10)).all_fired)
    os.kill(sweeps[0].pid, signal.SIGSTOP)
    herd = Herd(org_id, 40, soon(0.5))
    until(lambda: seconds_until(herd.due_at) < -FAULT_S)
    assert herd.fired() == 0
    continued = now()
    os.kill(sweeps[0].pid, signal.SIGCONT)
    until(herd.all_fired)
    for fact in herd.assert_once():
        known = max(fact.occurred_at, herd.armed()[fact.stream_id])
        assert late_s(fact) == (fact.recorded_at - known).total_seconds() > 0
        assert fact.recorded_at > continued
        assert (fact.actor_kind, fact.source) == ("sla", "sla")  # the system says so of itself
    with session_factory()() as session:
        assert session.scalars(select(ClockStep)).all() == []  # a pause is no clock set back


def test_killed_in_the_middle_of_a_herd(org_id, sweeps):
    """Some orders are held by a dispatcher, so the herd cannot be over when the sweep dies."""
    herd = Herd(org_id, 600, soon(0.3))
    with session_factory()() as dispatcher:
        held = herd.orders[-20:]
        dispatcher.execute(select(SlaCase).where(SlaCase.id.in_(held)).with_for_update())
        for _ in range(3):
            sweeps.append(sweep_process.start())
            before = herd.fired()
            until(lambda before=before: len(herd.facts()) > before)
            sweeps[-1].kill()
            sweeps[-1].wait()
            if len(herd.facts()) >= len(herd.orders) - len(held):
                break
        assert len(herd.facts()) < len(herd.orders)
        sweeps += [sweep_process.start(), sweep_process.start()]
        dispatcher.rollback()
    until(herd.all_fired)
    herd.assert_once()


def test_two_sweeps_share_a_herd(org_id, sweeps):
    sweeps += [sweep_process.start(), sweep_process.start()]
    until(Herd(org_id, 1, soon(-10)).all_fired)
    herd = Herd(org_id, 800, soon(1))
    until(herd.all_fired)
    herd.assert_once()


def test_a_clock_set_back_is_recorded_with_what_ran_then(org_id, sweeps, tmp_path: Path):
    shift = tmp_path / "clock"
    shift.write_text("0")
    sweeps += [sweep_process.start(shift), sweep_process.start(shift)]
    until(Herd(org_id, 1, soon(-10)).all_fired)
    before = Herd(org_id, 5, soon(5))
    shift.write_text(f"-{FAULT_S + 1}")
    until(lambda: _steps() != [])
    after = Herd(org_id, 5, soon(0))
    until(lambda: before.all_fired() and after.all_fired())
    for fact in before.assert_once():
        assert isinstance(fact.payload, SlaBreached)
        assert fact.payload.clock_back_s == pytest.approx(FAULT_S + 1, abs=0.5)
        assert late_s(fact) >= fact.payload.clock_back_s
    for fact in after.assert_once():
        assert isinstance(fact.payload, SlaBreached)
        assert fact.payload.clock_back_s is None
    assert _steps() == [pytest.approx(FAULT_S + 1, abs=0.5)]  # both saw it, and it is there once


def _steps() -> list[float]:
    with session_factory()() as session:
        return list(session.scalars(select(ClockStep.back_s)))


def test_postgres_dies_and_comes_back(monkeypatch: pytest.MonkeyPatch):
    """Beside a whole `paidan up`: what became due meanwhile fires once, late by as much."""
    with data_folder() as folder:
        server = Embedded(folder, valkey=False).postgres
        assert server is not None
        server.start()
        try:
            monkeypatch.setenv("PAIDAN_DATABASE_URL", server.url)
            with RunningPaidan(database_url=server.url) as paidan:
                _dies_and_comes_back(server, paidan)
        finally:
            forget_settings()
            server.stop()


def _dies_and_comes_back(server: Postgres, paidan: RunningPaidan) -> None:
    forget_settings()
    herd = unhurried(_first_organisation(), 200)
    processes = paidan.run.processes
    assert server.process is not None
    server.process.signal(signal.SIGKILL)
    until(lambda: seconds_until(herd.due_at) < -FAULT_S)
    back = now()
    server.start()
    forget_settings()
    until(lambda: _quietly(herd.all_fired))
    for fact in herd.assert_once():
        assert late_s(fact) > 0
        assert fact.recorded_at > back
    assert paidan.run.processes == processes  # nobody gave up
    until(paidan.is_ready)


def _quietly(condition: Callable[[], bool]) -> bool:
    """False while the server is not there."""
    try:
        return condition()
    except OperationalError:
        return False


def _first_organisation() -> int:
    with session_factory()() as session:
        return session.scalars(select(Organisation.id).order_by(Organisation.id)).first() or 0
