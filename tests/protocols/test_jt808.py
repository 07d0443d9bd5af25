"""JT/T 808 from the bytes to the position: framing, messages, additional items, answers."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.jt808 import downlink, uplink
from gps.jt808.framing import (
    MAX_BODY,
    MAX_ESCAPED,
    Frame,
    FrameCutter,
    build_frame,
    build_message,
    checksum,
    escape,
    parse_frame,
)
from gps.protocols.jt808 import WIRE
from gps.protocols.jt808_frames import build_other
from gps.protocols.seam import Conversation, Malformed, Message, Value

AT = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
BEGIN = datetime(2001, 1, 1, tzinfo=UTC)
TERMINAL = "013800138000"


def talk(*chunks: bytes, model: str = "") -> list[Message | Malformed]:
    """What one connection says."""
    cutter, conversation = WIRE.cutter(), Conversation(lambda: AT, model=model)
    found: list[Message | Malformed] = []
    for chunk in chunks:
        for frame in cutter.feed(chunk):
            found.append(frame if isinstance(frame, Malformed) else heard(frame, conversation))
    return found


def heard(frame: bytes, conversation: Conversation) -> Message | Malformed:
    try:
        return WIRE.decode(frame, conversation)
    except Malformed as problem:
        return problem


def messages(found: Iterable[Message | Malformed]) -> list[Message]:
    return [one for one in found if isinstance(one, Message)]


def said(message_id: int, body: bytes, *, version: int | None = None, serial: int = 7) -> bytes:
    terminal = TERMINAL if version is None else TERMINAL.zfill(20)
    return b"".join(
        build_message(message_id, body, terminal=terminal, serial=serial, version=version)
    )


def location(**changes: object) -> uplink.Location:
    values: dict[str, object] = {
        "alarm_bits": 0,
        "status_bits": uplink.STATUS_ACC | uplink.STATUS_POSITIONED,
        "lat": 39.975121,
        "lon": 116.331355,
        "altitude_m": 52,
        "speed_kmh": 36.5,
        "course_deg": 271,
        "fix_at": AT,
        **changes,
    }
    return uplink.Location(**values)


def attributes(extra: str, *, model: str = "", version: int | None = None, **changes: object) -> (
    dict[str, Value]
):  # fmt: skip
    body = uplink.build_location(location(extra=bytes.fromhex(extra), **changes))
    (message,) = messages(talk(said(0x0200, body, version=version), model=model))
    return dict(message.positions[0].attributes)


def answers(message: Message | Malformed) -> list[Frame]:
    return [one for one in FrameCutter().feed(message.answer) if isinstance(one, Frame)]


locations = st.builds(
    location,
    status_bits=st.sampled_from([0, uplink.STATUS_ACC, uplink.STATUS_POSITIONED]),
    lat=st.integers(-90_000_000, 90_000_000).map(lambda one: one / 1e6),
    lon=st.integers(-180_000_000, 180_000_000).map(lambda one: one / 1e6),
    altitude_m=st.integers(-400, 9000),
    speed_kmh=st.integers(0, 2000).map(lambda one: one / 10),
    course_deg=st.integers(0, 359),
    fix_at=st.none()
    | st.integers(0, 3_000_000_000).map(lambda seconds: BEGIN + timedelta(seconds=seconds)),
)


@given(locations, st.sampled_from([None, 1]))
def test_a_position_comes_back(one: uplink.Location, version: int | None) -> None:
    (message,) = messages(talk(said(0x0200, uplink.build_location(one), version=version)))
    (position,) = message.positions
    assert message.device == TERMINAL.lstrip("0")
    assert (position.time, position.valid) == (one.fix_at, one.positioned)
    assert (position.latitude, position.longitude) == (one.lat, one.lon)
    assert (position.altitude_m, position.course) == (one.altitude_m, one.course_deg)
    assert position.speed_kmh == one.speed_kmh
    assert position.attributes["ignition"] is one.ignition
    (answer,) = answers(message)
    assert downlink.parse(answer) == downlink.PlatformAck(7, 0x0200, downlink.OK)
    assert answer.version == version


@given(st.lists(locations, min_size=1, max_size=20), st.sampled_from([0, 1]))
def test_a_batch_comes_back(several: list[uplink.Location], kind: int) -> None:
    (message,) = messages(talk(said(0x0704, uplink.build_batch(several, kind))))
    assert [one.time for one in message.positions] == [one.fix_at for one in several]
    buffered = [one.attributes.get("archived", False) for one in message.positions]
    assert buffered == [kind == 1] * len(several)


def test_a_batch_with_lengths_of_one_byte() -> None:
    body = uplink.build_location(location())
    (message,) = messages(talk(said(0x0210, (bytes([len(body)]) + body) * 3)))
    assert len(message.positions) == 3


@given(st.data())
def test_any_chunking_means_the_same(data: st.DataObject) -> None:
    stream = b"".join(
        data.draw(junk) + said(0x0200, uplink.build_location(one))
        for one in data.draw(st.lists(locations, max_size=4))
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in pairwise([0, *cuts, len(stream)])]
    assert [str(one) for one in talk(*chunks)] == [str(one) for one in talk(stream)]


junk = st.binary(max_size=60).map(lambda data: data.replace(b"\x7e", b"\x7d"))


@given(st.lists(junk, min_size=3, max_size=3))
def test_garbage_between_frames_loses_nothing(noise: list[bytes]) -> None:
    frame = said(0x0200, uplink.build_location(location()))
    found = messages(talk(noise[0] + frame + noise[1] + frame + noise[2] + frame))
    assert len(found) == 3


@pytest.mark.parametrize("mark", [b"\xe7", b"(", b"\x7e", b"(\xe7((\xe7"])
def test_marks_of_other_framings_in_the_noise_lose_nothing(mark: bytes) -> None:
    frame = said(0x0002, b"")
    assert [one.kind for one in messages(talk(mark + frame, mark, frame))] == ["heartbeat"] * 2


def test_a_lost_delimiter_costs_one_frame_only() -> None:
    frame = said(0x0002, b"")
    assert len(messages(talk(frame[:-1] + frame + frame[1:] + frame))) >= 3


@given(locations, st.integers(1), st.integers(1, 255))
def test_one_flipped_byte_is_refused(one: uplink.Location, place: int, bits: int) -> None:
    frame = bytearray(said(0x0200, uplink.build_location(one)))
    frame[1 + place % (len(frame) - 2)] ^= bits
    assert messages(talk(bytes(frame))) == []


def test_why_a_frame_is_refused() -> None:
    frame = said(0x0002, b"")
    wrong = frame[:-2] + bytes([frame[-2] ^ 1]) + frame[-1:]
    short = bytearray(frame[1:-2])
    short[3] = 9
    length = b"\x7e" + escape(bytes(short) + bytes([checksum(short)])) + b"\x7e"
    assert [str(one) for one in talk(wrong + length)] == ["wrong checksum", "wrong length"]


def test_no_run_without_an_end_is_kept() -> None:
    cutter = WIRE.cutter()
    found = [one for _ in range(20) for one in cutter.feed(b"\x7e" + b"\x55" * 1000)]
    found += [one for _ in range(20) for one in cutter.feed(b"\xe7" + b"(" * 1000)]
    assert len(cutter._held) <= MAX_ESCAPED
    frame = said(0x0002, b"")
    assert frame in list(cutter.feed(b"\x7e" + frame))


def test_what_a_line_leaves_unfinished_is_told() -> None:
    cutter = WIRE.cutter()
    assert list(cutter.feed(said(0x0002, b"")[:-1])) == []
    assert str(cutter.flush()) == "cut off"
    assert cutter.flush() is None


def test_a_body_that_cannot_be_is_answered_so() -> None:
    (found,) = talk(said(0x0200, b"\x00" * 27))
    assert isinstance(found, Malformed)
    (answer,) = answers(found)
    assert downlink.parse(answer) == downlink.PlatformAck(7, 0x0200, downlink.BAD_MESSAGE)


def test_an_unknown_message_is_answered_as_unsupported() -> None:
    (found,) = talk(said(0x0F0F, b"abc"))
    assert str(found) == "unknown message 0x0f0f"
    (answer,) = answers(found)
    assert downlink.parse(answer) == downlink.PlatformAck(7, 0x0F0F, downlink.UNSUPPORTED)


def test_what_is_encrypted_is_not_read() -> None:
    frame = build_frame(Frame(0x0200, TERMINAL, 7, bytes(28), encryption=1))
    assert [str(one) for one in talk(frame)] == ["unknown encryption 0x0200"]


@pytest.mark.parametrize("version", [None, 1])
def test_a_registration_gets_a_code(version: int | None) -> None:
    told = uplink.Register(11, 100, "PAIDA", "SOFT", "0000001", 2, "京A12345")
    (message,) = messages(talk(said(0x0100, uplink.build_register(told, version=version),
                                    version=version)))  # fmt: skip
    assert message.attributes == {"model": "SOFT", "plate": "京A12345"}
    (answer,) = answers(message)
    code = TERMINAL if version is None else TERMINAL.zfill(20)
    assert downlink.parse(answer) == downlink.RegisterAck(7, 0, code)


def test_the_time_is_told() -> None:
    (message,) = messages(talk(said(0x0004, b"")))
    (answer,) = answers(message)
    assert (answer.message_id, answer.body.hex()) == (0x8004, "260301040506")
    (message,) = messages(talk(said(0x0109, b"")))
    (answer,) = answers(message)
    assert (answer.message_id, answer.body.hex()) == (0x8109, "07ea030104050600")


def test_what_answers_us_is_not_answered() -> None:
    acknowledged = said(0x0001, uplink.build_terminal_ack(uplink.TerminalAck(1, 0x8300, 0)))
    asked = said(0x0201, b"\x00\x09" + uplink.build_location(location()))
    one, other = messages(talk(acknowledged + asked))
    assert (one.answer, other.answer) == (b"", b"")
    assert len(other.positions) == 1


def test_parts_are_joined_and_the_missing_one_is_asked_for() -> None:
    body = uplink.build_batch([location()] * 80)
    frames = build_message(0x0704, body, terminal=TERMINAL, serial=20)
    assert len(body) > 2 * MAX_BODY
    first, last, missing = messages(talk(frames[0], frames[2], frames[1]))
    assert [one.message_id for one in answers(first)] == [downlink.PLATFORM_ACK]
    _, asked = answers(last)
    assert downlink.parse(asked) == downlink.AskMissing(20, (2,))
    assert len(missing.positions) == 80
    assert [one.kind for one in (first, last, missing)] == ["part", "part", "positions"]


def test_the_parts_of_few_senders_are_kept() -> None:
    conversation = Conversation(lambda: AT)
    body = uplink.build_batch([location()] * 80)
    for sender in range(100):
        frames = build_message(0x0704, body, terminal=f"{sender:012}", serial=1)
        heard(frames[0], conversation)
    assert len(conversation.memory["jt808"]) <= 4


def test_a_number_that_is_not_decimal_is_an_imei() -> None:
    frame = build_frame(Frame(0x0002, f"{86547807010206:012x}", 1, b""))
    (message,) = messages(talk(frame))
    assert message.device == "865478070102068"


@pytest.mark.parametrize(("extra", "told"), [
    ("0104000003e8", {"odometer_m": 100000}),
    ("0202007b", {"fuel_l": 12.3}),
    ("0602ffec", {"temperature_c": -20}),
    ("06013e", {"battery_percent": 62}),
    ("30011f31010e", {"rssi": 31, "satellites": 14}),
    ("2b0400020001", {"analog_1": 1, "analog_2": 2}),
    ("510480150123", {"temperature_c": -2.1, "temperature_2_c": 29.1}),
    ("56020900", {"battery_percent": 90}),
    ("6902018b", {"battery_v": 3.95}),
    ("e4020063", {"charging": True, "battery_percent": 99}),
    ("e50101", {"motion": True}),
    ("e3060064019a0000", {"battery_v": 4.1, "battery_percent": 100}),
    ("ee0a01cc01262c009a674300", {"cell": "460-1-9772-10118979"}),
    ("eb09" + b"UTC+05:30".hex(), {"time_zone": "UTC+05:30"}),
    ("eb06000400a20000", {}),
    ("eb05000300e151", {"battery_percent": 81}),
    ("eb0801cc00253510260a", {"cell": "460-0-9525-4134"}),
    ("eb06000" + "600 89fffffffe".replace(" ", ""), {}),
    ("eb0800060089fffffffe", {"alarm": "power_cut"}),
    ("ec07f0090d353c03b8", {"wifi": "f0:09:0d:35:3c:03 -72"}),
    ("f70600000f620150", {"battery_v": 3.938, "battery_percent": 80, "charging": False}),
    ("f61607" "1eff940261ffe8ff10fdd805dc002800000032000a",
     {"event": 7, "temperature_c": -10.8, "humidity_percent": 60.9}),
    ("8202008581021388", {"power_v": 13.3, "rpm": 5000}),
    ("cc14" + b"8986047810203070000F".hex(), {"iccid": "8986047810203070000"}),
    ("7f03010203" "310105", {"satellites": 5}),
    ("310105" "30ff01", {"satellites": 5}),
])  # fmt: skip
def test_additional_items(extra: str, told: dict[str, Value]) -> None:
    assert attributes(extra) == {"ignition": True, **told}


def test_items_of_one_model() -> None:
    supply = "e80a2003070105019f030190"
    assert "battery_v" not in attributes(supply)
    assert attributes(supply, model="JC371")["battery_v"] == 4.15
    assert attributes("f8024936", model="C5L")["steps"] == 18742


def test_bits_of_alarm_and_status() -> None:
    assert attributes("", alarm_bits=0b11)["alarm"] == "sos,overspeed"
    assert "alarm" not in attributes("", alarm_bits=1 << 16)
    assert attributes("", alarm_bits=1 << 16, version=1)["alarm"] == "tyre_pressure"
    assert attributes("", alarm_bits=1 << 16, model="AL300")["alarm"] == "movement"
    told = attributes("", status_bits=1 << 10 | 1 << 12 | 1 << 13)
    assert told == {"ignition": False, "blocked": True, "locked": True, "door_open": True}
    assert attributes("", status_bits=1 << 22, version=1)["motion"] is True


def test_a_drivers_card_and_texts() -> None:
    card = (
        b"\x01" + bytes(6) + b"\x00" + bytes([4]) + "张三".encode("gbk") + b"A123".ljust(20, b"\0")
    )
    one, other, out = messages(
        talk(said(0x0702, card) + said(0x0702, b"\x02" + bytes(6)) + said(0x6006, b"\x00ok\r\n"))
    )
    assert one.attributes == {"driver_present": True, "driver_name": "张三", "driver": "A123"}
    assert other.attributes == {"driver_present": False}
    assert out.attributes == {"result": "ok"}


def test_what_an_engine_says() -> None:
    words = b"$OBD-RT,12.3,900,20,1.5,30.2,81,1\r\n"
    items = bytes.fromhex("f026030112000000010105300231ba05360203b8")
    one, other = messages(talk(said(0x0900, b"\x41$" + words[1:]) + said(0x0900, items)))
    assert one.attributes["rpm"] == 900
    assert other.attributes == {"power_v": 12.73, "rpm": 952}


def test_tags_are_heard_somewhere() -> None:
    body = b"\x53" + uplink.build_location(location()) + b"\x01\x00\xaa\xbb"
    (message,) = messages(talk(said(0x0900, body)))
    assert message.positions[0].latitude == 39.975121


def lock(message_id: str, flags: str, *, asks: bool = True) -> bytes:
    body = bytes.fromhex(
        "010326040506" "22348476" f"11355049{flags}" "32" "2d" "1c06" "00000007" "4e"
        "00000000" "0000" "030810" "0000" "02020014"
    )  # fmt: skip
    length = len(body) | (0x8000 if asks else 0)
    data = bytes.fromhex(message_id) + length.to_bytes(2, "big") + bytes.fromhex(TERMINAL)
    data += b"\x47" + body
    return b"\x7e" + escape(data + bytes([checksum(data)])) + b"\x7e"


def test_a_lock_says_where_it_is() -> None:
    (message,) = messages(talk(lock("5501", "07")))
    (position,) = message.positions
    assert (position.time, position.valid) == (datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC), True)
    assert position.latitude == pytest.approx(22 + 34.8476 / 60)
    assert position.longitude == pytest.approx(113 + 55.0490 / 60)
    assert (position.speed_kmh, position.course, position.altitude_m) == (32.0, 90.0, 20.0)
    assert position.attributes["odometer_m"] == 7000
    assert message.answer.hex() == "7e4401000301380013800001550100b97e"
    assert messages(talk(lock("5502", "00", asks=False)))[0].answer == b""
    south_west = messages(talk(lock("5502", "00")))[0].positions[0]
    assert (south_west.latitude < 0, south_west.longitude < 0, south_west.valid) == (
        True,
        True,
        False,
    )


def test_a_lock_that_writes_text_gets_the_time() -> None:
    one, other = messages(talk(b"(794104004140,1,001,BASE,2,TIME)(740190311185,1,001,ELOCK,3,1)"))
    assert (one.device, one.answer) == (
        "794104004140",
        b"(794104004140,1,001,BASE,2,20260301040506)",
    )
    assert (other.device, other.answer) == ("740190311185", b"")


def test_text_behind_a_frame_is_read() -> None:
    found = messages(talk(said(0x0002, b""), b"(794104004140,1,001,ELOCK,3,1)", said(0x0002, b"")))
    assert [one.kind for one in found] == ["heartbeat", "text", "heartbeat"]


@given(st.binary(max_size=40))
def test_the_framing_by_e7(body: bytes) -> None:
    frame = Frame(
        0x0200, "01380013800012", 0, uplink.build_location(location(extra=b"\xfe" + body))
    )
    wire = build_other(frame, frame.message_id, frame.body)
    assert wire.count(b"\xe7") == 2
    (message,) = messages(talk(wire[:10], wire[10:]))
    assert message.device == "1380013800012"
    assert message.positions[0].time == AT
    assert message.answer[:1] == message.answer[-1:] == b"\xe7"


def test_the_clock_of_the_terminal_is_that_of_the_standard() -> None:
    frame = said(0x0200, uplink.build_location(location()))
    body = parse_frame(frame[1:-1]).body
    assert body[22:28].hex() == (AT + timedelta(hours=8)).strftime("%y%m%d%H%M%S")
