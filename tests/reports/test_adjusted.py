"""Raw and adjusted figures of a small period by hand: what is waived, given away, and to whom."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from core.clock import now as clock_now
from core.db import read_session
from core.identity import EVERYTHING, system_actor
from core.uow import unit_of_work
from dashboards.reports.adjusted import By
from dashboards.reports.behind import Wanted, orders_behind
from dashboards.reports.distribution import distribution
from dashboards.reports.segments import segment_report
from dispatch.reviews import repository
from dispatch.reviews import service as reviews
from dispatch.reviews.service import Ruling
from dispatch.starter import ORG_ID
from sla.documents import load_policy
from tests.office import turn
from tests.reports.day import Day, at

POLICY = load_policy("beijing")


def walked(day: Day, dwell: float, accept: float = 60) -> UUID:
    """The east centre sends it after `dwell` seconds; its crew accepts after `accept`."""
    order = day.filed(0)
    day.released(60, order)
    day.received(65, "centre", order)
    sent = 65 + dwell
    assignment = day.sent(sent, order)
    day.received(sent + 2, "crew", order)
    begun = sent + 2 + accept
    day.crew_does(
        assignment, accept=begun, depart=begun + 60, arrive=begun + 660, finish=begun + 700
    )
    return order


def ruled(order: UUID, code: str, ruling: Ruling) -> None:
    turn()
    with unit_of_work(system_actor(ORG_ID, "test")) as uow:
        found = repository.reviews_of(uow.session, ORG_ID, [order])
        (one,) = (each for each in found if each.code == code)
        reviews.rule(uow, one.id, ruling)


@dataclass(frozen=True)
class Read:
    """Of a group and segment: judged and kept as the stamps say, late and share after rulings."""

    judged: int
    within: int
    late_after: int
    share_after: float | None
    ruled: int


def distributed(by: By) -> dict[tuple[str, str], dict[str, Any]]:
    with read_session() as session:
        found = distribution(
            session,
            ORG_ID,
            EVERYTHING,
            POLICY,
            at(-60),
            clock_now(),
            by,
            system="paidan",
        )
    return {(one["key"], one["code"]): one for one in found["lines"]}


def reported(by: By) -> dict[tuple[str, str], dict[str, Any]]:
    with read_session() as session:
        found = segment_report(
            session,
            ORG_ID,
            EVERYTHING,
            POLICY,
            at(-60),
            clock_now(),
            by,
            system="paidan",
        )
    return {(one.key, one.code): one.as_json() for one in found.lines}


@pytest.fixture
def month(day: Day) -> Day:
    """Five orders of one centre and crew, limits of 120 s: CD took 30, 300, 400, 500, 40 s, EF four
    times 60 and once 200.
    """
    walked(day, 30)
    waived, upheld, given, slow = (
        walked(day, 300),
        walked(day, 400),
        walked(day, 500),
        walked(day, 40, accept=200),
    )
    east, west = day.units["east"], day.units["west"]
    ruled(waived, "CD", Ruling("waived", "属实", waived_s=200.0))
    ruled(upheld, "CD", Ruling("upheld", "不属实"))
    ruled(given, "CD", Ruling("reattributed", "城西派错", party="centre", unit=west))
    ruled(slow, "EF", Ruling("reattributed", "中心派错", party="centre", unit=east))
    return day


def test_rulings_change_the_adjusted_figures_of_both_sides_and_no_raw_one(month: Day) -> None:
    east, west, crew = (str(month.units[one]) for one in ("east", "west", "east-1"))
    wanted = {
        # 2 of 5 kept it; the waived one has 100 s left and keeps it too: 3 of 5
        ("segment", "", "CD"): Read(5, 2, 2, 3 / 5, 1),
        ("segment", "", "EF"): Read(5, 4, 1, 4 / 5, 0),
        # the one of 500 s is not the east's any more: 3 of 4; it is the west's: 0 of 1
        ("centre", east, "CD"): Read(5, 2, 1, 3 / 4, 2),
        ("centre", west, "CD"): Read(0, 0, 1, 0.0, 1),
        # the late acceptance is the centre's now, and no crew's: 4 of 4
        ("crew", crew, "EF"): Read(5, 4, 0, 1.0, 1),
        ("centre", east, "EF"): Read(5, 4, 1, 4 / 5, 0),
        ("party", "receiver", "EF"): Read(5, 4, 0, 1.0, 1),
        ("party", "centre", "EF"): Read(0, 0, 1, 0.0, 1),
        ("party", "centre", "CD"): Read(5, 2, 2, 3 / 5, 1),
    }
    groupings: tuple[By, ...] = ("segment", "centre", "crew", "party")
    for by in groupings:
        for lines in (distributed(by), reported(by)):
            for (how, key, code), read in wanted.items():
                if how == by:
                    line = lines[key, code]
                    assert read == Read(
                        line["judged"],
                        line["within"],
                        line["adjusted_late"],
                        pytest.approx(line["adjusted_share"]),
                        line["ruled"],
                    ), (by, key, code)
    assert distributed("party")["receiver", "EF"]["key_en"] == POLICY.parties["receiver"].en
    # nobody gives away how long something took, or when
    assert {key for key, _ in distributed("crew")} == {crew}


def test_the_list_behind_a_figure_tells_the_ruling_of_each(month: Day) -> None:
    with read_session() as session:
        found = orders_behind(
            session, ORG_ID, EVERYTHING, POLICY, at(-60), clock_now(), Wanted("CD", outcome="late")
        )
    told = [
        (row["over_s"], row["adjusted_over_s"], row["ruling"], row["ruled_unit"])
        for row in found["rows"]
    ]
    assert [one[:3] for one in told] == [
        (380, 380, "reattributed"),
        (280, 280, "upheld"),
        (180, 0, "waived"),
    ]
    assert told[0][3] is not None
    assert told[0][3]["code"] == str(month.units["west"])
    assert told[1][3] is None
