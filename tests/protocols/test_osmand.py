"""OsmAnd and Traccar Client: query, form and JSON."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.decode import decoded
from gps.protocols.osmand import WEB
from gps.protocols.seam import KNOT_KMH, Malformed, Message, Request
from tests.protocols.stream import AT, LATITUDES, LONGITUDES, TIMES, talk

JSON = {"content-type": "application/json; charset=utf-8"}


def asked(uri: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Message:
    return WEB.decode(Request("POST" if body else "GET", uri, headers or {}, body), talk())


def query(**told: Any) -> Message:
    return asked("/?" + urlencode({"id": "7", "lat": "31.5", "lon": "121.5", **told}))


def sent(location: Any, device: Any = "7") -> Message:
    return asked("/", json.dumps({"device_id": device, "location": location}).encode(), JSON)


@given(
    time=TIMES,
    latitude=LATITUDES,
    longitude=LONGITUDES,
    speed=st.integers(0, 100),
    course=st.integers(0, 359),
    valid=st.booleans(),
    body=st.booleans(),
)
def test_a_query_or_form_comes_back(
    time: datetime,
    latitude: float,
    longitude: float,
    speed: int,
    course: int,
    valid: bool,
    body: bool,
) -> None:
    told = urlencode(
        {
            "id": "861234567890123",
            "timestamp": int(time.timestamp()) if valid else time.isoformat(),
            "lat": f"{latitude:.6f}",
            "lon": f"{longitude:.6f}",
            "speed": speed,
            "bearing": course,
            "altitude": "-3.5",
            "valid": str(valid).lower(),
        }
    )
    message = asked("/", told.encode()) if body else asked(f"/?{told}")
    (position,) = message.positions
    assert (message.device, message.answer, message.status) == ("861234567890123", b"", 200)
    assert (position.time, position.valid, position.course) == (time, valid, course)
    assert (position.latitude, position.longitude) == (latitude, longitude)
    assert position.speed_kmh == pytest.approx(speed * KNOT_KMH)
    assert position.altitude_m == -3.5


@given(
    time=TIMES,
    latitude=LATITUDES,
    longitude=LONGITUDES,
    speed=st.integers(-1, 60),
    course=st.integers(-1, 359),
)
def test_a_location_object_comes_back(
    time: datetime, latitude: float, longitude: float, speed: int, course: int
) -> None:
    coords = {"latitude": latitude, "longitude": longitude, "speed": speed, "heading": course}
    told = {"timestamp": f"{time:%Y-%m-%dT%H:%M:%S}.250Z", "coords": coords}
    (position,) = sent(told).positions
    assert position.time == time.replace(microsecond=250_000)
    assert (position.latitude, position.longitude) == (latitude, longitude)
    assert position.speed_kmh == (None if speed < 0 else pytest.approx(speed * 3.6))
    assert position.course == (None if course < 0 else course)


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("1767323045", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("1767323045250", datetime(2026, 1, 2, 3, 4, 5, 250_000, UTC)),
        ("2026-01-02T11:04:05+08:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("", AT),
    ],
)
def test_times(stamp: str, time: datetime) -> None:
    assert query(timestamp=stamp).positions[0].time == time


def test_what_a_query_says_beside_the_place() -> None:
    message = asked(
        "/?deviceid=van+7&location=60.5,30.25&accuracy=4.5&hdop=1.2&batt=87.5&charge=true"
        "&cell=257,02,16,2224&cell=257,02,16,2223,-90&wifi=00-14-22-01-23-45,-80&alarm=sos"
        "&driverUniqueId=B12&notificationToken=secret&doorOpen=true&fuelLevel=12&rest=a%20b"
    )
    assert message.device == "van 7"
    (position,) = message.positions
    assert (position.latitude, position.longitude, position.time) == (60.5, 30.25, AT)
    assert position.attributes == {
        "accuracy_m": 4.5,
        "hdop": 1.2,
        "battery_percent": 87.5,
        "charging": True,
        "cell": "257-2-16-2224",
        "alarm": "sos",
        "driver": "B12",
        "door_open": True,
        "fuel_level": 12,
        "rest": "a b",
    }


def test_what_a_location_says_beside_the_place() -> None:
    (position,) = sent(
        {
            "timestamp": 1767323045250,
            "coords": {
                "latitude": 1,
                "longitude": 2,
                "accuracy": 5,
                "altitude": 7.5,
                "floor": None,
            },
            "event": "motionchange",
            "is_moving": False,
            "odometer": 120.5,
            "mock": True,
            "activity": {"type": "still", "confidence": 100},
            "battery": {"level": 0.79, "is_charging": True},
            "alarm": "sos",
            "extras": {"jobNumber": 12, "list": [1], "": 3},
            "uuid": None,
            "_": "&id=9",
        },
        device=7,
    ).positions
    assert position.altitude_m == 7.5
    assert position.attributes == {
        "event": "motionchange",
        "motion": False,
        "odometer_m": 120.5,
        "mock": True,
        "alarm": "sos",
        "activity": "still",
        "accuracy_m": 5.0,
        "battery_percent": 79.0,
        "charging": True,
        "job_number": 12,
    }


def test_an_unknown_battery_is_not_told() -> None:
    (position,) = sent(
        {"coords": {"latitude": 1, "longitude": 2}, "battery": {"level": -1}}
    ).positions
    assert position.attributes == {}
    assert position.time == AT


def test_several_locations_may_come_at_once() -> None:
    places = [{"coords": {"latitude": one, "longitude": 2}} for one in range(3)]
    assert [one.latitude for one in sent(places).positions] == [0, 1, 2]


@pytest.mark.parametrize(
    "message",
    [
        lambda: asked("/?id=7&batt=50"),
        lambda: asked("/?id=7&lat=1&batt=50"),
        lambda: sent({"battery": {"level": 0.5}}),
        lambda: sent({"coords": {}, "battery": {"level": 0.5}}),
    ],
)
def test_without_a_place_there_is_no_position(message: Any) -> None:
    told = message()
    assert (told.device, told.positions, told.attributes) == ("7", (), {"battery_percent": 50})


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (lambda: asked("/?lat=1&lon=2"), "no id"),
        (lambda: asked("/"), "no id"),
        (lambda: asked("/?id=%00&lat=1&lon=2"), "no id"),
        (lambda: asked("/?id=" + "7" * 129), "no id"),
        (lambda: sent({}, device=None), "no id"),
        (lambda: sent({}, device=True), "no id"),
        (lambda: query(lat="91"), "place"),
        (lambda: query(lat="nan"), "latitude"),
        (lambda: query(speed="fast"), "speed"),
        (lambda: query(timestamp="today"), "timestamp"),
        (lambda: query(timestamp="9" * 17), "timestamp"),
        (lambda: asked("/?" + "&".join(f"a{one}=1" for one in range(300))), "too many"),
        (lambda: sent({"coords": {"latitude": 1, "longitude": 181}}), "place"),
        (lambda: sent({"coords": {"latitude": 10**400, "longitude": 1}}), "latitude"),
        (lambda: sent({"timestamp": [], "coords": {"latitude": 1, "longitude": 1}}), "timestamp"),
        (lambda: asked("/", b"[" * 100_000, JSON), "not JSON"),
        (lambda: asked("/", b"[]", JSON), "not a JSON object"),
        (lambda: asked("/", b'{"device_id": "7", "location": {"coords": NaN}', JSON), "not JSON"),
        (lambda: asked("/", b"\xff{", JSON), "not JSON"),
    ],
)
def test_what_cannot_be_said_is_refused(message: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        message()


def test_a_request_is_nobody_else_s() -> None:
    lines = [json.dumps({"uri": uri}) for uri in ("/?id=7&lat=1&lon=2", "/?lat=1&lon=2")]
    found = list(decoded(WEB, lines, talk()))
    assert [(one["device"], one["error"]) for one in found] == [("7", None), (None, "no id")]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
LOCATION_KEYS = st.sampled_from(["timestamp", "coords", "battery", "extras", "activity", "event"])


@given(
    st.dictionaries(LOCATION_KEYS, VALUES),
    st.dictionaries(st.sampled_from(["latitude", "longitude", "speed", "altitude"]), VALUES),
    VALUES,
)
def test_any_object_is_read_or_refused(told: dict[str, Any], coords: Any, device: Any) -> None:
    for location in (told, {**told, "coords": coords}, [told], coords):
        try:
            message = sent(location, device)
        except Malformed:
            continue
        json.dumps([dict(one.attributes) for one in message.positions], allow_nan=False).encode()
        str(message).encode()


@given(st.text(), st.binary(max_size=200))
def test_any_request_is_read_or_refused(uri: str, body: bytes) -> None:
    for headers in ({}, JSON):
        try:
            asked("/?id=7&" + uri, body, headers)
            asked(uri, body, headers)
        except Malformed:
            continue
