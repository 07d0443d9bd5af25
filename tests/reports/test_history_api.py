"""Calibration and what-if over HTTP: the same figures, progress, a document, refusals."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.reports.steps import EVERY
from sla.documents import parse_policy, shipped_text
from tests.api.conftest import office
from tests.office import Office

__all__ = ["office"]
NOW = datetime.now(UTC)
PERIOD = {
    "from": (NOW - timedelta(days=1)).isoformat(),
    "to": (NOW + timedelta(days=1)).isoformat(),
}
LINES = {"Accept": "application/x-ndjson"}


def test_figures_document_and_progress_are_one(office: Office) -> None:
    office.sent("east-1")
    http = office.person("supervisor").http
    params = {**PERIOD, "least": 2, "by": ["area", "hour"], "change": ""}
    answer = http.get("/api/sla/calibration", params=params)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["policy"], found["by"], found["quantile"]) == ("beijing", ["area", "hour"], 0.5)
    assert found["orders"] == found["covered"] >= 1
    assert {line["hindrance"] for line in found["lines"]} == {"too_few"}
    assert parse_policy(found["document"], "x.toml").code == "beijing"
    lines = [
        json.loads(line)
        for line in http.get("/api/sla/calibration", params=params, headers=LINES).text.splitlines()
    ]
    assert lines[0] == {"orders": found["orders"]}
    assert lines[-2] == {"done": found["orders"]}
    assert len(lines) == found["orders"] // EVERY + 3
    assert lines[-1]["answer"] == found


def test_what_if_under_a_document_that_is_not_kept(office: Office) -> None:
    office.sent("east-1")
    person = office.person("supervisor")
    sharper = shipped_text("policies", "beijing").replace("limit_s = 120", "limit_s = 0.000001")
    body = {"document": sharper, **PERIOD}
    answer = person.try_post("/api/sla/what-if", body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    line = next(one for one in found["lines"] if one["code"] == "AB")
    assert line["met_to_breached"] == line["met_before"] >= 1
    assert {row["after"] for row in found["rows"]} == {"breached"}
    same = person.try_post("/api/sla/what-if", {"policy": "beijing", **PERIOD}).json()
    assert same["changes"] == 0


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"quantile": 1}, "query.quantile"),
        ({"policy": "/etc/passwd"}, "query.policy"),
        ({"by": ["area", "area"]}, "query.by"),
        ({"bands": [6, 3]}, "query.bands"),
        ({"change": "XY"}, "query.change"),
        ({"to": PERIOD["from"]}, "query.to"),
    ],
)
def test_refusals_name_the_field(office: Office, params, field) -> None:
    http = office.person("supervisor").http
    answer = http.get("/api/sla/calibration", params={**PERIOD, **params})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_bad_document_is_refused_by_line(office: Office) -> None:
    body = {"document": 'code = "x"\n', **PERIOD}
    answer = office.person("supervisor").try_post("/api/sla/what-if", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "policy_invalid")
    both = {"document": "x", "policy": "beijing", **PERIOD}
    assert office.person("supervisor").try_post("/api/sla/what-if", both).status_code == 422


def test_an_approved_version_is_what_reports_and_proposals_stand_on(office: Office) -> None:
    admin = office.person("admin")
    kept = admin.http.get("/api/sla/policies/beijing").json()
    text = kept["document"].replace(
        f"version = {kept['version']}", f"version = {kept['next_version']}"
    )
    admin.post("/api/sla/policies", {"document": text.replace("limit_s = 120", "limit_s = 180", 1)})
    http = office.person("supervisor").http
    report = http.get("/api/reports/segments", params=PERIOD).json()
    assert report["policy_version"] == kept["next_version"]
    older = http.get(
        "/api/reports/segments", params={**PERIOD, "policy": f"beijing@{kept['version']}"}
    )
    assert older.json()["policy_version"] == kept["version"]
    found = http.get("/api/sla/calibration", params={**PERIOD, "change": ""}).json()
    assert found["policy_version"] == kept["next_version"]
    new = parse_policy(found["document"], "x.toml")
    assert (new.version, new.segments[0].limits[0].limit_s) == (kept["next_version"] + 1, 180)
