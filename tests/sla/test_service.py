"""Deadlines in the real database: sweep, late stamps, withdrawal, acknowledgement, concurrency."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now as clock_now
from core.db import read_session, session_factory
from core.errors import NotFound
from core.eventlog import read_stream
from core.events import SlaAcknowledged, SlaAlarmRaised, SlaBreached, SlaCaseOpened, SlaWithdrawn
from core.identity import Actor, system_actor
from core.ids import new_id
from core.uow import unit_of_work
from sla import service, sweep
from sla.documents import PolicyUnknown, load_policy
from sla.facts import Facts
from sla.intervals import Interval
from sla.models import SlaLadder, SlaTimer
from sla.rules import fold_case
from sla.timelines import PointTime, Timeline
from tests.history.organisations import make_organisation

BEIJING = load_policy("beijing")
T0 = clock_now().replace(microsecond=0)


def at(seconds: float):
    return T0 + timedelta(seconds=seconds)


class Desk:
    """What dispatch does to the SLA room: opens cases, brings stamps."""

    def __init__(self, org_id: int) -> None:
        self.org_id = org_id
        self.order, self.hop, self.assignment = new_id(), new_id(), new_id()
        with unit_of_work(system_actor(org_id, "test"), now=T0) as uow:
            service.open_case(uow, self.order, BEIJING, T0)

    def timeline(self, intervals: tuple[Interval, ...] = (), **points: float) -> Timeline:
        stamps = {name: PointTime(at(s), "test") for name, s in points.items()}
        facts = Facts(same_site=True, area_class="urban")
        return Timeline(
            self.order, self.hop, self.assignment, stamps, facts=facts, intervals=intervals
        )

    def stamp(self, now_s: float, line: Timeline | None = None, **points: float) -> None:
        with unit_of_work(system_actor(self.org_id, "test"), now=at(now_s)) as uow:
            service.reassess(uow, self.order, [line or self.timeline(**points)], at(now_s))

    def timers(self) -> dict[str, SlaTimer]:
        with session_factory()() as session:
            rows = session.scalars(select(SlaTimer).where(SlaTimer.case_id == self.order))
            return {row.code: row for row in rows}

    def facts(self) -> list:
        with read_session() as session:
            return read_stream(session, self.org_id, "sla", self.order)

    def fold_agrees(self) -> bool:
        """What `paidan verify` compares: flags of the rows against the fold of the facts."""
        folded = fold_case(event.payload for event in self.facts())
        for row in self.timers().values():
            flags = folded.timers.get(row.id)
            seen = (flags.fired, flags.acknowledged) if flags else (False, False)
            if seen != (row.fired_at is not None, row.acknowledged_at is not None):
                return False
        return True


@pytest.fixture
def desk(database: str) -> Desk:
    return Desk(make_organisation())


def test_the_alarm_of_the_first_hop_rings_at_four_minutes_and_tells_somebody(desk):
    desk.stamp(60, A=0, B=60, C=65)
    assert service.sweep(at(60 + 239)) == 1  # the centre sat on it for 2 minutes: C–D
    assert desk.timers()["CD"].fired_at is not None
    assert service.sweep(at(60 + 240)) == 0  # due, not over
    assert service.sweep(at(60 + 241)) == 1
    raised = [event for event in desk.facts() if isinstance(event.payload, SlaAlarmRaised)]
    assert [event.payload.code for event in raised] == ["not_accepted_centre"]
    assert raised[0].occurred_at == at(60 + 240)
    with session_factory()() as session:
        (ladder,) = session.scalars(select(SlaLadder).where(SlaLadder.case_id == desk.order))
    assert (ladder.ladder, ladder.occasion, ladder.steps) == ("not_accepted", "alarm", 0)
    assert ladder.due_at == at(60 + 241)
    assert desk.fold_agrees()


def test_accepted_in_time_rings_nothing(desk):
    desk.stamp(60, A=0, B=60, C=65)
    desk.stamp(70, A=0, B=60, C=65, centre_accepted=70, D=75)
    assert service.sweep(at(60 + 500)) == 2  # D–E, and the crew that does not accept
    assert desk.timers()["not_accepted_centre"].fired_at is None
    assert desk.timers()["not_accepted_crew"].fired_at is not None


def test_a_late_stamp_withdraws_a_breach_that_did_not_happen(desk):
    desk.stamp(60, A=0, B=60)
    service.sweep(at(60 + 301))
    assert desk.timers()["BC"].fired_at is not None
    desk.stamp(400, A=0, B=60, C=200)
    row = desk.timers()["BC"]
    assert (row.fired_at, row.withdrawn_at) == (None, at(400))
    assert isinstance(desk.facts()[-1].payload, SlaWithdrawn)
    assert desk.fold_agrees()
    assert service.sweep(at(401)) == 1  # C–D since 200 is over by now
    assert desk.timers()["CD"].fired_at is not None


def test_a_stop_that_comes_late_fires_at_once_and_once(desk):
    desk.stamp(60, A=0, B=60)
    desk.stamp(600, A=0, B=60, C=500)
    breached = [e for e in desk.facts() if isinstance(e.payload, SlaBreached)]
    assert [(e.payload.code, e.occurred_at) for e in breached] == [("BC", at(300))]
    desk.stamp(601, A=0, B=60, C=500)
    assert [e for e in desk.facts() if isinstance(e.payload, SlaBreached)] == breached
    service.sweep(at(10_000))
    fired = [e.payload.code for e in desk.facts() if isinstance(e.payload, SlaBreached)]
    assert len(fired) == len(set(fired))
    assert desk.fold_agrees()


def test_a_missing_point_withdraws_what_needed_it(desk):
    desk.stamp(60, A=0, B=60, C=61, D=62)
    service.sweep(at(62 + 121))  # D–E
    assert desk.timers()["DE"].fired_at is not None
    desk.stamp(200, A=0, B=60, C=61, D=62, F=190)  # accepted without a receipt: E is unknown
    assert desk.timers()["DE"].fired_at is None
    assert desk.timers()["DE"].stopped_at == at(190)


def test_while_queued_nothing_is_due(desk):
    points = {"A": 0, "B": 60, "C": 61, "D": 62, "E": 63, "F": 64}
    queued = Interval("queued", at(64), None, "capacity")
    desk.stamp(64, desk.timeline((queued,), **points))
    assert desk.timers()["FG"].due_at is None
    assert service.sweep(at(2000)) == 0
    ended = replace(queued, end=at(2000))
    desk.stamp(2000, desk.timeline((ended,), **points, activated=2000))
    assert desk.timers()["FG"].due_at == at(2000 + 180)
    assert service.sweep(at(2701)) == 2  # F–G, and A–H which never stood still


def test_a_person_takes_note_once(desk):
    desk.stamp(60, A=0, B=60)
    service.sweep(at(301))
    timer, who = desk.timers()["BC"], UUID(int=7)
    for seconds in (310, 320):
        with unit_of_work(Actor(desk.org_id, "user", who), now=at(seconds)) as uow:
            service.acknowledge(uow, timer.id, at(seconds))
    row = desk.timers()["BC"]
    assert (row.acknowledged_at, row.acknowledged_by) == (at(310), who)
    assert sum(isinstance(e.payload, SlaAcknowledged) for e in desk.facts()) == 1
    assert desk.fold_agrees()
    with (
        pytest.raises(NotFound),
        unit_of_work(Actor(desk.org_id, "user", who), now=at(330)) as uow,
    ):
        service.acknowledge(uow, desk.timers()["AH"].id, at(330))


def test_an_order_without_a_case_has_no_deadlines(desk):
    other = replace(desk.timeline(A=0, B=60), order_id=new_id())
    with unit_of_work(system_actor(desk.org_id, "test"), now=at(60)) as uow:
        assert service.reassess(uow, other.order_id, [other], at(60)) == []


def test_a_case_keeps_its_version(desk):
    opened = desk.facts()[0].payload
    assert isinstance(opened, SlaCaseOpened)
    assert (opened.policy, opened.version) == ("beijing", 2)
    assert load_policy("beijing@1").pauses == ()
    with pytest.raises(PolicyUnknown):
        load_policy("beijing@3")


def test_many_sweeps_at_once_fire_each_deadline_once(desk):
    desks = [desk, *(Desk(desk.org_id) for _ in range(39))]
    for one in desks:
        one.stamp(60, A=0, B=60)
    fired: list[int] = []
    start = threading.Barrier(4)

    def sweeping() -> None:
        start.wait()
        while count := service.sweep(at(3000), limit=3):
            fired.append(count)

    threads = [threading.Thread(target=sweeping) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fired.append(service.sweep(at(3000)))
    assert sum(fired) == 40 * 3  # B–C, A–H, and not accepted by the centre
    for one in desks:
        codes = [e.payload.code for e in one.facts()[1:]]
        assert sorted(codes) == ["AH", "BC", "not_accepted_centre"]


def test_a_sweep_leaves_alone_what_a_dispatcher_holds(desk):
    desk.stamp(60, A=0, B=60)
    with unit_of_work(system_actor(desk.org_id, "test"), now=at(301)) as uow:
        service.reassess(uow, desk.order, [desk.timeline(A=0, B=60, C=301)], at(301))
        assert service.sweep(at(302)) == 0
    breached = [e for e in desk.facts() if isinstance(e.payload, SlaBreached)]
    assert [e.payload.code for e in breached] == ["BC"]


def test_next_due_is_the_earliest(desk):
    assert sweep.outlook() == (None, False)
    desk.stamp(60, A=0, B=60)
    assert sweep.outlook() == (at(300), False)
    assert sweep.fire_due(at(301)) == 2  # B–C, and the alarm of the first hop
    assert sweep.outlook() == (at(2700), True)
    assert sweep.show() == 1
    assert sweep.outlook() == (at(2700), False)


def test_how_late_it_fired_is_recorded_and_is_the_systems_own(desk):
    desk.stamp(60, A=0, B=60)
    service.sweep(at(310))
    breached = [e for e in desk.facts() if isinstance(e.payload, SlaBreached)]
    assert [(e.payload.code, e.payload.late_s) for e in breached] == [("BC", 10.0)]
    assert breached[0].recorded_at - breached[0].occurred_at == timedelta(seconds=10)
    assert desk.timers()["BC"].late_s == 10.0
    assert desk.fold_agrees()


def test_what_nobody_could_know_in_time_is_nobodys_delay(desk):
    desk.stamp(60, A=0, B=60)
    desk.stamp(700, A=0, B=60, C=100, centre_accepted=110)  # an offline desk tells it at last
    assert service.sweep(at(705)) == 1  # C–D has been due since 220, and known since 700
    assert desk.timers()["CD"].late_s == 5.0
    desk.stamp(710, A=0, B=60, C=100, centre_accepted=110, D=120)
    assert desk.timers()["CD"].late_s is None
    desk.stamp(900, A=0, B=60, C=100, centre_accepted=110, D=120, E=600)
    assert desk.timers()["DE"].late_s == 900 - 710  # the sweep slept, the stamp brought it up
    assert desk.fold_agrees()


def test_a_clock_that_was_set_back_is_named_by_what_ran_before(desk):
    desk.stamp(60, A=0, B=60)
    assert sweep.clock_set_back(600, at(50), known=0) == 1
    assert sweep.clock_set_back(600.2, at(50), known=0) == 1  # another sweep saw the same
    later = Desk(desk.org_id)
    later.stamp(60, A=0, B=60)
    service.sweep(at(302))
    for one, late_s, back_s in ((desk, 602.0, 600.0), (later, 2.0, None)):
        (fact,) = [e.payload for e in one.facts() if isinstance(e.payload, SlaBreached)]
        assert (fact.late_s, fact.clock_back_s) == (late_s, back_s)
