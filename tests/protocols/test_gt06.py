"""GT06: what a device writes is read as it meant it, and answered."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.binary import crc_x25
from gps.protocols.gt06 import LONG, LONGEST, SHORT, WIRE, decode, frame
from gps.protocols.seam import Conversation, Malformed, Message, answering

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IMEI = "863501234567890"
DEGREE = 1_800_000


@dataclass(frozen=True)
class Fix:
    time: datetime = AT
    latitude: float = 31.25
    longitude: float = 121.5
    speed: int = 40
    course: int = 90
    valid: bool = True
    satellites: int = 9


def gps(fix: Fix) -> bytes:
    """The block of a place, 18 bytes."""
    bits = fix.course | (fix.valid << 12)
    bits |= (fix.latitude >= 0) << 10 | (fix.longitude < 0) << 11
    return (
        clock(fix.time)
        + bytes((0xC0 | fix.satellites,))
        + round(abs(fix.latitude) * DEGREE).to_bytes(4, "big")
        + round(abs(fix.longitude) * DEGREE).to_bytes(4, "big")
        + bytes((fix.speed,))
        + bits.to_bytes(2, "big")
    )


def clock(at: datetime) -> bytes:
    return bytes((at.year - 2000, at.month, at.day, at.hour, at.minute, at.second))


def talk(logged_in: str | None = IMEI, model: str = "") -> Conversation:
    return Conversation(lambda: AT, logged_in, model)


def says(data: bytes, conversation: Conversation | None = None) -> Message:
    """What one frame, and no other, means."""
    conversation = conversation or talk()
    (found,) = WIRE.cutter().feed(data)
    assert isinstance(found, bytes)
    return answering(decode(found, conversation), conversation)


def short(number: int, content: bytes = b"", serial: int = 7) -> bytes:
    return frame(SHORT, number, content, serial)


def long(number: int, content: bytes = b"", serial: int = 7) -> bytes:
    return frame(LONG, number, content, serial)


CELL = bytes.fromhex("01cc00287d001f71")

fixes = st.builds(
    Fix,
    time=st.integers(1_000_000_000, 4_000_000_000).map(
        lambda one: datetime.fromtimestamp(one, UTC)
    ),
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    speed=st.integers(0, 255),
    course=st.integers(0, 359),
    valid=st.booleans(),
    satellites=st.integers(0, 15),
)


@given(fixes, st.sampled_from([0x10, 0x12, 0x16, 0x1A, 0x22, 0x26, 0x2D, 0x37, 0xA0, 0xA4]))
def test_a_place_comes_back(fix: Fix, number: int) -> None:
    (position,) = says(short(number, gps(fix))).positions
    assert position.time == fix.time
    assert position.valid is fix.valid
    assert position.latitude == pytest.approx(fix.latitude, abs=1e-6)
    assert position.longitude == pytest.approx(fix.longitude, abs=1e-6)
    assert (position.speed_kmh, position.course) == (fix.speed, fix.course)
    assert position.attributes["satellites"] == fix.satellites


@given(st.binary(max_size=60), st.integers(0, 255), st.data())
def test_a_changed_byte_is_refused(content: bytes, number: int, data: st.DataObject) -> None:
    whole = bytearray(short(number, content))
    whole[data.draw(st.integers(2, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    cutter = WIRE.cutter()
    told = [*cutter.feed(bytes(whole)), cutter.flush()]
    assert any(isinstance(one, Malformed) for one in told)
    assert not any(one == short(number, content) for one in told)


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=4),
    st.lists(st.binary(max_size=20).filter(lambda one: not {0x78, 0x79} & {*one}), min_size=5),
)
def test_garbage_between_frames_loses_none(contents: list[bytes], garbage: list[bytes]) -> None:
    frames = [short(0x12, one, at) for at, one in enumerate(contents)]
    stream = b"".join(waste + one for waste, one in zip(garbage, frames, strict=False))
    assert [one for one in WIRE.cutter().feed(stream) if isinstance(one, bytes)] == frames


def test_no_frame_is_longer_than_is_kept() -> None:
    cutter = WIRE.cutter()
    whole = long(0x9B, bytes(LONGEST - 11))
    assert list(cutter.feed(whole)) == [whole]
    (told,) = cutter.feed(b"\x79\x79" + (LONGEST - 5).to_bytes(2, "big"))
    assert isinstance(told, Malformed)


def test_a_login_says_who_it_is_and_is_answered() -> None:
    conversation = talk(None)
    login = short(0x01, bytes.fromhex("0" + IMEI), 0x0105)
    message = says(login, conversation)
    assert (message.kind, conversation.device) == ("login", IMEI)
    body = bytes.fromhex("05010105")
    assert message.answer == b"\x78\x78" + body + crc_x25(body).to_bytes(2, "big") + b"\r\n"


@pytest.mark.parametrize("content", [b"", bytes(7), bytes.fromhex("0a86350123456789")])
def test_a_login_without_an_imei_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        says(short(0x01, content), talk(None))


@pytest.mark.parametrize("number", [0x12, 0x13, 0x94, 0x7F])
def test_nobody_is_not_answered(number: int) -> None:
    with pytest.raises(Malformed, match="no device has identified itself"):
        says(short(number, gps(Fix())), talk(None))


@pytest.mark.parametrize(
    ("word", "ahead"),
    [
        (800 << 4, timedelta(hours=8)),
        (330 << 4 | 8, -timedelta(hours=3, minutes=30)),
        (0xFFF0, timedelta(0)),
    ],
)
def test_the_clock_of_a_device_is_in_the_zone_of_its_login(word: int, ahead: timedelta) -> None:
    conversation = talk(None)
    says(short(1, bytes.fromhex("0" + IMEI) + b"\x20\x01" + word.to_bytes(2, "big")), conversation)
    says(short(1, bytes.fromhex("0" + IMEI)), conversation)
    (position,) = says(short(0x12, gps(Fix(AT + ahead))), conversation).positions
    assert position.time == AT


@pytest.mark.parametrize("number", [0x22, 0x26, 0xA0, 0xA4])
def test_some_messages_are_in_utc_whatever_the_zone(number: int) -> None:
    conversation = talk(None)
    says(short(1, bytes.fromhex("0" + IMEI + "20013200")), conversation)
    assert says(short(number, gps(Fix())), conversation).positions[0].time == AT


def test_a_clock_that_is_not_set_gives_no_time() -> None:
    (position,) = says(short(0x12, bytes(6) + gps(Fix())[6:])).positions
    assert position.time is None


@pytest.mark.parametrize("wrong", [b"\x1a\x0d\x01", b"\xc8\x01\x01", b"\x1a\x01\x20"])
def test_a_time_that_is_none_is_refused(wrong: bytes) -> None:
    with pytest.raises(Malformed, match="time"):
        says(short(0x12, wrong + gps(Fix())[3:]))


def test_a_place_off_the_globe_is_refused() -> None:
    with pytest.raises(Malformed, match="place"):
        says(short(0x12, gps(Fix())[:7] + b"\xff" * 4 + gps(Fix())[11:]))


def test_half_a_place_is_refused() -> None:
    with pytest.raises(Malformed, match="too short"):
        says(short(0x12, gps(Fix())[:-1]))


def test_a_location_tells_cell_and_ignition() -> None:
    tail = bytes.fromhex("01 02 01 00001388")
    (position,) = says(short(0x22, gps(Fix()) + CELL + tail)).positions
    assert dict(position.attributes) == {
        "satellites": 9,
        "cell": "460-0-10365-8049",
        "ignition": True,
        "event": 2,
        "archived": True,
        "odometer_m": 5000,
    }


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("01cc00287d001f71", "460-0-10365-8049"),
        ("0901cc00287d001f71", "460-0-10365-8049"),
        ("0a81cc0001287d001f71", "460-1-10365-8049"),
        ("0901cc00287d00001f71", "460-0-10365-8049"),
        ("1001cc000000287d0000000000001f71", "460-0-10365-8049"),
        ("1181cc00010000287d0000000000001f71", "460-1-10365-8049"),
        ("090000000000000000", None),
    ],
)
def test_an_alarm_tells_cell_status_and_code(cell: str, said: str | None) -> None:
    status = bytes.fromhex("44 03 04 01 02")
    message = says(short(0x26, gps(Fix()) + bytes.fromhex(cell) + status, 0x77))
    (position,) = message.positions
    attributes = position.attributes
    assert attributes.get("cell") == said
    assert (attributes["ignition"], attributes["charging"]) == (False, True)
    assert (attributes["battery_percent"], attributes["rssi"]) == (50, 4)
    assert attributes["alarm"] == "sos"
    assert message.answer == short(0x26, b"", 0x77)


@pytest.mark.parametrize("more", [b"", bytes(4)])
def test_an_odometer_behind_the_status_is_no_part_of_it(more: bytes) -> None:
    content = gps(Fix()) + b"\x09" + CELL + bytes.fromhex("44 03 04 06 02") + more
    (position,) = says(short(0x26, content)).positions
    assert (position.attributes["cell"], position.attributes["alarm"]) == (
        "460-0-10365-8049",
        "overspeed",
    )


def test_a_status_that_is_not_there_is_no_alarm() -> None:
    (position,) = says(short(0x26, gps(Fix()) + b"\x77" + CELL + b"\1\1\1\1\1")).positions
    assert set(position.attributes) == {"satellites"}


def test_alarms_of_both_bytes_are_told() -> None:
    status = bytes.fromhex("10 06 04 04 02")
    (position,) = says(short(0x26, gps(Fix()) + CELL + status)).positions
    assert position.attributes["alarm"] == "power_cut,geofence_enter"


def test_a_model_may_mean_another_alarm() -> None:
    data = short(0x16, gps(Fix()) + CELL + bytes.fromhex("46 06 04 19 01"))
    assert says(data).positions[0].attributes["alarm"] == "low_battery"
    other = says(data, talk(model="LW4G-4B")).positions[0]
    assert other.attributes["alarm"] == "harsh_acceleration"


def test_a_heartbeat_is_answered_and_has_no_place() -> None:
    message = says(short(0x13, bytes.fromhex("46 5a 03 00 02")))
    assert message.positions == ()
    assert message.attributes["battery_percent"] == 90
    assert message.attributes["ignition"] is True
    assert message.answer == short(0x13)


@pytest.mark.parametrize("model", ["XT40", "VL100"])
def test_models_that_name_themselves_need_no_login(model: str) -> None:
    content = b"\x01" + bytes.fromhex("0" + IMEI) + clock(AT) + gps(Fix()) + b"\x09" + CELL
    volts = bytes.fromhex("46 04e3 29 33 0002 00468b 000025")
    message = says(short(0x22, content + volts), talk(None, model))
    assert message.device == IMEI
    assert message.positions[0].attributes["power_v"] == 12.51
    assert message.positions[0].attributes["battery_v"] == 4.1
    assert message.positions[0].attributes["odometer_m"] == 18059


def test_a_camera_has_its_speed_behind_its_course() -> None:
    block = gps(Fix(speed=0))
    content = b"\xff\xff\x01" + block[:15] + block[16:] + (300).to_bytes(2, "big")
    (position,) = says(short(0x95, content + bytes.fromhex("008a 92 0000") + b"A.mp4\0")).positions
    assert (position.speed_kmh, position.course) == (300, 90)
    assert position.attributes["alarm"] == "harsh_cornering"
    assert position.attributes["files"] == "A.mp4"
    bare = says(short(0x95, block[:6] + block[7:15] + block[16:] + b"\x93\0\0"))
    assert bare.positions[0].attributes["alarm"] == "accident"
    assert says(short(0x95, block[:6] + b"\x91\0\0")).attributes["alarm"] == "harsh_braking"


def test_modules_tell_place_and_card() -> None:
    block = gps(Fix())
    told = int(AT.timestamp()).to_bytes(4, "big") + b"\x09\x00\x64" + block[7:]
    parts = [(0x33, told), (0x18, b"\x01\x72"), (0x03, bytes.fromhex("89860012345678901234"))]
    listed = b"".join(
        number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for number, value in parts
    )
    message = says(long(0x70, bytes(5) + listed))
    (position,) = message.positions
    assert (position.time, position.altitude_m, position.speed_kmh) == (AT, 100, 40)
    assert position.attributes["battery_v"] == 3.7
    assert position.attributes["iccid"] == "89860012345678901234"
    assert message.answer == short(0x70)


def test_a_place_in_words() -> None:
    words = (
        "Current position!Lat:S23.5,Lon:E114.25,Course:90.5,Speed:12.5,DateTime:2026-01-02 03:04:05"
    )
    message = says(long(0x21, bytes(4) + b"\x01" + words.encode()))
    (position,) = message.positions
    assert (position.latitude, position.longitude) == (-23.5, 114.25)
    assert (position.time, position.speed_kmh, position.course) == (AT, 12.5, 90.5)
    assert message.answer == b""


@pytest.mark.parametrize(
    ("content", "name", "value"),
    [
        ("00 04eb", "power_v", 12.59),
        ("05 01", "door_open", True),
        ("05 1a0102030405 00", "door_open", False),
        ("0b 01", "network", "4G"),
        ("1b 0208 4277efef 3503", "driver", "4277efef"),
        ("1e ffffffb5 000002ee 00", "temperature_c", -7.5),
        ("04" + b"ALM1=45;ICCID=8997103101008959042F;".hex(), "iccid", "8997103101008959042"),
        ("0d" + b"!AIOIL,02,008.290,029.600,519J".hex(), "fuel_raw", 8.29),
    ],
)
def test_information_is_read_and_not_answered(content: str, name: str, value: object) -> None:
    message = says(long(0x94, bytes.fromhex(content)))
    assert message.attributes[name] == value
    assert message.answer == b""


def test_the_clock_is_told_in_utc() -> None:
    assert says(short(0x8A, b"", 3)).answer == short(0x8A, clock(AT), 3)


def test_an_address_is_not_known() -> None:
    assert says(short(0x2A, gps(Fix()))).answer == long(0x97, b"\x0b\0\0\0\0NA&&NA&&0##", 0)


def test_a_command_and_its_result() -> None:
    words = b"DYD=Success!"
    content = bytes((4 + len(words),)) + bytes(4) + words + b"\0\x02"
    assert says(short(0x15, content)).attributes["result"] == "DYD=Success!"
    assert says(short(0x80, content)).answer == b""


def test_what_is_not_known() -> None:
    assert says(short(0x7F)).answer == short(0x7F)
    with pytest.raises(Malformed, match="unknown message 0x7f"):
        says(long(0x7F))


@given(st.integers(0, 255), st.booleans(), st.binary(max_size=80), st.sampled_from(["", "XT40"]))
def test_any_content_is_read_or_refused(
    number: int, extended: bool, content: bytes, model: str
) -> None:
    data = (long if extended else short)(number, content)
    with suppress(Malformed):
        says(data, talk(model=model))
