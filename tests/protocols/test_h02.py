"""H02: text between an asterisk and a hash, and binary of an untold length."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.h02 import LONGEST, WIRE, H02Cutter
from gps.protocols.seam import KNOT_KMH
from tests.protocols.stream import (
    NOON,
    SIZES,
    TIMES,
    angle,
    chunks,
    messages,
    only,
    place,
    read,
    utc,
)

IDENTITY = "4109117021"
LATITUDES, LONGITUDES = st.floats(-89.99, 89.99), st.floats(-179.99, 179.99)


def text(
    time: datetime,
    latitude: float = 1.5,
    longitude: float = 2.5,
    knots: float = 0.0,
    course: float = 0.0,
    valid: str = "A",
    command: str = "V1",
    tail: str = "FFFFFBFF",
) -> bytes:
    """A position in text."""
    north, east = angle(latitude, "NS", 2), angle(longitude, "EW", 3)
    return (
        f"*HQ,{IDENTITY},{command},{time:%H%M%S},{valid},{north[0]},{north[1]},{east[0]},{east[1]},"
        f"{knots:.2f},{course:.0f},{time:%d%m%y},{tail}#"
    ).encode()


def binary(
    time: datetime,
    latitude: float = 1.5,
    longitude: float = 2.5,
    knots: int = 0,
    course: int = 0,
    *,
    valid: bool = True,
    battery: int = 6,
    state: int = 0xFFFFFBFF,
    identity: str = IDENTITY,
    length: int = 32,
) -> bytes:
    """A position in binary."""
    (north, _), (east, _) = angle(latitude, "NS", 2), angle(longitude, "EW", 3)
    flags = 2 * valid | 4 * (latitude >= 0) | 8 * (longitude >= 0)
    digits = (
        f"24{identity}{time:%H%M%S%d%m%y}{north.replace('.', '')}{battery:02x}"
        f"{east.replace('.', '')}{flags:x}{knots:03d}{course:03d}{state:08x}"
    )
    return bytes.fromhex(digits).ljust(length, b"\x07")


@given(TIMES, LATITUDES, LONGITUDES, st.floats(0, 200), st.integers(0, 359), st.sampled_from("AVB"))
def test_text_comes_back(
    time: datetime, latitude: float, longitude: float, knots: float, course: int, valid: str
) -> None:
    found = read(WIRE, text(time, latitude, longitude, knots, course, valid))
    fix = place(found)
    assert only(found).device == IDENTITY
    assert (fix.time, fix.valid, fix.course) == (time, valid == "A", course)
    assert fix.latitude == pytest.approx(latitude, abs=2e-6)
    assert fix.longitude == pytest.approx(longitude, abs=2e-6)
    assert fix.speed_kmh == pytest.approx(knots * KNOT_KMH, abs=0.02)


@given(
    TIMES,
    LATITUDES,
    LONGITUDES,
    st.integers(0, 999),
    st.integers(0, 359),
    st.booleans(),
    st.sampled_from([(IDENTITY, 32), (IDENTITY, 45), (IDENTITY, 51), ("3524830841932930", 42)]),
)
def test_binary_comes_back(
    time: datetime,
    latitude: float,
    longitude: float,
    knots: int,
    course: int,
    valid: bool,
    form: tuple[str, int],
) -> None:
    identity, length = form
    data = binary(
        time, latitude, longitude, knots, course, valid=valid, identity=identity, length=length
    )
    found = read(WIRE, data)
    fix = place(found)
    assert only(found).device == identity[:15]
    assert (fix.time, fix.valid, fix.course) == (time, valid, course)
    assert fix.latitude == pytest.approx(latitude, abs=2e-6)
    assert fix.longitude == pytest.approx(longitude, abs=2e-6)
    assert fix.speed_kmh == pytest.approx(knots * KNOT_KMH)
    assert fix.attributes == {"battery_percent": 100, "ignition": False}


@given(times=st.lists(TIMES, min_size=1, max_size=5), sizes=SIZES, data=st.data())
def test_chunks_are_as_one(times: list[datetime], sizes: list[int], data: st.DataObject) -> None:
    forms = [data.draw(st.sampled_from([text, binary])) for _ in times]
    stream = b"".join(form(time) for form, time in zip(forms, times, strict=True))
    assert read(WIRE, stream, sizes) == read(WIRE, stream)
    assert [one.positions[0].time for one in messages(read(WIRE, stream))] == times


@given(times=st.lists(TIMES, min_size=2, max_size=5), sizes=SIZES)
def test_a_length_that_has_fitted_stays(times: list[datetime], sizes: list[int]) -> None:
    """The first comes in one write, which tells how long this device's messages are."""
    first, *others = (binary(time, length=45) for time in times)
    cutter = H02Cutter()
    found = list(cutter.feed(first))
    for piece in chunks(b"".join(others), sizes):
        found += cutter.feed(piece)
    assert found == [first, *others]


@given(TIMES, st.binary(max_size=200), SIZES, st.sampled_from([text, binary]))
def test_garbage_between_loses_nothing(
    time: datetime, garbage: bytes, sizes: list[int], form: Callable[..., bytes]
) -> None:
    good = form(time)
    noise = garbage.replace(b"*", b"").replace(b"$", b"")
    found = read(WIRE, good + noise + good + good, sizes)
    assert [one.positions[0].time for one in messages(found) if one.positions] == [time] * 3


@pytest.mark.parametrize("cut", [b"*HQ,1,V1,1200", b"$", b"$$$**", b"*#*HQ", b"\x24\x41\x09\x11"])
def test_what_was_cut_off_does_not_hide_the_next(cut: bytes) -> None:
    found = read(WIRE, cut + text(NOON) + binary(NOON) + text(NOON))
    assert [one.kind for one in messages(found)] == ["v1", "binary", "v1"]
    assert "no message" in found


@given(st.lists(st.sampled_from([b"*HQ,", b"$", b"*", b"x" * 900, b"A,", bytes(9)]), max_size=40))
def test_memory_is_bounded(pieces: list[bytes]) -> None:
    cutter = H02Cutter()
    for piece in pieces:
        list(cutter.feed(piece))
        assert len(cutter._held) <= LONGEST


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (text(NOON), b"*HQ,4109117021,V4,V1,20260102030405#"),
        (text(NOON).replace(b"HQ", b"TH"), b"*HQ,4109117021,V4,V1,20260102030405#"),
        (text(NOON, command="V19"), b""),
        (b"*HQ,4109117021,V1,120000,V,,,,,,,010124,FFFFFBFF#", b""),
        (b"*TH,4109117021,HTBT,90#", b"*TH,4109117021,HTBT#"),
        (b"*HQ,4109117021,V0#", b"*HQ,4109117021,V0#"),
        (
            b"*HQ,4109117021,NBR,120000,460,0,0,1,9338,3692,50,010124,FFFFFBFF#",
            b"*HQ,4109117021,V4,NBR,20260102030405#",
        ),
        (binary(NOON), b""),
    ],
)
def test_what_a_device_waits_for(message: bytes, answer: bytes) -> None:
    assert only(read(WIRE, message)).answer == answer


@pytest.mark.parametrize(
    ("latitude", "longitude", "north", "east"),
    [
        ("-23-35.3408,S", "-048-2.8926,W", -23.589013, -48.04821),
        ("37573392,S", "145037022,E", -37.955653, 145.061703),
        ("3030.0,N", "38.6508,W", 30.5, -0.64418),
    ],
)
def test_ways_to_write_an_angle(latitude: str, longitude: str, north: float, east: float) -> None:
    message = f"*HQ,1234567890,V1,120000,A,{latitude},{longitude}, 1.0,90,010124,FFFFFFFF#"
    fix = place(read(WIRE, message.encode()))
    assert (fix.latitude, fix.longitude) == pytest.approx((north, east), abs=1e-6)


@pytest.mark.parametrize(
    ("tail", "told"),
    [
        ("FFFFFFFF", {"ignition": True}),
        ("FFFFFBFE", {"ignition": False, "alarm": "vibration"}),
        ("FFFBFFFB", {"ignition": True, "alarm": "sos,overspeed"}),
        (
            "FFF7FFFF,262,2,515,19591,24",
            {"ignition": True, "alarm": "power_cut", "cell": "262-2-515-19591"},
        ),
        ("ffffffff,000106,000002,000203,004c87", {"ignition": True, "cell": "262-2-515-19591"}),
        ("ffffffff,cc,28,  db,d75b", {"ignition": True, "cell": "204-40-219-55131"}),
        ("ffffffff,1,1,203,487", {"ignition": True}),
        (
            "FFFFFFFF,5200,-4,51.5,123,1a2b,3c4d",
            {"ignition": True, "odometer_m": 5200, "temperature_c": -4, "fuel_percent": 51.5},
        ),
        (
            ",195.1.2.3,8944538530000543700F,FFFFFBFF",
            {"ignition": False, "iccid": "8944538530000543700"},
        ),
    ],
)
def test_what_follows_the_date(tail: str, told: dict[str, object]) -> None:
    assert place(read(WIRE, text(NOON, tail=tail))).attributes == told


def test_an_altitude_and_a_battery() -> None:
    assert place(read(WIRE, text(NOON, tail="FFFFFFFF,5,20,5.5,-12,1a,2b"))).altitude_m == -12
    told = text(NOON).replace(b",010124,", b",87,010124,")
    assert place(read(WIRE, told)).attributes["battery_percent"] == 87


def test_a_command_that_was_obeyed() -> None:
    message = text(NOON, command="V4,S20,OK,130305")
    fix = place(read(WIRE, message))
    assert fix.attributes == {"result": "S20,OK,130305", "ignition": False}
    assert utc(fix) == "2024-01-01 12:00:00"


@pytest.mark.parametrize(
    ("clock", "date", "time"),
    [
        ("235900", "", "2026-01-01 23:59:00"),
        ("235900", "000000", "2026-01-01 23:59:00"),
        ("", "010124", "2024-01-01 00:00:00"),
    ],
)
def test_half_a_time(clock: str, date: str, time: str) -> None:
    """Without a date it is of the nearest day; without a clock it is midnight."""
    message = f"*HQ,1234567890,V1,{clock},A,0100.0,N,00200.0,E,0,0,{date},FFFFFFFF#"
    assert utc(place(read(WIRE, message.encode()))) == time


def test_no_time_at_all() -> None:
    message = b"*HQ,1234567890,V1,,A,0100.0,N,00200.0,E,0,0,,FFFFFFFF#"
    assert place(read(WIRE, message)).time is None


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("HTBT,90", {"battery_percent": 90}),
        (
            "LINK,120000,22,7,80,1200,5,010124,FFFFFBFF",
            {"rssi": 22, "satellites": 7, "battery_percent": 80, "steps": 1200, "ignition": False},
        ),
        (
            "V3,120000,28403,01,001450,011473,158,-62,0292,0,X,010124,FFFFFBFF",
            {"cell": "284-3-1450-11473", "ignition": False},
        ),
        ("VP1,V,470,002,92,3565,0Y92,19433,30", {"cell": "470-2-92-3565"}),
        (
            "NBR,120000,460,0,0,1,9338,3692,50,010124,FFFFFFFF",
            {"cell": "460-0-9338-3692", "ignition": True},
        ),
        ("SMS,ST906\nVOLT:12.9V, fine", {"result": "ST906\nVOLT:12.9V, fine"}),
        ("V3,120000,28403", {}),
        ("NBR", {}),
        ("LINK", {}),
        ("VP1", {}),
        ("XT,1,100", {}),
        ("", {}),
    ],
)
def test_messages_without_a_place(message: str, told: dict[str, object]) -> None:
    found = only(read(WIRE, f"*HQ,{IDENTITY},{message}#".encode()))
    assert (found.device, found.positions, found.attributes) == (IDENTITY, (), told)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"*HQ,12 34,V1#", "identity: '12 34'"),
        (b"*HQ,123#", "unknown message"),
        (b"*HQ,,V1,120000,A,0100.0,N,00200.0,E,0,0,010124,FFFFFFFF#", "no device has identified"),
        (b"*HQ,123,V1,120000,A,9100.0,N,00200.0,E,0,0,010124,FFFFFFFF#", "latitude: 91"),
        (b"*HQ,123,V1,120000,A,0100.0,N,00200.0,E,x,0,010124,FFFFFFFF#", "speed: 'x'"),
        (b"*HQ,123,V1,256000,A,0100.0,N,00200.0,E,0,0,010124,FFFFFFFF#", "no time"),
        (b"*HQ,123,V1,120000,A,0100.0,N,00200.0,E,0,0,0101,FFFFFFFF#", "date: '0101'"),
        (b"*HQ,123,V1,120000", "wrong length"),
        (binary(NOON)[:31], "wrong length"),
        (binary(NOON)[:12] + b"\xff" + binary(NOON)[13:], "place"),
        (b"hello", "no message"),
    ],
)
def test_what_is_refused(message: bytes, why: str) -> None:
    (reason,) = read(WIRE, message)
    assert why in str(reason)
