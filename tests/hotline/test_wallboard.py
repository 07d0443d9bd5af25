"""The wall: who waits, agents by state, the hour and the day, the carrier's health."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.clock import now
from core.db import read_session
from dashboards.hotline.wallboard import wallboard
from telephony import telling
from telephony.routing import agents, callbacks
from telephony.rules import CarrierEvent
from telephony.service import receive
from tests.hotline.history import work
from tests.office import Office, user_id
from tests.telephony.carrier import CALLER, HOTLINE


def report(word: str, at: datetime, number: int = 1, **more: Any) -> CarrierEvent:
    key = f"{number}:{word}:{more.get('kind')}"
    bare = CarrierEvent(
        kind="status", carrier="twilio", carrier_call=f"CA{number:032x}", direction="inbound",
        from_number=CALLER, to_number=HOTLINE, status=word, received_at=at, dedup_key=key,
        carrier_at=at,
    )  # fmt: skip
    return replace(bare, **more)


def test_the_wall_shows_who_waits_and_since_when(organisation: int) -> None:
    began = now() - timedelta(seconds=90)
    call_id = receive(report("ringing", began, kind="voice"))
    with work(began + timedelta(seconds=2)) as uow:
        telling.enqueue(uow, call_id, "fault", "1")
    with work(began) as uow:
        agents.equip(uow, user_id("agent"), endpoint="+861012345678")
        agents.choose(uow, user_id("agent"), "available", None)
        callbacks.ask(
            uow, number=CALLER, hotline=HOTLINE, reason="asked", queue="fault", since=began
        )
    found = seen(organisation)
    assert [one["queue"] for one in found["waiting"]] == ["fault"]
    assert datetime.fromisoformat(found["waiting"][0]["since"]) == began + timedelta(seconds=2)
    assert (found["agents"]["available"], found["agents"]["offline"]) == (1, 0)
    assert found["callbacks_pending"] == 1
    assert (found["hour"]["offered"], found["hour"]["service_unjudged"]) == (1, 1)

    gone = began + timedelta(seconds=60)
    receive(report("completed", gone, received_at=gone + timedelta(seconds=7)))
    found = seen(organisation)
    assert found["waiting"] == []
    assert (found["hour"]["abandoned"], found["hour"]["abandonment"]) == (1, 1.0)
    assert (found["carrier"]["reports"], found["carrier"]["lag_s"]) == (1, 7.0)


def seen(org_id: int) -> dict[str, Any]:
    with read_session() as session:
        return wallboard(session, org_id, now())


def test_a_call_of_which_nothing_was_heard_is_counted_as_recovered(organisation: int) -> None:
    began = now() - timedelta(seconds=90)
    receive(report("ringing", began, kind="voice"))
    receive(report("completed", began + timedelta(seconds=60), kind="lookup"))
    found = seen(organisation)
    today = datetime.fromisoformat(found["day"]["from"]) <= began
    assert found["carrier"]["recovered"] == int(today)


def test_the_wall_over_the_api(office: Office) -> None:
    found = office.person("agent").get("/api/wallboard")
    assert found["agents"]["break"] == 0
    assert found["day"]["from"] <= found["server_time"]
    assert found["rule"]["answer_s"] == 20
