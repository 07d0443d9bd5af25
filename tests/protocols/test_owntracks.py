"""OwnTracks: locations and transitions."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.owntracks import WEB
from gps.protocols.seam import Malformed, Message, Request
from tests.protocols.stream import LATITUDES, LONGITUDES, TIMES, talk

PLACE = {"lat": 31.25, "lon": 121.5, "tst": 1767323045, "tid": "JD"}
TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def posted(body: bytes, **headers: str) -> Message:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WEB.decode(Request("POST", "/pub", named, body), talk())


def told(kind: str = "location", /, **values: Any) -> Message:
    return posted(json.dumps({"_type": kind, **PLACE, **values}).encode())


@given(
    time=TIMES,
    latitude=LATITUDES,
    longitude=LONGITUDES,
    speed=st.integers(-1, 250),
    course=st.integers(-1, 359),
    altitude=st.integers(-400, 8000),
)
def test_a_location_comes_back(
    time: datetime, latitude: float, longitude: float, speed: int, course: int, altitude: int
) -> None:
    message = told(
        lat=latitude,
        lon=longitude,
        tst=int(time.timestamp()),
        vel=speed,
        cog=course,
        alt=altitude,
    )
    (position,) = message.positions
    assert (message.device, message.answer, message.status) == ("JD", b"[]", 200)
    assert (position.time, position.valid, position.altitude_m) == (time, True, altitude)
    assert (position.latitude, position.longitude) == (latitude, longitude)
    assert position.speed_kmh == (None if speed < 0 else speed)
    assert position.course == (None if course < 0 else course)


def test_what_a_phone_says_beside_the_place() -> None:
    (position,) = told(
        acc=5, vac=3, batt=67, bs=2, t="u", p=101.3, inregions=["Depot", "Site"], conn="m"
    ).positions
    assert position.attributes == {
        "accuracy_m": 5.0,
        "vertical_accuracy_m": 3.0,
        "battery_percent": 67.0,
        "charging": True,
        "event": "manual",
        "pressure_kpa": 101.3,
        "regions": "Depot, Site",
    }


def test_what_a_tracker_says_beside_the_place() -> None:
    told_by = {"adda-01": 4.2, "temp_c-02": -7.5, "temp_c-x": 1}
    (position,) = told(
        uext=13.2,
        ubatt=3.9,
        odometer=12.5,
        hmc=5400,
        rpm=900,
        ign=1,
        motion=0,
        vin="VIN7",
        name="van",
        mcc=232,
        mnc=1,
        lac="4F4D",
        cid="673A",
        anum=2,
        **told_by,
    ).positions
    assert position.attributes == {
        "power_v": 13.2,
        "battery_v": 3.9,
        "odometer_m": 12500.0,
        "engine_hours": 1.5,
        "rpm": 900.0,
        "ignition": True,
        "motion": False,
        "vin": "VIN7",
        "name": "van",
        "cell": "232-1-20301-26426",
        "analog_1": 4.2,
        "temperature_2_c": -7.5,
    }


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ({"t": "9"}, {"alarm": "low_battery"}),
        ({"t": "i"}, {"ignition": True}),
        ({"t": "I"}, {"ignition": False}),
        ({"t": "E"}, {"alarm": "power_restored"}),
        ({"t": "e"}, {"alarm": "power_cut"}),
        ({"t": "!"}, {"alarm": "tow"}),
        ({"t": "s"}, {"alarm": "overspeed"}),
        ({"t": "h", "rty": 0}, {"alarm": "harsh_braking"}),
        ({"t": "h", "rty": 4}, {"alarm": "harsh_acceleration"}),
        ({"t": "h", "rty": 9}, {}),
        ({"t": "?"}, {}),
        ({"t": ["u"]}, {}),
    ],
)
def test_triggers(trigger: dict[str, Any], expected: dict[str, Any]) -> None:
    assert told(**trigger).positions[0].attributes == expected


def test_a_transition_is_a_position_and_what_was_crossed() -> None:
    message = told("transition", event="enter", desc="Depot", acc=30, wtst=1700000000, t="c")
    (position,) = message.positions
    assert (message.kind, message.answer) == ("transition", b"[]")
    assert (position.latitude, position.longitude, position.time) == (31.25, 121.5, TIME)
    assert position.attributes == {
        "event": "geofence_enter",
        "region": "Depot",
        "accuracy_m": 30.0,
    }
    assert told("transition", event="leave").positions[0].attributes == {"event": "geofence_exit"}


def test_a_transition_may_lack_a_place() -> None:
    message = told("transition", event="leave", lat=None, lon=None)
    assert (message.positions, message.attributes) == ((), {"event": "geofence_exit"})


@pytest.mark.parametrize(
    ("values", "headers", "device"),
    [
        ({"topic": "owntracks/jane/phone"}, {}, "owntracks/jane/phone"),
        ({"topic": "owntracks/jane/phone/event"}, {}, "owntracks/jane/phone"),
        ({"topic": "jane/event"}, {}, "jane/event"),
        ({}, {"x_limit_u": "jane", "x_limit_d": "phone"}, "JD"),
        ({"tid": None}, {"x_limit_u": "jane", "x_limit_d": "phone"}, "jane/phone"),
    ],
)
def test_who_a_device_is(values: dict[str, Any], headers: dict[str, str], device: str) -> None:
    body = json.dumps({"_type": "location", **PLACE, **values}).encode()
    assert posted(body, **headers).device == device


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b'{"_type": "lwt", "tst": 1}',
        b'{"_type": "encrypted", "data": "abc"}',
        b'{"_type": "waypoints", "waypoints": [], "topic": "owntracks/a/b/waypoints"}',
    ],
)
def test_other_payloads_are_taken_and_say_nothing(body: bytes) -> None:
    message = posted(body)
    assert (message.positions, message.answer, message.status) == ((), b"[]", 200)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (lambda: told(tid=None), "no id"),
        (lambda: told(tst=None), "tst"),
        (lambda: told(tst=1e30), "tst"),
        (lambda: told(lat=91), "place"),
        (lambda: told(lat="north"), "lat"),
        (lambda: told(vel=True), "vel"),
        (lambda: told("transition", event="near"), "event"),
        (lambda: told("transition", event=[[]]), "event"),
        (lambda: posted(b"{}"), "_type"),
        (lambda: posted(b"[]"), "not a JSON object"),
        (lambda: posted(b"{" * 5000), "not JSON"),
    ],
)
def test_what_cannot_be_said_is_refused(message: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        message()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["lat", "lon", "tst", "vel", "t", "rty", "bs", "ign", "inregions", "mcc", "lac", "temp_c-1"]


@given(
    st.dictionaries(st.sampled_from([*KEYS, "topic", "tid", "event", "desc"]), VALUES, max_size=6),
    st.sampled_from(["location", "transition", "lwt"]),
)
def test_any_object_is_read_or_refused(values: dict[str, Any], kind: str) -> None:
    try:
        message = told(kind, **values)
    except Malformed:
        return
    said = [dict(one.attributes) for one in message.positions] + [dict(message.attributes)]
    json.dumps(said, allow_nan=False, ensure_ascii=False).encode()
    str(message).encode()


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        posted(body)
    except Malformed:
        return
