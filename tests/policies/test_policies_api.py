"""Policies and calendars through the API: what the editor and the list of policies need."""

from typing import Any

import pytest

from sla.documents import load_policy, shipped_text
from tests.office import Office
from tests.people import Person, Refused

BEIJING = shipped_text("policies", "beijing")
NOW = load_policy("beijing").version
SECOND = BEIJING.replace(f"version = {NOW}", f"version = {NOW + 1}").replace(
    "limit_s = 120", "limit_s = 180"
)


@pytest.fixture
def admin(office: Office) -> Person:
    return office.person("admin")


def row(person: Person, code: str, version: int = 1) -> dict[str, Any]:
    rows = person.get("/api/sla/policies")["policies"]
    (found,) = [one for one in rows if (one["code"], one["version"]) == (code, version)]
    return dict(found)


def test_the_list_says_how_each_stands_and_what_begins_under_it(admin):
    assert row(admin, "beijing", NOW)["state"] == "in_force"
    assert row(admin, "beijing", NOW)["covers"] == "order"
    waiting = row(admin, "enquiries")
    assert (waiting["state"], waiting["doubtful"]) == ("waiting", ["Answer"])
    assert waiting["applies"] == {"zh": "业务类型：咨询", "en": "kind: enquiry"}
    assert row(admin, "fire_ems")["covers"] is None
    assert row(admin, "complaints")["calendar_known_until"] == 2026


def test_one_policy_says_where_each_figure_comes_from(admin):
    found = admin.get("/api/sla/policies/complaints")
    assert found["document"] == shipped_text("policies", "complaints")
    (contact, answer) = found["figures"]
    assert answer["limit"] == {"zh": "4 个工作日", "en": "4 working days"}
    assert answer["limit_s"] is None
    assert "SG-COMPL-CLOSE" in answer["source"]
    assert contact["confidence"] == "official_page"
    assert found["policy"]["goals"][0]["from"] == "received"
    assert found["next_version"] == 2
    with pytest.raises(Refused) as refused:
        admin.get("/api/sla/policies/nobody")
    assert refused.value.status == 404


def test_checking_names_every_line_and_keeps_nothing(admin):
    wrong = BEIJING.replace('responsible = "hotline"', 'responsible = "nobody"').replace(
        'to = "E"', 'to = "Z"'
    )
    found = admin.post("/api/sla/policies/validate", {"document": wrong})
    assert found["valid"] is False
    fields = {one["field"]: one["line"] for one in found["errors"]}
    lines = wrong.split("\n")
    assert 'responsible = "nobody"' in lines[fields["segments.0.responsible"] - 1]
    assert 'to = "Z"' in lines[fields["segments.3.to"] - 1]
    good = admin.post("/api/sla/policies/validate", {"document": SECOND})
    assert (good["valid"], good["errors"], good["policy"]["version"]) == (True, [], NOW + 1)
    assert len(admin.get("/api/sla/policies/beijing")["figures"]) == len(good["figures"])
    assert admin.get("/api/sla/policies/beijing")["version"] == NOW


def test_a_new_version_is_compared_kept_and_in_force_from_its_time(admin):
    sides = {"before": {"code": "beijing", "version": NOW}, "after": {"document": SECOND}}
    changes = admin.post("/api/sla/policies/diff", sides)["changes"]
    assert [one["field"] for one in changes] == [
        "segments.AB.limits.1.limit",
        "segments.CD.limits.1.limit",
        "segments.DE.limits.1.limit",
        "segments.EF.limits.1.limit",
    ]
    assert changes[0]["label"] == {
        "zh": "受理填单（AB） · 时限 1 · 时限",
        "en": "Intake and release (AB) · limit 1 · limit",
    }
    assert (changes[0]["before"]["zh"], changes[0]["after"]["en"]) == ("2 分钟", "3 min")
    body = {"document": SECOND, "effective_from": "2100-01-01T00:00:00Z", "note": "试行"}
    added = admin.post("/api/sla/policies", body)
    assert (added["version"], added["state"], added["note"]) == (NOW + 1, "future", "试行")
    assert row(admin, "beijing", NOW)["state"] == "in_force"
    assert admin.get("/api/sla/policies/beijing", version=NOW + 1)["document"] == SECOND


def test_reports_judge_by_any_version(admin):
    period = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    for name, version in (("beijing", NOW), ("beijing@1", 1), (f"beijing@{NOW + 1}", NOW + 1)):
        report = admin.get("/api/reports/segments", policy=name, **period)
        assert report["policy_version"] == version
    with pytest.raises(Refused) as refused:
        admin.get("/api/reports/segments", policy="beijing@77", **period)
    assert refused.value.status == 422


def test_a_waiting_one_is_confirmed_and_switched(admin):
    path = "/api/sla/policies/enquiries/1"
    with pytest.raises(Refused) as refused:
        admin.post(f"{path}/enable")
    assert (refused.value.status, refused.value.problem["code"]) == (409, "policy_unconfirmed")
    confirmed = admin.post(f"{path}/confirm")
    assert (confirmed["state"], confirmed["confirmed_by"]) == ("in_force", admin.me["user"]["id"])
    assert admin.post(f"{path}/disable")["state"] == "disabled"
    assert admin.post(f"{path}/enable")["state"] == "in_force"


def test_a_calendar_gets_a_year_of_its_own(admin):
    china = admin.get("/api/sla/calendars/china")
    assert [one["year"] for one in china["years"]] == [2024, 2025, 2026]
    year = (
        '\n[[years]]\nyear = 2027\nsource = "own"\nconfidence = "derived"\nworking = [2026-01-01]\n'
    )
    found = admin.post("/api/sla/calendars/validate", {"document": china["document"] + year})
    (error,) = found["errors"]
    assert (error["field"], error["message"]) == (
        "years.3.working.0",
        {"zh": "不在 2027 年", "en": "is not in 2027"},
    )
    good = china["document"] + year.replace("2026-01-01", "2027-01-09")
    assert admin.post("/api/sla/calendars/validate", {"document": good})["valid"] is True
    added = admin.post("/api/sla/calendars", {"document": good, "note": "2027"})
    assert (added["version"], added["shipped"]) == (2, False)
    assert admin.get("/api/sla/calendars/china")["version"] == 2
    assert row(admin, "complaints")["calendar_known_until"] == 2027
    listed = admin.get("/api/sla/calendars")["calendars"]
    assert [(one["code"], one["version"]) for one in listed][:2] == [("china", 2), ("china", 1)]
