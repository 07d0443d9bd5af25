"""Call-backs that were tried in vain: one person at a time sees to each."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.clock import now
from core.models import Event
from tests.office import Office, query
from tests.people import Person
from tests.switching import tried_in_vain


def test_a_customer_tried_in_vain_is_one_person_s(office: Office) -> None:
    agent, colleague = office.person("agent"), office.person("lead2")
    path = f"/api/callbacks/{tried_in_vain('+8613900008866')}"
    row = agent.post(f"{path}/take-up")
    me = agent.me["user"]
    assert (row["worked_by"], row["worked_by_name"]) == (me["id"], me["name"])
    assert datetime.fromisoformat(row["worked_until"]) - datetime.fromisoformat(
        row["worked_at"]
    ) == timedelta(minutes=15)
    shown = {one["id"]: one for one in colleague.get("/api/agents")["callbacks"]}
    assert shown[row["id"]] == row
    for act, body in (
        ("take-up", None),
        ("give-back", None),
        ("settle", {"outcome": "reached"}),
        ("reschedule", {"at": "2030-01-01T00:00:00Z"}),
        ("cancel", None),
    ):
        refused = colleague.try_post(f"{path}/{act}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "already_done")
        assert me["name"] in refused.json()["detail"]
    for _ in range(2):
        assert agent.post(f"{path}/give-back")["worked_by"] is None
    assert colleague.post(f"{path}/take-up")["worked_by_name"] == colleague.me["user"]["name"]
    settled = colleague.post(f"{path}/settle", {"outcome": "reached"})
    assert (settled["state"], settled["worked_by"]) == ("done", None)
    assert agent.try_post(f"{path}/take-up").json()["code"] == "callback_over"
    wanted = select(Event.type).where(Event.stream_id == uuid.UUID(row["id"]))
    told = query(lambda session: list(session.scalars(wanted.order_by(Event.seq))))
    assert told[-4:] == [
        "callback.taken_up",
        "callback.given_back",
        "callback.taken_up",
        "callback.ended",
    ]


def test_only_what_was_tried_in_vain_is_taken_up(office: Office) -> None:
    agent = office.person("agent")
    path = f"/api/callbacks/{tried_in_vain('+8613900008867')}"
    agent.post(f"{path}/take-up")
    moved = agent.post(f"{path}/reschedule", {"at": "2030-01-01T00:00:00Z"})
    assert (moved["state"], moved["worked_by"]) == ("waiting", None)
    assert agent.try_post(f"{path}/take-up").json()["code"] == "callback_over"
    agent.post(f"{path}/cancel")


def test_who_forgot_a_customer_loses_the_claim(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, colleague = office.person("agent"), office.person("lead2")
    path = f"/api/callbacks/{tried_in_vain('+8613900008868')}"
    with monkeypatch.context() as earlier:
        earlier.setattr("core.uow.clock_now", lambda: now() - timedelta(minutes=15, seconds=1))
        agent.post(f"{path}/take-up")
    assert colleague.post(f"{path}/take-up")["worked_by_name"] == colleague.me["user"]["name"]
    refused = agent.try_post(f"{path}/settle", {"outcome": "reached"})
    assert refused.json()["code"] == "already_done"
    colleague.post(f"{path}/settle", {"outcome": "given_up"})


def test_of_those_who_take_up_a_customer_at_once_one_has_it(office: Office) -> None:
    """Eight times two people press the key at the same moment."""
    people = [office.person("agent"), office.person("lead2")]
    for turn in range(8):
        path = f"/api/callbacks/{tried_in_vain(f'+86139000087{turn:02d}')}"
        line = threading.Barrier(len(people))

        def press(person: Person, path: str = path, line: threading.Barrier = line) -> int:
            line.wait(timeout=30)
            return person.try_post(f"{path}/take-up").status_code

        with ThreadPoolExecutor(len(people)) as pool:
            assert sorted(pool.map(press, people)) == [200, 409]
        row = next(
            one
            for one in people[0].get("/api/callbacks", state="failed")
            if one["id"] == path.rpartition("/")[2]
        )
        assert row["worked_by"] in {person.me["user"]["id"] for person in people}
        owner = next(person for person in people if person.me["user"]["id"] == row["worked_by"])
        owner.post(f"{path}/settle", {"outcome": "not_needed"})
