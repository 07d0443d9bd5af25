"""Every figure of the report equals a recount from raw evidence by other code."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.db import read_session
from core.settings import settings
from dashboards.hotline.buckets import QUARTER
from dashboards.hotline.report import By, HotlineReport, hotline_report, usual_rule
from dispatch.starter import ORG_ID
from tests.hotline.history import START, play
from tests.hotline.recount import Evidence, recount, recount_agent, recount_backs, second

END = START + timedelta(minutes=70)


def report(by: By, start: datetime = START, end: datetime = END) -> HotlineReport:
    with read_session() as session:
        return hotline_report(session, ORG_ID, start, end, by, usual_rule(), END)


def same(line: Any, wanted: dict[str, Any]) -> None:
    found = line.as_json()
    assert {name: found[name] for name in wanted} == wanted, line.key


def test_every_figure_equals_a_recount_from_evidence(organisation: int) -> None:
    assert organisation == ORG_ID
    play(seed=1, calls=16)
    with read_session() as session:
        evidence = Evidence(session).read()
    whole = recount(evidence, START, END)
    rare = ("answered", "abandoned", "abandoned_before", "repeats", "transfers", "held_s")
    assert not [name for name in rare if not whole[name]], whole
    same(report("total").total, {**whole, **recount_backs(evidence)})

    middle = START + timedelta(minutes=47, seconds=11)
    same(report("total", START, middle).total, recount(evidence, START, middle))
    for line in report("queue").lines:
        wanted = recount(
            evidence, START, END, lambda one, key=line.key: (one["queue"] or "") == key
        )
        del wanted["worked_s"], wanted["staffed_s"], wanted["break_s"]
        same(line, wanted)
    quarters = report("quarter").lines
    for line in quarters:
        begin = datetime.fromisoformat(line.key)
        assert second(begin) % 900 == 0
        cut = max(begin, START)
        wanted = recount(evidence, cut, min(begin + QUARTER, END))
        # After-call work that goes on behind the quarter counts for its calls all the same.
        late = recount(
            evidence, START, END, lambda one, a=begin: a <= _at(one["opened"]) < a + QUARTER
        )
        wanted |= {name: late[name] for name in ("wrap_up_s", "handle_s")}
        same(line, wanted)
    assert sum(line.figures.calls for line in quarters) == whole["calls"]
    for agent in report("agent").agents:
        found = agent.as_json()
        wanted = recount_agent(evidence, UUID(agent.key), END)
        assert {name: found[name] for name in wanted} == wanted


def _at(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, tz=START.tzinfo)


def test_the_recount_and_the_product_measure_by_the_same_rule(organisation: int) -> None:
    assert organisation == ORG_ID
    rule = usual_rule()
    assert (settings().short_abandon_seconds, rule.answer_s, rule.repeat_s) == (5, 20, 86400)
