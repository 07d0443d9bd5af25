"""Keys and answers of the vehicle's terminal do what the phone would do, and never more."""

from uuid import UUID

import pytest
from sqlalchemy import select

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.events import VehicleKeyPressed
from core.identity import system_actor
from core.ids import new_id
from core.uow import unit_of_work
from dashboards.order_page import order_page
from dispatch.starter import ORG_ID
from gps.models import TerminalMessage
from tests.acts import Acts
from tests.office import query, turn


@pytest.fixture
def acts(organisation: int) -> Acts:
    return Acts(organisation)


def press(acts: Acts, order_id: UUID, key: str, *, about: bool = False) -> None:
    """The terminal in the vehicle of the order's assignment reports a key or an answer."""
    assignment = acts.assignment(order_id)
    assert assignment.vehicle_id is not None
    fact = VehicleKeyPressed(
        device_id=new_id(), assignment_id=assignment.id if about else None, key=key
    )
    with unit_of_work(system_actor(ORG_ID, "gps")) as uow:
        uow.emit(assignment.vehicle_id, fact, occurred_at=now(), source="gps")
    turn()


def stamps(order_id: UUID) -> list[tuple[str, str]]:
    page = query(lambda session: order_page(session, ORG_ID, order_id, now()))
    return [
        (one["point"], one["source"]) for one in page["stamps"] if one["point"] in ("F", "G", "H")
    ]


def sound() -> list[str]:
    with read_session() as session:
        return list(verify(session, ORG_ID))


def test_an_order_goes_from_sent_to_finished_by_keys(acts: Acts) -> None:
    order_id, _ = acts.sent("east-1")
    for _ in range(2):
        press(acts, order_id, "accept", about=True)
    for key, state in (("depart", "departed"), ("arrive", "arrived"), ("finish", "finished")):
        press(acts, order_id, key)
        assert acts.assignment(order_id).state == state
        press(acts, order_id, key)
    assert sorted(stamps(order_id)) == [("F", "terminal"), ("G", "crew"), ("H", "crew")]
    assert acts.order(order_id).state == "finished"
    assert sound() == []


def test_a_finished_order_is_shown_on_no_terminal_any_more(acts: Acts) -> None:
    _, assignment_id = acts.sent("east-1")
    mine = select(TerminalMessage.status).where(TerminalMessage.assignment_id == assignment_id)
    for act in ("accept", "depart", "arrive", "restore"):
        acts.crew_act(act, assignment_id)
    assert query(lambda session: session.scalars(mine).all()) == ["queued", "queued"]
    acts.crew_act("finish", assignment_id)
    assert query(lambda session: session.scalars(mine).all()) == ["cancelled", "cancelled"]


def test_an_answer_gives_an_order_back_before_it_is_accepted(acts: Acts) -> None:
    order_id, _ = acts.sent("east-1")
    press(acts, order_id, "return", about=True)
    assert acts.assignment(order_id).state == "returned"
    press(acts, order_id, "return", about=True)
    assert sound() == []


def test_keys_that_come_too_late_or_too_early_change_nothing(acts: Acts) -> None:
    order_id, _ = acts.sent("east-1")
    for key in ("depart", "arrive", "finish", "dance"):
        press(acts, order_id, key)
    assert acts.assignment(order_id).state == "sent"
    press(acts, order_id, "accept", about=True)
    press(acts, order_id, "return", about=True)
    press(acts, order_id, "accept", about=True)
    assert acts.assignment(order_id).state == "active"
    acts.crew_act("recall", acts.assignment(order_id).id)
    for key in ("accept", "return"):
        press(acts, order_id, key, about=True)
    press(acts, order_id, "arrive")
    assert acts.assignment(order_id).state == "recalled"
    assert sound() == []


def test_with_several_orders_a_key_is_about_the_one_under_way(acts: Acts) -> None:
    first, _ = acts.sent("east-1")
    second, _ = acts.sent("east-1")
    press(acts, first, "accept", about=True)
    press(acts, second, "accept", about=True)
    press(acts, second, "depart")
    assert acts.assignment(first).state == "departed"
    assert acts.assignment(second).state == "accepted"
    assert sound() == []
