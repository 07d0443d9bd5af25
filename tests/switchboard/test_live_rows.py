"""The live topic of agents: whoever does what, old snapshot + deltas == fresh snapshot."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.db import read_session
from core.identity import EVERYTHING, Principal
from core.live import AGENTS, CALLS
from core.models import User
from core.rights import Role, rights_of
from core.settings import settings
from dashboards import agents as read
from dashboards.seen import Viewer, call_seen, delta_seen, viewer_of
from dashboards.values import iso
from dispatch.privacy.masking import Eyes
from telephony import announcements, commands, silence
from telephony.command_models import CarrierCommand
from telephony.routing import agents, callbacks, queues, supervision
from tests.live.test_law import Reader
from tests.office import query
from tests.switchboard.hall import Hall

NUMBER = "+8613612345678"


@pytest.fixture
def hall(organisation: int) -> Hall:
    return Hall(organisation)


@pytest.fixture
def reader(hall: Hall) -> Reader:
    one = Reader(AGENTS)
    one.fetch()
    return one


def asked(hall: Hall) -> UUID:
    """A customer is to be called back."""
    with hall.work() as uow:
        return callbacks.ask(
            uow,
            number=NUMBER,
            hotline="+861095598",
            reason="asked",
            queue="fault",
            since=hall.clock - timedelta(seconds=90),
        )


def test_a_call_back_is_told_from_its_beginning_to_its_end(hall: Hall, reader: Reader) -> None:
    id_ = asked(hall)
    agent = hall.agent()

    def state() -> str | None:
        reader.check()
        row = reader.rows.get(f"callback {id_}")
        return row and row["state"]

    assert state() == "waiting"
    hall.turn()
    assert state() == "dialling"
    hall.later(40)  # the agent's phone rings in vain
    hall.turn()
    assert state() == "waiting"
    with hall.work(agent) as uow:
        agents.choose(uow, agent, "available", None)
    hall.turn()
    hall.answered(agent)
    dial = hall.asked("place_call")[-1]
    hall.asks(dial.id)
    assert state() == "talking"
    hall.over(dial.id)
    hall.turn()
    assert state() is None


def test_one_that_failed_stays_until_a_person_has_seen_to_it(hall: Hall, reader: Reader) -> None:
    id_, agent = asked(hall), hall.agent()
    for _ in range(len(queues.plan().callback.gaps_s) + 1):
        hall.turn()
        hall.answered(agent)
        hall.over(hall.asked("place_call")[-1].id, "no-answer")
        hall.turn()
        with hall.work(agent) as uow:
            agents.end_wrap_up(uow, agent)
        hall.later(86_400)
    reader.check()
    assert reader.rows[f"callback {id_}"]["state"] == "failed"
    with hall.work(agent) as uow:
        callbacks.cancel(uow, id_)
    reader.check()
    assert f"callback {id_}" not in reader.rows


def test_who_sees_masks_does_not_read_the_number(hall: Hall, reader: Reader) -> None:
    id_ = asked(hall)
    reader.check()
    row = reader.rows[f"callback {id_}"]
    assert row["number"] == NUMBER
    masked = Eyes.of(rights_of(Role.SUPERVISOR))
    item = {"entity": "callback", "key": str(id_), "value": row}
    with read_session() as session:
        fresh = read.snapshot(session, hall.org_id, hall.clock, masked)["callbacks"]
    assert [delta_seen(item, Viewer(masked, EVERYTHING))["value"]] == fresh
    assert NUMBER[-8:-4] not in fresh[0]["number"]


def test_an_announcement_is_there_while_it_is_on(hall: Hall, reader: Reader) -> None:
    lead = hall.agent(ready=False)
    with hall.work(lead) as uow:
        first = announcements.begin(uow, "台风", "A typhoon").id
    reader.check()
    assert reader.rows[f"announcement {first}"]["began_by"] == {"id": str(lead), "name": "坐席"}
    with hall.work(lead) as uow:
        second = announcements.begin(uow, "停电", "An outage").id
    reader.check()
    assert [key for key in reader.rows if key.startswith("announcement")] == [
        f"announcement {second}"
    ]
    with hall.work(lead) as uow:
        announcements.end(uow, second)
    reader.check()
    assert f"announcement {second}" not in reader.rows


def test_a_carrier_that_is_silent_is_told_until_it_answers(hall: Hall, reader: Reader) -> None:
    def told() -> tuple[str, int] | None:
        reader.check()
        row = reader.rows.get(f"carrier {silence.CARRIER}")
        return row and (row["since"], row["waiting"])

    def unanswered() -> None:
        with hall.work() as uow:
            id_ = commands.ask(uow, "send_message", purpose="test")
            uow.flush()
            silence.began(uow, uow.session.get_one(CarrierCommand, (hall.org_id, id_)))

    unanswered()
    assert told() == (iso(hall.clock), 1)
    first = hall.clock
    hall.later(60)
    unanswered()
    assert told() == (iso(first), 2)
    with hall.work() as uow:
        silence.answered(uow)
    assert told() is None


@pytest.fixture
def unseen_listeners() -> Iterator[None]:
    """Queues whose agents are not shown who listens."""
    shipped = (resources.files("telephony.routing") / queues.FILE).read_text(encoding="utf-8")
    path = settings().data_dir / queues.FILE
    path.write_text(shipped.replace("listening_seen = true", "listening_seen = false"))
    queues._plan.cache_clear()
    yield
    path.unlink()
    queues._plan.cache_clear()


def seen_by(role: str, row: dict[str, Any]) -> list[str]:
    """How somebody takes part in the call, as a person of this role is shown."""
    user = query(lambda session: session.scalars(select(User).where(User.role == role)).first())
    principal = Principal(
        org_id=user.org_id,
        user_id=user.id,
        role=Role(role),
        unit_id=user.unit_id,
        session_id=user.id,
        login=role,
        name=role,
        csrf_token="-",
    )
    return [one["how"] for one in call_seen(row, viewer_of(principal))["supervisors"]]


def listened(hall: Hall) -> tuple[UUID, UUID, Reader]:
    """A shift lead listens in a call, whose rows are followed."""
    _, call_id = hall.talking()
    lead = hall.agent(ready=False)
    calls = Reader(CALLS)
    calls.fetch()
    with hall.work(lead) as uow:
        supervision.supervise(uow, call_id, "listen")
    hall.asks(hall.asked("place_call")[-1].id)
    calls.check()
    return lead, call_id, calls


def test_an_agent_sees_who_listens(hall: Hall) -> None:
    _, call_id, calls = listened(hall)
    assert seen_by("agent", calls.rows[f"call {call_id}"]) == ["listen"]


def test_or_not_by_the_policy_but_always_who_speaks(hall: Hall, unseen_listeners: None) -> None:
    lead, call_id, calls = listened(hall)
    row = calls.rows[f"call {call_id}"]
    assert (seen_by("agent", row), seen_by("supervisor", row)) == ([], ["listen"])
    with hall.work(lead) as uow:
        supervision.supervise(uow, call_id, "whisper")
    calls.check()
    assert seen_by("agent", calls.rows[f"call {call_id}"]) == ["whisper"]
