"""The segment report over imported orders: figures by hand, groups, forms, and a real set."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.db import read_session
from core.identity import EVERYTHING, Access
from core.ids import new_id
from core.rights import Scope
from dashboards.report_cli import app, clock
from dashboards.reports.segments import segment_report
from dispatch.history.service import import_history
from sla.documents import load_policy
from tests.history.organisations import make_organisation

ROOT = Path(__file__).resolve().parents[2]
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
MAP = """
[source]
system = "cad"
timezone = "UTC"
[order]
number = "no"
centre = "centre"
[points]
A = "call"
[[assignment]]
unit = "unit"
D = "d"
G = "g"
H = "h"
"""
ROWS = """no,centre,unit,call,d,g,h
1,North,U1,2024-01-15T08:00:00,2024-01-15T08:01:00,2024-01-15T08:02:00,2024-01-15T08:05:00
1,North,U2,2024-01-15T08:00:00,2024-01-15T08:03:00,2024-01-15T08:03:30,2024-01-15T08:04:30
2,South,U1,2024-01-15T09:00:00,2024-01-15T09:00:30,,2024-01-15T09:10:00
3,South,U3,2024-01-15T09:30:00,2024-01-15T09:31:00,2024-01-15T09:30:10,
"""


@pytest.fixture
def org(database: str, tmp_path: Path) -> int:
    org_id = make_organisation()
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    import_history(tmp_path / "rows.csv", tmp_path / "map.toml", org_id)
    return org_id


def report(org_id: int, by: str = "segment", access: Access = EVERYTHING, **more):
    with read_session() as session:
        policy = load_policy("fire_ems")
        return segment_report(session, org_id, access, policy, START, END, by, **more)


def figures(found) -> dict[tuple[str, str], object]:
    return {(line.key, line.code): line.figures for line in found.lines}


def test_figures_by_hand(org):
    found = figures(report(org))
    processing = found["", "AD"]  # 60, 30, 60 s: once per order, the first unit counts
    assert (processing.count, processing.within, processing.mean_s) == (3, 3, 50)
    turnout = found["", "DG"]  # 60, 30; one without G; one leaves before it is sent
    assert (turnout.count, turnout.anomalies, turnout.unjudged) == (2, 1, 1)
    travel = found["", "GH"]  # 180, 60; two lack a point
    assert (travel.count, travel.unjudged, travel.median_s) == (2, 2, 120)
    arrival = found["", "AH"]  # 270 (the first to arrive), 600; one never arrived
    assert (arrival.count, arrival.within, arrival.unjudged) == (2, 1, 1)
    assert arrival.mean_s == 435


def test_groups(org):
    centres = figures(report(org, "centre"))
    assert {key for key, _ in centres} == {"North", "South"}
    assert centres["South", "AD"].count == 2
    crews = figures(report(org, "crew"))
    assert crews["U1", "DG"].count == 1
    assert ("U1", "AH") not in crews  # the whole belongs to the chain, not to one crew
    hours = figures(report(org, "hour", timezone="Asia/Shanghai"))
    assert {key for key, _ in hours} == {"16", "17"}


def test_who_sees_nothing_and_what_is_asked_for(org):
    nobody = Access(Scope.CENTRE, new_id())
    assert report(org, access=nobody).orders == 0
    assert report(org, access=Access(Scope.CREW, new_id())).orders == 0
    assert report(org, system="cad").orders == 3
    assert report(org, system="paidan").orders == 0
    assert report(org + 1).orders == 0


def run(*words: str) -> str:
    found = CliRunner().invoke(
        app,
        ["segments", "--policy", "fire_ems", "--from", "2024-01-01", "--to", "2025-01-01", *words],
    )
    assert found.exception is None, found.exception
    return found.stdout


def test_the_three_forms_say_the_same(org):
    as_json = json.loads(run("--format", "json"))
    as_csv = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    assert [line["code"] for line in as_json["lines"]] == [line["code"] for line in as_csv]
    assert [str(line["count"]) for line in as_json["lines"]] == [line["count"] for line in as_csv]
    assert as_json["orders"] == 3
    table = run("--format", "table", "--tz", "UTC")
    assert "3 工单 orders" in table


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--to", "soon"), "--to"),
        (("--to", "2023-01-01"), "--to"),
        (("--tz", "Mars"), "--tz"),
        (("--policy", "none"), "none"),
    ],
)
def test_a_wrong_option_is_named(org, words, named):
    found = CliRunner().invoke(
        app, ["segments", "--from", "2024-01-01", "--to", "2025-01-01", *words]
    )
    assert named in str(found.exception)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0, "0:00"), (61, "1:01"), (3600, "1:00:00"), (-30, "-0:30"), (260000, "3d 00h")],
)
def test_times_are_readable(seconds, text):
    assert clock(seconds) == text


@pytest.mark.shared
def test_a_real_set_against_a_reckoning_of_its_own(database, shared, tmp_path):
    org_id = make_organisation()
    file = shared / "data" / "boone_mo_ems" / "dev_2016.csv.gz"
    import_history(file, ROOT / "docs/examples/boone.toml", org_id, rejects=tmp_path / "r.csv")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as handle:
        pairs = [(row["call"], row["arrive"]) for row in csv.DictReader(handle)]
    spent = np.array(
        [
            (datetime.fromisoformat(arrive) - datetime.fromisoformat(call)).total_seconds()
            for call, arrive in pairs
            if call and arrive
        ]
    )
    kept = spent[spent >= 0]
    with read_session() as session:
        found = figures(
            segment_report(
                session,
                org_id,
                EVERYTHING,
                load_policy("fire_ems"),
                datetime(2015, 12, 1, tzinfo=UTC),
                datetime(2017, 2, 1, tzinfo=UTC),
                "segment",
            )
        )["", "AH"]
    assert found.anomalies == int((spent < 0).sum()) == 39
    assert found.count == len(kept)
    assert found.within == int((kept <= 380).sum())
    assert found.unjudged == len(pairs) - len(spent)
    assert found.p90_s == pytest.approx(np.quantile(kept, 0.9))
    # Clock changes fall between call and arrival of no run, so wall clock and UTC agree.
    assert found.mean_s == pytest.approx(kept.mean())
