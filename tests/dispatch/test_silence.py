"""Vehicles that nobody hears any more: recorded once, never by our own fault, ended by a fix."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from api.verify import verify
from core import events as ev
from core.clock import now, real_now
from core.db import read_session, session_factory
from core.eventlog import read_stream
from core.identity import EVERYTHING as EVERYTHING_SEEN
from core.identity import system_actor
from core.live import EVERYTHING, deltas_after, head_of
from core.recorded import Recorded
from core.uow import unit_of_work
from dashboards.fleet import vehicle_rows
from dashboards.values import iso
from dispatch.crews.models import Vehicle
from dispatch.roster.models import Shift
from dispatch.roster.shifts import ShiftValues, add_shift
from dispatch.silence import service as silence
from dispatch.silence.rules import SETTLED
from gps import listening, pipeline
from gps.fix import Fix
from gps.models import Device, Listening
from gps.quiet import LOOK_AGAIN, RETURN_S, TOGETHER, TOGETHER_WAIT
from gps.rhythm import FLOOR_S
from tests.acts import Acts
from tests.office import query, unit_id

CREWS = ("east-1", "east-2", "east-3", "west-1", "west-2", "west-3")
EVERY_S = 10
GATEWAY = "here/1"


@dataclass
class Fleet:
    """The starter's vehicles; the test says when each sends, and when somebody looks."""

    org_id: int
    began: datetime = field(default_factory=now)

    def at(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=seconds)

    def vehicle(self, crew: str) -> UUID:
        wanted = select(Vehicle.id).where(Vehicle.crew_id == unit_id(crew), Vehicle.active)
        return query(lambda session: session.scalars(wanted).one())

    def device(self, crew: str) -> UUID:
        wanted = select(Device.id).where(Device.vehicle_id == self.vehicle(crew))
        return query(lambda session: session.scalars(wanted).one())

    def listens(self, since: float, until: float) -> None:
        """A gateway takes positions from then on, and still says so at `until`."""
        for second in (since, until):
            listening.say(GATEWAY, "terminal", self.at(second), real_now())

    def sends(self, crew: str, first: float, last: float) -> None:
        """The vehicle drives, one position every ten seconds."""
        device, fixes = self.device(crew), []
        for number in range(int((last - first) / EVERY_S) + 1):
            at = self.at(first + EVERY_S * number)
            lat = 39.9 + (at - self.began).total_seconds() * 1e-4
            fixes.append(Fix(device, at, at, lat, 116.4, speed_kmh=40, ignition=True))
        pipeline.write(self.org_id, fixes, now=fixes[-1].received_at)

    def facts(self, crew: str) -> list[Recorded]:
        with read_session() as session:
            stream = read_stream(session, self.org_id, "vehicle", self.vehicle(crew))
        kinds = (ev.VehicleSilent, ev.VehicleHeard, ev.VehicleSilenceDropped)
        return [one for one in stream if isinstance(one.payload, kinds)]

    def said(self, crew: str) -> list[str]:
        return [one.type for one in self.facts(crew)]

    def row(self, crew: str) -> dict[str, Any]:
        with read_session() as session:
            return vehicle_rows(session, self.org_id, [self.vehicle(crew)])[0]

    def whole(self) -> bool:
        """Whether the rows are what the facts say."""
        with read_session() as session:
            return not list(verify(session, self.org_id))


@pytest.fixture
def fleet(organisation: int) -> Iterator[Fleet]:
    pipeline._days.clear()
    with session_factory()() as session:
        session.execute(delete(Shift))  # everybody counts as on duty
        session.commit()
    yield Fleet(organisation)
    pipeline._days.clear()


def test_a_vehicle_that_stops_sending_is_silent_once_and_heard_again(fleet: Fleet) -> None:
    fleet.listens(-3600, 0)
    fleet.sends("east-1", 0, 300)
    fleet.sends("west-1", 0, 600)
    with read_session() as session:
        number = head_of(session, fleet.org_id, EVERYTHING)
    assert fleet.row("east-1")["quiet_at"] == iso(fleet.at(300 + FLOOR_S))

    silence.sweep(fleet.at(300 + FLOOR_S - 1))
    assert fleet.said("east-1") == []
    for second in (0, 1, 200):
        silence.sweep(fleet.at(300 + FLOOR_S + second))
    (fact,) = fleet.facts("east-1")
    assert fact.occurred_at == fleet.at(300)
    assert isinstance(fact.payload, ev.VehicleSilent)
    assert EVERY_S <= fact.payload.expected_s < 2 * EVERY_S
    assert fact.payload.allowed_s == FLOOR_S
    assert (fact.payload.unknown, fact.payload.on_duty) == (True, True)
    assert (fact.payload.connected, fact.payload.together) == (False, False)
    assert fleet.row("east-1")["silent_since"] == iso(fleet.at(300))
    assert fleet.row("west-1")["silent_since"] is None
    assert fleet.whole()

    fleet.sends("east-1", 700, 700)
    last = fleet.facts("east-1")[-1].payload
    assert isinstance(last, ev.VehicleHeard)
    assert (last.silent_s, last.known) == (400, True)
    assert fleet.row("east-1")["silent_since"] is None
    assert fleet.whole()
    with read_session() as session:
        deltas = deltas_after(session, fleet.org_id, EVERYTHING, number) or []
    key = str(fleet.vehicle("east-1"))
    told = [
        one.value["silent_since"] for one in deltas if (one.entity, one.key) == ("vehicle", key)
    ]
    assert told == [iso(fleet.at(300)), None]


def test_positions_of_long_ago_do_not_end_a_silence(fleet: Fleet) -> None:
    fleet.listens(-3600, 0)
    fleet.sends("east-1", 0, 300)
    silence.sweep(fleet.at(1200))
    late = [
        Fix(fleet.device("east-1"), fleet.at(310 + 10 * n), fleet.at(1210), 39.95, 116.4, 40.0)
        for n in range(30)
    ]
    pipeline.write(fleet.org_id, late, now=fleet.at(1210))
    assert fleet.said("east-1") == ["vehicle.silent"]
    assert fleet.row("east-1")["silent_since"] == iso(fleet.at(300))
    fleet.sends("east-1", 1220, 1220)
    assert fleet.said("east-1") == ["vehicle.silent", "vehicle.heard"]


def test_while_no_gateway_listens_nobody_is_silent(fleet: Fleet) -> None:
    """A gateway that was away says nothing of vehicles until they had time to come back."""
    fleet.listens(-3600, 0)
    for crew in ("east-1", "west-1"):
        fleet.sends(crew, 0, 300)
    listening.over(GATEWAY, fleet.at(310))
    for second in range(320, 2000, 60):
        silence.sweep(fleet.at(second))
    assert fleet.said("east-1") == []
    assert fleet.row("east-1")["quiet_at"] == iso(fleet.at(300 + FLOOR_S))  # unknown all the same

    fleet.listens(2000, 2001)
    silence.sweep(fleet.at(2000 + RETURN_S - 1))
    fleet.sends("east-1", 2060, 2400)
    silence.sweep(fleet.at(2400 + LOOK_AGAIN.total_seconds()))
    assert fleet.said("east-1") == ["vehicle.silent"]  # much later: its own silence
    assert fleet.facts("east-1")[0].occurred_at == fleet.at(2400)
    assert fleet.facts("west-1")[0].occurred_at == fleet.at(300)


def test_a_gateway_that_could_not_write_for_a_while_begins_anew(fleet: Fleet) -> None:
    fleet.listens(-3600, 300)
    fleet.sends("east-1", 0, 300)
    with session_factory()() as session:
        hung = real_now() - timedelta(minutes=10)
        session.execute(update(Listening).values(said_at=hung))
        session.commit()
    listening.say(GATEWAY, "terminal", fleet.at(900), real_now())
    silence.sweep(fleet.at(900 + RETURN_S - 1))
    assert fleet.said("east-1") == []
    silence.sweep(fleet.at(900 + RETURN_S + 1))
    assert fleet.said("east-1") == ["vehicle.silent"]


def test_where_one_of_two_gateways_has_gone_its_terminals_have_time_to_find_the_other(
    fleet: Fleet,
) -> None:
    fleet.listens(-3600, 0)
    listening.say("there/2", "terminal", fleet.at(-3600), real_now())
    fleet.sends("east-1", 0, 300)
    listening.over("there/2", fleet.at(305))
    silence.sweep(fleet.at(305 + RETURN_S - 1))
    assert fleet.said("east-1") == []
    silence.sweep(fleet.at(305 + RETURN_S + 1))
    assert fleet.said("east-1") == ["vehicle.silent"]


def test_most_of_the_fleet_at_once_is_one_trouble(fleet: Fleet) -> None:
    assert len(CREWS) > TOGETHER
    fleet.listens(-3600, 0)
    for crew in CREWS:
        fleet.sends(crew, 0, 300)
    gone = 300 + FLOOR_S
    for second in (0, 60, 200):
        silence.sweep(fleet.at(gone + second))
    assert [fleet.said(crew) for crew in CREWS] == [[]] * len(CREWS)
    fleet.sends("west-1", gone + 250, gone + 260)  # it is back, and nothing was ever said of it
    silence.sweep(fleet.at(gone + TOGETHER_WAIT.total_seconds() + 1))
    assert fleet.said("west-1") == []
    (fact,) = fleet.facts("west-2")
    assert isinstance(fact.payload, ev.VehicleSilent)
    assert fact.payload.together
    assert fleet.whole()


def test_a_crew_off_duty_is_unknown_without_an_alert_until_its_shift_begins(fleet: Fleet) -> None:
    acts = Acts(fleet.org_id)
    with unit_of_work(acts.by("admin")) as uow:
        crew = unit_id("east-1")
        for begin in (fleet.at(-9000), fleet.at(1200)):
            end = begin + timedelta(hours=2)
            add_shift(uow, ShiftValues(crew, None, "day", begin, end), EVERYTHING_SEEN)
    fleet.listens(-3600, 0)
    fleet.sends("east-1", 0, 300)
    silence.sweep(fleet.at(400))
    assert (fleet.row("east-1")["silent_on_duty"], len(fleet.facts("east-1"))) == (False, 1)
    silence.sweep(fleet.at(800))
    assert len(fleet.facts("east-1")) == 1
    silence.sweep(fleet.at(1400))
    assert len(fleet.facts("east-1")) == 1  # it has just begun, and had no time to be seen
    silence.sweep(fleet.at(1200) + SETTLED + LOOK_AGAIN)
    row = fleet.row("east-1")
    assert (row["silent_on_duty"], row["silent_since"]) == (True, iso(fleet.at(300)))
    assert fleet.said("east-1") == ["vehicle.silent"] * 2
    assert fleet.whole()


def test_a_device_that_was_taken_out_is_waited_for_no_more(fleet: Fleet) -> None:
    fleet.listens(-3600, 0)
    fleet.sends("east-1", 0, 300)
    fleet.sends("west-1", 0, 300)
    silence.sweep(fleet.at(400))
    with unit_of_work(system_actor(fleet.org_id, "test")) as uow:
        uow.session.execute(update(Device).values(active=False))
    silence.sweep(fleet.at(400 + LOOK_AGAIN.total_seconds()))
    assert fleet.said("east-1") == ["vehicle.silent", "vehicle.silence_dropped"]
    assert fleet.row("east-1")["silent_devices"] == []
    assert fleet.row("east-1")["silent_since"] is not None  # nobody knows where it is
    assert fleet.whole()


def test_the_second_device_of_a_vehicle_makes_nothing_unknown(fleet: Fleet) -> None:
    fleet.listens(-3600, 0)
    listening.say("api/1", "phone", fleet.at(-3600), real_now())
    phone, terminal = UUID(int=7), fleet.device("east-1")
    with session_factory()() as session:
        session.add(
            Device(
                org_id=fleet.org_id,
                id=phone,
                kind="phone",
                protocol="app",
                identity="7",
                vehicle_id=fleet.vehicle("east-1"),
            )
        )
        session.commit()
    for second in range(0, 400, 10):
        at = fleet.at(second)
        fixes = [Fix(terminal, at, at, 39.9, 116.4, speed_kmh=40, ignition=True)]
        if second <= 100:
            earlier = at - timedelta(seconds=5)
            fixes.append(Fix(phone, earlier, at, 39.9, 116.4, speed_kmh=40, sent_at=earlier))
        pipeline.write(fleet.org_id, fixes, now=at)
    silence.sweep(fleet.at(400))
    (fact,) = fleet.facts("east-1")
    assert isinstance(fact.payload, ev.VehicleSilent)
    assert (fact.payload.kind, fact.payload.unknown) == ("phone", False)
    row = fleet.row("east-1")
    assert row["silent_since"] is None
    assert [one["kind"] for one in row["silent_devices"]] == ["phone"]
    assert fleet.whole()
