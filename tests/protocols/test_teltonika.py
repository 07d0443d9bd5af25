"""Teltonika: the records of a packet are read as the device meant them, and counted to it."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.binary import crc_arc
from gps.protocols.seam import Conversation, Malformed, Message, answering
from gps.protocols.teltonika import LONGEST, WIRE, decode

AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
IMEI = "863501234567890"
LOGIN = b"\x00\x0f" + IMEI.encode()
WIDTHS = {0x08: (1, 1), 0x8E: (2, 2), 0x10: (2, 1)}


@dataclass(frozen=True)
class Fix:
    time: datetime = AT
    latitude: float = 31.25
    longitude: float = 121.5
    altitude: int = 12
    course: int = 90
    satellites: int = 9
    speed: int = 40
    values: dict[int, bytes] = field(default_factory=dict)


def record(fix: Fix, codec: int = 8, sizes: tuple[int, ...] = (1, 2, 4, 8)) -> bytes:
    """One record; values of another size are of codec 8 Extended."""
    number, count = WIDTHS[codec]

    def listed(size: int) -> bytes:
        group = {key: value for key, value in fix.values.items() if len(value) == size}
        return len(group).to_bytes(count, "big") + b"".join(
            key.to_bytes(number, "big") + value for key, value in group.items()
        )

    others = {key: value for key, value in fix.values.items() if len(value) not in sizes}
    mixed = len(others).to_bytes(2, "big") + b"".join(
        key.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
        for key, value in others.items()
    )
    return (
        round(fix.time.timestamp() * 1000).to_bytes(8, "big")
        + b"\x01"
        + round(fix.longitude * 1e7).to_bytes(4, "big", signed=True)
        + round(fix.latitude * 1e7).to_bytes(4, "big", signed=True)
        + fix.altitude.to_bytes(2, "big", signed=True)
        + fix.course.to_bytes(2, "big")
        + bytes((fix.satellites,))
        + fix.speed.to_bytes(2, "big")
        + bytes(number)
        + (b"\x00" if codec == 0x10 else b"")
        + len(fix.values).to_bytes(count, "big")
        + b"".join(map(listed, sizes))
        + (mixed if codec == 0x8E else b"")
    )


def packet(data: bytes) -> bytes:
    return bytes(4) + len(data).to_bytes(4, "big") + data + crc_arc(data).to_bytes(4, "big")


def records(*fixes: Fix, codec: int = 8) -> bytes:
    count = bytes((len(fixes),))
    return packet(bytes((codec,)) + count + b"".join(record(one, codec) for one in fixes) + count)


def talk(logged_in: str | None = IMEI, model: str = "", *, extended: bool = False) -> Conversation:
    return Conversation(lambda: AT, logged_in, model, extended)


def says(data: bytes, conversation: Conversation | None = None) -> Message:
    """What one frame, and no other, means."""
    conversation = conversation or talk()
    (found,) = WIRE.cutter().feed(data)
    assert isinstance(found, bytes)
    return answering(decode(found, conversation), conversation)


fixes = st.builds(
    Fix,
    time=st.integers(0, 4_102_444_800).map(lambda one: datetime.fromtimestamp(one, UTC)),
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    altitude=st.integers(-500, 9000),
    course=st.integers(0, 359),
    satellites=st.integers(0, 30),
    speed=st.integers(0, 300),
)


@given(st.lists(fixes, min_size=1, max_size=5), st.sampled_from([0x08, 0x8E, 0x10]))
def test_places_come_back_and_are_counted(told: list[Fix], codec: int) -> None:
    message = says(records(*told, codec=codec))
    assert message.answer == len(told).to_bytes(4, "big")
    for fix, position in zip(told, message.positions, strict=True):
        assert position.time == fix.time
        assert position.valid is (fix.satellites > 0)
        assert position.latitude == pytest.approx(fix.latitude, abs=1e-6)
        assert position.longitude == pytest.approx(fix.longitude, abs=1e-6)
        assert (position.speed_kmh, position.course) == (fix.speed, fix.course)
        assert position.altitude_m == fix.altitude
        assert position.attributes["satellites"] == fix.satellites


def test_time_is_told_to_the_millisecond() -> None:
    assert says(records(Fix())).positions[0].time == AT


@given(st.lists(fixes, max_size=3), st.data())
def test_a_changed_byte_is_refused(told: list[Fix], data: st.DataObject) -> None:
    whole = bytearray(records(*told))
    whole[data.draw(st.integers(8, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    (found,) = WIRE.cutter().feed(bytes(whole))
    assert isinstance(found, Malformed)
    assert found.reason == "wrong checksum"


@given(st.lists(fixes, min_size=1, max_size=4), st.data())
def test_any_chunking_gives_the_same(told: list[Fix], data: st.DataObject) -> None:
    frames = [LOGIN, b"\xff", *(records(one, codec=0x8E) for one in told)]
    stream = b"".join(frames)
    ends = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    cutter = WIRE.cutter()
    found = [
        one
        for start, end in zip([0, *ends], [*ends, len(stream)], strict=True)
        for one in cutter.feed(stream[start:end])
    ]
    assert found == frames
    assert cutter.flush() is None


garbage = st.binary(max_size=30).filter(lambda one: not {*one} & {*range(6), 0xFF})


@given(st.lists(garbage, min_size=3, max_size=3), fixes)
def test_garbage_between_packets_loses_none(waste: list[bytes], fix: Fix) -> None:
    frames = [LOGIN, records(fix), records(fix, codec=0x10)]
    stream = b"".join(one + two for one, two in zip(waste, frames, strict=True))
    assert [one for one in WIRE.cutter().feed(stream) if isinstance(one, bytes)] == frames


def test_a_refused_packet_hides_no_login_in_it_and_no_packet_behind_it() -> None:
    inside = Fix(values={300: LOGIN + b"\xff\xff"})
    broken = bytearray(records(inside, codec=0x8E))
    broken[-1] ^= 1
    told = list(WIRE.cutter().feed(bytes(broken) + records(Fix())))
    assert [one for one in told if isinstance(one, bytes)] == [records(Fix())]
    assert [one.reason for one in told if isinstance(one, Malformed)] == ["wrong checksum"]


@pytest.mark.parametrize("size", [0, 2, LONGEST - 11, 0x7E7E7E7E])
def test_a_length_that_cannot_be_is_refused(size: int) -> None:
    told = list(WIRE.cutter().feed(bytes(4) + size.to_bytes(4, "big") + records(Fix())))
    assert [one for one in told if isinstance(one, bytes)] == [records(Fix())]
    assert [one.reason for one in told if isinstance(one, Malformed)] == ["wrong length"]


def test_a_login_is_accepted() -> None:
    conversation = talk(None)
    message = says(LOGIN, conversation)
    assert (message.kind, message.answer, conversation.device) == ("login", b"\x01", IMEI)


def test_a_ping_is_not_answered() -> None:
    assert says(b"\xff", talk(None)).answer == b""


@pytest.mark.parametrize("codec", [0x08, 0x0C])
def test_nobody_is_not_answered(codec: int) -> None:
    with pytest.raises(Malformed, match="no device has identified itself"):
        says(packet(bytes((codec, 0, 0))), talk(None))


def test_records_that_are_counted_otherwise_are_refused() -> None:
    with pytest.raises(Malformed, match="wrong count of records"):
        says(packet(b"\x08\x01" + record(Fix()) + b"\x02"))
    with pytest.raises(Malformed, match="too short"):
        says(packet(b"\x08\x02" + record(Fix()) + b"\x02"))
    with pytest.raises(Malformed, match="unknown codec 0x42"):
        says(packet(b"\x42\x00\x00"))


def test_a_place_off_the_globe_is_counted_and_not_told() -> None:
    message = says(records(Fix(latitude=91), Fix()))
    assert (len(message.positions), message.answer) == (1, b"\0\0\0\x02")


def test_a_time_that_is_far_away_is_none() -> None:
    message = says(packet(b"\x08\x01" + b"\xff" * 8 + record(Fix())[8:] + b"\x01"))
    assert message.positions[0].time is None


VALUES = {
    1: b"\1", 2: b"\0", 3: b"\1", 179: b"\1", 239: b"\1", 240: b"\0", 21: b"\4", 113: b"\x5f",
    9: b"\x04\xd2", 66: b"\x31\x38", 67: b"\x0f\xa0", 182: b"\x00\x0c", 205: b"\x12\x34",
    206: b"\x00\x10", 77: b"\xff\xff", 16: b"\x00\x01\x00\x00", 72: b"\xff\xff\xff\xb5",
    73: b"\x00\x00\x0b\xb8", 241: b"\x00\x00\xb3\xb0", 78: bytes.fromhex("0102030405060708"),
    11: (8986001234).to_bytes(8, "big"), 14: (567890123).to_bytes(8, "big"),
}  # fmt: skip


@pytest.mark.parametrize("codec", [0x08, 0x8E, 0x10])
def test_values_have_names_and_units(codec: int) -> None:
    (position,) = says(records(Fix(values=VALUES), codec=codec)).positions
    assert dict(position.attributes) == {
        "inputs": 5,
        "outputs": 1,
        "ignition": True,
        "motion": False,
        "rssi": 4,
        "battery_percent": 95,
        "analog_1_v": 1.234,
        "power_v": 12.6,
        "battery_v": 4.0,
        "hdop": 1.2,
        "cell": "460-0-16-4660",
        "io_77": 0xFFFF,
        "odometer_m": 65536,
        "temperature_1_c": -7.5,
        "driver": "0807060504030201",
        "iccid": "8986001234567890123",
        "satellites": 9,
    }


def test_values_of_any_length() -> None:
    values = {256: b"WVWZZZ1JZXW000001", 281: b"P0299,P0675", 400: b"\x01\x02\x03"}
    (position,) = says(records(Fix(values=values), codec=0x8E)).positions
    assert position.attributes["vin"] == "WVWZZZ1JZXW000001"
    assert position.attributes["trouble_codes"] == "P0299 P0675"
    assert position.attributes["io_400"] == "010203"


def test_tags_and_beacons_have_numbers() -> None:
    first = bytes.fromhex("00 01 c4 01 06 a1a2a3a4a5a6 02 02 8064")
    second = bytes.fromhex(
        "0f 06 b1b2b3b4b5b6 05 04 426f7800 06 02 ff38 07 01 37 0e 02 0bb8 0d 01 01"
    )
    listed = b"\x01" + bytes((len(first),)) + first + bytes((len(second),)) + second
    beacon = b"\x11\x21" + bytes(range(16)) + b"\x00\x07\x00\x09\xd0"
    values = {11317: listed, 400: b"\1\2\3"}
    attributes = dict(says(records(Fix(values=values), codec=0x8E)).positions[0].attributes)
    assert attributes == {
        "tag_1_rssi_dbm": -60,
        "tag_1_id": "a1a2a3a4a5a6",
        "tag_1_battery_v": 3.0,
        "tag_2_id": "b1b2b3b4b5b6",
        "tag_2_name": "Box",
        "tag_2_temperature_c": -2.0,
        "tag_2_humidity_percent": 55,
        "tag_2_battery_v": 3.0,
        "tag_2_battery_low": True,
        "io_400": "010203",
        "satellites": 9,
    }
    (position,) = says(records(Fix(values={385: beacon}), codec=0x8E)).positions
    assert position.attributes["tag_1_id"] == f"{bytes(range(16)).hex()}-7-9"
    assert position.attributes["tag_1_rssi_dbm"] == -48
    eddystone = b"\x11\x00" + bytes(range(16))
    (position,) = says(records(Fix(values={385: eddystone}), codec=0x8E)).positions
    assert position.attributes["tag_1_id"] == "00010203040506070809-0a0b0c0d0e0f"


@pytest.mark.parametrize("number", [385, 548, 10828, 10829, 10831, 11317])
def test_a_list_that_breaks_off_stays_hex(number: int) -> None:
    (position,) = says(records(Fix(values={number: b"\1\x21\3"}), codec=0x8E)).positions
    assert position.attributes[f"io_{number}"] == "012103"


@pytest.mark.parametrize(
    ("values", "alarm"),
    [
        ({253: b"\2"}, "harsh_braking"),
        ({252: b"\1", 246: b"\1"}, "tow,power_cut"),
        ({255: b"\x78"}, "overspeed"),
        ({252: b"\0", 253: b"\0"}, None),
    ],
)
def test_alarms(values: dict[int, bytes], alarm: str | None) -> None:
    assert says(records(Fix(values=values))).positions[0].attributes.get("alarm") == alarm


def test_values_of_sixteen_bytes_where_the_device_sends_them() -> None:
    fix = Fix(values={203: bytes(range(16)), 239: b"\1"})
    data = packet(b"\x08\x01" + record(fix, 8, (1, 2, 4, 8, 16)) + b"\x01")
    (position,) = says(data, talk(extended=True)).positions
    assert position.attributes["io_203"] == bytes(range(16)).hex()
    with pytest.raises(Malformed):
        says(data)


def test_some_series_tell_the_speed_once_more() -> None:
    data = records(Fix(speed=4, values={24: b"\0\3"}))
    assert says(data).positions[0].speed_kmh == 4
    assert says(data, talk(model="FMB130")).positions[0].speed_kmh == 3


@pytest.mark.parametrize(
    ("codec", "before", "said", "result"),
    [
        (0x0C, b"", b"INI:2026/1/2 3:4\r\n", "INI:2026/1/2 3:4"),
        (0x0C, b"", b"\x01\x03\x00\xd5", "010300d5"),
        (0x0D, bytes(4), b"#GET", "#GET"),
        (0x0E, bytes(8), b"Ver:03", "Ver:03"),
        (0x0F, bytes(12), b"hello", "hello"),
    ],
)
def test_results_of_commands_are_not_answered(
    codec: int, before: bytes, said: bytes, result: str
) -> None:
    content = before + said
    data = bytes((codec, 1, 6)) + len(content).to_bytes(4, "big") + content + b"\x01"
    message = says(packet(data))
    assert (message.attributes, message.answer, message.positions) == ({"result": result}, b"", ())


def test_a_block_of_a_photo_is_no_result() -> None:
    message = says(packet(b"\x0c\x01\x0d" + (5).to_bytes(4, "big") + b"\1\0\0\0\0" + b"\1"))
    assert (message.kind, message.attributes) == ("photo", {})


def test_records_of_the_oldest_codec() -> None:
    seconds = int(
        (
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) - datetime(2007, 1, 1, tzinfo=UTC)
        ).total_seconds()
    )
    place = bytes.fromhex("41fa0000 42f30000 000c 40 28 07 000a0b0c 05 00006018")
    one = (seconds | 1 << 30).to_bytes(4, "big") + b"\x03\xff" + place + b"\x01\x01\x01"
    message = says(packet(b"\x07\x01" + one + b"\x01"))
    (position,) = message.positions
    assert position.time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (position.latitude, position.longitude) == (31.25, 121.5)
    assert (position.altitude_m, position.course, position.speed_kmh) == (12, 90, 40)
    assert dict(position.attributes) == {"inputs": 1, "satellites": 7}
    without = says(packet(b"\x07\x01" + seconds.to_bytes(4, "big") + b"\x00\x01"))
    assert (without.positions, without.answer) == ((), b"\0\0\0\x01")


def test_a_datagram_names_its_device_and_is_answered_by_its_numbers() -> None:
    data = records(Fix(), Fix())[8:-4]
    body = b"\xca\xfe\x01\x05\x00\x0f" + IMEI.encode() + data
    message = says(len(body).to_bytes(2, "big") + body, talk(None))
    assert (message.device, len(message.positions)) == (IMEI, 2)
    assert message.answer == bytes.fromhex("0005cafe010502")


@given(st.sampled_from([7, 8, 0x8E, 0x10, 12, 13, 14, 15]), st.binary(max_size=120), st.booleans())
def test_any_content_is_read_or_refused(codec: int, content: bytes, extended: bool) -> None:
    with suppress(Malformed):
        says(packet(bytes((codec, 1)) + content + b"\x01"), talk(extended=extended))
