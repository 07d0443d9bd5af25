"""A calendar's new version: what runs is judged anew, some at a time, resumed after a failure."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.verify import verify
from core import outbox
from core.clock import real_now
from core.db import read_session, session_factory
from core.models import Outbox
from dispatch.starter import ORG_ID
from dispatch.tickets import rejudging
from sla.documents import shipped_text
from tests.office import Office
from tests.people import Person
from tests.policies.test_tickets import due_of, filed, timer, weekdays_after

CHINA = shipped_text("calendars", "china")
PLAIN = CHINA[: CHINA.index("\n[[years]]")]


def calendar(office: Office, first_year: int) -> None:
    """Working days are Monday to Friday in these three years."""
    years = "".join(
        f'\n[[years]]\nyear = {year}\nsource = "test"\nconfidence = "derived"\n'
        for year in range(first_year, first_year + 3)
    )
    office.person("admin").post("/api/sla/calendars", {"document": PLAIN + years})


def progress(office: Office) -> dict[str, Any]:
    listed = office.person("admin").get("/api/sla/calendars")["calendars"]
    newest: dict[str, Any] = next(one["rejudging"] for one in listed if one["code"] == "china")
    return newest


def why_unknown(agent: Person, id_: str) -> str | None:
    found: str | None = agent.get(f"/api/tickets/{id_}")["ticket"]["due_unknown"]
    return found


def hurry() -> None:
    """What waits after a failure is due now."""
    with session_factory()() as session:
        for row in session.scalars(select(Outbox).where(Outbox.done_at.is_(None))):
            row.due_at = real_now()
        session.commit()


@pytest.fixture
def complaints(own_office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ten that cannot be judged yet, as nobody has said which days are worked."""
    monkeypatch.setattr(rejudging, "AT_ONCE", 4)
    calendar(own_office, 2001)
    own_office.turn()
    agent: Person = own_office.person("agent")
    ids = [filed(agent, "complaint") for _ in range(10)]
    own_office.turn()
    assert due_of(agent, ids[0]) is None
    assert why_unknown(agent, ids[0]) == "calendar_ends"
    return ids


def test_some_at_a_time_with_progress_that_one_sees(
    own_office: Office, complaints: list[str]
) -> None:
    year = timer(complaints[0], "Contact").starts_at.year
    calendar(own_office, year)
    assert progress(own_office) == {"judged": 0, "cases": None, "ended_at": None}
    seen = []
    while outbox._run_some():
        seen.append(progress(own_office)["judged"])
    assert seen == [4, 8, 10]
    assert progress(own_office)["cases"] == 10
    assert progress(own_office)["ended_at"] is not None
    agent = own_office.person("agent")
    for id_ in complaints:
        answer = timer(id_, "Answer")
        assert answer.due_at == weekdays_after(answer.starts_at, 4) == due_of(agent, id_)
        assert why_unknown(agent, id_) is None
    with read_session() as session:
        assert list(verify(session, ORG_ID)) == []


def test_a_failure_costs_the_cases_at_hand_and_not_those_before(
    own_office: Office, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, judged = rejudging._judge, []

    def fails(uow: Any, id_: UUID, subject: str) -> None:
        judged.append(id_)
        if len(judged) == 7:
            raise ValueError("planted")
        judge(uow, id_, subject)

    monkeypatch.setattr(rejudging, "_judge", fails)
    calendar(own_office, timer(complaints[0], "Contact").starts_at.year)
    while outbox._run_some():
        pass
    assert progress(own_office) == {"judged": 4, "cases": 10, "ended_at": None}
    hurry()
    while outbox._run_some():
        pass
    assert progress(own_office)["judged"] == 10
    assert judged[7:] == judged[4:7] + judged[10:]
    assert sorted(map(str, judged[7:])) == sorted(complaints)[4:]
