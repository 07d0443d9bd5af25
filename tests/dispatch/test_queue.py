"""Several orders at one crew: one is active, and a change of one never touches another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.verify import verify
from core import events as ev
from core.clock import now
from core.db import read_session
from core.errors import CrewBusy
from core.identity import system_actor
from core.ids import new_id
from core.uow import unit_of_work
from dispatch.orders import crew_service
from dispatch.orders.models import Assignment
from dispatch.orders.rules import ACTIVE_ASSIGNMENT
from tests.acts import CREW_ACTS, Acts, refused
from tests.depth import examples
from tests.dispatch.dumps import dump
from tests.office import query

ORDERS = 4


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    return Acts(module_organisation)


STEPS = st.lists(
    st.tuples(
        st.integers(0, ORDERS - 1),
        st.sampled_from((*CREW_ACTS, "recall", "gps departed", "gps arrived", "confirm", "send")),
    ),
    min_size=5,
    max_size=15,
)


def gps(acts: Acts, kind: str, assignment_id: UUID) -> None:
    """What the subscriber of the vehicle's fact does."""
    place = {"device_id": new_id(), "lat": 39.9, "lon": 116.4, "uncertainty_s": 5.0}
    with unit_of_work(system_actor(acts.org_id, "gps")) as uow:
        if kind == "gps departed":
            left = ev.VehicleDeparted(assignment_id=assignment_id, **place)
            crew_service.gps_departed(uow, left, now(), new_id())
        else:
            there = ev.VehicleArrived(assignment_id=assignment_id, distance_m=10.0, **place)
            crew_service.gps_arrived(uow, there, now(), new_id())


def take(acts: Acts, order_id: UUID, step: str) -> None:
    assignment_id = acts.assignment(order_id).id
    if step.startswith("gps"):
        gps(acts, step, assignment_id)
    elif step == "confirm":
        for receipt in acts.receipts(order_id)[:1]:
            acts.confirm(receipt)
    elif step == "send":
        refused(acts.order_act, "dispatch", order_id)
    else:
        refused(acts.crew_act, step, assignment_id)


@settings(
    max_examples=examples(4),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
)
@given(STEPS)
def test_a_change_of_one_order_never_touches_another(
    acts: Acts, steps: list[tuple[int, str]]
) -> None:
    orders = [acts.sent("east-1")[0] for _ in range(ORDERS)]
    dumps = [dump(order_id) for order_id in orders]
    for index, step in steps:
        take(acts, orders[index], step)
        fresh = [dump(order_id) for order_id in orders]
        for other in range(ORDERS):
            assert other == index or fresh[other] == dumps[other], f"{step} of another order"
        dumps = fresh
        assert len(active("east-1", acts)) <= 1
    with read_session() as session:
        assert list(verify(session, acts.org_id)) == []
    for order_id in orders:
        acts.put_away(order_id)


def active(crew: str, acts: Acts) -> list[UUID]:
    wanted = select(Assignment.id).where(
        Assignment.crew_id == acts.unit(crew), Assignment.state.in_(ACTIVE_ASSIGNMENT)
    )
    return query(lambda session: list(session.scalars(wanted)))


@pytest.mark.parametrize("act", ["activate", "depart"])
def test_of_two_queued_orders_one_becomes_active(acts: Acts, act: str) -> None:
    for _ in range(examples(3)):
        first = acts.sent("west-1")
        acts.crew_act("accept", first[1], "west-1")
        queued = [acts.sent("west-1") for _ in range(2)]
        for _, assignment_id in queued:
            acts.crew_act("accept", assignment_id, "west-1")
        acts.crew_act("recall", first[1], "west-1")
        problems = at_once([(act, id_) for _, id_ in queued], acts)
        assert [problem is None for problem in problems].count(True) == 1
        busy = next(problem for problem in problems if problem is not None)
        assert isinstance(busy, CrewBusy)
        winner = queued[problems.index(None)][0]
        assert acts.order(winner).number in busy.sentence("en")
        assert len(active("west-1", acts)) == 1
        acts.put_all_away()


def test_of_two_accepted_at_the_same_moment_one_queues(acts: Acts) -> None:
    for _ in range(examples(3)):
        two = [acts.sent("west-1") for _ in range(2)]
        assert at_once([("accept", id_) for _, id_ in two], acts) == [None, None]
        states = sorted(acts.assignment(order_id).state for order_id, _ in two)
        assert states == ["accepted", "active"]
        queued = next(acts.assignment(o) for o, _ in two if acts.assignment(o).state == "accepted")
        assert queued.queued_behind in {id_ for _, id_ in two} - {queued.id}
        acts.put_all_away()


def at_once(what: list[tuple[str, UUID]], acts: Acts) -> list[Exception | None]:
    gate = threading.Barrier(len(what))

    def run(one: tuple[str, UUID]) -> Exception | None:
        gate.wait()
        return refused(acts.crew_act, *one, "west-1")

    with ThreadPoolExecutor(len(what)) as pool:
        return list(pool.map(run, what))


def test_finishing_one_leaves_the_queue_as_it_is(acts: Acts) -> None:
    first = acts.sent("south-1")
    for act in ("accept", "depart", "arrive"):
        acts.crew_act(act, first[1], "south-1")
    waiting = acts.sent("south-1")
    acts.crew_act("accept", waiting[1], "south-1")
    before = dump(waiting[0])
    acts.crew_act("finish", first[1], "south-1")
    assert dump(waiting[0]) == before
    assert active("south-1", acts) == []
    acts.crew_act("activate", waiting[1], "south-1")
    assert active("south-1", acts) == [waiting[1]]
    acts.put_away(waiting[0])
