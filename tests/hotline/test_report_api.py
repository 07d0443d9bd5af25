"""The report over the API: period, zone, rule, groups, spreadsheet."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from core.clock import now
from telephony.routing.queues import plan
from tests.office import Office

PATH = "/api/reports/hotline"


def asked(office: Office, by: str = "total", hours: float = 1, **more: Any) -> dict[str, Any]:
    end = now()
    params = {"from": (end - timedelta(hours=hours)).isoformat(), "to": end.isoformat(), "by": by}
    found: dict[str, Any] = office.person("supervisor").get(PATH, **params, **more)
    return found


def test_an_empty_hour_has_no_shares_and_says_its_rule(office: Office) -> None:
    found = asked(office)
    assert found["timezone"] == "Asia/Shanghai"
    measured = {"answer_s": 20.0, "target": 0.8, "reading": "short_out"}
    assert found["rule"] == {**measured, "repeat_s": 86400.0, "short_s": 5.0}
    total = found["total"]
    assert (total["calls"], total["service_level"], total["outcomes"]) == (0, None, {})
    other = asked(office, answer_s=30, reading="short_in", repeat_hours=2)["rule"]
    assert (other["answer_s"], other["reading"], other["repeat_s"]) == (30, "short_in", 7200)


def test_groups(office: Office) -> None:
    queues = [line["key"] for line in asked(office, "queue")["lines"]]
    assert queues == [*(one.code for one in plan().queue), ""]
    assert len(asked(office, "quarter", 2)["lines"]) in (8, 9)
    assert asked(office, "agent")["agents"] == []


@pytest.mark.parametrize(("by", "hours"), [("quarter", 24 * 32), ("day", 24 * 401), ("total", -1)])
def test_a_period_that_makes_no_sense_is_named(office: Office, by: str, hours: float) -> None:
    end = now()
    params = {"from": (end - timedelta(hours=hours)).isoformat(), "to": end.isoformat(), "by": by}
    answer = office.person("supervisor").http.get(PATH, params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.to"


def test_the_spreadsheet_has_the_same_lines(office: Office) -> None:
    end = now()
    params = {"from": (end - timedelta(hours=1)).isoformat(), "to": end.isoformat(), "by": "queue"}
    answer = office.person("supervisor").http.get(f"{PATH}.csv", params=params)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["key"] for row in rows] == ["", *(one.code for one in plan().queue), ""]
    assert {row["timezone"] for row in rows} == {"Asia/Shanghai"}
