"""Agents over the API and the live feed."""

import uuid
from datetime import datetime
from typing import Any

from dispatch.starter import ORG_ID
from telephony.models import Call
from telephony.routing import agents, offers
from tests.line import Line
from tests.office import Office
from tests.switchboard.hall import Hall

read_time = datetime.fromisoformat


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


def test_after_call_work_is_made_longer_up_to_the_limit_of_its_queue(office: Office) -> None:
    agent = office.person("agent")
    too_soon = agent.try_post("/api/agent/wrap-up/extend", {"seconds": 60})
    assert too_soon.json()["code"] == "agent_state"
    agent.post("/api/agent/phone", {"phone": "client:agent"})
    agent.post("/api/agent/state", {"state": "available"})
    me = uuid.UUID(agent.me["user"]["id"])
    hall = Hall(ORG_ID)
    call_id = hall.caller("hotline")
    with hall.work() as uow:
        call = uow.session.get_one(Call, (ORG_ID, call_id), with_for_update=True)
        offers.make(uow, agents.locked(uow, me), call, "caller", queue="hotline")
    hall.answered(me)
    hall.ends(call_id)
    hall.turn()
    began = read_time(agent.get("/api/agent")["agent"]["since"])
    row = agent.post("/api/agent/wrap-up/extend", {"seconds": 90})
    assert (read_time(row["until"]) - began).total_seconds() == 60 + 90
    row = agent.post("/api/agent/wrap-up/extend", {"seconds": 3600})
    assert (read_time(row["until"]) - began).total_seconds() == 600
    assert agent.post("/api/agent/wrap-up/end")["state"] == "available"
