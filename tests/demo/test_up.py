"""`paidan up` with a demo city: desks that open, a carrier that is believed, off when told."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from api.demo.seed import read_demo
from core.clock import real_now
from tests.harness import RunningPaidan
from tests.telephony.carrier import InboundCall


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    """With the organisation of the city, without the people who bring it to life."""
    with RunningPaidan(demo="true", demo_city="false") as running:
        yield running


def test_a_newcomer_sits_down_and_a_call_arrives(paidan: RunningPaidan) -> None:
    kept = read_demo(paidan.data_dir)
    assert kept is not None
    call = InboundCall(1, real_now() - timedelta(minutes=2), to_number=kept["hotline_number"])
    with httpx.Client(base_url=paidan.base_url, trust_env=False) as browser:
        desk = next(one for one in browser.get("/api/demo").json() if one["role"] == "agent")
        me = browser.post("/api/demo/enter", json={"login": desk["login"]}).json()
        assert me["organisation"]["demo"] is True
        for token, status in (("guessed", 403), (kept["carrier_token"], 204)):
            webhook = call.completed()
            headers = webhook.headers(paidan.base_url, token)
            answer = browser.post(webhook.path, content=webhook.body, headers=headers)
            assert answer.status_code == status
        assert [row["state"] for row in browser.get("/api/calls").json()] == ["ended"]
        assert browser.get(desk["page"]).status_code == 200
    assert "Demo city" in paidan.output
    assert kept["people"][0]["password"] not in paidan.output


def test_the_next_start_keeps_it_and_no_demo_closes_it(paidan: RunningPaidan) -> None:
    kept = read_demo(paidan.data_dir)
    paidan.stop()
    with RunningPaidan(paidan.data_dir, paidan.port) as again:
        assert read_demo(paidan.data_dir) == kept
        assert again.get("/api/demo") == []
        with httpx.Client(base_url=again.base_url, trust_env=False) as browser:
            answer = browser.post("/api/demo/enter", json={"login": "demo.agent"})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_demo_desk")
