"""A queue that changes while the order in front ends: screens learn of both."""

from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now
from core.db import read_session
from core.models import LiveDelta
from core.rights import Scope
from core.uow import unit_of_work
from dashboards.board import order_rows
from dispatch.orders import crew_service
from dispatch.orders.models import Assignment
from tests.acts import Acts
from tests.office import query


@pytest.fixture
def acts(organisation: int) -> Acts:
    return Acts(organisation)


def assignment_of(order_id: UUID) -> UUID:
    of_order = select(Assignment.id).filter_by(order_id=order_id)
    return query(lambda session: session.execute(of_order).scalar_one())


def test_accepting_while_the_order_in_front_ends_leaves_no_stale_row(acts: Acts) -> None:
    sent = []
    for _ in range(2):
        order_id = acts.file()
        for act in ("release", "accept", "dispatch"):
            acts.order_act(act, order_id)
        sent.append((order_id, assignment_of(order_id)))
    (_, front), (second_order, second) = sent
    for act in ("accept", "depart", "arrive"):
        acts.crew_act(act, front)
    mine = acts.access(Scope.CREW, "east-1")

    with unit_of_work(acts.by("east.crew1")) as ending:
        crew_service.finish(ending, front, mine)
        with unit_of_work(acts.by("east.crew1")) as accepting:  # sees the front one still active
            crew_service.accept(accepting, second, mine)

    with read_session() as session:
        deltas = select(LiveDelta).filter_by(topic="board:all", key=str(second_order))
        last = session.scalars(deltas.order_by(LiveDelta.number.desc())).first()
        fresh = order_rows(session, acts.org_id, [second_order], now())[0][1]
    assert last is not None
    assert fresh["running"]["segment"] == "FG"
    assert last.value == fresh
