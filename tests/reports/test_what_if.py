"""What if the past had been judged by other limits: counts, groups, the orders that change."""

import csv
import io
import json
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from core.clock import now as clock_now
from core.db import read_session
from core.identity import EVERYTHING, Access
from core.rights import Scope
from dashboards.reports.steps import finish
from dashboards.reports.what_if import Question, what_if
from dashboards.what_if_cli import app
from dispatch.starter import ORG_ID
from sla.documents import load_policy, parse_policy, shipped_text
from sla.policy import Policy
from tests.reports.day import Day, at

POLICY = load_policy("beijing")
SHARPER = shipped_text("policies", "beijing").replace(
    'limits = [{ limit_s = 120, source = "Beijing 95598 rules, BJ-CD"',
    'limits = [{ limit_s = 60, source = "tried"',
)
DWELLS = {30: "east-1", 90: "east-1", 100: "east-2", 300: "east-2"}


@pytest.fixture
def orders(day: Day) -> list[UUID]:
    found = []
    for seconds, crew in DWELLS.items():
        order = day.filed(0)
        day.released(60, order)
        day.received(65, "centre", order)
        day.sent(65 + seconds, order, crew)
        found.append(order)
    return found


def tried(text: str = SHARPER, access: Access = EVERYTHING, before: Policy = POLICY, **more):
    asked = Question(before, parse_policy(text, "tried.toml").on(POLICY.days), **more)
    told: list = []
    with read_session() as session:
        steps = what_if(session, ORG_ID, access, asked, at(-60), clock_now(), told.append)
        return finish(steps).as_json() | {"told": told}


def of(answer, code: str = "CD", key: str = "") -> dict:
    return next(one for one in answer["lines"] if (one["key"], one["code"]) == (key, code))


def test_a_sharper_limit_by_hand(orders, day):
    answer = tried()
    line = of(answer)
    assert (line["met_before"], line["breached_before"], line["share_before"]) == (3, 1, 0.75)
    assert (line["met_after"], line["breached_after"], line["share_after"]) == (1, 3, 0.25)
    assert (line["met_to_breached"], line["breached_to_met"], line["changed"]) == (2, 0, 2)
    assert (of(answer, "AB")["changed"], answer["orders"], answer["covered"]) == (0, 4, 4)
    assert (answer["orders_changed"], answer["changes"]) == (2, 2)
    assert [(row["order_id"], row["before"], row["after"]) for row in answer["rows"]] == [
        (str(one), "met", "breached") for one in orders[1:3]
    ]
    assert answer["rows"][0]["limit_before_s"] == 120
    assert (answer["rows"][0]["limit_after_s"], answer["rows"][0]["spent_after_s"]) == (60, 90)
    assert answer["told"] == answer["rows"]
    east = of(tried(by="centre"), key=str(day.units["east"]))
    assert east["met_to_breached"] == 2


def test_the_same_policy_changes_nothing_and_back_is_the_mirror(orders):
    same = tried(shipped_text("policies", "beijing"))
    assert (same["changes"], same["orders_changed"], same["rows"]) == (0, 0, [])
    sharper = parse_policy(SHARPER, "tried.toml").on(POLICY.days)
    back = of(tried(shipped_text("policies", "beijing"), before=sharper))
    assert (back["met_to_breached"], back["breached_to_met"]) == (0, 2)


def test_a_page_of_the_changes_and_who_sees_them(orders, day):
    second = tried(offset=1, limit=1)
    assert [row["order_id"] for row in second["rows"]] == [str(orders[2])]
    assert (second["changes"], len(second["told"])) == (2, 2)
    nobody = tried(access=Access(Scope.CENTRE, day.units["west"]))
    assert (nobody["orders"], nobody["lines"]) == (0, [])


def test_an_order_that_the_policy_is_not_for_stays_as_it_is(orders):
    rural = SHARPER.replace("applies = {}", 'applies = { area_class = "rural" }')
    answer = tried(rural)
    assert (answer["orders"], answer["covered"], answer["changes"]) == (4, 0, 0)
    assert of(answer)["met_after"] == 3
    assert tried(rural, everywhere=True)["changes"] == 2


def test_a_limit_that_fits_nobody_leaves_unjudged(orders):
    text = SHARPER.replace("limit_s = 60,", "limit_s = 60, when = { area_class = 'remote' },")
    line = of(tried(text))
    assert (line["unjudged_before"], line["unjudged_after"], line["share_after"]) == (0, 4, None)


def test_the_command_says_the_same_in_three_forms(orders, tmp_path: Path):
    (tmp_path / "tried.toml").write_text(SHARPER, encoding="utf-8")
    words = ["what-if", "--policy", str(tmp_path / "tried.toml"), "--from", at(-60).isoformat()]
    words += ["--to", clock_now().isoformat(), "--changes", str(tmp_path / "changes.csv")]
    as_json = CliRunner().invoke(app, [*words, "--format", "json"])
    assert as_json.exception is None, as_json.exception
    found = json.loads(as_json.stdout)
    as_csv = CliRunner().invoke(app, [*words, "--format", "csv"]).stdout
    lines = list(csv.DictReader(io.StringIO(as_csv)))
    assert [line["code"] for line in lines] == [line["code"] for line in found["lines"]]
    assert [line["met_to_breached"] for line in lines] == [
        str(line["met_to_breached"]) for line in found["lines"]
    ]
    with (tmp_path / "changes.csv").open(encoding="utf-8") as handle:
        kept = list(csv.DictReader(handle))
    assert [row["order_id"] for row in kept] == [str(one) for one in orders[1:3]]
    table = CliRunner().invoke(app, [*words, "--show", "1"]).stdout
    assert "2 工单有变 orders change" in table
    assert "达标 met → 超时 breached" in table
