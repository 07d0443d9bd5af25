"""A ticket that nobody answers: whoever has it is told, then those above, until one takes note."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from api.verify import verify
from core.db import read_session, session_factory
from dispatch.escalation import service as escalation
from dispatch.notices.models import Notice
from dispatch.roster.models import Shift
from dispatch.starter import ORG_ID
from sla import service as sla
from sla.models import SlaLadder, SlaTimer
from tests.dispatch.notice_servers import robot
from tests.dispatch.test_notices import set_up, tried
from tests.office import NEEDS, Office, query
from tests.people import Person
from tests.tickets.test_held_by_centre import transferred

LATE = timedelta(seconds=1)


@pytest.fixture
def agent(office: Office) -> Person:
    """In an office whose roster says nothing: everybody counts as on duty."""
    with session_factory()() as session:
        session.execute(delete(Shift))
        session.commit()
    return office.person("agent")


def timer(id_: str, code: str = "Answer") -> SlaTimer:
    wanted = select(SlaTimer).where(SlaTimer.case_id == UUID(id_), SlaTimer.code == code)
    return query(lambda session: session.scalars(wanted.order_by(SlaTimer.starts_at.desc())).all())[
        0
    ]


def breached(id_: str, code: str = "Answer") -> datetime:
    """Its deadline has passed and been noticed; the moment of that."""
    due = timer(id_, code).due_at
    assert due is not None
    sla.sweep(due + LATE)
    return due + LATE


def ladders(person: Person, id_: str) -> list[dict[str, Any]]:
    return [
        one for one in person.get(f"/api/tickets/{id_}")["escalations"] if one["code"] != "Contact"
    ]


def recipients(ladder: dict[str, Any]) -> list[str]:
    return [one["recipient"] for one in ladder["steps"]]


def running(person: Person) -> dict[str, dict[str, Any]]:
    found = person.get("/api/escalations")["escalations"]
    return {one["ticket_id"]: one for one in found if one["code"] == "Answer"}


def findings() -> list[str]:
    with read_session() as session:
        return list(verify(session, ORG_ID))


def test_whoever_has_it_is_told_then_those_above_until_somebody_takes_note(
    agent: Person, office: Office
) -> None:
    id_ = transferred(agent, office)
    began = breached(id_)
    escalation.sweep(began)
    (ladder,) = ladders(agent, id_)
    assert (ladder["occasion"], recipients(ladder)) == ("breach", ["receiver"])
    assert ladder["steps"][0]["unit_id"] == office.unit("east")
    assert {one["channel"]: one["state"] for one in ladder["steps"][0]["notices"]} == {
        "screen": "sent",
        "robot": "waiting",
    }
    assert running(office.person("supervisor"))[id_]["number"] == number(agent, id_)
    assert running(office.person("east.desk"))[id_]["order_id"] is None
    assert id_ not in running(office.person("west.desk"))
    escalation.sweep(began + timedelta(hours=1))
    (ladder,) = ladders(agent, id_)
    assert recipients(ladder) == ["receiver", "leader_1"]
    assert "acknowledge" in agent.get(f"/api/tickets/{id_}")["may"]
    page = office.person("lead").post(f"/api/tickets/{id_}/acknowledge")
    assert "acknowledge" not in page["may"]
    (ladder,) = ladders(agent, id_)
    assert (ladder["cause"], ladder["ended_by"]) == ("acknowledged", "值长")
    assert office.person("lead").post(f"/api/tickets/{id_}/acknowledge")["may"] == page["may"]
    escalation.sweep(began + timedelta(hours=4))
    assert recipients(ladders(agent, id_)[0]) == ["receiver", "leader_1"]
    assert id_ not in running(office.person("supervisor"))
    assert findings() == []


def number(agent: Person, id_: str) -> str:
    return str(agent.get(f"/api/tickets/{id_}")["ticket"]["number"])


def test_nobody_takes_note_the_supervisor_is_told_and_the_robot_says_which_ticket(
    agent: Person, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = transferred(agent, office)
    began = breached(id_)
    for hours in (0, 1, 4):
        escalation.sweep(began + timedelta(hours=hours))
    (ladder,) = ladders(agent, id_)
    assert recipients(ladder) == ["receiver", "leader_1", "supervisor"]
    wanted = select(Notice).where(
        Notice.case_id == UUID(id_), Notice.channel == "robot", Notice.code == "Answer"
    )
    first = query(lambda session: session.scalars(wanted.order_by(Notice.step)).all())[0]
    with robot() as hook:
        set_up(monkeypatch, "robot", hook.url)
        tried(first)
    (body,) = map(json.loads, hook.got)
    assert f"受理单 {number(agent, id_)}：处理并答复已超时" in body["message"]
    assert f"Ticket {number(agent, id_)}: Handled and answered is late" in body["message"]


def test_it_is_told_before_it_is_late_and_that_ends_with_the_answer(
    agent: Person, office: Office
) -> None:
    id_ = transferred(agent, office)
    row = timer(id_)
    assert row.due_at is not None
    warning = select(SlaLadder).where(SlaLadder.timer_id == row.id)
    at = query(lambda session: session.scalars(warning).one()).due_at
    assert at is not None
    assert at < row.due_at
    escalation.sweep(at)
    (ladder,) = ladders(agent, id_)
    assert (ladder["occasion"], recipients(ladder)) == ("warning", ["receiver"])
    office.person("east.desk").post(f"/api/tickets/{id_}/answer", {"words": "已处理"})
    (ladder,) = ladders(agent, id_)
    assert ladder["cause"] == "reached"
    escalation.sweep(breached_never(row))
    assert len(ladders(agent, id_)) == 1
    assert findings() == []


def breached_never(row: SlaTimer) -> datetime:
    assert row.due_at is not None
    sla.sweep(row.due_at + LATE)
    return row.due_at + timedelta(days=1)


def test_the_breach_takes_over_from_the_warning(agent: Person, office: Office) -> None:
    id_ = transferred(agent, office)
    due = timer(id_).due_at
    assert due is not None
    escalation.sweep(due)
    escalation.sweep(breached(id_))
    assert [(one["occasion"], one["cause"]) for one in ladders(agent, id_)] == [
        ("warning", "overtaken"),
        ("breach", None),
    ]


def test_a_fault_without_an_order_is_told_of_until_it_has_one(
    agent: Person, office: Office
) -> None:
    id_ = str(agent.post("/api/tickets", {"channel": "web", "description": "停电"})["id"])
    escalation.sweep(breached(id_, "AH"))
    (ladder,) = ladders(agent, id_)
    assert (ladder["code"], ladder["steps"][0]["unit_id"]) == ("AH", office.unit("hotline"))
    agent.post("/api/orders", {**NEEDS, "ticket_id": id_})
    (ladder,) = ladders(agent, id_)
    assert ladder["cause"] in ("reached", "withdrawn")
    assert findings() == []
