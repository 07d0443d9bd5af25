"""Meitrack: text and records."""

import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.meitrack import LONGEST, WIRE
from gps.protocols.seam import Malformed
from tests.protocols.stream import GARBAGE, LATITUDES, LONGITUDES, SIZES, TIMES, heard, talk

IMEI = "861234567890123"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
FIXES = st.fixed_dictionaries(
    {
        "time": TIMES,
        "valid": st.booleans(),
        "latitude": LATITUDES,
        "longitude": LONGITUDES,
        "altitude": st.integers(0, 8000),
        "speed": st.integers(0, 250),
        "course": st.integers(0, 359),
    }
)


def framed(content: bytes, flag: bytes = b"Q") -> bytes:
    """A frame of the device: word and what follows it."""
    tail = b",%s,%s*" % (IMEI.encode(), content)
    frame = b"$$%s%d%s" % (flag, len(tail) + 4, tail)
    return frame + b"%02X\r\n" % (sum(frame) % 256)


def report(fix: dict[str, Any], event: int = 35, more: str = "") -> bytes:
    """A report in text."""
    validity = "A" if fix["valid"] else "V"
    return framed(
        f"AAA,{event},{fix['latitude']:.6f},{fix['longitude']:.6f},{fix['time']:%y%m%d%H%M%S},"
        f"{validity},9,21,{fix['speed']},{fix['course']},1.2,{fix['altitude']},8125,3600,"
        f"460|1|1F2E|0A1B2C3D,0402,0010|0020|0000|019A|0532{more}".encode()
    )


def record(fix: dict[str, Any], event: int = 35) -> bytes:
    """A record of CCC."""
    return struct.pack(
        "<BiiIBBBHHHhIIHHHHHHHHI",
        event,
        round(fix["latitude"] * 1e6),
        round(fix["longitude"] * 1e6),
        int((fix["time"] - EPOCH).total_seconds()),
        fix["valid"],
        9,
        21,
        fix["speed"],
        fix["course"],
        12,
        fix["altitude"],
        *(8125, 3600, 460, 1, 7982, 2604, 0, 7, 410, 1330, 0),
    )


def records(*fixes: dict[str, Any]) -> bytes:
    return framed(b"CCC," + struct.pack("<HHI", 1, 52, 0) + b"".join(map(record, fixes)))


def group(size: int | None, *items: tuple[bytes, bytes]) -> bytes:
    """Parameters of one size."""
    told = (key + (bytes([len(value)]) if size is None else b"") + value for key, value in items)
    return bytes([len(items)]) + b"".join(told)


def parameters(*fixes: dict[str, Any], extra: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A frame of CCE."""
    told = []
    for index, fix in enumerate(fixes):
        place = [
            (b"\x02", struct.pack("<i", round(fix["latitude"] * 1e6))),
            (b"\x03", struct.pack("<i", round(fix["longitude"] * 1e6))),
            (b"\x04", struct.pack("<I", int((fix["time"] - EPOCH).total_seconds()))),
            (b"\xfe\xf4", struct.pack("<I", 90)),
        ]
        body = (
            struct.pack("<H", index)
            + group(1, (b"\x05", bytes([fix["valid"]])), (b"\xfe\x69", b"\x55"))
            + group(
                2,
                (b"\x08", struct.pack("<H", fix["speed"])),
                (b"\x09", struct.pack("<H", fix["course"])),
                (b"\x0b", struct.pack("<h", fix["altitude"])),
            )
            + group(4, *place)
            + group(None, (b"\x0e", struct.pack("<HHHIh", 460, 1, 7982, 99, -70)), *extra)
        )
        told.append(struct.pack("<H", len(body)) + body)
    return framed(b"CCE," + struct.pack("<IH", 0, len(told)) + b"".join(told))


def same(position: Any, fix: dict[str, Any]) -> bool:
    return bool(
        position.time == fix["time"]
        and position.valid == fix["valid"]
        and abs(position.latitude - fix["latitude"]) < 1e-9
        and abs(position.longitude - fix["longitude"]) < 1e-9
        and (position.altitude_m, position.speed_kmh, position.course)
        == (fix["altitude"], fix["speed"], fix["course"])
    )


@given(fix=FIXES, sizes=SIZES)
def test_a_report_comes_back_in_any_chunks(fix: dict[str, Any], sizes: list[int]) -> None:
    messages, reasons = heard(WIRE, report(fix), sizes)
    assert reasons == []
    (message,) = messages
    assert (message.device, message.answer) == (IMEI, b"")
    assert same(message.positions[0], fix)


@given(fixes=st.lists(FIXES, min_size=1, max_size=5), sizes=SIZES)
def test_records_come_back_and_are_acknowledged(
    fixes: list[dict[str, Any]], sizes: list[int]
) -> None:
    messages, reasons = heard(WIRE, records(*fixes) + parameters(*fixes), sizes)
    assert reasons == []
    for message in messages:
        assert all(map(same, message.positions, fixes))
        assert len(message.positions) == len(fixes)
    tail = f",{IMEI},CCC,{len(fixes)}*".encode()
    answer = b"@@Q%d%s" % (len(tail) + 4, tail)
    assert messages[0].answer == answer + b"%02X\r\n" % (sum(answer) % 256)
    assert messages[1].answer == b""


FIX = {
    "time": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    "valid": True,
    "latitude": 31.25,
    "longitude": -121.5,
    "altitude": 12,
    "speed": 44,
    "course": 90,
}


def test_what_a_report_says_beside_the_place() -> None:
    ((message,), _) = heard(WIRE, report(FIX, 1, ",,,3,2A32,06FB2E|02001A"))
    assert message.positions[0].attributes == {
        "event": 1,
        "alarm": "sos",
        "satellites": 9,
        "rssi": 21,
        "hdop": 1.2,
        "odometer_m": 8125,
        "runtime_s": 3600,
        "cell": "460-1-7982-169552957",
        "inputs": 4,
        "outputs": 2,
        "analog_1": 16,
        "analog_2": 32,
        "analog_3": 0,
        "battery_v": 4.1,
        "power_v": 13.3,
        "fuel_percent": 42.5,
        "temperature_6_c": -12.34,
        "temperature_2_c": 0.26,
    }


def test_voltages_are_scaled_by_the_model_and_decimals_are_volts() -> None:
    ((message,), _) = heard(WIRE, report(FIX), model="mvt380")
    assert message.positions[0].attributes["battery_v"] == 2.402
    assert message.positions[0].attributes["power_v"] == 62.344
    plain = report(FIX).split(b",0010|")[0].partition(b"AAA")[2] + b",1|2|3|4.05|12.8"
    ((message,), _) = heard(WIRE, framed(b"AAA" + plain))
    assert message.positions[0].attributes["battery_v"] == 4.05
    assert message.positions[0].attributes["power_v"] == 12.8


def test_coarse_temperatures_and_the_tag_of_a_driver() -> None:
    ((message,), _) = heard(WIRE, report(FIX, 37, ",00A1B2,,1,,01FB2E"))
    assert message.positions[0].attributes["driver"] == "00A1B2"
    assert message.positions[0].attributes["temperature_1_c"] == -4.54


def test_a_number_may_stand_before_the_event() -> None:
    content = report(FIX).partition(b"AAA,")[2][:-5]
    ((message,), _) = heard(WIRE, framed(b"AAA,7," + content))
    assert same(message.positions[0], FIX)


def test_what_parameters_say_beside_the_place() -> None:
    temperatures = ((b"\x2b", b"\x00" + struct.pack("<h", -812)),)
    ((message,), _) = heard(WIRE, parameters(FIX, extra=temperatures))
    assert message.positions[0].attributes == {
        "battery_percent": 85,
        "engine_hours": 1.5,
        "cell": "460-1-7982-99",
        "temperature_1_c": -8.12,
    }


def test_a_number_of_many_bytes_is_none() -> None:
    extra = ((b"\xa0", b"\xff" * 255), (b"\x02", b"\xff" * 255))
    ((message,), reasons) = heard(WIRE, parameters(FIX, extra=extra))
    assert (same(message.positions[0], FIX), reasons) == (True, [])
    assert "fuel_used_l" not in message.positions[0].attributes


def test_a_record_without_a_place_gives_no_position() -> None:
    body = b"\x00\x00" + group(1, (b"\x05", b"\x00")) + group(2, (b"\x40", b"\x11\x00"))
    body += group(4) + group(None)
    content = b"CCE," + struct.pack("<IHH", 0, 1, len(body)) + body
    ((message,), _) = heard(WIRE, framed(content))
    assert message.positions == ()
    assert message.attributes == {"event": 17, "alarm": "low_battery"}


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"AAC,1", b"@@Q27,%s,AAC,1*"),
        (b"D03,OK", b"@@O46,%s,D00,camera_picture.jpg,0*"),
        (b"D00,a.jpg,20,7,\xff\x00$$", b"@@O33,%s,D00,a.jpg,8*"),
        (b"D00,a.jpg,20,6,\xff", b""),
        (b"D00,a.jpg,8,7,\xff", b""),
        (b"D82,0", b""),
    ],
)
def test_answers(content: bytes, answer: bytes) -> None:
    ((message,), reasons) = heard(WIRE, framed(content))
    expected = answer.replace(b"%s", IMEI.encode())
    if answer:
        expected += b"%02X\r\n" % (sum(expected) % 256)
    assert (message.answer, reasons) == (expected, [])


def test_an_answer_to_a_command_is_told() -> None:
    ((message,), _) = heard(WIRE, framed(b"C01,OK"))
    assert message.attributes == {"result": "C01,OK"}


@given(place=st.integers(0, 400), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_and_the_next_frame_is_found(place: int, bit: int) -> None:
    whole = records(FIX)
    broken = bytearray(whole)
    broken[place % len(whole)] ^= 1 << bit
    messages, reasons = heard(WIRE, bytes(broken) + report(FIX))
    found = [one for one in messages if one.kind == "report"]
    assert len(found) == 1
    assert same(found[0].positions[0], FIX)
    # The digits of the checksum may be small letters.
    assert reasons or len(messages) == 2


@given(before=GARBAGE, between=GARBAGE)
def test_garbage_between_frames_loses_nothing(before: bytes, between: bytes) -> None:
    messages, _ = heard(WIRE, before + report(FIX) + between + records(FIX))
    assert [one.kind for one in messages] == ["report", "records"]


def test_a_frame_inside_a_frame_that_never_ends_is_found_at_once() -> None:
    found = list(WIRE.cutter().feed(b"$$A999,8612" + report(FIX)))
    assert [isinstance(one, bytes) for one in found] == [False, True]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r"])
def test_a_last_frame_may_lack_the_end_of_its_line(end: bytes) -> None:
    messages, reasons = heard(WIRE, report(FIX)[:-2] + end)
    assert (len(messages), reasons) == (1, [])
    assert heard(WIRE, report(FIX)[:-3] + end) == ([], ["wrong length"])


def test_what_is_kept_is_bounded() -> None:
    cutter = WIRE.cutter()
    for _ in range(40):
        list(cutter.feed(b"$$A4090,".ljust(1000, b"$")))
    assert len(cutter._held) <= LONGEST + 1000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"AAA,35,91.0,10.0,260203040506,A,9,21,1,1,1,1", "place"),
        (b"AAA,35,31.0,10.0,261303040506,A,9,21,1,1,1,1", "time"),
        (b"AAA,35,x,10.0,260203040506,A,9,21,1,1,1,1", "latitude"),
        (b"AAA,35", "report"),
        (b"CCC,", "wrong length"),
        (b"CCC," + struct.pack("<HHI", 1, 0, 0) + b"x", "wrong length"),
        (b"CCE,\x00", "wrong length"),
        (b"D00,a,b,c,d", "photo"),
    ],
)
def test_what_a_frame_cannot_say_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        WIRE.decode(framed(content), talk())
