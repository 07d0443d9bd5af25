"""The demo city beside a real organisation: what arrives from outside finds its own."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.demo.seed import ensure_demo, read_demo
from api.positions import RECORD, Positions
from core.clock import now
from core.engines import EngineUrls
from core.settings import settings
from dispatch.crews.models import Vehicle
from dispatch.history.organisation import organisation_id
from dispatch.starter import ORG_ID
from telephony import messages
from tests.office import Office, Starter, open_office, query
from tests.people import Person, visitor
from tests.telephony.carrier import InboundCall, Webhook
from tests.telling import tell


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("two")


@pytest.fixture(scope="module")
def two(engines: EngineUrls, starter: Starter, folder: Path) -> Iterator[Office]:
    with open_office(engines, starter, folder, demo="true") as opened:
        ensure_demo(folder)
        yield opened


@pytest.fixture(scope="module")
def kept(two: Office, folder: Path) -> dict[str, Any]:
    found = read_demo(folder)
    assert found is not None
    return found


def guest(office: Office, login: str) -> Person:
    with visitor(office.url) as client:
        answer = client.post("/api/demo/enter", json={"login": login})
    return Person(office.url, token=answer.cookies["paidan_session"])


def call_in(office: Office, webhook: Webhook) -> int:
    with visitor(office.url) as carrier:
        headers = webhook.headers("http://127.0.0.1:8700")
        answer = carrier.post(webhook.path, content=webhook.body, headers=headers)
    tell()
    return answer.status_code


def test_a_call_to_the_demo_hotline_is_the_demos(two: Office, kept: dict[str, Any]) -> None:
    began = now() - timedelta(minutes=3)
    theirs = InboundCall(1, began, to_number=kept["hotline_number"])
    ours = InboundCall(2, began)  # registered nowhere: the only real organisation's
    assert [call_in(two, call.completed()) for call in (theirs, ours)] == [204, 204]
    agent = guest(two, "demo.agent")
    assert [row["to_number"] for row in agent.get("/api/calls")] == [kept["hotline_number"]]
    assert [row["to_number"] for row in two.person("agent").get("/api/calls")] == [ours.to_number]
    agent.close()


def test_the_command_line_means_the_real_organisation(two: Office) -> None:
    assert two
    assert organisation_id(None) == ORG_ID
    assert organisation_id("demo") != ORG_ID


def carriers(two: Office, monkeypatch: pytest.MonkeyPatch, **named: str) -> dict[str, bool]:
    """Who can send messages where the settings name this."""
    own = {"twilio_account_sid": "AC1", "caller_number": "+861012345678", **named}
    with monkeypatch.context() as patch:
        for name, value in own.items():
            patch.setenv(f"PAIDAN_{name.upper()}", value)
        settings.cache_clear()
        ids = {"own": ORG_ID, "demo": organisation_id("demo")}
        found = {
            name: query(lambda s, id_=id_: messages.set_up(s, id_)) for name, id_ in ids.items()
        }
    settings.cache_clear()
    return found


def test_a_carrier_is_that_of_the_demo_or_of_the_others_never_of_both(
    two: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert carriers(two, monkeypatch) == {"own": True, "demo": False}
    simulator = {"demo_carrier_port": "4017"}
    assert carriers(two, monkeypatch, **simulator) == {"own": False, "demo": True}


def test_whoever_answers_there_has_a_telephone(two: Office) -> None:
    agent = guest(two, "demo.agent")
    desk = agent.get("/api/agent")
    assert desk["phone"].startswith("+86164002")
    assert desk["agent"]["state"] == "offline"
    assert set(desk["agent"]["skills"]) == {"general", "fault", "enquiry"}
    agent.close()


class Follower:
    """A client of a centre's board that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.clients = [self]

    def put_raw(self, data: bytes) -> None:
        self.sent.append(data)


def record(vehicle: UUID) -> bytes:
    return RECORD.pack(vehicle.bytes, 32_050_000, 118_800_000, 0, 0, 1_800_000_000, 60)


def test_positions_of_one_organisation_do_not_hide_anothers(
    two: Office, kept: dict[str, Any]
) -> None:
    """The vehicles of the second one are looked up although the first one's just were."""
    east = two.unit("east")
    crew = UUID(two.unit("east-1"))
    ours = query(
        lambda session: session.scalars(select(Vehicle.id).where(Vehicle.crew_id == crew)).one()
    )
    centre = next(one["unit_id"] for one in kept["centres"] if one["code"] == "east")
    theirs = UUID(next(one["vehicle_id"] for one in kept["crews"] if one["code"] == "east-1"))
    feeds = {
        (ORG_ID, f"board:{east}"): Follower(),
        (kept["org_id"], f"board:{centre}"): Follower(),
    }

    async def publish() -> None:
        positions = Positions()
        positions.take(f"paidan:positions:{ORG_ID}", record(ours))
        await positions.send(feeds)
        positions.take(f"paidan:positions:{kept['org_id']}", record(theirs))
        await positions.send(feeds)

    asyncio.run(publish())
    assert [one.sent for one in feeds.values()] == [[record(ours)], [record(theirs)]]
