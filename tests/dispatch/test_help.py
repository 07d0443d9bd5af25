"""A crew calls for help: seen by its centre and the hotline until somebody has ended it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.events import Payload, VehicleDistress, VehicleKeyPressed
from core.identity import system_actor
from core.ids import new_id
from core.uow import unit_of_work
from dispatch.help import subscribers
from dispatch.starter import ORG_ID
from gps.models import TerminalMessage
from tests.acts import Acts
from tests.dispatch.test_track import vehicle_of
from tests.office import Office, query


@pytest.fixture(autouse=True)
def tidy(office: Office) -> Iterator[None]:
    yield
    for row in office.person("supervisor").get("/api/board")["help"]:
        office.person("supervisor").post(f"/api/help/{row['id']}/end", {"outcome": "helped"})
    Acts(1).put_all_away()


def happens(vehicle: UUID, fact: Payload, at: datetime) -> None:
    with unit_of_work(system_actor(ORG_ID, "gps")) as uow:
        uow.emit(vehicle, fact, occurred_at=at, source="gps")


def on_board(office: Office, who: str = "supervisor") -> list[dict[str, Any]]:
    office.turn()
    path = "/api/queue" if "crew" in who else "/api/board"
    found: list[dict[str, Any]] = office.person(who).get(path)["help"]
    return found


def sound() -> list[str]:
    with read_session() as session:
        return list(verify(session, 1))


def test_the_key_rings_at_the_crews_centre_until_somebody_takes_note(office: Office) -> None:
    row = office.sent("east-1")
    office.person("east.crew1").post(f"/api/assignments/{row['assignment']['id']}/accept", {})
    vehicle, begun = vehicle_of("east-1"), now()
    key = VehicleKeyPressed(device_id=new_id(), assignment_id=None, key="help")
    happens(vehicle, key, begun)
    [call] = on_board(office)
    assert (call["source"], call["crew_id"], call["number"]) == (
        "key",
        office.unit("east-1"),
        row["number"],
    )
    assert call["seen_at"] is None
    assert on_board(office, "east.desk") == on_board(office, "east.crew1") == [call]
    assert on_board(office, "west.desk") == on_board(office, "west.crew1") == []
    west = office.person("west.desk").try_post(f"/api/help/{call['id']}/acknowledge", None)
    assert west.status_code == 404

    office.person("east.desk").post(f"/api/help/{call['id']}/acknowledge", None)
    [seen] = on_board(office, "east.crew1")
    assert seen["seen_at"] is not None
    assert seen["seen_by"]
    wanted = select(TerminalMessage).where(TerminalMessage.purpose == "help")
    [message] = query(lambda session: list(session.scalars(wanted)))
    assert message.text.startswith("求助已收到")

    happens(vehicle, key, begun + timedelta(seconds=20))
    [again] = on_board(office)
    assert (again["id"], again["times"], again["seen_at"]) == (call["id"], 2, None)
    office.person("east.desk").post(f"/api/help/{call['id']}/end", {"outcome": "helped"})
    assert on_board(office) == []
    over = office.person("supervisor").try_post(f"/api/help/{call['id']}/acknowledge", None)
    assert (over.status_code, over.json()["code"]) == (409, "help_over")
    [kept] = [one for one in office.person("east.desk").get("/api/help") if one["id"] == call["id"]]
    assert kept["outcome"] == "helped"
    assert sound() == []


def test_a_fact_that_is_read_twice_is_one_call_and_two_presses_are_two(office: Office) -> None:
    vehicle = vehicle_of("east-2")
    fact = VehicleDistress(device_id=new_id(), lat=39.9, lon=116.4)
    with pytest.MonkeyPatch.context() as patch:
        read: list[Any] = []
        patch.setattr("api.wiring.help_calls.distress", read.append)
        happens(vehicle, fact, now())
    with read_session() as session:
        from core.eventlog import read_stream

        event = read_stream(session, ORG_ID, "vehicle", vehicle)[-1]
    for _ in range(2):
        with unit_of_work(system_actor(ORG_ID, "relay")) as uow:
            subscribers.distress(uow, event)
    [call] = on_board(office)
    assert (call["times"], call["source"], call["lat"]) == (1, "alarm", 39.9)
    office.person("supervisor").post(f"/api/help/{call['id']}/end", {"outcome": "mistake"})
    happens(vehicle, fact, now())
    [second] = on_board(office)
    assert second["id"] != call["id"]
    assert sound() == []


def test_a_phone_calls_and_takes_it_back(office: Office) -> None:
    crew = office.person("east.crew1")
    place = {"lat": 39.91, "lon": 116.41, "accuracy_m": 10}
    path = f"/api/crews/{office.unit('east-1')}/help"
    call = crew.post(path, place)
    assert (call["source"], call["lat"]) == ("phone", 39.91)
    other = office.person("west.crew1").try_post(path, place)
    assert other.status_code == 404
    crew.post(f"/api/help/{call['id']}/withdraw", None)
    assert on_board(office) == []
    assert sound() == []
