"""Members, shifts, who is on duty; stand-ins, the last of a trade on duty, overdue returns."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from api.verify import verify
from core.clock import now
from core.db import read_session, session_factory
from core.errors import LastCrew
from core.eventlog import read_stream
from core.models import Outbox
from dispatch.crews.models import Crew
from dispatch.roster.models import Member, Shift
from tests.acts import Acts, refused
from tests.office import Office
from tests.people import Refused

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def bare(office: Office) -> Iterator[None]:
    """No people and no shifts but those of the test; all crews are back afterwards."""
    with session_factory()() as session:
        session.execute(delete(Shift))
        session.execute(delete(Member))
        session.commit()
    yield
    for code in ("east-1", "east-2", "east-3"):
        refused(Acts(1).back, code)


def desk(office: Office, login: str = "east.desk") -> Any:
    return office.person(login)


def person(office: Office, number: str, unit: str = "east-1", **more: Any) -> Row:
    body = {"unit_id": office.unit(unit), "name": f"王{number}", "staff_number": number}
    row: Row = desk(office).post("/api/members", {**body, **more})
    return row


def shift(office: Office, begins: float, ends: float, who: Row | None = None, **more: Any) -> Row:
    """A shift from so many hours after now to so many."""
    body = {
        "unit_id": office.unit("east-1"),
        "member_id": who["id"] if who else None,
        "kind": "day",
        "starts_at": hours(begins),
        "ends_at": hours(ends),
    }
    row: Row = desk(office).post("/api/shifts", {**body, **more})
    return row


MOMENT = now().replace(microsecond=0)


def hours(number: float) -> str:
    return (MOMENT + timedelta(hours=number)).isoformat()


def duty(office: Office, unit: str = "east-1", **params: Any) -> Row:
    rows: list[Row] = desk(office).get("/api/on-duty", unit_id=office.unit(unit), **params)
    return rows[0]


def refusal(path: str, body: Row, who: Any) -> Refused:
    with pytest.raises(Refused) as no:
        who.post(path, body)
    return no.value


def test_without_shifts_everybody_is_on_duty_and_it_is_said(office: Office) -> None:
    person(office, "E1", leader_rank=2, phone="010-61234567")
    person(office, "E2", leader_rank=1)
    found = duty(office)
    assert (found["on_duty"], found["always"]) == (True, True)
    assert [one["name"] for one in found["leaders"]] == ["王E2", "王E1"]
    assert found["phone"] == "+861061234567"


def test_who_is_on_duty_follows_the_shifts_to_the_second(office: Office) -> None:
    one, other = person(office, "S1"), person(office, "S2")
    shift(office, -4, 4, one)
    shift(office, 4, 12, other)
    assert [each["name"] for each in duty(office)["members"]] == ["王S1"]
    assert duty(office, at=hours(3.999))["members"][0]["name"] == "王S1"
    later = duty(office, at=hours(4))
    assert [each["name"] for each in later["members"]] == ["王S2"]
    assert datetime.fromisoformat(later["until"]) == datetime.fromisoformat(hours(12))
    assert duty(office, at=hours(13))["always"]


def test_overlapping_shifts_are_refused_with_names_and_times(office: Office) -> None:
    one = person(office, "O1")
    kept = shift(office, 0, 8, one)
    body = {
        "unit_id": office.unit("east-1"),
        "member_id": one["id"],
        "kind": "night",
        "starts_at": hours(7),
        "ends_at": hours(9),
    }
    no = refusal("/api/shifts", body, desk(office))
    assert (no.status, no.problem["code"]) == (409, "shift_overlaps")
    assert no.problem["detail"].startswith("王O1: ")
    assert no.problem["detail"].count("–") == 2
    desk(office).post("/api/shifts", {**body, "starts_at": hours(8)})  # begins where that ends
    desk(office).post("/api/shifts", {**body, "member_id": None})  # the unit's own, not theirs
    longer = {**body, "starts_at": hours(0), "ends_at": hours(10), "version": kept["version"]}
    assert refusal(f"/api/shifts/{kept['id']}", longer, desk(office)).status == 409
    shorter = {**longer, "ends_at": hours(6)}
    assert desk(office).post(f"/api/shifts/{kept['id']}", shorter)["version"] == 2


def test_a_week_is_planned_whole_or_not_at_all(office: Office) -> None:
    people = [person(office, f"P{number}") for number in range(3)]
    week = {
        "unit_id": office.unit("east-1"),
        "member_ids": [one["id"] for one in people],
        "kind": "night",
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "begins": "20:00",
        "ends": "08:00",
        "first": "2030-01-07",
        "last": "2030-01-13",
    }
    assert desk(office).post("/api/shifts/pattern", week)["count"] == 21
    span = {"from": "2030-01-06T00:00:00+08:00", "to": "2030-01-20T00:00:00+08:00"}
    rows = desk(office).get("/api/shifts", **span)
    assert {(row["starts_at"][11:16], row["ends_at"][11:16]) for row in rows} == {
        ("12:00", "00:00")
    }
    no = refusal("/api/shifts/pattern", {**week, "last": "2030-01-20"}, desk(office))
    assert no.problem["code"] == "shift_overlaps"
    assert len(desk(office).get("/api/shifts", **span)) == 21


def test_one_leader_of_each_rank(office: Office) -> None:
    first = person(office, "L1", leader_rank=1)
    body = {"unit_id": office.unit("east-1"), "name": "李", "staff_number": "L2", "leader_rank": 1}
    no = refusal("/api/members", body, desk(office))
    assert no.problem["errors"][0]["field"] == "body.leader_rank"
    assert "王L1" in no.problem["errors"][0]["message"]
    names = ("unit_id", "name", "staff_number", "version")
    leave = {name: first[name] for name in names} | {"leader_rank": 1, "active": False}
    desk(office).post(f"/api/members/{first['id']}", leave)
    assert desk(office).post("/api/members", body)["leader_rank"] == 1


def test_a_dispatcher_keeps_the_roster_of_its_own_centre_only(office: Office) -> None:
    west = desk(office, "west.desk")
    member = person(office, "D1")
    body = {"unit_id": office.unit("east-1"), "name": "X", "staff_number": "D2"}
    assert refusal("/api/members", body, west).status == 422
    change = {**body, "version": 1}
    assert refusal(f"/api/members/{member['id']}", change, west).status == 404
    planned = shift(office, 0, 1)
    assert refusal(f"/api/shifts/{planned['id']}/remove", {"version": 1}, west).status == 404
    assert member["id"] not in [one["id"] for one in west.get("/api/members")]
    assert (
        west.http.get("/api/on-duty", params={"unit_id": office.unit("east-1")}).status_code == 404
    )
    desk(office).post(f"/api/shifts/{planned['id']}/remove", {"version": 1})
    with read_session() as session:
        facts = read_stream(session, 1, "organisation", UUID(planned["id"]))
        assert [one.payload.what for one in facts] == ["created", "removed"]  # type: ignore[attr-defined]
        assert list(verify(session, 1)) == []


def test_the_last_of_a_trade_on_duty_stays(office: Office) -> None:
    """A crew that is off duty replaces nobody, and may itself go when it likes."""
    acts = Acts(1)
    acts.one_trade()
    for code in ("east-2", "east-3"):
        shift(office, -30, -20, unit_id=office.unit(code))
        shift(office, 20, 30, unit_id=office.unit(code))
    assert isinstance(refused(acts.away, "east-1"), LastCrew)
    assert refused(acts.away, "east-2") is None
    acts.back("east-2")
    shift(office, -1, 5, unit_id=office.unit("east-3"))
    assert refused(acts.away, "east-1") is None


def test_the_last_of_a_voltage_class_stays(office: Office) -> None:
    acts = Acts(1)
    acts.one_trade()
    with session_factory()() as session:
        for code, classes in (("east-1", ["0.4", "10"]), ("east-2", ["0.4"]), ("east-3", ["0.4"])):
            crew = update(Crew).where(Crew.id == acts.unit(code))
            session.execute(crew.values(voltage_classes=classes))
        session.commit()
    assert isinstance(refused(acts.away, "east-1"), LastCrew)
    assert refused(acts.away, "east-2") is None
    acts.one_trade()


def test_a_stand_in_is_shown_on_both_rows_and_named_to_who_sends(office: Office) -> None:
    Acts(1).one_trade()
    lead = office.person("lead")
    lead.follow()
    first, second = office.unit("east-1"), office.unit("east-2")
    path = f"/api/crews/{first}/away"
    for wrong in (first, office.unit("west-1")):
        no = refusal(path, {"reason": "meal", "stand_in_id": wrong}, desk(office))
        assert no.problem["errors"][0]["field"] == "body.stand_in_id"
    row = desk(office).post(path, {"reason": "meal", "stand_in_id": second})
    assert row["stand_in_id"] == second
    lead.wait(lambda screen: screen.rows["crew"][second]["stands_in_for"] == [first])
    order = office.released("east")
    no = refusal(f"/api/orders/{order['id']}/dispatch", {"crew_id": first}, desk(office))
    assert "East crew 2 stands in" in no.problem["detail"]
    desk(office).post(f"/api/crews/{first}/back", {})
    lead.wait(lambda screen: screen.rows["crew"][second]["stands_in_for"] == [])
    assert lead.screen is not None
    fresh = {one["id"]: one for one in lead.get("/api/board")["crews"]}
    assert lead.screen.rows["crew"] == fresh


def test_who_is_not_back_in_time_is_overdue_until_it_says_more(office: Office) -> None:
    Acts(1).one_trade()
    lead = office.person("lead")
    lead.follow()
    crew = office.unit("east-1")
    until = now() + timedelta(seconds=1.5)
    path = f"/api/crews/{crew}/away"
    row = desk(office).post(path, {"reason": "meal", "until": until.isoformat()})
    assert row["overdue_since"] is None

    def overdue(screen: Any) -> Any:
        office.turn()
        return screen.rows["crew"][crew]["overdue_since"]

    since = lead.wait(overdue)
    assert datetime.fromisoformat(since) == until
    more = (now() + timedelta(minutes=20)).isoformat()
    row = desk(office).post(path, {"reason": "meal", "until": more})
    assert (row["overdue_since"], row["state"]) == (None, "away")
    with session_factory()() as session:  # the same word again changes nothing
        for one in session.query(Outbox).filter(Outbox.name == "crews.return_due"):
            one.done_at, one.due_at = None, now() - timedelta(hours=1)
        session.commit()
    office.turn()
    with read_session() as session:
        facts = [one.type for one in read_stream(session, 1, "crew", UUID(crew))]
        assert facts.count("crew.return_overdue") == 1
        assert list(verify(session, 1)) == []
        pending = session.query(Outbox).filter(
            Outbox.name == "crews.return_due", Outbox.done_at.is_(None)
        )
        assert all(one.due_at > now() for one in pending)
