"""Notices to many, texts and wishes over the API."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.ids import new_id
from dispatch.outbound import mailing
from telephony import messages
from tests.office import Office
from tests.outbound.carrier import account
from tests.outbound.test_campaigns import NOON
from tests.outbound.town import Person, line
from tests.people import Person as Someone


@pytest.fixture
def ready(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office whose carrier is set up."""
    account(monkeypatch)
    yield office
    messages.settings.cache_clear()


def wish(**more: Any) -> dict[str, Any]:
    place = line([Person(("+8613611110001",)), Person(("+8613611110002",)), Person(())])
    values = {"area": "景山"}
    scope = {"scope": "node", "scope_id": str(place.transformer)}
    return {"template": "danger", "values": values, **scope, **more}


def test_a_notice_is_looked_at_started_and_followed(ready: Office) -> None:
    lead, body = ready.person("lead"), wish()
    seen = lead.post("/api/campaigns/preview", body)
    assert (seen["recipients"], seen["numberless"], seen["set_up"]) == (2, 1, True)
    assert seen["seconds"] == 2.0
    row = lead.post("/api/campaigns", {**body, "reason": "跳闸", "useful_hours": 2})
    at = f"/api/campaigns/{row['id']}"
    assert lead.post(f"{at}/start", None)["state"] == "running"
    mailing.sweep(NOON)
    page = ready.person("agent").get(at)
    assert page["progress"] == {"queued": 2}
    assert page["asked_by"]
    (listed,) = [one for one in lead.get("/api/campaigns") if one["id"] == row["id"]]
    assert listed["progress"] == {"queued": 2}
    assert lead.post(f"{at}/cancel", None)["progress"] == {"cancelled": 2}
    assert lead.try_post(f"{at}/resume").json()["code"] == "campaign_state"


def test_texts_are_listed_with_their_parts(ready: Office) -> None:
    found = ready.person("supervisor").get("/api/templates")
    outage = next(one for one in found["templates"] if one["name"] == "outage")
    assert outage["for_many"]
    assert {(one["channel"], one["language"]) for one in outage["texts"]} == {
        ("sms", "en"),
        ("sms", "zh-CN"),
    }
    assert all(one["segments"] >= 1 for one in outage["texts"])


def test_an_agent_stops_a_number_and_takes_it_back(ready: Office) -> None:
    agent: Someone = ready.person("agent")
    body = {"number": "13611110003", "scopes": ["notice"], "reason": "来电要求"}
    (made,) = agent.post("/api/suppressions", body)["suppressions"]
    assert (made["number"], made["reason"], made["source"]) == (
        "+8613611110003",
        "来电要求",
        "agent",
    )
    assert agent.post("/api/suppressions", body)["suppressions"] == [made]
    assert made in agent.get("/api/suppressions")
    agent.post(f"/api/suppressions/{made['id']}/remove", None)
    assert made not in agent.get("/api/suppressions")
    wrong = agent.try_post("/api/suppressions", {**body, "number": "nobody"}).json()
    assert [one["field"] for one in wrong["errors"]] == ["body.number"]


def test_the_language_of_a_phone_is_set_where_it_is_seen(ready: Office) -> None:
    agent = ready.person("agent")
    place = line([Person(("+8613611110004",))])
    at = f"/api/customers/{place.customers[0]}"
    (phone,) = agent.get(at)["phones"]
    assert phone["language"] is None
    (after,) = agent.post(f"{at}/phones/{phone['id']}/language", {"language": "en"})["phones"]
    assert after["language"] == "en"
    assert agent.get(at)["phones"] == [after]
    wrong = agent.try_post(f"{at}/phones/{phone['id']}/language", {"language": "tlh"}).json()
    assert [one["field"] for one in wrong["errors"]] == ["body.language"]
    body = {**wish(), "scope_id": str(place.feeder)}
    assert ready.person("lead").post("/api/campaigns/preview", body)["by_language"] == {"en": 1}


def test_what_is_not_there_is_not_found(ready: Office) -> None:
    lead = ready.person("lead")
    assert lead.try_post(f"/api/campaigns/{new_id()}/start").status_code == 404
