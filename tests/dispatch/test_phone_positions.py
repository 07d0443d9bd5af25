"""A crew's phone says where it is, over HTTP: once, on duty only, for its own crew."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from api.pace import Pace
from api.routes import positions as route
from core.clock import now
from core.db import session_factory
from core.models import Event
from dispatch.crews.models import Crew, Vehicle
from dispatch.roster.duty import on_duty
from dispatch.roster.models import Shift
from dispatch.roster.phones import NEW_PHONES, Between, hours
from dispatch.starter import ORG_ID
from gps import pipeline
from gps.fix import Fix
from gps.models import Device, FixRow, VehiclePosition
from tests.office import Office, query, unit_id

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with a full measure."""
    monkeypatch.setattr(route, "_pace", Pace(route.BURST, route.PER_SECOND))


def at(seconds: float) -> str:
    """A moment that many seconds ago."""
    return (now() - timedelta(seconds=seconds)).isoformat()


def seen(seconds: float, **more: Any) -> Row:
    return {"at": at(seconds), "lat": 39.92, "lon": 116.4, "accuracy_m": 12, **more}


def send(
    office: Office, device: uuid.UUID, *positions: Row, crew: str = "east-1", **more: Any
) -> Row:
    login = crew.replace("-", ".crew")
    body = {"device": str(device), "sent_at": at(0), "positions": list(positions), **more}
    row: Row = office.person(login).post(f"/api/crews/{office.unit(crew)}/positions", body)
    return row


def vehicle_of(crew: str) -> uuid.UUID:
    wanted = select(Vehicle.id).where(Vehicle.org_id == ORG_ID, Vehicle.crew_id == unit_id(crew))
    return query(lambda session: session.scalars(wanted).one())


def device_of(identity: uuid.UUID) -> Device:
    wanted = select(Device).where(Device.protocol == "app", Device.identity == str(identity))
    return query(lambda session: session.scalars(wanted).one())


def stored(identity: uuid.UUID) -> list[FixRow]:
    wanted = select(FixRow).where(FixRow.device_id == device_of(identity).id)
    return query(lambda session: list(session.scalars(wanted.order_by(FixRow.fix_at))))


def test_a_phone_becomes_a_device_in_its_crews_vehicle_and_is_on_the_board(office: Office) -> None:
    phone = uuid.uuid4()
    desk = office.another("east.desk")
    desk.follow()
    answer = send(office, phone, seen(20, speed_kmh=36, course_deg=90), seen(10, lat=39.921))
    assert answer["codes"] == ["ok", "ok"]
    assert answer["vehicle_id"] == str(vehicle_of("east-1"))
    assert answer["on_duty"] is True
    device = device_of(phone)
    assert (device.kind, device.vehicle_id) == ("phone", vehicle_of("east-1"))
    [first, second] = stored(phone)
    assert (first.speed_kmh, first.course_deg, first.accuracy_m) == (36, 90, 12)
    assert first.sent_at is not None
    assert first.fix_at < first.sent_at <= second.received_at
    where = desk.wait(lambda screen: screen.positions.get(answer["vehicle_id"]))
    assert where == (39.921, 116.4)
    listed = {row["identity"]: row for row in office.person("admin").get("/api/devices")}
    assert listed[str(phone)]["vehicle_id"] == answer["vehicle_id"]


def test_what_is_sent_twice_is_stored_once(office: Office) -> None:
    phone, positions = uuid.uuid4(), [seen(60 - s) for s in range(0, 50, 10)]
    for _ in range(3):
        send(office, phone, *positions, crew="east-2")
    assert len(stored(phone)) == 5


def test_a_bad_position_is_named_and_costs_only_itself(office: Office) -> None:
    phone = uuid.uuid4()
    answer = send(
        office,
        phone,
        seen(30),
        seen(20, lat=95),
        {"at": at(15), "lat": 39.9},
        seen(10),
        crew="east-3",
    )
    assert answer["codes"] == ["ok", "wrong", "wrong", "ok"]
    fields = [one["field"] for one in answer["wrong"]]
    assert fields == ["body.positions[1].lat", "body.positions[2].lon"]
    assert {one["code"] for one in answer["words"]} == {"ok", "wrong"}
    assert all(one["name_zh"] and one["name_en"] for one in answer["words"])
    assert len(stored(phone)) == 2


def test_a_crew_sends_for_itself_alone(office: Office) -> None:
    body = {"device": str(uuid.uuid4()), "sent_at": at(0), "positions": [seen(1)]}
    other = office.unit("east-2")
    answer = office.person("east.crew1").try_post(f"/api/crews/{other}/positions", body)
    assert answer.status_code == 404


def test_who_changes_crews_takes_the_phone_along(office: Office) -> None:
    phone = uuid.uuid4()
    send(office, phone, seen(30), crew="west-1")
    send(office, phone, seen(20), crew="west-2")
    device = device_of(phone)
    assert device.vehicle_id == vehicle_of("west-2")
    wanted = select(Event).where(Event.stream_id == device.id).order_by(Event.seq)
    events = query(lambda session: list(session.scalars(wanted)))
    assert [one.payload["what"] for one in events] == ["created", "vehicle_id"]
    assert str(phone) not in str([one.payload for one in events])


def test_nothing_is_kept_of_a_crew_that_is_away(office: Office) -> None:
    phone = uuid.uuid4()
    assert send(office, phone, seen(5), crew="west-3")["codes"] == ["ok"]
    _away(since=now() - timedelta(seconds=3))
    answer = send(office, phone, seen(4), seen(2), crew="west-3")
    assert (answer["codes"], answer["on_duty"]) == (["ok", "off_duty"], False)
    _away(since=None)
    assert send(office, phone, seen(1), crew="west-3")["codes"] == ["ok"]
    assert len(stored(phone)) == 3


def _away(since: datetime | None) -> None:
    with session_factory()() as session:
        session.execute(update(Crew).where(Crew.id == unit_id("west-3")).values(away_since=since))
        session.commit()


def test_duty_is_judged_for_the_time_of_each_position(office: Office) -> None:
    """What was seen on shift is kept when it comes after the shift; an order in hand is duty."""
    moment, crew = now(), unit_id("south-1")
    spans = ((-8, -1), (4, 6))
    with session_factory()() as session:
        session.execute(delete(Shift).where(Shift.unit_id == crew))
        for begin, end in spans:
            session.add(
                Shift(
                    org_id=ORG_ID,
                    id=uuid.uuid4(),
                    unit_id=crew,
                    kind="day",
                    starts_at=moment + timedelta(hours=begin),
                    ends_at=moment + timedelta(hours=end),
                    version=1,
                )
            )
        session.commit()
    answer = send(office, uuid.uuid4(), seen(2 * 3600), seen(60), crew="south-1")
    assert answer["codes"] == ["ok", "off_duty"]
    for offset in (-9, -7, -1, 0, 4.5, 5.9, 6, 7):
        when = moment + timedelta(hours=offset)
        alone = query(lambda session: hours(session, ORG_ID, crew, Between(when, when)))  # noqa: B023
        known = query(lambda session: on_duty(session, ORG_ID, crew, when))  # noqa: B023
        assert alone.on_duty(when) == known.on_duty
    order = office.sent("south-1")
    sent = datetime.fromisoformat(order["assignment"]["sent_at"])
    between = Between(moment, now())
    working = query(lambda session: hours(session, ORG_ID, crew, between))
    assert working.on_duty(sent + timedelta(seconds=1))
    assert not working.on_duty(moment - timedelta(minutes=1))


def test_a_phone_out_of_use_is_told_so(office: Office) -> None:
    phone = uuid.uuid4()
    send(office, phone, seen(30), crew="south-2")
    device, admin = device_of(phone), office.person("admin")
    path = f"/api/devices/{device.id}"
    admin.post(f"{path}/deactivate", {"version": device.version, "reason": "left"})
    body = {"device": str(phone), "sent_at": at(0), "positions": [seen(1)]}
    south, crew = office.person("south.crew2"), office.unit("south-2")
    answer = south.try_post(f"/api/crews/{crew}/positions", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "phone_out_of_use")


def test_one_login_cannot_bring_ever_new_phones(office: Office) -> None:
    for _ in range(NEW_PHONES):
        send(office, uuid.uuid4(), seen(5), crew="south-3")
    body = {"device": str(uuid.uuid4()), "sent_at": at(0), "positions": [seen(1)]}
    south, crew = office.person("south.crew3"), office.unit("south-3")
    answer = south.try_post(f"/api/crews/{crew}/positions", body)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_phones")


def test_a_phone_that_floods_is_told_when_to_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "_pace", Pace(25, 10))
    phone = uuid.uuid4()
    send(office, phone, seen(30), crew="east-2")
    send(office, phone, seen(20), crew="east-2")
    body = {"device": str(phone), "sent_at": at(0), "positions": [seen(9)]}
    east, crew = office.person("east.crew2"), office.unit("east-2")
    answer = east.try_post(f"/api/crews/{crew}/positions", body)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_positions")


def test_a_phone_beside_a_fresh_terminal_does_not_move_the_vehicle(office: Office) -> None:
    vehicle, phone = vehicle_of("east-1"), uuid.uuid4()
    wanted = select(Device.id).where(Device.vehicle_id == vehicle, Device.kind == "terminal")
    terminal = query(lambda session: session.scalars(wanted).first())
    assert terminal is not None
    with session_factory()() as session:
        session.execute(
            update(VehiclePosition)
            .where(VehiclePosition.vehicle_id == vehicle)
            .values(device_id=terminal, fix_at=now(), lat=39.9201, motion={})
        )
        session.commit()
    answer = send(office, phone, seen(1, lat=39.9205, accuracy_m=150))
    assert answer["codes"] == ["beside"]
    position = query(lambda session: session.get(VehiclePosition, (ORG_ID, vehicle)))
    assert position is not None
    assert position.lat == 39.9201


def test_of_a_position_beside_it_is_told_which_device_counted(office: Office) -> None:
    """A phone alone, then a terminal that takes over from it."""
    vehicle, phone = vehicle_of("east-3"), uuid.uuid4()
    terminal = query(
        lambda session: session.scalars(
            select(Device.id).where(Device.vehicle_id == vehicle, Device.kind == "terminal")
        ).one()
    )
    with session_factory()() as session:
        session.execute(delete(VehiclePosition).where(VehiclePosition.vehicle_id == vehicle))
        session.commit()
    begin = now() - timedelta(minutes=30)

    def terminal_says(*seconds: float) -> None:
        times = [begin + timedelta(seconds=second) for second in seconds]
        pipeline.write(ORG_ID, [Fix(terminal, when, when, 39.92, 116.4) for when in times])

    def phone_says(*seconds: float) -> list[str]:
        rows = [
            {"at": (begin + timedelta(seconds=second)).isoformat(), "lat": 39.92, "lon": 116.4}
            for second in seconds
        ]
        codes: list[str] = send(office, phone, *rows, crew="east-3")["codes"]
        return codes

    assert phone_says(*range(0, 60, 10)) == ["ok"] * 6
    terminal_says(55)
    for second in range(65, 165, 10):
        phone_says(second - 2)
        terminal_says(second)
    assert phone_says(166) == ["beside"]
    admin = office.person("admin")

    def said(device: uuid.UUID) -> Row:
        found: Row = admin.get(f"/api/devices/{device}/fixes?since={begin.isoformat()}")
        return next(one for one in found["fixes"] if one["reason"]["code"] == "beside")

    of_phone, of_terminal = said(device_of(phone).id), said(terminal)
    assert of_phone["instead"] == str(terminal)
    assert of_phone["reason"]["name_en"] == "the vehicle's terminal counts"
    assert of_terminal["instead"] == str(device_of(phone).id)
    assert "手机" in of_terminal["reason"]["name_zh"]


def test_a_measure_fills_up_again_and_is_not_shared() -> None:
    pace = Pace(20, 2)
    assert pace.take("a", 15, 0) == 0
    assert pace.take("a", 15, 0) == 5
    assert pace.take("b", 15, 0) == 0
    assert pace.take("a", 15, 5) == 0
