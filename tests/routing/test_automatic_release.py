"""Where no lead acts the system releases: once, to the centre of the table, and never by guess."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from api.engine import Engine
from api.verify import verify
from core.clock import now
from core.db import read_session, session_factory
from core.errors import AlreadyDone
from core.ids import new_id
from core.models import Unit
from dashboards.board import order_rows
from dispatch.directory.models import Region
from dispatch.orders import repository as orders
from dispatch.routing import automatic, repository
from dispatch.routing.models import RoutingRow, RoutingSettings, RoutingStandIn
from dispatch.routing.plan_rules import PlanState
from dispatch.routing.rules import Row
from dispatch.starter import ORG_ID
from sla import service as sla
from tests.acts import Acts, refused
from tests.office import query, unit_id

AFTER = timedelta(seconds=90)
LATER = timedelta(seconds=91)
SQUARE = [[116.0, 39.0], [117.0, 39.0], [117.0, 40.0], [116.0, 40.0], [116.0, 39.0]]


def settings(**values: Any) -> None:
    with session_factory()() as session:
        session.execute(update(RoutingSettings).values(**values))
        session.commit()


def written(centre: str, **values: Any) -> UUID:
    row = Row(id=new_id(), position=1, centre_id=unit_id(centre), trade="any", **values)
    with session_factory()() as session:
        repository.save_row(session, ORG_ID, row)
        session.commit()
    return row.id


@pytest.fixture(scope="module")
def hall(module_organisation: int) -> Acts:
    """The organisation with the release on, and one district whose centre is east."""
    settings(release_after_s=AFTER.total_seconds())
    with session_factory()() as session:
        outline = {"type": "Polygon", "coordinates": [SQUARE]}
        names = {"code": "D1", "name_zh": "城中", "name_en": "Inner city"}
        district = {"centre_id": unit_id("east"), "outline": outline}
        session.add(Region(org_id=ORG_ID, id=new_id(), **names, **district))
        session.commit()
    return Acts(module_organisation)


@pytest.fixture
def acts(hall: Acts) -> Iterator[Acts]:
    yield hall
    hall.put_all_away()
    with session_factory()() as session:
        for model in (RoutingStandIn, RoutingRow):
            session.execute(delete(model))
        session.execute(update(Unit).values(active=True))
        session.commit()
    settings(release_after_s=AFTER.total_seconds())


def plan(order_id: UUID) -> PlanState:
    return query(lambda session: repository.plans_of(session, ORG_ID, [order_id])[order_id])


def row(order_id: UUID) -> dict[str, Any]:
    return query(lambda session: order_rows(session, ORG_ID, [order_id], now())[0][1])


def releases(order_id: UUID) -> int:
    return query(lambda session: len(orders.hops_of(session, ORG_ID, [order_id])))


def sweep(after: timedelta = LATER) -> int:
    return automatic.sweep(now() + after)


def found_wrong() -> list[str]:
    with read_session() as session:
        return list(verify(session, ORG_ID))


def test_an_order_that_nobody_touches_is_released_once_by_the_system(acts: Acts) -> None:
    order_id = acts.file()
    shown = row(order_id)
    assert shown["release"]["state"] == "waiting"
    assert plan(order_id).due_at == acts.order(order_id).filed_at + AFTER
    assert sweep(timedelta(seconds=80)) == 0
    assert sweep() == 1
    assert sweep() == 0
    shown = row(order_id)
    assert (shown["state"], shown["centre_id"]) == ("released", str(unit_id("east")))
    assert (shown["release"], shown["hop"]["automatic"]) == (None, True)
    with read_session() as session:
        stamps = orders.stamps_of_orders(session, ORG_ID, [order_id])[order_id]
    (b,) = [one for one in stamps if one.point == "B"]
    assert (b.source, b.actor_kind, b.actor_id) == ("system", "routing", None)
    assert len(acts.receipts(order_id)) == 1
    assert plan(order_id).state == "released"
    assert found_wrong() == []


def test_a_lead_who_acts_first_withdraws_it_for_good(acts: Acts) -> None:
    order_id = acts.file()
    acts.order_act("release", order_id, "west")
    assert plan(order_id).state == "withdrawn"
    acts.order_act("return", order_id, "west")
    assert sweep() == 0
    acts.order_act("release", order_id, "west")
    acts.order_act("recall", order_id)
    assert sweep() == 0
    assert acts.order(order_id).state == "filed"
    assert row(order_id)["release"] is None
    assert row(order_id)["hop"] is None
    assert found_wrong() == []


def test_a_lead_who_comes_second_is_told_that_the_system_was_first(acts: Acts) -> None:
    order_id = acts.file()
    sweep()
    problem = refused(acts.order_act, "release", order_id, "west")
    assert isinstance(problem, AlreadyDone)
    assert problem.sentence("zh").startswith("系统（自动派发） 已于 ")
    assert problem.sentence("en").startswith("The system already released it to East")


def test_an_order_that_is_closed_is_not_released(acts: Acts) -> None:
    order_id = acts.file()
    acts.order_act("close", order_id)
    assert sweep() == 0
    assert plan(order_id).state == "withdrawn"


def test_with_the_release_off_nothing_is_planned(acts: Acts) -> None:
    settings(release_after_s=None)
    order_id = acts.file()
    assert sweep(timedelta(days=2)) == 0
    assert acts.order(order_id).state == "filed"


def test_where_the_table_names_nobody_it_alarms_and_tries_again(acts: Acts) -> None:
    order_id = acts.file()
    with session_factory()() as session:
        session.execute(update(Unit).where(Unit.code == "east").values(active=False))
        session.commit()
    assert sweep() == 1
    assert sweep() == 0
    assert plan(order_id).state == "stuck"
    sla.sweep(now() + LATER + timedelta(seconds=1))
    shown = row(order_id)
    assert shown["release"]["state"] == "stuck"
    (alert,) = [one for one in shown["alerts"] if one["code"] == "no_route"]
    assert (alert["owner"], alert["kind"], alert["running"]) == ("hotline", "alarm", True)
    assert releases(order_id) == 0
    assert found_wrong() == []
    with session_factory()() as session:
        session.execute(update(Unit).values(active=True))
        session.commit()
    assert sweep(LATER + automatic.TRY_AGAIN) == 1
    shown = row(order_id)
    assert shown["state"] == "released"
    (alert,) = [one for one in shown["alerts"] if one["code"] == "no_route"]
    assert alert["running"] is False
    assert found_wrong() == []


def test_a_written_row_decides_where_the_system_releases(acts: Acts) -> None:
    row_id = written("south", fault_code="other")
    by_fault = written("west", area_class="urban")
    order_id = acts.file()
    sweep()
    assert acts.order(order_id).centre_id == unit_id("west")
    with read_session() as session:
        done = orders.last_event(session, ORG_ID, "release", order_id, ["release.done"])
    assert done is not None
    assert done.payload["row_id"] == str(by_fault) != str(row_id)


def test_it_survives_a_restart_and_one_broken_order_holds_up_no_other(
    acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = acts.file(), acts.file()
    propose = automatic.propose_for

    def failing(session: Any, org_id: int, order: Any, at: Any) -> Any:
        if order.id == broken:
            raise RuntimeError("cannot be routed")
        return propose(session, org_id, order, at)

    monkeypatch.setattr(automatic, "propose_for", failing)
    assert sweep() == 1
    assert acts.order(whole).state == "released"
    monkeypatch.undo()
    assert sweep() == 0, "what failed is not tried again at once"
    settled = Engine()  # another process; the plan is a row
    monkeypatch.setattr("api.engine.now", lambda: now() + LATER + automatic.TRY_AGAIN)
    settled.turn()
    assert acts.order(broken).state == "released"


@pytest.mark.parametrize("turn", range(20))
def test_a_lead_and_the_timer_at_the_same_instant_make_one_release(acts: Acts, turn: int) -> None:
    order_id = acts.file()
    ready = Barrier(3)

    def lead() -> Any:
        ready.wait()
        return refused(acts.order_act, "release", order_id, "west")

    def timer() -> int:
        ready.wait()
        return sweep(LATER + timedelta(milliseconds=turn))

    with closing(_Pool(3)) as pool:
        told, *swept = pool.all(lead, timer, timer)
    assert releases(order_id) == 1
    by_lead = acts.order(order_id).centre_id == unit_id("west")
    assert (told is None, sum(swept)) == ((True, 0) if by_lead else (False, 1))
    assert plan(order_id).state == ("withdrawn" if by_lead else "released")


class _Pool:
    """Things that happen at once."""

    def __init__(self, size: int) -> None:
        self._pool = ThreadPoolExecutor(size)

    def all(self, *acts: Any) -> list[Any]:
        return [one.result(30) for one in [self._pool.submit(act) for act in acts]]

    def close(self) -> None:
        self._pool.shutdown()
