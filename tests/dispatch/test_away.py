"""A crew that is away: who may say so, when it may go, and that nothing is sent to it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.errors import CrewAway, LastCrew
from core.eventlog import read_stream
from tests.acts import Acts, refused
from tests.office import Office, query
from tests.people import Refused


@pytest.fixture(autouse=True)
def trades(office: Office) -> Iterator[None]:
    """Crews can stand in for each other; afterwards all are back and nothing is open."""
    acts = Acts(1)
    acts.one_trade()
    yield
    acts.put_all_away()
    for code in ("east-1", "east-2", "east-3"):
        refused(acts.back, code)


def away(office: Office, login: str, crew: str, **body: Any) -> dict[str, Any]:
    row: dict[str, Any] = office.person(login).post(
        f"/api/crews/{office.unit(crew)}/away", {"reason": "meal", **body}
    )
    return row


def back(office: Office, login: str, crew: str) -> dict[str, Any]:
    row: dict[str, Any] = office.person(login).post(f"/api/crews/{office.unit(crew)}/back", {})
    return row


def test_the_board_shows_why_since_when_and_until_when(office: Office) -> None:
    lead = office.person("lead")
    lead.follow()
    until = now() + timedelta(minutes=30)
    row = away(office, "east.crew1", "east-1", until=until.isoformat(), note="食堂")
    assert (row["state"], row["away_reason"], row["away_note"]) == ("away", "meal", "食堂")
    crew_id = office.unit("east-1")
    shown = lead.wait(
        lambda screen: (one := screen.rows["crew"][crew_id])["state"] == "away" and one
    )
    assert shown == row
    again = away(office, "east.desk", "east-1", reason="refuelling")
    assert (again["away_reason"], again["away_until"]) == ("refuelling", None)
    assert again["away_since"] == row["away_since"]
    gone = back(office, "east.desk", "east-1")
    assert (gone["state"], gone["away_reason"], gone["away_since"]) == ("free", None, None)
    with read_session() as session:
        events = read_stream(session, 1, "crew", Acts(1).unit("east-1"))
        assert list(verify(session, 1)) == []
    assert [(one.type, one.source) for one in events[-3:]] == [
        ("crew.went_away", "crew"),
        ("crew.went_away", "dispatcher"),
        ("crew.came_back", "dispatcher"),
    ]


def test_nothing_is_sent_to_it_until_it_is_back(office: Office) -> None:
    until = now() + timedelta(minutes=30)
    away(office, "east.crew1", "east-1", until=until.isoformat())
    order = office.released("east")
    desk = office.person("east.desk")
    path, body = f"/api/orders/{order['id']}/dispatch", {"crew_id": office.unit("east-1")}
    with pytest.raises(Refused) as no:
        desk.post(path, body)
    assert (no.value.status, no.value.problem["code"]) == (409, "crew_away")
    assert "is away (meal), expected back at" in no.value.problem["detail"]
    assert desk.get(f"/api/orders/{order['id']}")["order"]["state"] == "released"
    back(office, "east.desk", "east-1")
    assert desk.post(path, body)["state"] == "assigned"


def test_what_it_was_sent_before_stays_with_it(office: Office) -> None:
    order = office.sent("east-1")
    row = away(office, "east.crew1", "east-1")
    assert (row["state"], row["queue"], row["next_order"]) == ("away", 1, order["number"])
    crew = office.person("east.crew1")
    crew.post(f"/api/assignments/{order['assignment']['id']}/accept")
    back(office, "east.crew1", "east-1")
    with pytest.raises(Refused) as no:
        away(office, "east.crew1", "east-1")
    assert no.value.problem["code"] == "crew_busy"
    assert order["number"] in no.value.problem["detail"]
    crew.post(f"/api/assignments/{order['assignment']['id']}/return", {"reason": "other"})


@pytest.mark.parametrize("login", ["west.desk", "east.crew2"])
def test_a_foreign_crew_does_not_exist(office: Office, login: str) -> None:
    with pytest.raises(Refused) as no:
        away(office, login, "east-1")
    assert no.value.status == 404
    with pytest.raises(Refused) as no:
        back(office, login, "east-1")
    assert no.value.status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "tired"}, "body.reason"),
        ({"until": "2020-01-01T00:00:00Z"}, "body.until"),
        ({"at": "2150-01-01T00:00:00Z"}, "body.at"),
        ({"note": "x" * 201}, "body.note"),
    ],
)
def test_bad_input_is_named(office: Office, body: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as no:
        away(office, "east.crew1", "east-1", **body)
    assert no.value.status == 422
    assert field in [one["field"] for one in no.value.problem["errors"]]


def test_who_is_there_cannot_come_back(office: Office) -> None:
    with pytest.raises(Refused) as no:
        back(office, "east.crew1", "east-1")
    assert (no.value.status, no.value.problem["code"]) == (409, "crew_not_away")


def test_the_last_of_a_trade_stays_also_when_all_leave_at_once(office: Office) -> None:
    acts = Acts(1)
    gate = threading.Barrier(3)

    def leave(crew: str) -> Any:
        gate.wait()
        return refused(acts.away, crew)

    for _ in range(5):
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(leave, ("east-1", "east-2", "east-3")))
        assert sorted(type(one).__name__ for one in answers) == ["LastCrew", "NoneType", "NoneType"]
        for code in ("east-1", "east-2", "east-3"):
            refused(acts.back, code)


def test_sending_and_leaving_at_once_never_both_succeed_unseen(office: Office) -> None:
    """Either the order was with the crew before it left, or the sender was told."""
    acts = Acts(1)
    gate = threading.Barrier(2)

    def do(act: Any, *arguments: Any) -> Any:
        gate.wait()
        return refused(act, *arguments)

    for _ in range(5):
        order_id = acts.file()
        acts.order_act("release", order_id)
        with ThreadPoolExecutor(2) as pool:
            left = pool.submit(do, acts.away, "east-1")
            sent = pool.submit(do, acts.order_act, "dispatch", order_id)
        assert left.result() is None
        facts = query(lambda session: read_stream(session, 1, "crew", acts.unit("east-1")))
        if sent.result() is None:
            assert acts.assignment(order_id).sent_at is not None
        else:
            assert isinstance(sent.result(), CrewAway)
            assert facts[-1].type == "crew.went_away"
        acts.put_away(order_id)
        acts.back("east-1")


def test_a_crew_alone_in_its_trade_is_told_so(own_office: Office) -> None:
    problem = refused(Acts(1).away, "east-1")
    assert isinstance(problem, LastCrew)
    assert "城东一班是本中心" in problem.sentence("zh")
