"""The codec against frames built by hand, random streams, and frames of real terminals."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.jt808 import downlink, uplink
from gps.jt808.framing import (
    MAX_BODY,
    Frame,
    FrameCutter,
    FrameError,
    Reassembler,
    build_frame,
    build_message,
    checksum,
    escape,
    parse_frame,
    unescape,
)

TERMINAL = "013800138000"
LOCATION = uplink.Location(
    alarm_bits=0,
    status_bits=uplink.STATUS_ACC | uplink.STATUS_POSITIONED,
    lat=39.975121,
    lon=116.331355,
    altitude_m=52,
    speed_kmh=36.5,
    course_deg=271,
    fix_at=datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC),
)

frames = st.builds(
    Frame,
    message_id=st.integers(0, 0xFFFF),
    terminal=st.from_regex(r"[0-9]{12}", fullmatch=True),
    serial=st.integers(0, 0xFFFF),
    body=st.binary(max_size=80) | st.sampled_from([b"\x7e\x7d", b"\x7d\x02" * 40]),
)


def cut(*chunks: bytes) -> list[Frame | FrameError]:
    cutter = FrameCutter()
    return [found for chunk in chunks for found in cutter.feed(chunk)]


def test_a_frame_written_out_by_hand() -> None:
    # 0x0200's answer: serial 7, terminal 013800138000, acknowledges 0x0200 serial 5, result 0.
    body = bytes.fromhex("0005020000")
    wire = build_frame(Frame(downlink.PLATFORM_ACK, TERMINAL, 7, body))
    head = bytes.fromhex("80010005 013800138000 0007".replace(" ", ""))
    code = 0
    for byte in head + body:
        code ^= byte
    assert wire == b"\x7e" + head + body + bytes([code]) + b"\x7e"


def test_a_checksum_that_is_itself_a_delimiter_is_escaped() -> None:
    found = [
        wire
        for serial in range(256)
        if (wire := build_frame(Frame(2, TERMINAL, serial, b"")))[-3:-1]
        in (b"\x7d\x02", b"\x7d\x01")
    ]
    assert found
    assert all(isinstance(frame, Frame) for wire in found for frame in cut(wire))


@given(st.binary())
def test_escape_round_trip(data: bytes) -> None:
    travelling = escape(data)
    assert b"\x7e" not in travelling
    assert unescape(travelling) == data


@pytest.mark.parametrize("data", [b"\x7d", b"a\x7d\x03b", b"\x7d\x7d\x01"])
def test_a_lone_escape_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError, match="bad escape"):
        unescape(data)


@given(st.binary(max_size=64))
def test_checksum_cancels_itself(data: bytes) -> None:
    assert checksum(data + bytes([checksum(data)])) == 0


@given(frames, st.sampled_from([None, 1]))
def test_frame_round_trip(frame: Frame, version: int | None) -> None:
    terminal = frame.terminal if version is None else frame.terminal.zfill(20)
    sent = Frame(frame.message_id, terminal, frame.serial, frame.body, version)
    (back,) = cut(build_frame(sent))
    assert isinstance(back, Frame)
    assert (back.message_id, back.terminal, back.serial, back.body, back.version) == (
        sent.message_id,
        sent.terminal,
        sent.serial,
        sent.body,
        sent.version,
    )


junk = st.binary(max_size=30).map(lambda data: data.replace(b"\x7e", b""))


@given(st.lists(st.tuples(junk, frames), max_size=6), junk, st.data())
def test_any_chunking_gives_the_same_frames(
    pieces: list[tuple[bytes, Frame]], tail: bytes, data: st.DataObject
) -> None:
    stream = b"".join(noise + build_frame(frame) for noise, frame in pieces) + tail
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    whole = [str(found) for found in cut(stream)]
    chunked = [
        str(found) for found in cut(*(stream[a:b] for a, b in pairwise([0, *places, len(stream)])))
    ]
    assert chunked == whole
    good = [found for found in cut(stream) if isinstance(found, Frame)]
    wanted = [(frame.message_id, frame.serial, frame.body) for _, frame in pieces]
    assert [(frame.message_id, frame.serial, frame.body) for frame in good] == wanted


def test_a_broken_frame_costs_only_itself() -> None:
    good = [build_frame(Frame(2, TERMINAL, serial, b"")) for serial in range(4)]
    wrong = bytearray(good[1])
    wrong[5] ^= 0x10
    cut_off = good[2][:-4]
    found = cut(b"noise", good[0], bytes(wrong), cut_off, good[3])
    reasons = [error.reason for error in found if isinstance(error, FrameError)]
    assert [frame.serial for frame in found if isinstance(frame, Frame)] == [0, 3]
    assert reasons == ["wrong checksum", "shorter than a header"]


def test_an_error_names_the_byte_where_the_run_began() -> None:
    good = build_frame(Frame(2, TERMINAL, 0, b""))
    (error,) = (e for e in cut(good + b"\x7eshort\x7e") if isinstance(e, FrameError))
    assert error.offset == len(good) + 1


def test_an_endless_run_is_dropped_and_the_next_frame_read() -> None:
    cutter = FrameCutter()
    for _ in range(50):
        assert list(cutter.feed(b"\x7e"[:0] + b"x" * 1000 if _ else b"\x7e" + b"x" * 1000)) == []
    assert len(cutter._run) <= 2 * (21 + MAX_BODY + 1)
    found = list(cutter.feed(build_frame(Frame(2, TERMINAL, 9, b""))))
    assert [getattr(one, "reason", None) or one.serial for one in found] == [
        "longer than any frame",
        9,
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[:3] + bytes([data[3] + 1]) + data[4:], "wrong body length"),
        (lambda data: data[:11], "shorter than a header"),
    ],
)
def test_a_frame_that_contradicts_itself_is_refused(change: object, reason: str) -> None:
    data = unescape(build_frame(Frame(0x0102, TERMINAL, 1, b"code"))[1:-1])[:-1]
    changed = change(data)
    with pytest.raises(FrameError, match=reason):
        parse_frame(escape(changed + bytes([checksum(changed)])))


def test_identity_drops_the_padding() -> None:
    assert Frame(2, TERMINAL, 0, b"").identity == "13800138000"
    assert Frame(2, "0" * 12, 0, b"").identity == "0"


def test_an_imei_in_the_identity_gets_its_luhn_digit() -> None:
    digits = "49015420323751"  # with check digit 8: the textbook IMEI
    assert Frame(2, f"{int(digits):012x}", 0, b"").identity == "490154203237518"


@given(st.binary(min_size=1, max_size=4 * MAX_BODY), st.integers(0, 0xFFFF), st.randoms())
def test_sub_packages_come_back_in_any_order(body: bytes, serial: int, random: object) -> None:
    wires = build_message(0x8300, body, terminal=TERMINAL, serial=serial)
    parts = [frame for wire in wires for frame in cut(wire)]
    random.shuffle(parts)
    reassembler = Reassembler()
    whole = [done for part in parts if isinstance(part, Frame) and (done := reassembler.add(part))]
    assert [frame.body for frame in whole] == [body]
    assert all(len(wire) <= 2 * (21 + MAX_BODY + 1) + 2 for wire in wires)


def test_missing_parts_are_named_and_repeats_are_harmless() -> None:
    wires = build_message(0x0704, bytes(3 * MAX_BODY), terminal=TERMINAL, serial=0xFFFF)
    first, second, third = (
        frame for wire in wires for frame in cut(wire) if isinstance(frame, Frame)
    )
    assert [first.serial, second.serial, third.serial] == [0xFFFF, 0, 1]
    reassembler = Reassembler()
    assert reassembler.add(first) is None
    assert reassembler.add(first) is None
    assert reassembler.add(third) is None
    assert reassembler.missing(third) == [2]
    assert reassembler.first_serial(third) == 0xFFFF
    whole = reassembler.add(second)
    assert whole is not None
    assert len(whole.body) == 3 * MAX_BODY


def test_a_sender_cannot_fill_the_memory_with_beginnings() -> None:
    reassembler = Reassembler()
    for serial in range(100):
        reassembler.add(Frame(0x0704, TERMINAL, serial * 3, b"x", package=(3, 1)))
    assert len(reassembler._open) <= 4
    with pytest.raises(FrameError, match="too many packages"):
        reassembler.add(Frame(0x0704, TERMINAL, 0, b"x", package=(5000, 1)))


def parse(message_id: int, body: bytes, version: int | None = None) -> uplink.Uplink:
    return uplink.parse(Frame(message_id, TERMINAL, 0, body, version))


locations = st.builds(
    uplink.Location,
    alarm_bits=st.integers(0, 2**32 - 1),
    status_bits=st.integers(0, 3),
    lat=st.integers(-90_000_000, 90_000_000).map(lambda n: n / 1e6),
    lon=st.integers(-180_000_000, 180_000_000).map(lambda n: n / 1e6),
    altitude_m=st.integers(-500, 9000),
    speed_kmh=st.integers(0, 2000).map(lambda n: n / 10),
    course_deg=st.integers(0, 359),
    fix_at=st.none()
    | st.integers(10**9, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)


@given(locations)
def test_location_round_trip(location: uplink.Location) -> None:
    back = parse(uplink.LOCATION, uplink.build_location(location) + b"\x01\x04\0\0\0\1")
    assert isinstance(back, uplink.Location)
    assert (back.lat, back.lon, back.fix_at) == (location.lat, location.lon, location.fix_at)
    assert (back.speed_kmh, back.altitude_m) == (location.speed_kmh, location.altitude_m)


def test_the_device_clock_is_eight_hours_ahead() -> None:
    body = uplink.build_location(LOCATION)
    assert body[22:28].hex() == "260301120506"
    assert uplink.parse_location(body, UTC).fix_at == LOCATION.fix_at + timedelta(hours=8)


@pytest.mark.parametrize("clock", ["000000000000", "2613401200aa", "261340120000", "ffffffffffff"])
def test_a_clock_that_is_no_time_is_no_time(clock: str) -> None:
    body = uplink.build_location(LOCATION)[:22] + bytes.fromhex(clock)
    assert uplink.parse_location(body).fix_at is None


def test_a_place_off_the_earth_is_refused() -> None:
    body = bytearray(uplink.build_location(LOCATION))
    body[8:12] = (116_300_000).to_bytes(4, "big")
    with pytest.raises(uplink.BodyError, match="no place on earth"):
        uplink.parse_location(bytes(body))


def test_one_bad_entry_does_not_cost_the_batch() -> None:
    good = uplink.build_location(LOCATION)
    bad = bytearray(good)
    bad[8:12] = b"\xff" * 4
    body = b"\x00\x03\x01" + b"".join(
        len(entry).to_bytes(2, "big") + entry for entry in (good, bytes(bad), good)
    )
    batch = parse(uplink.BATCH, body)
    assert isinstance(batch, uplink.Batch)
    assert (len(batch.locations), batch.broken, batch.kind) == (2, 1, 1)


@given(st.integers(0, 400))
def test_a_cut_off_batch_gives_what_is_whole(length: int) -> None:
    body = uplink.build_batch([LOCATION] * 10)
    entry = 30
    if length < 3 + entry:
        with pytest.raises(uplink.BodyError):
            parse(uplink.BATCH, body[:length])
        return
    batch = parse(uplink.BATCH, body[:length])
    assert isinstance(batch, uplink.Batch)
    assert len(batch.locations) == min(10, (length - 3) // entry)
    assert len(batch.locations) + batch.broken == 10


@given(st.integers(0, 0xFFFF), st.binary(max_size=100), st.sampled_from([None, 1]))
def test_no_body_breaks_the_parser(message_id: int, body: bytes, version: int | None) -> None:
    for id_ in (
        message_id,
        *(0x0001, 0x0002, 0x0003, 0x0005, 0x0100, 0x0102, 0x0107, 0x0200, 0x0704),
    ):
        with suppress(uplink.BodyError):
            parse(id_, body, version)


@pytest.mark.parametrize(
    ("standard", "version", "model"),
    [("2011", None, "M-1"), ("2013", None, "M-1"), ("2019", 1, "a model of 30 characters")],
)
def test_register_in_all_three_forms(standard: str, version: int | None, model: str) -> None:
    register = uplink.Register(11, 100, "PAIDA", model, "T000001", 1, "京A12345", standard)
    body = uplink.build_register(register, version=version)
    assert len(body) == {"2011": 33, "2013": 45, "2019": 84}[standard]
    assert parse(uplink.REGISTER, body, version) == register
    assert parse(uplink.REGISTER, body[:-8], version).plate == ""
    with pytest.raises(uplink.BodyError):
        parse(uplink.REGISTER, body[:24], version)


def test_a_vehicle_without_plates_registers_with_its_chassis_number() -> None:
    """In the form of 2011 that is as long as one of 2013 with a short plate."""
    for standard in ("2011", "2013"):
        said = uplink.Register(11, 100, "PAIDA", "M-1", "T000001", 0, "LSVAB2BR5EN123456", standard)
        assert parse(uplink.REGISTER, uplink.build_register(said)) == said
    said = uplink.Register(11, 100, "PAIDA", "M-1", "T000001", 2, "12345", "2013")
    assert parse(uplink.REGISTER, uplink.build_register(said)) == said


def test_a_login_of_2019_tells_imei_and_software() -> None:
    for version, told in ((None, ("", "")), (1, ("860123456789012", "V1.2.3"))):
        body = uplink.build_authenticate(
            "secret-7", version=version, imei="860123456789012", software="V1.2.3"
        )
        assert parse(uplink.AUTHENTICATE, body, version) == uplink.Authenticate("secret-7", *told)


@pytest.mark.parametrize(("version", "widths"), [(None, (5, 20, 7)), (1, (11, 30, 30))])
def test_attributes_tell_the_sim_card(version: int | None, widths: tuple[int, ...]) -> None:
    texts = [b"PAIDA", b"M-1", b"T000001"]
    body = b"\x00\x07" + b"".join(
        text.ljust(width, b"\x00") for text, width in zip(texts, widths, strict=True)
    )
    body += bytes.fromhex("89860012345678901234") + b"\x02H1" + b"\x04V1.2" + b"\x01\x01"
    said = uplink.Attributes("PAIDA", "M-1", "T000001", "89860012345678901234", "H1", "V1.2")
    assert parse(uplink.ATTRIBUTES, body, version) == said
    assert parse(uplink.ATTRIBUTES, uplink.build_attributes(said, version=version), version) == said


def test_acknowledgement_round_trip_and_the_unknown() -> None:
    ack = uplink.TerminalAck(700, 0x8300, 0)
    assert parse(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack)) == ack
    assert parse(0x0900, b"x") == uplink.Unsupported(0x0900)
    encrypted = Frame(uplink.LOCATION, TERMINAL, 0, uplink.build_location(LOCATION), encryption=1)
    assert uplink.parse(encrypted) == uplink.Unsupported(uplink.LOCATION)


@pytest.mark.parametrize("version", [None, 1])
def test_a_text_reaches_the_terminal(version: int | None) -> None:
    body = downlink.build_text("工单 12：变压器", flags=downlink.TEXT_DISPLAY, version=version)
    terminal = TERMINAL if version is None else TERMINAL.zfill(20)
    (frame,) = (
        found
        for wire in build_message(downlink.TEXT, body, terminal=terminal, serial=3, version=version)
        for found in cut(wire)
    )
    assert isinstance(frame, Frame)
    assert downlink.parse(frame) == downlink.Text(downlink.TEXT_DISPLAY, "工单 12：变压器")


def test_what_the_platform_says_is_read_back() -> None:
    def read(message_id: int, body: bytes) -> downlink.Downlink | None:
        return downlink.parse(Frame(message_id, TERMINAL, 0, body))

    ack = downlink.build_platform_ack(5, 0x0200, downlink.OK)
    assert read(downlink.PLATFORM_ACK, ack) == downlink.PlatformAck(5, 0x0200, 0)
    refused = downlink.build_register_ack(5, downlink.REGISTER_NO_TERMINAL, "code")
    assert read(downlink.REGISTER_ACK, refused) == downlink.RegisterAck(5, 4, "")
    asked = downlink.build_ask_missing(9, [2, 4])
    assert read(downlink.ASK_MISSING, asked) == downlink.AskMissing(9, (2, 4))
    assert read(0x9101, b"") is None


@pytest.mark.shared
def test_frames_of_real_terminals_decode_as_a_peer_decodes_them(shared: Path) -> None:
    vectors = json.loads((shared / "gps/vectors/jt808.json").read_text())["vectors"]
    compared = 0
    for vector in vectors:
        framing = vector.get("framing") or {}
        if not framing.get("message_id") or not framing["message_id"].startswith("0x0"):
            continue
        results = cut(bytes.fromhex(vector["wire_hex"]))
        strict = framing["checksum_ok"] and framing.get("length_ok", True)
        declared, actual = framing["body_length_declared"], framing["body_length_actual"]
        if not strict or declared != actual:
            assert any(isinstance(one, FrameError) for one in results), vector["id"]
            continue
        (frame,) = results
        assert isinstance(frame, Frame), (vector["id"], frame)
        assert frame.identity == framing["device_id"], vector["id"]
        assert frame.serial == framing["serial"]
        compared += _same_positions(frame, vector["traccar_output"]["positions"])
    assert compared >= 40


def _same_positions(frame: Frame, positions: list[dict[str, object]]) -> int:
    if frame.message_id not in (uplink.LOCATION, uplink.BATCH):
        return 0
    try:
        parsed = uplink.parse(frame)
    except uplink.BodyError:
        return 0
    found = parsed.locations if isinstance(parsed, uplink.Batch) else (parsed,)
    assert len(found) == len(positions)
    for mine, theirs in zip(found, positions, strict=True):
        assert isinstance(mine, uplink.Location)
        assert mine.lat == pytest.approx(theirs["latitude"], abs=1e-6)
        assert mine.lon == pytest.approx(theirs["longitude"], abs=1e-6)
        if mine.fix_at is not None:
            assert mine.fix_at == datetime.fromisoformat(str(theirs["deviceTime"]))
    return len(found)
