"""Orders that follow on another: their own clock, links both ways, and kept for later."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from api.verify import verify
from core.clock import now
from core.db import read_session, session_factory
from core.identity import EVERYTHING
from core.models import Outbox
from core.uow import unit_of_work
from dashboards.order_page import order_page
from dispatch.orders import follow_on
from dispatch.orders.follow_on import BEGIN_DUE, FollowOn
from tests.acts import Acts, refused
from tests.office import query, turn
from tests.tickets.desk import PHONE, Desk, judged


@pytest.fixture(scope="module")
def desk(module_organisation: int) -> Desk:
    return Desk(Acts(module_organisation))


def follows(desk: Desk, parent_id: UUID, kind: str, **more: Any) -> UUID:
    with unit_of_work(desk.acts.by("lead")) as uow:
        new = FollowOn(**{"kind": kind, "trade": "low_voltage", "reason": "换配变"} | more)
        return follow_on.file_follow_on(uow, parent_id, new, EVERYTHING)


def links(order_id: UUID) -> dict[str, Any]:
    with read_session() as session:
        found: dict[str, Any] = order_page(session, 1, order_id, now())["links"]
    return found


def a_of(order_id: UUID) -> datetime | None:
    at = judged(order_id)["points"]["A"]
    return datetime.fromisoformat(at) if at else None


@pytest.mark.parametrize("kind", ["made_safe", "other_trade", "second_crew"])
def test_the_clock_of_the_child_is_its_own(desk: Desk, kind: str) -> None:
    parent = desk.acts.file()
    before = judged(parent)
    asked = now()
    child = follows(desk, parent, kind)
    at = a_of(child)
    assert at is not None
    assert asked <= at <= now()
    assert judged(parent) == before
    assert links(child)["parent"]["id"] == str(parent)
    assert [one["id"] for one in links(parent)["children"]] == [str(child)]
    assert [one["gives_clock"] for one in links(child)["tickets"]] == [False]


def test_a_second_crew_goes_to_the_centre_that_has_the_first(desk: Desk) -> None:
    parent, _ = desk.acts.sent("east-1")
    child = desk.acts.order(follows(desk, parent, "second_crew"))
    assert (child.state, child.centre_id) == ("released", desk.acts.unit("east"))
    desk.acts.put_away(parent)


def test_made_safe_is_an_outcome_once_the_repair_is_filed(desk: Desk) -> None:
    order_id, assignment_id = desk.acts.sent("east-2")
    for act in ("accept", "depart", "arrive", "restore", "finish"):
        desk.acts.crew_act(act, assignment_id, "east-2")
    problem = refused(desk.close, order_id, "made_safe")
    assert problem is not None
    assert problem.status == 422
    follows(desk, order_id, "made_safe")
    desk.close(order_id, "made_safe")
    assert desk.acts.order(order_id).state == "closed"


def test_the_customer_is_called_when_the_last_order_is_closed(desk: Desk) -> None:
    ticket_id = desk.acts.ticket(caller_phone=PHONE)
    parent = desk.order(ticket_id)
    child = follows(desk, parent, "other_trade")
    desk.finish(parent)
    assert desk.state(ticket_id) == "ordered"
    desk.finish(child)
    assert desk.state(ticket_id) == "follow_up"


def test_an_appointment_begins_so_that_the_promise_ends_at_the_appointed_time(
    desk: Desk,
) -> None:
    appointed = now().replace(microsecond=0) + timedelta(hours=5)
    child = follows(desk, desk.acts.file(), "appointment", appointment_at=appointed)
    order = desk.acts.order(child)
    assert order.state == "scheduled"
    assert order.begins_at == appointed - timedelta(minutes=45)
    assert a_of(child) is None
    assert refused(desk.acts.order_act, "release", child) is not None


def test_a_near_appointment_begins_when_the_engine_turns(desk: Desk) -> None:
    appointed = now() + timedelta(minutes=30)
    child = follows(desk, desk.acts.file(), "appointment", appointment_at=appointed)
    turn()
    assert desk.acts.order(child).state == "filed"
    begun = a_of(child)
    assert begun is not None
    assert begun <= now()


def test_the_engine_waits_where_business_time_is_behind(desk: Desk) -> None:
    appointed = now() + timedelta(hours=5)
    child = follows(desk, desk.acts.file(), "appointment", appointment_at=appointed)
    with session_factory()() as session:
        mine = update(Outbox).where(Outbox.name == BEGIN_DUE, Outbox.done_at.is_(None))
        session.execute(mine.values(due_at=now()))
        session.commit()
    turn()
    assert desk.acts.order(child).state == "scheduled"
    asked = select(Outbox.due_at).where(Outbox.name == BEGIN_DUE, Outbox.done_at.is_(None))
    assert max(query(lambda session: session.scalars(asked).all())) > now() + timedelta(hours=4)


def test_materials_wait_for_somebody_to_say_so(desk: Desk) -> None:
    child = follows(desk, desk.acts.file(), "materials")
    assert desk.acts.order(child).state == "scheduled"
    with unit_of_work(desk.acts.by("lead")) as uow:
        follow_on.begin(uow, child, EVERYTHING)
    assert desk.acts.order(child).state == "filed"
    assert a_of(child) is not None


@pytest.mark.parametrize(
    ("kind", "after", "status"),
    [
        ("appointment", None, 422),
        ("appointment", timedelta(hours=-1), 422),
        ("other_trade", timedelta(hours=1), 422),
    ],
)
def test_times_that_do_not_fit(desk: Desk, kind: str, after: timedelta | None, status: int) -> None:
    at = now() + after if after is not None else None
    problem = refused(follows, desk, desk.acts.file(), kind, appointment_at=at)
    assert problem is not None
    assert problem.status == status


def test_no_second_crew_for_what_is_over(desk: Desk) -> None:
    parent = desk.acts.file()
    desk.acts.order_act("close", parent)
    problem = refused(follows, desk, parent, "second_crew")
    assert problem is not None
    assert problem.code == "nothing_to_follow"


def test_the_facts_hold_together(desk: Desk) -> None:
    with read_session() as session:
        assert list(verify(session, desk.acts.org_id)) == []
