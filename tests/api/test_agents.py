"""Agents over the API and the live feed."""

import uuid
from typing import Any

from tests.line import Line
from tests.office import Office


def test_an_agent_sits_down_goes_on_break_and_is_seen(office: Office) -> None:
    agent, lead = office.person("agent"), office.person("lead")
    assert agent.try_post("/api/agent/state", {"state": "available"}).json()["code"] == "no_phone"
    agent.post("/api/agent/phone", {"phone": "client:agent"})
    me = agent.me["user"]["id"]
    equipped = lead.post(f"/api/agents/{me}", {"skills": {"fault": 3}, "languages": ["cmn-CN"]})
    assert equipped["skills"] == {"fault": 3}
    number = lead.get("/api/agents")["number"]
    with Line(office.url, office.starter.tokens["lead"]) as line:
        line.subscribe("agents", number)
        key = str(uuid.uuid4())
        row = agent.post("/api/agent/state", {"state": "available"}, key)
        assert (row["state"], row["has_phone"]) == ("available", True)
        assert agent.post("/api/agent/state", {"state": "available"}, key) == row

        def seen(frame: dict[str, Any]) -> bool:
            return frame["type"] == "deltas" and frame["items"][-1]["value"] == row

        frame = line.until(seen)
        assert [one["number"] for one in frame["items"]][-1] == lead.get("/api/agents")["number"]
    bad = agent.try_post("/api/agent/state", {"state": "break", "reason": "no_answer"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "body.reason")
    agent.post("/api/agent/state", {"state": "break", "reason": "meal"})
    desk = agent.get("/api/agent")
    assert (desk["agent"]["state"], desk["agent"]["reason"]) == ("break", "meal")
    assert desk["phone"] == "client:agent"
    assert {"rest", "meal", "no_answer"} <= {one["code"] for one in desk["reasons"]}


def test_a_row_shows_no_callers_number_and_acts_need_the_call(office: Office) -> None:
    agent = office.person("agent")
    answer = agent.try_post(f"/api/calls/{uuid.uuid4()}/hold")
    assert answer.status_code == 404
    assert agent.get("/api/callbacks") == []
    assert agent.try_post(f"/api/callbacks/{uuid.uuid4()}/cancel").json()["code"] == "not_found"
