"""Taking a call: the first agent has it, whoever comes next is told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.identity import system_actor
from core.settings import settings
from core.uow import unit_of_work
from dispatch.starter import ORG_ID
from telephony.routing import callbacks
from telephony.routing.models import Callback
from tests.office import Office
from tests.people import visitor
from tests.telephony.carrier import InboundCall, Webhook
from tests.telling import tell

NUMBERS = count(1)


def says(office: Office, hook: Webhook) -> None:
    headers = hook.headers(settings().effective_public_url)
    with visitor(office.url) as carrier:
        assert carrier.post(hook.path, content=hook.body, headers=headers).is_success
    tell()


def rings(office: Office) -> tuple[InboundCall, str]:
    """A caller rings. Gives the call and its id."""
    began = now().replace(microsecond=0) - timedelta(seconds=90)
    call = InboundCall(next(NUMBERS), began=began, from_number=f"+86138{uuid4().int % 10**8:08d}")
    says(office, call.voice())
    rows = office.person("agent").get("/api/desk")["calls"]
    return call, next(row["id"] for row in rows if row["from_number"] == call.from_number)


def findings() -> list[str]:
    with read_session() as session:
        return list(verify(session, ORG_ID))


def test_the_first_agent_has_the_call(office: Office) -> None:
    _, call_id = rings(office)
    agent, lead = office.person("agent"), office.person("lead")
    row = agent.post(f"/api/calls/{call_id}/take")
    me = agent.me["user"]
    assert row["taken_by"] == {"id": me["id"], "name": me["name"]}
    assert row["taken_at"]
    for language, words in (("zh", "接了这通电话"), ("en", "took this call at ")):
        lead.http.headers["Accept-Language"] = language
        answer = lead.try_post(f"/api/calls/{call_id}/take")
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "already_done")
        assert words in problem["detail"]
        assert me["name"] in problem["detail"]
    again = agent.post(f"/api/calls/{call_id}/take")
    assert again == row
    assert findings() == []


def test_of_many_who_take_at_once_one_has_it(office: Office) -> None:
    for _ in range(5):
        _, call_id = rings(office)
        people = [office.person(login) for login in ("agent", "lead", "lead2")]
        gate = threading.Barrier(len(people))

        def take(person: Any, gate: threading.Barrier = gate, call: str = call_id) -> int:
            gate.wait()
            return int(person.try_post(f"/api/calls/{call}/take").status_code)

        with ThreadPoolExecutor(len(people)) as pool:
            assert sorted(pool.map(take, people)) == [200, 409, 409]
    assert findings() == []


def test_an_ended_call_is_taken_until_its_ticket_is_filed(office: Office) -> None:
    call, call_id = rings(office)
    other, other_id = rings(office)
    says(office, call.completed())
    says(office, other.completed())
    agent = office.person("agent")
    assert agent.post(f"/api/calls/{call_id}/take")["state"] == "ended"
    ticket = agent.post("/api/tickets", {"call_id": other_id})
    answer = agent.try_post(f"/api/calls/{other_id}/take")
    assert (answer.status_code, answer.json()["code"]) == (409, "call_filed")
    rows = {row["id"]: row for row in agent.get("/api/desk")["calls"]}
    assert [one["id"] for one in rows[other_id]["tickets"]] == [ticket["id"]]
    assert findings() == []


def test_a_call_that_rings_on_after_its_ticket_can_be_taken(office: Office) -> None:
    _, call_id = rings(office)
    agent = office.person("agent")
    agent.post("/api/tickets", {"call_id": call_id})
    assert agent.post(f"/api/calls/{call_id}/take")["taken_by"]


def test_a_call_that_is_not_there(office: Office) -> None:
    answer = office.person("agent").try_post(f"/api/calls/{UUID(int=7)}/take")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["detail"].startswith("There is no call")


def test_repeating_the_request_gives_the_first_answer(office: Office) -> None:
    _, call_id = rings(office)
    agent = office.person("agent")
    first = agent.post(f"/api/calls/{call_id}/take", key="once")
    agent.post("/api/tickets", {"call_id": call_id})
    assert agent.post(f"/api/calls/{call_id}/take", key="once") == first


def test_a_call_back_is_listed_with_the_customers_number(office: Office) -> None:
    call, call_id = rings(office)
    with unit_of_work(system_actor(ORG_ID, "test")) as uow:
        asked = callbacks.ask(
            uow,
            number=call.from_number,
            hotline=call.to_number,
            reason="asked",
            queue="hotline",
            since=uow.now,
            from_call_id=UUID(call_id),
        )
        made = callbacks.call_for(uow, uow.session.get_one(Callback, (ORG_ID, asked))).id
    rows = {row["id"]: row for row in office.person("agent").get("/api/desk")["calls"]}
    back = rows[str(made)]
    assert (back["direction"], back["from_number"]) == ("back", call.from_number)
    assert (rows[call_id]["direction"], rows[call_id]["stage"]) == ("in", "menu")
    says(office, call.completed())
