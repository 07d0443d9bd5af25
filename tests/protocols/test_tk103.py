"""TK103: messages in parentheses, with commas and without."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.tk103 import LONGEST, WIRE, Parentheses
from tests.protocols.stream import (
    NOON,
    SIZES,
    TIMES,
    angle,
    messages,
    only,
    place,
    read,
    utc,
)

TWELVE, IMEI = "013612345678", "864768010009188"
LATITUDES, LONGITUDES = st.floats(-89.99, 89.99), st.floats(-179.99, 179.99)
FIX = "240101A0130.0000N00230.0000E"


def fixed(
    time: datetime,
    latitude: float = 1.5,
    longitude: float = 2.5,
    speed: float = 0.0,
    course: float = 0.0,
    valid: str = "A",
    command: str = "BR00",
    state: str = "00000000L00000000",
) -> bytes:
    """A position in the form of fixed widths."""
    north, east = "".join(angle(latitude, "NS", 2)), "".join(angle(longitude, "EW", 3))
    return (
        f"({TWELVE}{command}{time:%y%m%d}{valid}{north}{east}{speed:05.1f}{time:%H%M%S}"
        f"{course:06.2f}{state})"
    ).encode()


def commas(
    time: datetime,
    latitude: float = 1.5,
    longitude: float = 2.5,
    speed: float = 0.0,
    course: float = 0.0,
    valid: str = "A",
    command: str = "BP05",
) -> bytes:
    """A position in the form with commas."""
    north, east = "".join(angle(latitude, "NS", 2)), "".join(angle(longitude, "EW", 3))
    return (
        f"({IMEI},{command},{time:%d%m%y},{valid},{north},{east},{speed:.3f},{time:%H%M%S},"
        f"{course:.2f})"
    ).encode()


@given(
    TIMES,
    LATITUDES,
    LONGITUDES,
    st.floats(0, 300),
    st.floats(0, 359),
    st.sampled_from("AV"),
    st.sampled_from([fixed, commas]),
)
def test_a_position_comes_back(
    time: datetime,
    latitude: float,
    longitude: float,
    speed: float,
    course: float,
    valid: str,
    form: object,
) -> None:
    data = (fixed if form is fixed else commas)(time, latitude, longitude, speed, course, valid)
    found = read(WIRE, data)
    fix = place(found)
    assert only(found).device == (TWELVE if form is fixed else IMEI)
    assert (fix.time, fix.valid) == (time, valid == "A")
    assert fix.latitude == pytest.approx(latitude, abs=2e-6)
    assert fix.longitude == pytest.approx(longitude, abs=2e-6)
    assert fix.speed_kmh == pytest.approx(speed, abs=0.06)
    assert fix.course == pytest.approx(course, abs=0.01)


@given(times=st.lists(TIMES, min_size=1, max_size=5), sizes=SIZES)
def test_chunks_are_as_one(times: list[datetime], sizes: list[int]) -> None:
    data = b"".join(map(fixed, times))
    assert read(WIRE, data, sizes) == read(WIRE, data)
    assert [one.positions[0].time for one in messages(read(WIRE, data))] == times


@given(TIMES, st.binary(max_size=3000), SIZES)
def test_garbage_between_loses_nothing(time: datetime, garbage: bytes, sizes: list[int]) -> None:
    found = read(WIRE, fixed(time) + garbage.replace(b"(", b"$") + fixed(time), sizes)
    assert [one.positions[0].time for one in messages(found)] == [time, time]


def test_what_was_cut_off_does_not_hide_the_next() -> None:
    found = read(WIRE, b"(0136123456" + fixed(NOON) + b"(x,$" + fixed(NOON) + bytes(LONGEST))
    assert [one.kind for one in messages(found)] == ["br00", "br00"]


@given(st.lists(st.sampled_from([b"(", b")", b"$", b"x" * 700]), max_size=60))
def test_memory_is_bounded(pieces: list[bytes]) -> None:
    cutter = Parentheses()
    for piece in pieces:
        list(cutter.feed(piece))
        assert len(cutter._held) < LONGEST + 1


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (f"({TWELVE}BP00{TWELVE}HSO01A4)", f"({TWELVE}AP01HSO)"),
        (f"({TWELVE}BP05000{TWELVE}{FIX}000.0120000000.0000000000L00000000)", f"({TWELVE}AP05)"),
        (f"({TWELVE}BR00{FIX}000.0120000000.0000000000L00000000)", ""),
        (f"({IMEI},BP05,010124,A,0130.0000N,00230.0000E,0.0,120000,0.0)", ""),
    ],
)
def test_what_a_device_waits_for(message: str, answer: str) -> None:
    assert only(read(WIRE, message.encode())).answer == answer.encode()


def test_the_state() -> None:
    fix = place(read(WIRE, fixed(NOON, state="1100000AL000024DE+017.7")))
    assert fix.attributes == {
        "charging": False,
        "ignition": True,
        "fuel_raw": 10,
        "odometer_m": 0x24DE,
        "temperature_c": 17.7,
    }


@pytest.mark.parametrize(
    ("course", "told"), [("99", 99.0), ("68.47", 68.47), ("173.87", 173.87), ("21.400", 21.4)]
)
def test_a_course_of_any_width(course: str, told: float) -> None:
    message = f"({TWELVE}BR00{FIX}000.0120000{course}00000000L00000000)"
    assert place(read(WIRE, message.encode())).course == told


@pytest.mark.parametrize(
    ("message", "device", "alarm"),
    [
        (f"{TWELVE}BO012{FIX}000.0120000000.0000000000L00000000", TWELVE, "sos"),
        (f"{TWELVE}BQ81,ALARM,1,164,{FIX}000.0120000000.00,00000000", TWELVE, "overspeed"),
        (f"{IMEI},ZC12,010124,A,0130.0N,00230.0E,0.0,120000,0.0", IMEI, "low_battery"),
        (f"{IMEI},DW31,010124,A,0130.0N,00230.0E,0.0,120000,0.0", IMEI, "movement"),
    ],
)
def test_alarms(message: str, device: str, alarm: str) -> None:
    found = read(WIRE, f"({message})".encode())
    assert (only(found).device, place(found).attributes["alarm"]) == (device, alarm)


@pytest.mark.parametrize(
    ("message", "device", "time"),
    [
        (f"{IMEI}BP02,G,2,{FIX}001.612000091.048,7", IMEI, "2024-01-01 12:00:00"),
        (
            f"01361234567BR00{FIX}000.0120000000.0000000000L00000000",
            "01361234567",
            "2024-01-01 12:00:00",
        ),
        (
            f"01AB12345678BR00{FIX}000.0120000000.0000000000L00000000",
            "01AB12345678",
            "2024-01-01 12:00:00",
        ),
        (f"{IMEI},BP05,020124,A,0130.0N,45.78950E,0.0,120000,0.0", IMEI, "2024-01-02 12:00:00"),
    ],
)
def test_who_and_when(message: str, device: str, time: str) -> None:
    found = read(WIRE, f"({message})".encode())
    assert (only(found).device, utc(place(found))) == (device, time)


def test_without_a_fix_there_may_be_no_date() -> None:
    message = f"({TWELVE}BR00000007V0000.0000N00000.0000E000.0001403000.0000000000L00000000)"
    fix = place(read(WIRE, message.encode()))
    assert (fix.time, fix.valid) == (None, False)
    assert "no time" in str(read(WIRE, message.replace("V", "A").encode())[0])


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            f"{TWELVE}BZ00,{{460,0,20949,58711}}\n{{460,0,1,2}}\n,01000000",
            {"cell": "460-0-20949-58711", "odometer_m": 0x01000000},
        ),
        (f"{TWELVE}BZ00,460,00,1a2b,3c4d", {"cell": "460-0-6699-15437"}),
        (f"{TWELVE}BV00WVWZZZ1JZXW000001", {"vin": "WVWZZZ1JZXW000001"}),
        (f"{IMEI},ZC20,010124,120000,6,392,65535,255", {"battery_percent": 100, "battery_v": 3.92}),
        (f"{IMEI},ZC20,010124,120000,3,65535,65535,255", {"battery_percent": 20}),
        (f"{IMEI},ZC03,010124,120000,$Power: (95%), ok$", {"result": "Power: (95%), ok"}),
        (
            f"{IMEI},DW5B,310,06,29876,30393,1,aa:bb:cc:dd:ee:ff*-59*11,010124,120000",
            {"cell": "310-6-29876-30393"},
        ),
        (
            f"{IMEI},DW51,310,06,29876,30393,0,010124,120000",
            {"alarm": "movement", "cell": "310-6-29876-30393"},
        ),
        (f"{IMEI},ZC15", {"ignition": True}),
        (f"{TWELVE}BS500064FF", {}),
    ],
)
def test_messages_without_a_place(message: str, told: dict[str, object]) -> None:
    found = only(read(WIRE, f"({message})".encode()))
    assert (found.positions, found.attributes) == ((), told)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"()", "unknown message"),
        (b"(hello)", "unknown message"),
        (b"(013612345678BR00", "wrong length"),
        (fixed(NOON).replace(b"0130.0000N", b"9130.0000N"), "latitude: 91.5"),
        (fixed(NOON).replace(b"0130.0000N", b"0160.0000N"), "too many minutes"),
        (fixed(NOON).replace(b"000.0120000", b".....120000"), "speed"),
        (fixed(NOON).replace(b"000.0120000", b"000.0250000"), "no time"),
    ],
)
def test_what_is_refused(message: bytes, why: str) -> None:
    (reason,) = read(WIRE, message)
    assert why in str(reason)
