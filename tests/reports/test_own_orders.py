"""Orders that ran in Paidan itself: the report and the deadlines say what happened."""

from sqlalchemy import select

from core.clock import now as clock_now
from core.db import read_session, session_factory
from core.identity import EVERYTHING, Access
from core.rights import Scope
from dashboards.reports.segments import Line, segment_report
from dispatch.orders import service as desk
from dispatch.starter import ORG_ID
from sla import service as sla
from sla.documents import load_policy
from sla.models import SlaTimer
from tests.reports.day import at


def lines(by: str = "segment", access: Access = EVERYTHING) -> dict[tuple[str, str], Line]:
    with read_session() as session:
        found = segment_report(
            session,
            ORG_ID,
            access,
            load_policy("beijing"),
            at(-60),
            clock_now(),
            by,  # type: ignore[arg-type]
            system="paidan",
        )
    return {(line.key, line.code): line for line in found.lines}


def standing() -> set[str]:
    """Codes of breaches and alarms that stand."""
    with session_factory()() as session:
        return set(session.scalars(select(SlaTimer.code).where(SlaTimer.fired_at.is_not(None))))


def test_an_order_from_the_web_form_to_the_record(day):
    order = day.filed(0)
    day.released(60, order)
    day.received(65, "centre", order)
    assignment = day.sent(150, order)
    day.received(152, "crew", order)
    day.crew_does(assignment, accept=200, depart=300, arrive=1500, finish=3000)
    sla.sweep(clock_now())
    assert standing() == set()
    found = lines()
    spent = {code: line.figures.mean_s for (_, code), line in found.items()}
    assert spent == {
        "AB": 60, "BC": 5, "CD": 85, "DE": 2, "EF": 48, "FG": 100, "GH": 1200, "AH": 1500,
    }  # fmt: skip
    assert all(line.figures.share == 1 for line in found.values())
    east = str(day.units["east"])
    assert lines("centre")[east, "AH"].key_zh == "城东报修中心"
    assert lines("crew")[str(day.units["east-1"]), "GH"].figures.count == 1
    assert lines(access=Access(Scope.CENTRE, day.units["west"])) == {}
    assert len(lines(access=Access(Scope.CENTRE, day.units["east"]))) == 8


def test_a_wrong_centre_costs_the_hotline_not_the_right_centre(day):
    order = day.filed(0)
    day.released(60, order, "west")
    day.received(65, "centre", order)
    day.act(100, lambda uow: desk.return_to_hotline(uow, order, "wrong_department", EVERYTHING))
    day.released(600, order, "east")
    day.received(605, "centre", order)
    assignment = day.sent(650, order)
    day.received(652, "crew", order)
    day.crew_does(assignment, accept=700, depart=800, arrive=2000, finish=3000)
    sla.sweep(clock_now())
    assert standing() == set()
    found = lines()
    assert found["", "AB"].figures.mean_s == 60
    assert found["", "BC"].figures.count == 2
    assert found["", "AH"].figures.mean_s == 2000


def test_waiting_behind_another_order_is_not_the_crews_turnout(day):
    first, second = day.filed(0), day.filed(0)
    for order in (first, second):
        day.released(60, order)
        day.received(65, "centre", order)
    one = day.sent(100, first)
    day.received(101, "crew", first)
    other = day.sent(102, second)
    day.received(103, "crew", second)
    day.crew_does(one, accept=110, depart=120, arrive=600)
    day.crew_does(other, accept=130)
    day.crew_does(one, finish=1200)
    sla.sweep(at(1300))
    assert "FG" not in standing()
    day.crew_does(other, activate=1300, depart=1350, arrive=2900, finish=3000)
    sla.sweep(clock_now())
    assert standing() == {"AH"}
    # the crew was free from 1200 on and took the other up at 1300: that is its own time
    assert lines()["", "FG"].figures.mean_s == (10 + 100 + 50) / 2


def test_a_centre_that_does_not_accept_is_found_by_the_sweep(day):
    order = day.filed(0)
    day.released(60, order)
    assert sla.sweep(at(300)) == 0
    assert sla.sweep(at(301)) == 2
    assert standing() == {"BC", "not_accepted_centre"}
    day.received(280, "centre", order, heard=310)  # it was there in time; its receipt was held up
    assert standing() == {"not_accepted_centre"}
