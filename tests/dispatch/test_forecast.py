"""A promise that runs is looked at again: on events, on the road, and said before it breaks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from api.verify import verify
from core import events as ev
from core.clock import now
from core.db import read_session, session_factory
from core.eventlog import read_stream
from core.ids import new_id
from core.live import EVERYTHING, head_of
from core.uow import unit_of_work
from dashboards.board import order_rows
from dispatch.crews.models import Vehicle
from dispatch.escalation import service as escalation
from dispatch.orders.models import Assignment
from dispatch.planning import service as planning
from dispatch.roster.models import Shift
from gps.models import VehiclePosition
from sla import service as sla
from sla.forecasts import HELD
from sla.models import SlaCase, SlaForecast, SlaLadder, SlaTimer
from tests.acts import Acts
from tests.office import query

FAULT = (39.9239, 116.3966)  # of every order that `Acts` files
PER_DEGREE = 111_195


@dataclass
class Trip:
    """An order on its way to a crew of the west, whose vehicle the test drives."""

    acts: Acts
    order: UUID = field(init=False)
    assignment: UUID = field(init=False)
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.order, self.assignment = self.acts.sent("west-1")
        self.began = now()

    def at(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=seconds)

    def vehicle(self, metres: float, fix_at: datetime) -> None:
        """It stands so many metres north of the fault."""
        with session_factory()() as session:
            wanted = select(Vehicle.id).where(Vehicle.crew_id == self.acts.unit("west-1"))
            vehicle_id = session.scalars(wanted).one()
            session.execute(delete(VehiclePosition))
            session.add(
                VehiclePosition(
                    org_id=self.acts.org_id,
                    vehicle_id=vehicle_id,
                    device_id=new_id(),
                    fix_at=fix_at,
                    received_at=fix_at,
                    quiet_at=fix_at + timedelta(seconds=300),
                    lat=FAULT[0] + metres / PER_DEGREE,
                    lon=FAULT[1],
                    speed_kmh=30.0,
                    course_deg=180,
                )
            )
            session.commit()

    def look(self, seconds: float) -> int:
        return planning.sweep(self.at(seconds))

    def shown(self) -> dict[str, Any] | None:
        with read_session() as session:
            ((_, row),) = order_rows(session, self.acts.org_id, [self.order], now())
        found: dict[str, Any] | None = row["promise"]["forecast"]
        return found

    def row(self) -> SlaForecast:
        key = (self.acts.org_id, self.order)
        return query(lambda session: session.get_one(SlaForecast, key))

    def facts(self) -> list[str]:
        with read_session() as session:
            stream = read_stream(session, self.acts.org_id, "sla", self.order)
        kinds = (ev.SlaAtRisk, ev.SlaRiskOver)
        return [one.type for one in stream if isinstance(one.payload, kinds)]


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    with session_factory()() as session:
        session.execute(delete(Shift))
        session.commit()
    return Acts(module_organisation)


@pytest.fixture
def trip(acts: Acts) -> Iterator[Trip]:
    made = Trip(acts)
    yield made
    acts.put_away(made.order)


def test_without_a_position_it_is_unknown(trip: Trip) -> None:
    trip.look(1)
    shown = trip.shown()
    assert shown is not None
    assert (shown["level"], shown["unknown"], shown["probability"]) == ("unknown", "position", None)


def test_a_stale_position_is_none(trip: Trip) -> None:
    trip.vehicle(1000, trip.at(-301))
    trip.look(1)
    assert trip.row().unknown == "position"


def test_a_vehicle_nearby_is_calm(trip: Trip) -> None:
    trip.vehicle(2000, trip.at(0))
    trip.look(1)
    shown = trip.shown()
    assert shown is not None
    assert (shown["level"], shown["journey"]) == ("calm", "straight_line")
    assert shown["probability"] > 0.9


def test_before_anybody_is_to_drive_the_policy_speaks(acts: Acts) -> None:
    order = acts.file()
    planning.sweep(now() + timedelta(seconds=1))
    row = query(lambda session: session.get_one(SlaForecast, (acts.org_id, order)))
    assert (row.journey, row.unknown) == ("policy", None)
    acts.put_away(order)


def test_too_far_away_is_said_before_the_breach_and_over_when_it_is_not(trip: Trip) -> None:
    trip.vehicle(40_000, trip.at(0))
    trip.look(1)
    shown = trip.shown()
    assert shown is not None
    assert shown["level"] == "risk"
    assert shown["since"] is not None
    assert trip.facts() == ["sla.at_risk"]
    fired = select(SlaTimer).where(SlaTimer.case_id == trip.order, SlaTimer.code == "AH")
    assert query(lambda session: session.scalars(fired).one()).fired_at is None
    trip.vehicle(500, trip.at(30))
    trip.look(31)
    assert trip.row().standing  # it stands for a minute at least
    trip.look(90)
    assert trip.facts() == ["sla.at_risk", "sla.risk_over"]
    assert trip.row().level == "calm"


def test_whoever_holds_it_is_told_while_there_is_time(trip: Trip) -> None:
    trip.vehicle(40_000, trip.at(0))
    trip.look(1)
    wanted = select(SlaLadder).where(SlaLadder.case_id == trip.order, SlaLadder.occasion == "risk")
    assert query(lambda session: session.scalars(wanted).one()).ladder == "promise_at_risk"
    escalation.sweep(trip.at(2))
    assert query(lambda session: session.scalars(wanted).one()).steps == 1
    trip.acts.crew_act("accept", trip.assignment, "west-1")
    for act in ("depart", "arrive"):
        trip.acts.crew_act(act, trip.assignment, "west-1")
    assert query(lambda session: session.scalars(wanted).one()).cause == "reached"
    trip.look(3)
    assert trip.facts() == ["sla.at_risk", "sla.risk_over"]
    assert (trip.shown(), trip.row().next_at) == (None, None)


def test_what_happens_to_an_order_is_looked_at_at_once(trip: Trip) -> None:
    trip.vehicle(2000, trip.at(0))
    trip.look(1)
    assert trip.look(2) == 0
    trip.acts.crew_act("accept", trip.assignment, "west-1")
    assert trip.look(2) == 1


def test_on_the_road_it_is_looked_at_every_fifteen_seconds(trip: Trip) -> None:
    trip.acts.crew_act("accept", trip.assignment, "west-1")
    trip.acts.crew_act("depart", trip.assignment, "west-1")
    trip.vehicle(9000, trip.at(0))
    trip.look(10)
    assert [trip.look(seconds) for seconds in (11, 24, 25)] == [0, 0, 1]


def test_the_screens_hear_only_of_what_moved_enough(trip: Trip) -> None:
    trip.acts.crew_act("accept", trip.assignment, "west-1")
    trip.acts.crew_act("depart", trip.assignment, "west-1")
    trip.vehicle(9000, trip.at(0))
    trip.look(10)
    before = head(trip)
    for seconds in (25, 40):
        trip.vehicle(9000 - seconds * 5, trip.at(seconds))
        assert trip.look(seconds) == 1
    assert head(trip) == before
    trip.vehicle(2000, trip.at(55))
    trip.look(55)
    assert head(trip) > before


def head(trip: Trip) -> int:
    return query(lambda session: head_of(session, trip.acts.org_id, EVERYTHING))


def test_a_broken_promise_is_no_longer_at_risk(trip: Trip) -> None:
    trip.vehicle(40_000, trip.at(0))
    trip.look(1)
    assert trip.row().standing
    trip.look(3000)
    assert (trip.row().standing, trip.row().next_at, trip.shown()) == (False, None, None)


def test_the_latest_departure_follows_the_estimate(trip: Trip) -> None:
    with read_session() as session:
        ((_, row),) = order_rows(session, trip.acts.org_id, [trip.order], now())
    assert departure(row) == timedelta(seconds=1680)
    trip.vehicle(5000, trip.at(0))
    trip.look(1)
    with read_session() as session:
        ((_, row),) = order_rows(session, trip.acts.org_id, [trip.order], now())
    reckoned = timedelta(seconds=trip.row().travel_s or 0)
    assert departure(row) == pytest.approx(reckoned, abs=timedelta(milliseconds=1))


def departure(row: dict[str, Any]) -> timedelta:
    promise = row["promise"]
    due, leave = (datetime.fromisoformat(promise[key]) for key in ("due_at", "leave_by"))
    return due - leave


def test_a_person_takes_note_of_a_risk(trip: Trip) -> None:
    trip.vehicle(40_000, trip.at(0))
    trip.look(1)
    escalation.sweep(trip.at(2))
    wanted = select(SlaTimer.id).where(SlaTimer.case_id == trip.order, SlaTimer.code == "AH")
    timer = query(lambda session: session.scalars(wanted).one())
    with unit_of_work(trip.acts.by("west.desk")) as uow:
        sla.acknowledge(uow, timer, uow.now)
    ladders = select(SlaLadder).where(SlaLadder.case_id == trip.order)
    assert query(lambda session: session.scalars(ladders).one()).cause == "acknowledged"


def test_the_facts_say_whether_it_is_at_risk(trip: Trip) -> None:
    trip.vehicle(40_000, trip.at(0))
    trip.look(1)
    assert findings(trip) == []
    with session_factory()() as session:
        session.execute(update(SlaForecast).values(standing=False))
        session.commit()
    assert len(findings(trip)) == 1
    with session_factory()() as session:
        mine = update(SlaForecast).where(SlaForecast.id == trip.order)
        session.execute(mine.values(standing=True))
        session.commit()


def findings(trip: Trip) -> list[str]:
    with read_session() as session:
        return [one for one in verify(session, trip.acts.org_id) if "sla" in one]


def test_one_that_cannot_be_looked_at_holds_up_no_other(
    trip: Trip, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = trip.acts.file()
    journey = planning._journey

    def fails(one: Any, *rest: Any) -> Any:
        if one.row.id == trip.order:
            raise ValueError("planted")
        return journey(one, *rest)

    monkeypatch.setattr(planning, "_journey", fails)
    trip.look(1)
    key = (trip.acts.org_id, other)
    assert query(lambda session: session.get_one(SlaForecast, key)).level is not None
    assert trip.row().next_at == trip.at(301)
    trip.acts.put_away(other)


def test_an_alert_waits_for_whoever_holds_the_order_and_nothing_else_does(trip: Trip) -> None:
    trip.vehicle(2000, trip.at(0))
    case = select(SlaCase).where(SlaCase.id == trip.order).with_for_update()
    with session_factory()() as dispatcher:
        dispatcher.execute(case)
        trip.look(1)
        assert trip.row().level == "calm"
        later = trip.row().next_at
        assert later is not None
        trip.vehicle(40_000, later)
        planning.sweep(later)
        assert not trip.row().standing
        assert trip.row().next_at == later + HELD
        dispatcher.rollback()
    planning.sweep(later + HELD)
    assert trip.row().standing


def test_an_order_that_was_recalled_is_predicted_anew(trip: Trip) -> None:
    trip.vehicle(2000, trip.at(0))
    trip.look(1)
    trip.acts.crew_act("recall", trip.assignment, "west-1")
    trip.look(2)
    assert trip.row().journey == "policy"
    states = select(Assignment.state).where(Assignment.id == trip.assignment)
    assert query(lambda session: session.scalars(states).one()) == "recalled"
