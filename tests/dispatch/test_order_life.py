"""The life of an order and of an assignment: every act in every state, exhaustively.

The two tables below are the specification, written by hand from the rules; they are compared
with what the use cases do, not with the tables in dispatch/orders/rules.py.
"""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.db import session_factory
from core.errors import CrewBusy, InvalidField
from core.uow import unit_of_work
from dispatch.orders import service
from dispatch.orders.rules import ASSIGNMENT_TABLE, ORDER_TABLE
from tests.acts import Acts, refused
from tests.dispatch.dumps import dump
from tests.office import query

ORDER_STATES = ("filed", "released", "accepted", "assigned", "returned", "finished", "closed")
# act → state before: state after. What is missing is refused.
ORDER_LIFE = {
    "release": {"filed": "released", "returned": "released"},
    "accept": {"released": "accepted"},
    "return": {"released": "returned", "accepted": "returned"},
    "recall": {"released": "filed", "accepted": "filed", "assigned": "filed"},
    "dispatch": {"released": "assigned", "accepted": "assigned"},
    "close": {"filed": "closed", "returned": "closed", "finished": "closed"},
}
ASSIGNMENT_STATES = (
    "sent",
    "accepted",
    "active",
    "departed",
    "arrived",
    "finished",
    "returned",
    "recalled",
)
OPEN = ("sent", "accepted", "active", "departed", "arrived")
ASSIGNMENT_LIFE = {
    "accept": {"sent": "active"},  # an idle crew starts at once
    "activate": {"accepted": "active"},
    "depart": {"accepted": "departed", "active": "departed"},
    "arrive": {"active": "arrived", "departed": "arrived"},
    "restore": {"arrived": "arrived"},
    "finish": {"arrived": "finished"},
    "place": {one: one for one in OPEN},
    "return": dict.fromkeys(OPEN, "returned"),
    "recall": dict.fromkeys(OPEN, "recalled"),
}
# Who has lost sight of the order gets 404, not 409: the centre that no longer holds it.
HIDDEN_FROM_CENTRE = ("filed", "returned")


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    return Acts(module_organisation)


def order_in(acts: Acts, state: str) -> UUID:
    """An order brought to `state` by acts alone."""
    order_id = acts.file()
    steps: dict[str, tuple[str, ...]] = {
        "filed": (),
        "released": ("release",),
        "accepted": ("release", "accept"),
        "assigned": ("release", "accept", "dispatch"),
        "returned": ("release", "return"),
        "finished": ("release", "dispatch"),
        "closed": ("close",),
    }
    for act in steps[state]:
        acts.order_act(act, order_id)
    if state == "finished":
        assignment_id = acts.assignment(order_id).id
        for act in ("accept", "depart", "arrive", "finish"):
            acts.crew_act(act, assignment_id)
    assert acts.order(order_id).state == state
    return order_id


def test_the_product_knows_these_acts_and_no_others() -> None:
    others = {
        "unassign",
        "finish",
        "begin",
        "chase",
        "follow_on",  # tests/tickets has these three
        "hold",  # tests/dispatch/test_holds.py
        "site",  # tests/places/test_drawn_site.py
    }
    assert set(ORDER_TABLE) == set(ORDER_LIFE) | others
    assert set(ASSIGNMENT_TABLE) == set(ASSIGNMENT_LIFE) | {"hold"}


@pytest.mark.parametrize("state", ORDER_STATES)
@pytest.mark.parametrize("act", ORDER_LIFE)
def test_every_act_on_an_order_in_every_state(acts: Acts, act: str, state: str) -> None:
    order_id = order_in(acts, state)
    before = dump(order_id)
    problem = refused(acts.order_act, act, order_id)
    after = ORDER_LIFE[act].get(state)
    if after is not None:
        assert problem is None
        assert acts.order(order_id).state == after
        assert dump(order_id) != before
    else:
        hidden = state in HIDDEN_FROM_CENTRE and act in ("accept", "return", "dispatch")
        assert problem is not None
        assert problem.status == (404 if hidden or never_released(state, act) else 409)
        assert dump(order_id) == before
        for language in ("zh", "en"):
            assert "{" not in problem.sentence(language)
    if acts.order(order_id).state != "finished":
        acts.put_away(order_id)


def never_released(state: str, act: str) -> bool:
    """The closed order of this test was never at a centre."""
    return state == "closed" and act in ("accept", "return", "dispatch")


def assignment_in(acts: Acts, state: str) -> tuple[UUID, UUID]:
    """Order and assignment in `state`; the crew works on nothing else, unless it is queued."""
    order_id, assignment_id = acts.sent("east-1")
    for act in {
        "sent": (),
        "active": ("accept",),
        "departed": ("accept", "depart"),
        "arrived": ("accept", "depart", "arrive"),
        "finished": ("accept", "depart", "arrive", "finish"),
        "returned": ("return",),
        "recalled": ("recall",),
    }[state]:
        acts.crew_act(act, assignment_id)
    return order_id, assignment_id


@pytest.mark.parametrize("state", [one for one in ASSIGNMENT_STATES if one != "accepted"])
@pytest.mark.parametrize("act", ASSIGNMENT_LIFE)
def test_every_act_on_an_assignment_in_every_state(acts: Acts, act: str, state: str) -> None:
    order_id, assignment_id = assignment_in(acts, state)
    before = dump(order_id)
    problem = refused(acts.crew_act, act, assignment_id)
    after = ASSIGNMENT_LIFE[act].get(state)
    if after is not None:
        assert problem is None
        assert acts.assignment(order_id).state == after
    else:
        assert problem is not None
        assert problem.status == 409
        assert dump(order_id) == before
    acts.put_all_away() if state != "finished" and after != "finished" else None


@pytest.mark.parametrize("act", ASSIGNMENT_LIFE)
def test_every_act_on_a_queued_assignment(acts: Acts, act: str) -> None:
    """Behind an active order: it cannot be started. When the crew is free again, it can."""
    first, active = acts.sent("east-1")
    acts.crew_act("accept", active)
    order_id, queued = acts.sent("east-1")
    acts.crew_act("accept", queued)
    assert acts.assignment(order_id).state == "accepted"
    assert acts.assignment(order_id).queued_behind == active
    before, others = dump(order_id), dump(first)
    problem = refused(acts.crew_act, act, queued)
    if act in ("activate", "depart"):
        assert isinstance(problem, CrewBusy)
        assert acts.order(first).number in problem.sentence("en")
        assert dump(order_id) == before
        acts.crew_act("recall", active)
        acts.crew_act(act, queued)
        assert acts.assignment(order_id).state == ASSIGNMENT_LIFE[act]["accepted"]
    elif after := ASSIGNMENT_LIFE[act].get("accepted"):
        assert problem is None
        assert acts.assignment(order_id).state == after
        assert dump(first) == others
    else:
        assert problem is not None
        assert problem.status == 409
        assert dump(order_id) == before
    acts.put_all_away()


def test_attempts_are_numbered_and_kept(acts: Acts) -> None:
    order_id = acts.file()
    for centre in ("west", "south", "east"):
        acts.order_act("release", order_id, centre)
        if centre != "east":
            acts.order_act("return", order_id, centre)
    for crew in ("1", "2", "3"):
        acts.order_act("dispatch", order_id, "east", crew)
        if crew != "3":
            acts.crew_act("return", acts.assignment(order_id).id, f"east-{crew}")
    rows = dump(order_id)
    assert [hop["attempt"] for hop in rows["centre_hop"]] == [1, 2, 3]
    assert [hop["state"] for hop in rows["centre_hop"]] == ["returned", "returned", "accepted"]
    assert [one["attempt"] for one in rows["assignment"]] == [1, 2, 3]
    assert [one["state"] for one in rows["assignment"]] == ["returned", "returned", "sent"]
    acts.put_away(order_id)


def test_a_stale_writer_is_refused_by_the_database(acts: Acts) -> None:
    """Whatever the code above forgets: two open assignments of one order cannot be stored."""
    order_id, assignment_id = acts.sent("east-2")
    copy: Any = text(
        "INSERT INTO assignment SELECT (jsonb_populate_record(a, jsonb_build_object('id',"
        " gen_random_uuid()))).* FROM assignment a WHERE id = :id"
    )
    with session_factory()() as session, pytest.raises(Exception, match="uq_assignment_open"):
        session.execute(copy, {"id": assignment_id})
    assert query(lambda session: session.execute(text("SELECT 1")).scalar()) == 1
    acts.put_away(order_id)


def test_only_finished_work_is_closed_as_repaired(acts: Acts) -> None:
    order_id = acts.file()
    with pytest.raises(InvalidField) as refusal, unit_of_work(acts.by("lead")) as uow:
        service.close(uow, order_id, "repaired")
    assert [one.field for one in refusal.value.errors] == ["body.outcome"]
