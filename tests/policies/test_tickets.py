"""Deadlines of tickets: working days, contact and answer, rounds, a fault without an order."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.eventlog import read_stream
from core.outbox import dead_letters
from dispatch.starter import ORG_ID
from sla import service as sla
from sla.documents import shipped_text
from sla.models import SlaCase, SlaTimer
from tests.office import NEEDS, Office
from tests.people import Person

CHINA = shipped_text("calendars", "china")


@pytest.fixture
def office(own_office: Office) -> Office:
    """Its working days are Monday to Friday in every year, whenever these tests run."""
    year = now().year
    years = "".join(
        f'\n[[years]]\nyear = {one}\nsource = "test"\nconfidence = "derived"\n'
        for one in (year, year + 1)
    )
    text = CHINA[: CHINA.index("\n[[years]]")] + years
    own_office.person("admin").post("/api/sla/calendars", {"document": text})
    return own_office


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


def filed(agent: Person, kind: str, **more: Any) -> str:
    body = {"channel": "web", "kind": kind, "description": "说明", **more}
    return str(agent.post("/api/tickets", body)["id"])


def timers(id_: str) -> list[SlaTimer]:
    with read_session() as session:
        query = select(SlaTimer).where(SlaTimer.case_id == UUID(id_))
        return list(session.scalars(query.order_by(SlaTimer.starts_at, SlaTimer.code)))


def timer(id_: str, code: str) -> SlaTimer:
    return next(one for one in reversed(timers(id_)) if one.code == code)


def facts(id_: str) -> list[str]:
    with read_session() as session:
        return [one.type for one in read_stream(session, ORG_ID, "sla", UUID(id_))]


def findings() -> list[str]:
    with read_session() as session:
        return list(verify(session, ORG_ID))


def due_of(agent: Person, id_: str) -> datetime | None:
    """When the page of a ticket says that an answer is due."""
    due = agent.get(f"/api/tickets/{id_}")["ticket"]["due_at"]
    return datetime.fromisoformat(due) if due else None


def weekdays_after(start: datetime, count: int) -> datetime:
    """The end of the n-th weekday after this one, in China."""
    day = (start + timedelta(hours=8)).replace(hour=0, minute=0, second=0, microsecond=0)
    while count:
        day += timedelta(days=1)
        count -= day.isoweekday() <= 5
    return day + timedelta(days=1) - timedelta(hours=8)


def test_a_complaint_is_contacted_in_a_day_and_answered_in_four_working_days(office, agent):
    id_ = filed(agent, "complaint", caller_phone="+8613800138000")
    contact, answer = timer(id_, "Contact"), timer(id_, "Answer")
    assert contact.due_at == contact.starts_at + timedelta(hours=24)
    assert answer.due_at == weekdays_after(answer.starts_at, 4)
    assert due_of(agent, id_) == answer.due_at
    agent.post(f"/api/tickets/{id_}/contact", {"note": "已致电"})
    assert (timer(id_, "Contact").stopped_at, timer(id_, "Answer").stopped_at) != (None, None)
    assert timer(id_, "Answer").stopped_at is None
    agent.post(f"/api/tickets/{id_}/answer", {"words": "已处理"})
    assert timer(id_, "Answer").stopped_at is not None
    sla.sweep(now() + timedelta(days=30))
    assert "sla.breached" not in facts(id_)
    assert findings() == []


def test_what_nobody_answers_is_late_in_the_sweep_and_stays_late_when_reopened(office, agent):
    id_ = filed(agent, "report")
    due = timer(id_, "Answer").due_at
    assert due == weekdays_after(timer(id_, "Answer").starts_at, 9)
    sla.sweep(due)
    assert facts(id_) == ["sla.case_opened"]  # due, not over
    sla.sweep(due + timedelta(seconds=1))
    assert facts(id_) == ["sla.case_opened", "sla.breached"]
    agent.post(f"/api/tickets/{id_}/close", {"how": "withdrawn"})
    assert "sla.withdrawn" in facts(id_)  # nobody waits for an answer: nothing is judged
    id_ = filed(agent, "report")
    sla.sweep(timer(id_, "Answer").due_at + timedelta(seconds=1))
    late = timer(id_, "Answer").id
    agent.post(f"/api/tickets/{id_}/answer", {"words": "迟复"})
    assert "sla.withdrawn" in facts(id_)  # by the clock of this test it was answered in time
    agent.post(f"/api/tickets/{id_}/reopen", {"reason": "not_solved"})
    again = timer(id_, "Answer")
    assert again.id != late
    assert (again.fired_at, again.stopped_at) == (None, None)
    assert due_of(agent, id_) == again.due_at
    office.turn()
    with read_session() as session:
        assert list(dead_letters(session, ORG_ID)) == []
    assert findings() == []


def test_every_kind_begins_under_a_policy(agent):
    wanted = {
        "complaint": "complaints",
        "report": "reports",
        "enquiry": "answers",
        "opinion": "answers",
        "suggestion": "answers",
        "service_request": "answers",
        "praise": "answers",
        "fault_repair": "beijing",
    }
    ids = {kind: UUID(filed(agent, kind)) for kind in wanted}
    with read_session() as session:
        rows = {row.id: row for row in session.scalars(select(SlaCase))}
    assert {kind: rows[id_].policy for kind, id_ in ids.items()} == wanted
    assert {row.subject for row in rows.values()} == {"ticket"}
    assert timer(str(ids["enquiry"]), "Answer").limit_s == 24 * 3600


def test_a_fault_runs_under_its_own_clock_until_an_order_takes_over(office, agent):
    id_ = filed(agent, "fault_repair")
    assert [one.code for one in timers(id_)] == ["AB", "AH"]
    assert timer(id_, "AH").limit_s == 45 * 60
    sla.sweep(timer(id_, "AH").due_at + timedelta(seconds=1))
    assert facts(id_)[-2:] == ["sla.breached", "sla.breached"]
    order = agent.post("/api/orders", {**NEEDS, "ticket_id": id_})
    assert facts(id_)[-1] == "sla.withdrawn"
    assert all(one.stopped_at is not None for one in timers(id_))
    assert {one.code for one in timers(order["id"]) if one.stopped_at is None} == {"AB", "AH"}
    office.turn()
    with read_session() as session:
        assert list(dead_letters(session, ORG_ID)) == []
    assert findings() == []


def test_an_undone_merge_gives_a_fault_its_own_clock_back(agent):
    order = agent.post("/api/orders", {**NEEDS, "ticket_id": filed(agent, "fault_repair")})
    id_ = filed(agent, "fault_repair")
    body = {"order_id": order["id"], "reason": "same_fault"}
    agent.post(f"/api/tickets/{id_}/merge", body)
    assert all(one.stopped_at is not None for one in timers(id_))
    agent.post(f"/api/tickets/{id_}/unmerge", {"reason": "mistake"})
    assert all(one.stopped_at is None for one in timers(id_))
    assert findings() == []


def test_a_year_that_is_added_gives_deadlines_to_what_waits(office, agent):
    admin = office.person("admin")
    kept = admin.get("/api/sla/calendars/china")["document"]
    gone = kept.replace(f"year = {now().year}\n", "year = 1999\n")
    gone = gone.replace(f"year = {now().year + 1}\n", "year = 1998\n")
    admin.post("/api/sla/calendars", {"document": gone})
    id_ = filed(agent, "complaint")
    assert (due_of(agent, id_), [one.code for one in timers(id_)]) == (None, ["Contact"])
    admin.post("/api/sla/calendars", {"document": kept})
    office.turn()
    due = timer(id_, "Answer").due_at
    assert due == weekdays_after(timer(id_, "Answer").starts_at, 4)
    assert due_of(agent, id_) == due
    assert findings() == []
