"""Where an order's time went and who answers for it: on the live row, from stored stamps alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from core.clock import now as clock_now
from core.db import read_session
from core.identity import EVERYTHING
from dashboards.board import order_rows
from dispatch.orders import service as desk
from dispatch.starter import ORG_ID
from tests.reports.day import Day


def row(order: UUID, later: timedelta = timedelta(0)) -> dict[str, Any]:
    with read_session() as session:
        return order_rows(session, ORG_ID, [order], clock_now() + later)[0][1]


def lost(day: Day, order: UUID) -> list[tuple[str, str, str | None, float, float]]:
    """(code, party, unit's code, spent, over) of the row; the same however late one looks."""
    names = {str(id_): code for code, id_ in day.units.items()}
    now, later = row(order)["lost"], row(order, timedelta(hours=5))["lost"]
    assert now == later
    return [
        (
            one["code"],
            one["responsible"],
            names.get(one["unit_id"]),
            one["spent_s"],
            one["over_s"],
        )
        for one in now
    ]


def test_a_slow_centre_and_a_slow_crew_are_named(day):
    order = day.filed(0)
    assert (row(order)["lost"], row(order)["running"]["unit_id"]) == ([], None)
    day.released(60, order)
    day.received(65, "centre", order)
    running = row(order)["running"]
    assert (running["responsible"], running["unit_id"]) == ("centre", str(day.units["east"]))
    assignment = day.sent(665, order)
    assert lost(day, order) == [("CD", "centre", "east", 600, 480)]
    day.received(670, "crew", order)
    assert row(order)["running"]["unit_id"] == str(day.units["east-1"])
    day.crew_does(assignment, accept=700, depart=1300, arrive=1500)
    assert lost(day, order) == [
        ("CD", "centre", "east", 600, 480),
        ("FG", "crew", "east-1", 600, 420),
    ]


def test_a_wrong_centre_is_the_hotlines_detour(day):
    order = day.filed(0)
    day.released(60, order, "west")
    day.received(65, "centre", order)
    day.act(400, lambda uow: desk.return_to_hotline(uow, order, "wrong_department", EVERYTHING))
    running = row(order)["running"]
    assert (running["segment"], running["responsible"]) == ("detour", "hotline")
    late = ("CD", "centre", "west", 335, 215)  # two minutes to dispatch it, or to say so
    assert lost(day, order) == [late]  # the detour still lasts: the screen reckons it
    day.released(700, order, "east")
    assert lost(day, order) == [("detour", "hotline", None, 640, 640), late]
    assert [one["earlier"] for one in row(order)["lost"]] == [False, True]


def test_a_crew_sent_in_vain_is_the_centres_detour(day):
    order = day.filed(0)
    day.released(60, order)
    day.received(65, "centre", order)
    first = day.sent(100, order, "east-1")
    day.received(105, "crew", order)
    day.crew_does(first, accept=405)
    day.act(500, lambda uow: desk.recall_from_crew(uow, first, "crew_unavailable", EVERYTHING))
    running = row(order)["running"]
    assert (running["segment"], running["unit_id"]) == ("detour", str(day.units["east"]))
    second = day.sent(600, order, "east-2")
    expected = [("detour", "centre", "east", 500, 500), ("EF", "receiver", "east-1", 300, 180)]
    assert lost(day, order) == expected
    day.received(605, "crew", order)
    day.crew_does(second, accept=650)  # in time: the first crew's minutes stay its own
    assert lost(day, order) == expected
    assert [one["earlier"] for one in row(order)["lost"]] == [False, True]


def test_waiting_behind_another_order_is_capacity(day):
    first, second = day.filed(0), day.filed(0)
    for order in (first, second):
        day.released(60, order)
        day.received(65, "centre", order)
    one, other = day.sent(100, first), day.sent(102, second)
    day.received(101, "crew", first)
    day.received(103, "crew", second)
    day.crew_does(one, accept=110, depart=120, arrive=600)
    day.crew_does(other, accept=130)
    assert row(second)["running"]["responsible"] == "capacity"
    day.crew_does(one, finish=1200)
    assert lost(day, second) == [("queued", "capacity", "east-1", 1070, 1070)]
    day.crew_does(other, activate=1210, depart=1220, arrive=1300)
    assert lost(day, second) == [("queued", "capacity", "east-1", 1070, 1070)]
    assert lost(day, first) == []
