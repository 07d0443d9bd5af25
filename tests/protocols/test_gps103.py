"""GPS103: text that ends with a semicolon."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.gps103 import WIRE
from gps.protocols.seam import KNOT_KMH
from tests.protocols.stream import NOON, SIZES, TIMES, angle, messages, only, place, read, utc

IMEI = "123456789012345"
ZONES = st.integers(-11 * 60, 12 * 60)


def report(
    time: datetime,
    latitude: float = 1.5,
    longitude: float = 2.5,
    knots: float = 0.0,
    course: float = 0.0,
    zone: int = 0,
    valid: str = "A",
    word: str = "tracker",
    tail: str = "",
    leading: bool = False,
) -> bytes:
    """A report as a device sends it."""
    local = time + timedelta(minutes=zone)
    north, east = angle(latitude, "NS", 2), angle(longitude, "EW", 3)
    places = [*north, *east] if not leading else [*north[::-1], *east[::-1]]
    return (
        f"imei:{IMEI},{word},{local:%y%m%d%H%M%S},+8613800000000,F,{time:%H%M%S}.000,{valid},"
        f"{','.join(places)},{knots:.2f},{course:.2f}{tail};"
    ).encode()


@given(
    time=TIMES,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    knots=st.floats(0, 200),
    course=st.floats(0, 359),
    zone=ZONES,
    valid=st.sampled_from("AV"),
    leading=st.booleans(),
)
def test_a_report_comes_back(
    time: datetime,
    latitude: float,
    longitude: float,
    knots: float,
    course: float,
    zone: int,
    valid: str,
    leading: bool,
) -> None:
    data = report(time, latitude, longitude, knots, course, zone, valid, leading=leading)
    found = read(WIRE, data)
    fix = place(found)
    assert only(found).device == IMEI
    assert (fix.time, fix.valid) == (time, valid == "A")
    assert fix.latitude == pytest.approx(latitude, abs=2e-6)
    assert fix.longitude == pytest.approx(longitude, abs=2e-6)
    assert fix.speed_kmh == pytest.approx(knots * KNOT_KMH, abs=0.02)
    assert fix.course == pytest.approx(course, abs=0.01)


@given(times=st.lists(TIMES, min_size=1, max_size=4), sizes=SIZES)
def test_chunks_are_as_one(times: list[datetime], sizes: list[int]) -> None:
    data = b"\r\n".join(map(report, times))
    assert read(WIRE, data, sizes) == read(WIRE, data)
    assert [one.positions[0].time for one in messages(read(WIRE, data))] == times


@given(TIMES, st.binary(max_size=3000), SIZES)
def test_garbage_between_loses_nothing(time: datetime, garbage: bytes, sizes: list[int]) -> None:
    found = read(WIRE, report(time) + garbage + b";" + report(time), sizes)
    assert [one.positions[0].time for one in messages(found) if one.positions] == [time, time]


def test_what_a_device_waits_for() -> None:
    assert only(read(WIRE, f"##,imei:{IMEI},A;".encode())).answer == b"LOAD"
    assert only(read(WIRE, f"{IMEI};".encode())).answer == b"ON"
    assert only(read(WIRE, report(NOON))).answer == b""
    alarm = only(read(WIRE, report(NOON, word="help me")))
    assert alarm.answer == f"**,imei:{IMEI},E;".encode()
    assert alarm.positions[0].attributes == {"alarm": "sos"}


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("tracker", {}),
        ("acc on", {"ignition": True, "event": "acc on"}),
        ("acc off", {"ignition": False, "event": "acc off"}),
        ("oil 51.6", {"alarm": "fuel_leak", "fuel_percent": 51.6}),
        ("T:-3", {"alarm": "temperature", "temperature_c": -3.0}),
        ("ac alarm", {"alarm": "power_cut"}),
        ("001", {"event": "001"}),
    ],
)
def test_words(word: str, told: dict[str, object]) -> None:
    assert place(read(WIRE, report(NOON, word=word))).attributes == told


def test_what_follows_the_course() -> None:
    fix = place(read(WIRE, report(NOON, tail=",65.4,1,0,10.5%,0.5%,28")))
    assert fix.altitude_m == 65.4
    assert fix.attributes == {
        "ignition": True,
        "door_open": False,
        "fuel_percent": 10.5,
        "fuel_2_percent": 0.5,
        "temperature_c": 28.0,
    }


def test_who_drives_and_what_is_broken() -> None:
    fix = place(read(WIRE, report(NOON, word="rfid")))
    assert fix.attributes == {"event": "rfid", "driver": "+8613800000000"}
    fix = place(read(WIRE, report(NOON, word="DTC", tail=",,1,0,P0021,,")))
    assert (fix.attributes["alarm"], fix.attributes["trouble_codes"]) == ("fault", "P0021")


def test_a_fix_without_a_place_is_none() -> None:
    found = only(read(WIRE, f"imei:{IMEI},tracker,2401011200,,F,040000,V,,,,,0,0;".encode()))
    assert (found.kind, found.positions) == ("status", ())


def test_without_a_fix_there_is_the_cell() -> None:
    found = only(read(WIRE, f"imei:{IMEI},tracker,000000000,,L,,,1a2b,,3c4d,,,;".encode()))
    assert (found.positions, found.attributes) == ((), {"cell": "0-0-6699-15437"})


def test_the_engine() -> None:
    text = (
        f"imei:{IMEI},OBD,240101120000,1234,1.5,7.5,98,18,60.5%,85,25.1%,1368,14.2,P0101,,U1108,;"
    )
    assert only(read(WIRE, text.encode())).attributes == {
        "obd_odometer_m": 1_234_000.0,
        "fuel_l_h": 1.5,
        "fuel_l_100km": 7.5,
        "engine_hours": 98.0,
        "obd_speed_kmh": 18.0,
        "engine_load_percent": 60.5,
        "coolant_c": 85.0,
        "throttle_percent": 25.1,
        "rpm": 1368.0,
        "power_v": 14.2,
        "trouble_codes": "P0101 U1108",
    }


def test_decimal_degrees() -> None:
    text = (
        f"imei:{IMEI},Van 1,--,----,--,214812,241018,14,1,-33.5,-70.25,036,090,0520,0.9,07,1,0,--,*"
    )
    fix = place(read(WIRE, text.encode()))
    assert utc(fix) == "2018-10-24 21:48:12"
    assert (fix.latitude, fix.longitude, fix.altitude_m) == (-33.5, -70.25, 520)
    assert (fix.valid, fix.speed_kmh, fix.course) == (True, 36, 90)
    assert (fix.attributes["ignition"], fix.attributes["charging"]) == (True, False)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("nothing", "unknown message"),
        ("imei:12 34,tracker,2401011200,,F,120000,A,0100.0,N,00200.0,E,0,0", "imei: '12 34'"),
        (f"imei:{IMEI},tracker,2413011200,,F,120000,A,0100.0,N,00200.0,E", "no time"),
        (f"imei:{IMEI},tracker,2401011200,,F,120000,A,9100.0,N,00200.0,E", "latitude: 91"),
        (f"imei:{IMEI},tracker,2401011200,,F,120000,A,0160.0,N,00200.0,E", "too many minutes"),
        (f"imei:{IMEI},tracker,2401011200,,F,120000,A,0100.0,N,00200.0,E,1e99", "speed"),
        (f"imei:{IMEI},tracker,2401011200,,F,120000", "wrong length"),
        (f"imei:{IMEI}," + "x" * 2000, "too long"),
    ],
)
def test_what_is_refused(message: str, why: str) -> None:
    (reason,) = read(WIRE, message.encode() + b";")
    assert why in str(reason)


@pytest.mark.parametrize(
    ("local", "clock", "time"),
    [
        ("", "235900", "2026-01-01 23:59:00"),
        ("0000000000", "235900.5", "2026-01-01 23:59:00"),
        ("24/01/02 12:30", "", "2024-01-02 12:30:00"),
        ("240102123059", "31.0", "2024-01-02 12:30:00"),
        ("2401020130", "173059", "2024-01-01 17:30:59"),
    ],
)
def test_time_without_one_of_its_halves(local: str, clock: str, time: str) -> None:
    """UTC alone is of the nearest day; local time alone is true to the minute."""
    text = f"imei:{IMEI},tracker,{local},,F,{clock},A,0100.0,N,00200.0,E,0,0;"
    assert utc(place(read(WIRE, text.encode()))) == time
