"""Sound messages of every protocol over TCP, for tests that break them: one that says a place, and
any number that are well framed and say whatever they like.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from gps.jt808.framing import Frame as Jt808Frame
from gps.jt808.framing import build_frame, build_message
from gps.protocols import gt06, jt808
from gps.protocols.jt808_frames import build_other
from tests.protocols import (
    test_gl200,
    test_gps103,
    test_gt06,
    test_h02,
    test_jt808,
    test_meitrack,
    test_nmea,
    test_teltonika,
    test_tk103,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIX: dict[str, Any] = {
    "time": AT, "valid": True, "latitude": 31.25, "longitude": 121.5,
    "altitude": 12, "speed": 40, "course": 90, "accuracy": 1,
}  # fmt: skip

PECULIAR = (
    "", "-", "0", "-1", "nan", "inf", "-inf", "1e999", "1_0", "٣٤", "²", "+1", " ", "\x00", "é",
    "ÿ", "9" * 20, "9" * 400, "-" + "9" * 40, "0x10", "A", "V", "S", "W", "240230", "999999",
    "000000", "20261332250000", "%", "{}", "|", "||||||||||", ":", "::::", "6000.0000",
    "18000.0000", "1.2.3",
)  # fmt: skip
"""What numbers, times and letters of a message are replaced with."""

words = st.sampled_from(PECULIAR) | st.text("0123456789.,-ANSEWV|:/$*#", max_size=12)


@st.composite
def retold(draw: st.DrawFn, message: str, between: str = ",") -> str:
    """The fields of a message in text, some of them replaced, dropped or doubled."""
    fields = message.split(between)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(fields) - 1))
        fields[at] = draw(words)
    cut = draw(st.integers(1, len(fields)) | st.just(len(fields)))
    return between.join([*fields[:cut], *draw(st.lists(words, max_size=2))])


def changed(*messages: bytes) -> st.SearchStrategy[bytes]:
    """One of these with other fields."""
    texts = st.sampled_from([one.decode("latin-1") for one in messages])
    return texts.flatmap(retold).map(lambda one: one.encode("utf-8"))


numbers = st.sampled_from(sorted(jt808.MESSAGES)) | st.integers(0, 0xFFFF)
items = st.tuples(st.integers(0, 255), st.binary(max_size=20)).map(
    lambda one: bytes([one[0], len(one[1])]) + one[1]
)
places = st.lists(items, max_size=6).map(
    lambda several: test_jt808.uplink.build_location(test_jt808.location(extra=b"".join(several)))
)


@st.composite
def of_jt808(draw: st.DrawFn) -> bytes:
    body = draw(places | st.binary(max_size=100))
    version = draw(st.sampled_from([None, 0, 1]))
    frame = Jt808Frame(
        draw(st.just(0x0200) | numbers),
        draw(st.binary(min_size=6, max_size=6)).hex().zfill(12 if version is None else 20),
        draw(st.integers(0, 3)),
        draw(st.just(body) | st.just(bytes([0, 1, 1, 0, len(body)]) + body)),
        version,
        draw(st.sampled_from([0, 0, 0, 1])),
        draw(st.sampled_from([None, None, (3, 1), (3, 3), (65535, 2)])),
    )
    if draw(st.integers(0, 5)) == 0:
        seven = Jt808Frame(frame.message_id, frame.terminal.zfill(14)[-14:], 0, body)
        return build_other(seven, seven.message_id, body)
    return build_frame(frame)


@st.composite
def of_gt06(draw: st.DrawFn) -> bytes:
    number = draw(st.sampled_from([0x12, 0x22, 0x26, 0x94]) | st.integers(0, 255))
    content = draw(st.binary(max_size=90))
    if draw(st.booleans()):
        content = test_gt06.gps(test_gt06.Fix()) + content
    return gt06.frame(draw(st.sampled_from([gt06.SHORT, gt06.LONG])), number, content, 1)


@st.composite
def of_teltonika(draw: st.DrawFn) -> bytes:
    codec = draw(st.sampled_from([0x07, 0x08, 0x8E, 0x10, 0x0C, 0x0D, 0x0E, 0x0F, 0x01]))
    body = draw(st.binary(max_size=120))
    if codec in test_teltonika.WIDTHS and draw(st.booleans()):
        values = draw(st.dictionaries(st.integers(1, 255), st.binary(max_size=9), max_size=6))
        body = test_teltonika.record(test_teltonika.Fix(values=values), codec) + body
    count = draw(st.sampled_from([0, 1, 1, 2, 255]))
    return test_teltonika.packet(bytes([codec, count]) + body + bytes([count]))


@st.composite
def of_meitrack(draw: st.DrawFn) -> bytes:
    text = test_meitrack.report(FIX).decode().partition(",")[2].partition(",")[2].partition("*")[0]
    word = draw(st.sampled_from([b"CCC,", b"CCE,", b"D00,", b"D03,", b"AAA,"]))
    binary = draw(st.binary(max_size=120)).replace(b"*", b"+")
    return test_meitrack.framed(draw(retold(text).map(str.encode) | st.just(word + binary)))


@st.composite
def of_h02(draw: st.DrawFn) -> bytes:
    binary = bytearray(test_h02.binary(AT))
    for _ in range(draw(st.integers(0, 4))):
        binary[draw(st.integers(6, len(binary) - 1))] = draw(st.integers(0, 255))
    words = [test_h02.text(AT), test_h02.text(AT, command="V4"), test_h02.text(AT, command="NBR")]
    return draw(changed(*words).map(lambda one: one + b"#") | st.just(bytes(binary)))


@dataclass(frozen=True)
class Sample:
    """`login`: what a device begins with; `place`: a message with one position; `any`: well framed
    messages that say anything.
    """

    login: bytes
    place: bytes
    any: st.SearchStrategy[bytes]


GL200 = test_gl200.message("FRI", f"van,0,0,1,{test_gl200.block(FIX)},12.5,77")
NMEA = [test_nmea.rmc(AT)] + [
    one.encode()
    for one in (
        "$GPGGA,030405.00,3115.0000,N,12130.0000,E,1,9,1.2,12.0,M,,M,,",
        "$GPGLL,3115.0000,N,12130.0000,E,030405,A",
        "$GPRMA,A,3115.0000,N,12130.0000,E,,,10,20,",
        "$PUBX,00,030405.00,3115.0,N,12130.0,E,12.5,G3,2,3,40,90,0,,1,1,1,9,0,0",
        "$TRCCR,20260102030405.000,A,31.25,121.5,40,90,12,77",
        "$GPIOP,00000000,00000000,1.0,2.0,3.0,4.0,12.5,3.9",
        "QZE,123456789012345,1,02012026,030405,31.25,121.5,40,90,A,1",
        "$GPZDA,030405.00,02,01,2026,00,00",
    )
]

SAMPLES: dict[str, Sample] = {
    "gl200": Sample(b"", GL200, changed(GL200).map(lambda one: one + b"$")),
    "gps103": Sample(
        b"",
        test_gps103.report(AT),
        changed(
            test_gps103.report(AT),
            test_gps103.report(AT, word="help me"),
            b"imei:123456789012345,OBD,260102030405,1,2,3,4,5,6,7,8%,9,10,11,P0001;",
            b"imei:123456789012345,acc on,260102030405,,F,030405.000,A,3115.0,N,12130.0,E,0,0;",
        ).map(lambda one: one + b";"),
    ),
    "gt06": Sample(
        gt06.frame(gt06.SHORT, 1, bytes.fromhex(f"0{test_gt06.IMEI}"), 1),
        gt06.frame(gt06.SHORT, 0x12, test_gt06.gps(test_gt06.Fix()), 2),
        of_gt06(),
    ),
    "h02": Sample(b"", test_h02.text(AT), of_h02()),
    "jt808": Sample(
        b"",
        build_message(
            0x0200,
            test_jt808.uplink.build_location(test_jt808.location()),
            terminal=test_jt808.TERMINAL,
            serial=1,
        )[0],
        of_jt808(),
    ),
    "meitrack": Sample(b"", test_meitrack.report(FIX), of_meitrack()),
    "nmea": Sample(
        test_nmea.LOGIN, test_nmea.rmc(AT), changed(*NMEA).map(lambda one: one + b"\r\n")
    ),
    "teltonika": Sample(
        test_teltonika.LOGIN, test_teltonika.records(test_teltonika.Fix()), of_teltonika()
    ),
    "tk103": Sample(
        b"",
        test_tk103.fixed(AT),
        (changed(test_tk103.commas(AT)) | changed(test_tk103.fixed(AT))).map(
            lambda one: one + b")"
        ),
    ),
}
"""By the name of the protocol."""
