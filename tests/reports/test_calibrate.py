"""Calibration over orders that ran, and over imported ones: figures, groups, document, command."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from core.clock import now as clock_now
from core.db import read_session, session_factory
from core.identity import EVERYTHING, Access
from core.rights import Scope
from dashboards.reports.calibrate import Wish, bins, calibrate
from dashboards.reports.steps import finish
from dashboards.sla_cli import app
from dispatch.orders.models import Stamp
from dispatch.starter import ORG_ID
from sla.documents import load_policy, parse_policy, shipped_text
from tests.reports.day import Day, at

POLICY = load_policy("beijing")
DWELLS = [20, 40, 60, 80, 100, 130, 300]


def found(*, access: Access = EVERYTHING, **wish):
    with read_session() as session:
        asked = Wish(**{"least": 6} | wish)
        return finish(calibrate(session, ORG_ID, access, POLICY, at(-60), clock_now(), asked))


def by_code(report) -> dict[str, dict]:
    return {line["code"]: line for line in report.as_json()["lines"] if line["limit"] == 0}


def dwelt(day: Day, seconds: float) -> None:
    """An order that its centre sends out so long after it came, and that its crew has."""
    order = day.filed(0)
    day.released(60, order)
    day.received(65, "centre", order)
    day.sent(65 + seconds, order)
    day.received(67 + seconds, "crew", order)


@pytest.fixture
def busy(day: Day) -> Day:
    for seconds in DWELLS:
        dwelt(day, seconds)
    return day


def test_figures_by_hand(busy):
    report = found()
    dwell = by_code(report)["CD"]
    assert (report.orders, dwell["count"], dwell["typical_s"]) == (7, 7, 80)
    assert (dwell["low_s"], dwell["high_s"]) == (20, 300)  # seven: only the extremes are sure
    assert (dwell["exact_s"], dwell["proposed_s"], dwell["today_s"]) == (140, 180, 120)
    assert (dwell["today_late"], dwell["today_share"]) == (2, pytest.approx(2 / 7))
    assert (dwell["proposed_late"], dwell["proposed_share"]) == (1, pytest.approx(1 / 7))
    assert sum(dwell["bins"]) == 7
    assert {120, 180} <= set(dwell["edges"])
    assert by_code(report)["EF"]["left_out"]["running"] == 7
    upper = by_code(found(share=0.75, level=0.7))["CD"]
    assert upper["typical_s"] == pytest.approx(np.quantile(DWELLS, 0.75))
    assert upper["low_s"] is not None


def test_too_few_and_nothing_at_all(busy):
    few = by_code(found(least=30))["CD"]
    assert (few["count"], few["typical_s"], few["hindrance"]) == (7, None, "too_few")
    assert (few["proposed_s"], few["today_share"]) == (None, pytest.approx(2 / 7))
    nobody = Access(Scope.CENTRE, busy.units["west"])
    assert (found(access=nobody).orders, found(access=nobody).lines) == (0, ())


def test_a_doubtful_stamp_is_left_out_and_counted(busy):
    with session_factory()() as session:
        first = session.query(Stamp).where(Stamp.point == "D").order_by(Stamp.at).first()
        session.execute(update(Stamp).where(Stamp.id == first.id).values(uncertainty_s=90))
        session.commit()
    dwell = by_code(found())["CD"]
    assert (dwell["count"], dwell["left_out"]["doubtful"], dwell["typical_s"]) == (6, 1, 90)


def test_groups_of_own_orders(busy):
    report = found(by=("area", "hour", "fault_class")).as_json()
    groups = {line["code"]: line["group"] for line in report["lines"]}["CD"]
    assert [one["by"] for one in groups] == ["area", "hour", "fault_class"]
    assert (groups[0]["key"], groups[2]["key"]) == ("urban", "no_power_building")
    assert groups[2]["name_zh"] == "整栋停电"


def test_the_document_is_a_valid_next_version(busy):
    text = found(by=("fault_class",)).document(
        shipped_text("policies", "beijing"), POLICY.version + 1
    )
    new = parse_policy(text, "beijing.toml")
    assert new.version == POLICY.version + 1
    first, second = new.segments[2].limits
    assert (first.limit_s, first.when.fault_class) == (180, ("no_power_building",))
    assert "n = 7, orders filed " in first.source
    assert second == POLICY.segments[2].limits[0]
    assert new.total == POLICY.total  # a promise changes only when it is named


def test_bins_are_closed_above():
    assert bins([0, 60, 60.5, 120, 121, 9000], (0, 60, 120, 180)) == [2, 2, 1, 1]


def run(*words: str):
    period = ("--from", at(-60).isoformat(), "--to", clock_now().isoformat())
    return CliRunner().invoke(app, ["calibrate", *period, "--least", "6", *words])


def test_the_three_forms_say_the_same(busy, tmp_path: Path):
    target = tmp_path / "beijing-2.toml"
    answer = run("--json", "--write", str(target))
    assert answer.exception is None, answer.exception
    as_json = json.loads(answer.stdout)
    as_csv = list(csv.DictReader(io.StringIO(run("--format", "csv").stdout)))
    assert [line["code"] for line in as_json["lines"]] == [line["code"] for line in as_csv]
    assert [str(line["typical_s"] or "") for line in as_json["lines"]] == [
        line["typical_s"] for line in as_csv
    ]
    assert "7/7 工单 orders" in run("--by", "hour", "--by", "area").stdout
    assert load_policy(target).version == POLICY.version + 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--quantile", "1"), "--quantile"),
        (("--level", "0"), "--level"),
        (("--bands", "6"), "--bands"),
        (("--bands", "6,5"), "--bands"),
        (("--change", "XY"), "--change"),
        (("--policy", "nothing"), "nothing"),
    ],
)
def test_a_wrong_option_is_named(organisation, words, named):
    assert named in str(run(*words).exception)
