"""Agents over the API and the live feed."""

import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from core.models import Event
from dispatch.starter import ORG_ID
from telephony.models import Call
from telephony.routing import agents, offers
from tests.line import Line
from tests.office import Office, query
from tests.people import Refused
from tests.switchboard.hall import Hall
from tests.switching import tried_in_vain

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


def test_staff_are_listed_with_what_is_set_also_who_never_came(office: Office) -> None:
    boss, agent = office.person("supervisor"), office.person("lead2")
    me, own = agent.me["user"]["id"], boss.me["user"]["id"]

    def seen(id_: str) -> dict[str, Any]:
        people = boss.get("/api/hotline/staff")["people"]
        return next(one for one in people if one["id"] == id_)

    new = seen(me)
    assert (new["answers"], new["skills"], new["serves"], new["phone"]) == (True, {}, [], None)
    assert seen(own)["answers"] is False
    wanted = {"skills": {"enquiry": 1}, "languages": ["en-US"], "phone": "client:two"}
    row = boss.post(f"/api/agents/{me}", wanted)
    assert row["serves"] == ["enquiry"]
    assert {**seen(me), **wanted, "serves": ["enquiry"]} == seen(me)
    boss.post(f"/api/agents/{me}", {"phone": ""})
    assert seen(me)["phone"] is None
    assert not boss.post(f"/api/agents/{me}", {"skills": {}})["serves"]
    logins = {one["login"] for one in boss.get("/api/hotline/staff")["people"]}
    assert "east.desk" not in logins  # centres take no calls


def test_skills_are_told_with_the_queues_that_ask_for_them(office: Office) -> None:
    found = office.person("lead").get("/api/hotline/staff")
    asked = {
        one["code"]: {q["code"]: q["level"] for q in one["needed_by"]} for one in found["skills"]
    }
    assert asked["fault"] == {"fault": 3, "hazard": 3}
    assert asked["general"] == {"hotline": 1}
    assert found["languages"] == ["cmn-CN", "en-US"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"skills": {"falt": 3}}, "body.skills.falt"),
        ({"languages": ["fr-FR"]}, "body.languages.fr-FR"),
    ],
)
def test_what_nobody_asks_for_is_a_slip_of_the_pen(
    office: Office, body: dict[str, Any], field: str
) -> None:
    boss, me = office.person("lead"), office.person("lead2").me["user"]["id"]
    before = boss.post(f"/api/agents/{me}", {"skills": {"fault": 2}, "languages": ["en-US"]})
    with pytest.raises(Refused) as refused:
        boss.post(f"/api/agents/{me}", body)
    assert (refused.value.status, refused.value.problem["code"]) == (422, "invalid_field")
    assert [one["field"] for one in refused.value.problem["errors"]] == [field]
    after = boss.post(f"/api/agents/{me}", {})
    assert (after["skills"], after["languages"]) == (before["skills"], before["languages"])


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("reached", "done"), ("given_up", "given_up"), ("not_needed", "cancelled")],
)
def test_a_person_settles_what_was_tried_in_vain(office: Office, outcome: str, state: str) -> None:
    agent, colleague = office.person("agent"), office.person("lead2")
    id_ = tried_in_vain(f"+86139000088{len(outcome):02d}")
    [row] = [one for one in agent.get("/api/callbacks", state="failed") if one["id"] == id_]
    assert row["state"] == "failed"
    path = f"/api/callbacks/{id_}"
    assert agent.post(f"{path}/settle", {"outcome": outcome})["state"] == state
    assert agent.post(f"{path}/settle", {"outcome": outcome})["state"] == state
    assert id_ not in {one["id"] for one in agent.get("/api/callbacks")}
    other = "given_up" if outcome == "reached" else "reached"
    for act, body in (
        ("settle", {"outcome": other}),
        ("reschedule", {"at": "2030-01-01T00:00:00Z"}),
    ):
        refused = colleague.try_post(f"{path}/{act}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "callback_over")
    wanted = select(Event.payload).where(
        Event.stream_id == uuid.UUID(id_), Event.type == "callback.ended"
    )
    told = query(lambda session: list(session.scalars(wanted.order_by(Event.seq))))
    assert [one["outcome"] for one in told] == ["failed", state]


def test_who_is_to_be_called_back_already_is_not_called_for_an_older_reason(
    office: Office,
) -> None:
    agent = office.person("agent")
    older = tried_in_vain("+8613900008899")
    agent.post(f"/api/callbacks/{older}/take-up")  # else the newer one takes its place
    newer = tried_in_vain("+8613900008899")
    at = {"at": "2030-01-01T00:00:00Z"}
    assert agent.post(f"/api/callbacks/{newer}/reschedule", at)["tries"] == 0
    refused = agent.try_post(f"/api/callbacks/{older}/reschedule", at)
    assert (refused.status_code, refused.json()["code"]) == (409, "callback_twice")
    agent.post(f"/api/callbacks/{newer}/cancel")
    assert agent.post(f"/api/callbacks/{older}/reschedule", at)["state"] == "waiting"
    agent.post(f"/api/callbacks/{older}/cancel")
