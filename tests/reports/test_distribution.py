"""Distributions and the orders behind a figure: bins and quantiles by hand, groups, who may see."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import now as clock_now
from core.db import read_session
from core.identity import EVERYTHING, Access
from core.rights import Scope
from dashboards.reports.behind import Wanted, orders_behind
from dashboards.reports.distribution import MOST_BINS, bins_of, distribution, edges_of
from dispatch.orders import service as desk
from dispatch.starter import ORG_ID
from sla.documents import load_policy
from sla.segments import Segment
from tests.reports.day import Day, at

POLICY = load_policy("beijing")


def done(spent: float, limit: float | None = 120) -> Segment:
    within = None if limit is None else spent <= limit
    return Segment(
        "CD", "C", "D", None, "centre", "done", limit_s=limit, spent_s=spent, within=within
    )


def report(by: str = "segment", access: Access = EVERYTHING, since: datetime | None = None) -> Any:
    with read_session() as session:
        return distribution(
            session,
            ORG_ID,
            access,
            POLICY,
            since or at(-60),
            clock_now(),
            by,  # type: ignore[arg-type]
            system="paidan",
        )


def behind(code: str, *, access: Access = EVERYTHING, offset: int = 0, limit: int = 50, **more):
    with read_session() as session:
        return orders_behind(
            session,
            ORG_ID,
            access,
            POLICY,
            at(-60),
            clock_now(),
            Wanted(code, **more),
            offset=offset,
            limit=limit,
        )


def by_code(found: Any, key: str = "") -> dict[str, Any]:
    return {line["code"]: line for line in found["lines"] if line["key"] == key}


def walked(day: Day, to_centre: float, to_crew: str = "east-1", accept: float = 60) -> UUID:
    """An order whose centre sends it `to_centre` seconds after it came, and that arrives."""
    order = day.filed(0)
    day.released(60, order)
    day.received(65, "centre", order)
    sent = 65 + to_centre
    assignment = day.sent(sent, order, to_crew)
    day.received(sent + 2, "crew", order)
    begun = sent + 2 + accept
    day.crew_does(
        assignment, accept=begun, depart=begun + 60, arrive=begun + 660, finish=begun + 700
    )
    return order


@given(
    st.lists(st.floats(0, 1e6), max_size=60),
    st.sets(st.sampled_from([77.0, 120.0, 240.0, 1680.0, 2700.0, 5400.0]), max_size=3),
)
def test_bins_hold_everything_once_and_reach_beyond_the_limit(spent, limits):
    edges = edges_of(spent, sorted(limits))
    assert edges[0] == 0
    assert 2 <= len(edges) <= max(MOST_BINS + 1, 3)
    assert all(edges[-1] >= limit * 1.5 for limit in limits)
    bins = bins_of([done(one) for one in spent], edges)
    assert len(bins) == len(edges)
    assert sum(one.within + one.late for one in bins) == len(spent)
    for index, one in enumerate(bins):
        low, high = edges[index], [*edges, np.inf][index + 1]
        held = sum((low < each or (index == 0 and each == 0)) and each <= high for each in spent)
        assert one.within + one.late == held


@pytest.mark.parametrize(
    ("limits", "step"), [([120], 10), ([120, 240], 20), ([1680], 240), ([2700], 300)]
)
def test_every_limit_lies_on_an_edge(limits, step):
    edges = edges_of([], [float(limit) for limit in limits])
    assert set(limits) <= set(edges)
    assert edges[1] == step


def test_what_cannot_be_judged_is_in_no_bin():
    missing = Segment("CD", "C", "D", None, "centre", "unknown")
    backwards = Segment("CD", "C", "D", None, "centre", "anomaly", spent_s=-5)
    bins = bins_of([missing, backwards, done(10, None), done(120), done(121)], (0, 60, 120, 180))
    assert [(one.within, one.late, one.unlimited) for one in bins] == [
        (0, 0, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0),
    ]  # fmt: skip


def test_an_empty_period_has_scales_and_no_lines(day):
    found = report(since=clock_now() - timedelta(seconds=1))
    assert (found["orders"], found["lines"]) == (0, [])
    assert [scale["code"] for scale in found["scales"]][-1] == "AH"
    assert next(one for one in found["scales"] if one["code"] == "CD")["limits"] == (120,)
    assert behind("CD")["total"] == 0


def test_figures_by_hand(day):
    spent = [30, 60, 90, 400]
    for seconds in spent:
        walked(day, seconds)
    found = report()
    dwell = by_code(found)["CD"]
    assert (dwell["count"], dwell["within"], dwell["late"], dwell["share"]) == (4, 3, 1, 0.75)
    for name, share in (("p10_s", 0.1), ("p25_s", 0.25), ("median_s", 0.5), ("p90_s", 0.9)):
        assert dwell[name] == pytest.approx(np.quantile(spent, share))
    assert dwell["max_s"] == 400
    edges = next(one for one in found["scales"] if one["code"] == "CD")["edges"]
    filled = {
        edges[i]: (one["within"], one["late"])
        for i, one in enumerate(dwell["bins"])
        if one["within"] + one["late"]
    }
    # bins are closed above: 60 lies in (40, 60]; the last one is open
    assert filled == {20: (1, 0), 40: (1, 0), 80: (1, 0), 360: (0, 1)}
    assert sum(one["late"] for one in by_code(found)["AH"]["bins"]) == 0


def test_one_order_and_one_that_nobody_can_judge(day):
    walked(day, 30)
    torn = day.filed(0)
    day.released(10, torn)  # no receipt of the centre: C will not come
    day.act(30, lambda uow: desk.recall_from_centre(uow, torn, "duplicate"))
    day.act(40, lambda uow: desk.close(uow, torn, "duplicate"))
    lines = by_code(report())
    assert (lines["CD"]["count"], lines["CD"]["share"], lines["CD"]["median_s"]) == (1, 1, 30)
    assert (lines["BC"]["count"], lines["BC"]["unjudged"]) == (1, 1)
    (row,) = behind("BC", outcome="unjudged")["rows"]
    assert (row["order_id"], row["spent_s"], row["over_s"]) == (torn, None, None)


def test_a_period_in_which_nothing_could_be_judged(day):
    order = day.filed(0)
    day.released(10, order)
    day.act(30, lambda uow: desk.recall_from_centre(uow, order, "duplicate"))
    day.act(40, lambda uow: desk.close(uow, order, "duplicate"))
    line = by_code(report())["BC"]
    assert (line["count"], line["judged"], line["unjudged"]) == (0, 0, 1)
    assert (line["share"], line["median_s"], line["p10_s"]) == (None, None, None)
    assert sum(one["within"] + one["late"] + one["unlimited"] for one in line["bins"]) == 0


def test_a_wrong_centres_dwell_is_its_own(day):
    order = day.filed(0)
    day.released(60, order, "west")
    day.received(65, "centre", order)
    day.act(400, lambda uow: desk.return_to_hotline(uow, order, "wrong_department", EVERYTHING))
    day.released(600, order, "east")
    day.received(605, "centre", order)
    day.sent(800, order)
    found = report("centre")
    west, east = by_code(found, str(day.units["west"])), by_code(found, str(day.units["east"]))
    assert (west["BC"]["count"], east["BC"]["count"], east["CD"]["late"]) == (1, 1, 1)
    # Late already when it gave the order back: two minutes to dispatch it, or to say so.
    assert (west["CD"]["late"], west["CD"]["max_s"]) == (1, 335.0)
    assert (west["CD"]["unjudged"], east["CD"]["unjudged"]) == (0, 0)


def test_an_order_on_its_way_to_a_second_crew_is_not_counted_as_unjudged(day):
    order = day.filed(0)
    day.released(60, order)
    day.received(65, "centre", order)
    first = day.sent(100, order)
    day.received(102, "crew", order)
    day.act(150, lambda uow: desk.recall_from_crew(uow, first, "other", EVERYTHING))
    found = by_code(report())
    assert "AH" not in found
    assert found["AB"]["count"] == 1
    second = day.sent(200, order, "east-2")
    day.received(202, "crew", order)
    assert "AH" not in by_code(report())
    day.crew_does(second, accept=220, depart=240, arrive=900)
    total = by_code(report())["AH"]
    assert (total["count"], total["unjudged"]) == (1, 0)


def test_the_orders_behind_a_figure(day):
    quick, slow, slowest = walked(day, 30), walked(day, 300), walked(day, 900, "east-2")
    late = behind("CD", outcome="late")
    assert [row["order_id"] for row in late["rows"]] == [slowest, slow]
    assert [row["over_s"] for row in late["rows"]] == [780, 180]
    first = late["rows"][0]
    assert first["unit"]["name_zh"] == "城东报修中心"
    assert [(one["code"], one["over_s"]) for one in first["lost"]] == [("CD", 780)]
    assert first["place"] == "某路"
    page = behind("CD", outcome="late", offset=1, limit=1)
    assert (page["total"], [row["order_id"] for row in page["rows"]]) == (2, [slow])
    assert [row["order_id"] for row in behind("CD", outcome="within")["rows"]] == [quick]
    bar = behind("CD", spent_from=240, spent_to=300)
    assert [row["order_id"] for row in bar["rows"]] == [slow]
    assert behind("CD", spent_from=300, spent_to=600)["total"] == 0
    crew = behind("GH", by="crew", key=str(day.units["east-2"]))
    assert [row["order_id"] for row in crew["rows"]] == [slowest]
    assert crew["rows"][0]["unit"]["code"] == str(day.units["east-2"])
    west = Access(Scope.CENTRE, day.units["west"])
    assert (behind("CD", access=west)["total"], report(access=west)["orders"]) == (0, 0)


def test_the_sum_of_all_outcomes_is_the_line(day):
    for seconds in (30, 300, 900):
        walked(day, seconds)
    for code, line in by_code(report()).items():
        counted = {name: behind(code, outcome=name)["total"] for name in ("late", "within")}
        assert counted == {"late": line["late"], "within": line["within"]}, code
        assert behind(code, outcome="unjudged")["total"] == line["unjudged"]
        assert behind(code, outcome="anomaly")["total"] == line["anomalies"]
