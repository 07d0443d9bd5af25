"""NMEA 0183: sentences with a checksum, and the lines by which makers tell who sends them."""

from datetime import datetime
from functools import reduce

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gps.protocols.nmea import WIRE
from gps.protocols.seam import KNOT_KMH
from tests.protocols.stream import (
    NOON,
    SIZES,
    TIMES,
    angle,
    messages,
    only,
    place,
    read,
    talk,
    utc,
)

IMEI = "123456789012345"
LOGIN = b"IMEI 123456789012345\r\n"
LATITUDES, LONGITUDES = st.floats(-89.99, 89.99), st.floats(-179.99, 179.99)
HERE = "0130.0000,N,00230.0000,E"


def sentence(body: str) -> bytes:
    """With its checksum."""
    return f"${body}*{reduce(lambda one, two: one ^ two, body.encode()):02X}\r\n".encode()


def rmc(
    time: datetime,
    latitude: float = 1.5,
    longitude: float = 2.5,
    knots: float = 0.0,
    course: float = 0.0,
    valid: str = "A",
    talker: str = "GP",
) -> bytes:
    """The recommended minimum."""
    places = ",".join([*angle(latitude, "NS", 2), *angle(longitude, "EW", 3)])
    return sentence(
        f"{talker}RMC,{time:%H%M%S}.00,{valid},{places},{knots:.2f},{course:.1f},{time:%d%m%y},,,A"
    )


@given(
    TIMES,
    LATITUDES,
    LONGITUDES,
    st.floats(0, 200),
    st.floats(0, 359),
    st.sampled_from("AV"),
    st.sampled_from(["GP", "GN", "GL", "BD"]),
)
def test_the_recommended_minimum_comes_back(
    time: datetime,
    latitude: float,
    longitude: float,
    knots: float,
    course: float,
    valid: str,
    talker: str,
) -> None:
    data = rmc(time, latitude, longitude, knots, course, valid, talker)
    fix = place(read(WIRE, data, conversation=talk(IMEI)))
    assert (fix.time, fix.valid) == (time, valid == "A")
    assert fix.latitude == pytest.approx(latitude, abs=2e-6)
    assert fix.longitude == pytest.approx(longitude, abs=2e-6)
    assert fix.speed_kmh == pytest.approx(knots * KNOT_KMH, abs=0.02)
    assert fix.course == pytest.approx(course, abs=0.06)


@given(times=st.lists(TIMES, min_size=1, max_size=4), sizes=SIZES)
def test_chunks_are_as_one(times: list[datetime], sizes: list[int]) -> None:
    data = LOGIN + b"".join(map(rmc, times))
    assert read(WIRE, data, sizes) == read(WIRE, data)
    assert [one.positions[0].time for one in messages(read(WIRE, data))[1:]] == times


@given(TIMES, st.integers(0), st.integers(1, 255))
def test_a_flipped_byte_is_refused(time: datetime, at: int, flip: int) -> None:
    """Anywhere behind the dollar sign but the asterisk; a checksum may lack its last digit."""
    data = bytearray(rmc(time))
    at = 1 + at % (len(data) - 3)
    assume(data[at] != ord("*"))
    data[at] ^= flip
    assume(data[at] not in b"\r\n*$")
    found = read(WIRE, bytes(data), conversation=talk(IMEI))
    positions = [fix for one in messages(found) for fix in one.positions]
    assert positions in ([], list(only(read(WIRE, rmc(time), (), talk(IMEI))).positions))


@given(TIMES, st.binary(max_size=2000), SIZES)
def test_garbage_between_loses_nothing(time: datetime, garbage: bytes, sizes: list[int]) -> None:
    found = read(WIRE, rmc(time) + garbage + b"\n" + rmc(time), sizes, talk(IMEI))
    assert [one.positions[0].time for one in messages(found) if one.positions] == [time, time]


def test_what_was_cut_off_does_not_hide_the_next() -> None:
    found = read(WIRE, rmc(NOON)[:30] + rmc(NOON), conversation=talk(IMEI))
    assert utc(place(found)) == "2024-01-01 12:00:00"


@pytest.mark.parametrize(
    ("line", "device"),
    [
        (sentence(f"PGID,{IMEI}"), IMEI),
        (sentence("DEVID,0x0103846677F21422"), "0x0103846677F21422"),
        (sentence("PCPTI,CradlePoint Test,184453,184453.0,6F"), "CradlePoint Test"),
        (sentence("PSIWMDID,6Q5161694402B133"), "6Q5161694402B133"),
        (b"$GPFID,ID123456ABC", "ID123456ABC"),
        (f"$CONNECT,{IMEI},NETWORK".encode(), IMEI),
        (f"$IMEI={IMEI}".encode(), IMEI),
        (f"IMEI {IMEI}".encode(), IMEI),
        (IMEI.encode(), IMEI),
        (b"086415031C20", "086415031C20"),
    ],
)
def test_logins(line: bytes, device: str) -> None:
    found = only(read(WIRE, line))
    assert (found.kind, found.device, found.answer) == ("login", device, b"")


@pytest.mark.parametrize(
    ("before", "device"),
    [
        ("660420156A0066AA", "660420156A0066AA"),
        (f"{IMEI},", IMEI),
        (f"4711/{IMEI}/", IMEI),
        ("garbage", None),
        ("$GPRMC,12", None),
    ],
)
def test_an_owner_before_the_sentence(before: str, device: str | None) -> None:
    found = read(WIRE, before.encode() + rmc(NOON))
    if device:
        assert (only(found).device, utc(place(found))) == (device, "2024-01-01 12:00:00")
    else:
        assert found == ["no device has identified itself"]


def test_an_owner_behind_the_checksum() -> None:
    found = read(WIRE, rmc(NOON).strip() + f",7,{IMEI},1,50".encode())
    assert only(found).device == IMEI
    assert place(found).attributes == {"satellites": 7, "fuel_raw": 50, "ignition": True}


def test_a_position_waits_for_its_owner() -> None:
    first, login, then = read(WIRE, rmc(NOON) + LOGIN + LOGIN)
    assert first == "no device has identified itself"
    assert utc(place([login])) == "2024-01-01 12:00:00"
    assert only([then]).positions == ()


@pytest.mark.parametrize(
    ("before", "body", "time"),
    [
        (b"", f"GPGGA,235900.5,{HERE},1,05,1.7,25.5,M,,M,,", "2026-01-01 23:59:00"),
        (rmc(NOON), f"GPGGA,120001,{HERE},1,05,1.7,25.5,M,,M,,", "2024-01-01 12:00:01"),
        (
            sentence("GPZDA,235959.00,29,02,2024,00,00"),
            f"GNGLL,{HERE},000001.00,A,A",
            "2024-03-01 00:00:01",
        ),
    ],
)
def test_a_clock_without_a_date(before: bytes, body: str, time: str) -> None:
    """It is of the day nearest to the last date told, else to now."""
    found = read(WIRE, before + sentence(body), conversation=talk(IMEI))
    assert utc(place(found[-1:])) == time


def test_altitude_and_satellites() -> None:
    found = read(WIRE, sentence(f"GPGGA,030000,{HERE},0,05,1.7,-25.5,M,,M,,"), (), talk(IMEI))
    fix = place(found)
    assert (fix.valid, fix.altitude_m, fix.speed_kmh) == (False, -25.5, None)
    assert fix.attributes == {"satellites": 5, "hdop": 1.7}


@pytest.mark.parametrize(
    "body",
    [
        "GPRMC,,V,,,,,,,,,,N",
        "GPRMC,120000.00,V,,,,,,,010124,,,N",
        "GPGGA,120000.00,,,,,0,00,99.99,,,,,,",
        "GPGLL,,,,,120000.00,V,N",
        "GPRMA,V,,,,,,,,,,",
        "GPVTG,,T,,M,0.0,N,0.0,K,A",
        "PUBX,03,11",
    ],
)
def test_null_fields_are_no_place(body: str) -> None:
    assert only(read(WIRE, sentence(body))).positions == ()


@pytest.mark.parametrize(
    ("line", "time", "north", "east", "kmh", "course"),
    [
        (sentence(f"GPRMA,A,{HERE},,,10.0,90,,"), None, 1.5, 2.5, 18.52, 90),
        (
            sentence(f"PUBX,00,030000.00,{HERE},30.5,G3,2.1,3.0,36.5,77.5,0.1,,1.1,1.2,0.9,9,0,0"),
            "2026-01-02 03:00:00",
            1.5,
            2.5,
            36.5,
            77.5,
        ),
        (
            sentence("TRCCR,20240101120000.000,A,-1.5,-2.5,10.0,90.0,30.0,50,"),
            "2024-01-01 12:00:00",
            -1.5,
            -2.5,
            18.52,
            90,
        ),
        (
            f"QZE,{IMEI},35,01012024,120000,-1.5,-2.5,36,22,A,1".encode(),
            "2024-01-01 12:00:00",
            -1.5,
            -2.5,
            36,
            22,
        ),
        (
            f"$ID,{IMEI},4,X,0,IOP,O,0x01,I,0x00,GPSEX,A,D,010124,T,120000,S,9:5,La,1.5,S,Lo,2.5,W,H,90,V,36,DD,0".encode(),
            "2024-01-01 12:00:00",
            -1.5,
            -2.5,
            36,
            90,
        ),
    ],
)
def test_other_sentences(
    line: bytes, time: str | None, north: float, east: float, kmh: float, course: float
) -> None:
    fix = place(read(WIRE, line, conversation=talk(IMEI)))
    assert (utc(fix) if fix.time else None) == time
    assert (fix.valid, fix.latitude, fix.longitude) == (True, north, east)
    assert (fix.speed_kmh, fix.course) == pytest.approx((kmh, course))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "GPIOP,01000000,00000000,0.00,0.00,0.00,0.00,12.5,4.2",
            {"power_v": 12.5, "battery_v": 4.2},
        ),
        ("GPTXT,NET,1003,A1,-53,232 01", {"operator": "A1", "rssi": -53}),
        ("GPTXT,01,01,02,ANTSTATUS=OK", {}),
    ],
)
def test_sentences_of_the_state(body: str, told: dict[str, object]) -> None:
    assert only(read(WIRE, sentence(body))).attributes == told


def test_an_owner_in_the_sentence_of_a_receiver() -> None:
    body = f"PUBX,00,030000.00,{HERE},30.5,NF,2.1,3.0,36.5,77.5,0.1,,1.1,1.2,0.9,9,{IMEI},0"
    found = read(WIRE, sentence(body))
    assert (only(found).device, place(found).valid) == (IMEI, False)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello", "unknown message"),
        (sentence(f"GPRMC,120000,A,{HERE},,,010124,,").strip()[:-1] + b" ", "no device"),
        (sentence(f"GPRMC,120000,A,{HERE},,,010124,,").strip()[:-2] + b"G", "wrong checksum"),
        (sentence(f"GPRMC,120000,A,{HERE},,,010124,,").replace(b"*", b" * "), "no device"),
        (rmc(NOON).replace(b"A*", b"D*"), "wrong checksum"),
        (rmc(NOON).strip() + b"0", "wrong checksum"),
        (sentence("GPRMC,120000,A,9130.0,N,00230.0,E,0,0,010124,,"), "latitude: 91.5"),
        (sentence("GPRMC,120000,A,0130.0,X,00230.0,E,0,0,010124,,"), "no hemisphere"),
        (sentence(f"GPRMC,120000,A,{HERE},0,0,010024,,"), "date: '010024'"),
        (sentence(f"GPRMC,120000,A,{HERE},1e300,0,010124,,"), "speed"),
        (sentence(f"GPGGA,12,{HERE},1,05,1.7,25.5,M,,M,,"), "time: '12'"),
        (sentence("TRCCR,2024,A,1.5,2.5,0,0,0,50,"), "time: '2024'"),
        (sentence("TRCCR,20240101120000,A,91.5,2.5,0,0,0,50,"), "place"),
        (sentence("PGID,"), "identity: ''"),
        (b"x" * 600, "too long"),
    ],
)
def test_what_is_refused(line: bytes, why: str) -> None:
    (reason,) = read(WIRE, line)
    assert why in str(reason)
