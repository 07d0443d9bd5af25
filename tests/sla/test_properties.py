"""Laws over random histories: attempts, detours, holds, corrections, late and doubled evidence."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db import read_session, session_factory
from core.eventlog import read_stream
from core.events import SlaAlarmRaised, SlaBreached, SlaWithdrawn
from core.identity import system_actor
from core.ids import new_id
from core.uow import unit_of_work
from sla import repository, service
from sla.rules import fold_case
from sla.timers import merged_timers
from tests.depth import examples
from tests.history.organisations import make_organisation
from tests.sla import laws
from tests.sla.histories import BEIJING, LONG, T0, History, arrivals, fold, histories


@given(arrivals())
@settings(max_examples=100)
def test_the_order_of_arrival_does_not_change_the_judgement(told: tuple[History, list[int]]):
    laws.arrival_does_not_matter(*told)


@given(histories())
@settings(max_examples=100)
def test_the_points_that_count_are_the_right_ones(history: History):
    laws.points_are_those_that_count(history)


@given(histories())
@settings(max_examples=150)
def test_segments_detours_and_holds_add_up_to_the_microsecond(history: History):
    laws.parts_add_up(history)


@given(histories())
@settings(max_examples=150)
def test_each_microsecond_of_a_promise_has_one_owner(history: History):
    laws.each_microsecond_has_one_owner(history)


@given(histories())
@settings(max_examples=150)
def test_exactly_at_the_limit_is_met(history: History):
    laws.at_the_limit_is_met(history)


@given(histories())
@settings(max_examples=25)
def test_a_later_fact_leaves_closed_segments_alone(history: History):
    laws.what_is_closed_stays(history)


@pytest.fixture
def org_id(database: str) -> int:
    return make_organisation()


@given(arrivals(), st.data())
@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_deadlines_judged_anew_are_those_that_are_stored(org_id, told, data):
    """Whatever arrives when, and whenever the sweep looks in between: in the end exactly those
    deadlines have fired that were missed, and whatever fired in vain has been withdrawn since.
    """
    history, arrival = told
    events, order = history.arrived(arrival), new_id()
    with unit_of_work(system_actor(org_id, "test"), now=T0) as uow:
        service.open_case(uow, order, BEIJING, T0)
    first = next(at for at, one in enumerate(events, 1) if one.type == "order.filed")
    now = T0
    for known in range(first, len(events) + 1):
        now += timedelta(minutes=data.draw(st.sampled_from((0, 1, 5, 30))))
        lines = fold(history.order_id, events[:known]).timelines(history.holds)
        with unit_of_work(system_actor(org_id, "test"), now=now) as uow:
            service.reassess(uow, order, lines, now)
        if data.draw(st.booleans()):
            service.sweep(now)
    now = max(now, T0 + LONG)
    with unit_of_work(system_actor(org_id, "test"), now=now) as uow:
        service.reassess(uow, order, lines, now)
    service.sweep(now)

    wanted = {
        (one.code, one.subject_id): one.overdue(now) for one in merged_timers(BEIJING, lines, now)
    }
    with session_factory()() as session:
        rows = repository.timers_of(session, org_id, [order])
    stored = {(row.code, row.subject_id): row.fired_at is not None for row in rows}
    assert stored | wanted == stored
    assert not any(fired for key, fired in stored.items() if key not in wanted)
    _a_withdrawn_one_leaves_both_facts(org_id, order, rows)


def _a_withdrawn_one_leaves_both_facts(org_id, order, rows):
    with read_session() as session:
        facts = [one.payload for one in read_stream(session, org_id, "sla", order)]
    folded = fold_case(facts)
    for row in rows:
        mine = [
            type(one)
            for one in facts
            if isinstance(one, SlaBreached | SlaAlarmRaised | SlaWithdrawn)
            and one.timer_id == row.id
        ]
        rang = [one is not SlaWithdrawn for one in mine]
        assert rang == [at % 2 == 0 for at in range(len(mine))]  # by turns, beginning with a breach
        assert (row.fired_at is not None) == bool(rang and rang[-1])
        assert (row.withdrawn_at is not None) == (len(mine) > 0 and not rang[-1])
        if mine:
            assert folded.timers[row.id].fired == rang[-1]
            assert folded.timers[row.id].late_s == row.late_s
