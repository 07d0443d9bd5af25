"""Queclink @Track (GL200 and its family): text from `+` to `$`, fields between commas. Pure.

Source: the @Track Air Interface Protocol documents of GL200, GL300, GV200 and GV300. The layout
differs between devices, but the block of a fix does not: accuracy, speed km/h, azimuth, altitude
m, longitude and latitude with six decimals, its time in UTC, and the cell. So the block is found by
its look; what stands before and after it is read by the table of words in gl200_items.py.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gps.protocols.gl200_items import WORDS, Report, around, general
from gps.protocols.reading import moment, number, pairs, plain, within
from gps.protocols.seam import Conversation, Malformed, Message, Position, Value, Wire

NAME = "gl200"
LONGEST = 4096
"""Bytes of a message; fifteen fixes or a list of tags take half of it."""
TEXT = (b"+RESP:", b"+BUFF:", b"+ACK:")
LENGTHS = {
    **dict.fromkeys((b"+RSP", b"+BSP", b"+EVT", b"+BVT"), (9, 2)),
    **dict.fromkeys((b"+INF", b"+BNF"), (7, 2)),
    b"+HBD": (5, 1),
    **dict.fromkeys((b"+CRD", b"+BRD", b"+LGN"), (6, 2)),
    b"+ACK": (6, 1),
    b"+\0": (2, 2),
}
"""Head of a binary message → where its length stands, and in how many bytes."""
STARTS = (*TEXT, *LENGTHS)
HEAD = re.compile(rb"\+(?:RESP:|BUFF:|ACK|RSP|BSP|EVT|BVT|INF|BNF|HBD|CRD|BRD|LGN|\0)")
INNER = re.compile(rb"\+(?:RESP|BUFF|ACK):GT")
BETWEEN = b"\r\n$\0 "
"""Bytes between messages that mean nothing."""
END = re.compile(rb"[$\0]")

OPENING = re.compile(
    r"\+(RESP|BUFF|ACK):GT([A-Z0-9]{3}),((?:[0-9A-Z]{6}|[0-9A-Z]{10})),([0-9A-Za-z]{1,20})(?:,|\Z)"
)
DEGREES = re.compile(r"-?\d{1,3}\.\d{6}", re.ASCII)
MOMENT = re.compile(r"\d{14}", re.ASCII)
ON_THE_BUS = ("CAN",)


class FrameCutter:
    """Cuts text at its end and binary messages by their length.

    A head of text inside a text is a new message: the end of the former is lost.
    """

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        self._held += data
        found: bytes | Malformed | None = b""
        while found is not None:
            at = self._start()
            if self._held[:at].strip(BETWEEN):
                yield Malformed("no message")
            del self._held[:at]
            found = self._whole()
            if found is not None:
                yield found

    def flush(self) -> bytes | Malformed | None:
        held, self._held = bytes(self._held), bytearray()
        if held.startswith(TEXT):
            return held.rstrip(b"\r\n")
        return Malformed("wrong length") if held.strip() else None

    def _start(self) -> int:
        """Where a message starts, or what may be the beginning of one."""
        if head := HEAD.search(self._held):
            return head.start()
        last = self._held.rfind(b"+", -5)
        begun = last >= 0 and any(one.startswith(self._held[last:]) for one in STARTS)
        return last if begun else len(self._held)

    def _whole(self) -> bytes | Malformed | None:
        """The message that is held, taken away; None: it is not whole."""
        if self._held.startswith(TEXT):
            return self._text()
        head = next((one for one in LENGTHS if self._held.startswith(one)), None)
        if head is None or (head == b"+ACK" and len(self._held) == len(head)):
            return None
        return self._binary(*LENGTHS[head])

    def _text(self) -> bytes | Malformed | None:
        end = END.search(self._held, 0, LONGEST + 1)
        stop = end.start() if end else min(len(self._held), LONGEST + 1)
        if inner := INNER.search(self._held, 1, stop):
            return self._drop(inner.start(), "cut off")
        if stop > LONGEST:
            return self._drop(stop, "too long")
        return self._take(stop) if end else None

    def _binary(self, at: int, size: int) -> bytes | Malformed | None:
        if len(self._held) < at + size:
            return None
        length = int.from_bytes(self._held[at : at + size], "big")
        if not at + size < length <= LONGEST:
            return self._drop(1, "wrong length")
        if length > len(self._held):
            inner = INNER.search(self._held, 1, LONGEST)
            return self._drop(inner.start(), "wrong length") if inner else None
        if not self._held[:length].endswith((b"\r\n", b"$")):
            return self._drop(1, "wrong length")
        return self._take(length)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def _drop(self, count: int, reason: str) -> Malformed:
        del self._held[:count]
        return Malformed(reason)


def decode(frame: bytes, _conversation: Conversation) -> Message:
    """One message without its end. Raises Malformed."""
    text = plain(frame)
    opening = OPENING.match(text)
    if opening is None:
        known = frame.startswith(TEXT)
        raise Malformed("protocol version or unique id" if known else "binary form: not read")
    kind, word, version, device = opening.groups()
    fields = [one.strip() for one in text.split(",")]
    if kind == "ACK":
        return _acknowledgement(word, version, device, fields)
    report = Report(word, version, fields, tuple(_blocks(fields)))
    shared: dict[str, Value] = {**general(report), **WORDS.get(word, _nothing)(report)}
    if kind == "BUFF":
        shared["archived"] = True
    positions = [_position(report, which) for which in range(len(report.blocks))]
    if positions:
        positions[-1] = _with(positions[-1], shared)
        shared = {}
    return Message(word, device, tuple(positions), attributes=shared)


def _nothing(_report: Report) -> dict[str, Value]:
    return {}


def _acknowledgement(word: str, version: str, device: str, fields: list[str]) -> Message:
    """A heartbeat, which waits for an answer with its count, or the answer to a command."""
    if word != "HBD":
        return Message("answer", device, attributes={"result": f"GT{word}"})
    count = fields[-1]
    if not re.fullmatch(r"[0-9A-Fa-f]{4}", count):
        raise Malformed(f"count: {count[:20]!r}")
    return Message("heartbeat", device, answer=f"+SACK:GTHBD,{version},{count}$".encode())


def _blocks(fields: list[str]) -> Iterator[int]:
    """Where the blocks of fixes begin: at the accuracy, four fields before the longitude."""
    for at in range(7, len(fields) - 1):
        if DEGREES.fullmatch(fields[at]) and DEGREES.fullmatch(fields[at + 1]):
            yield at - 4


def _position(report: Report, which: int) -> Position:
    at = report.blocks[which]
    accuracy, speed, azimuth, altitude, east, north = report.fields[at : at + 6]
    when = report.field(at + 6)
    longitude, latitude = number(east, "longitude"), number(north, "latitude")
    within(latitude, longitude)
    hdop = number(accuracy, "accuracy", 0.0)
    attributes: dict[str, Value] = {"hdop": hdop} if hdop else {}
    if accuracy and not hdop:
        attributes["last_known"] = True
    return Position(
        time=_moment(when) if when else None,
        valid=hdop > 0 or report.word not in ON_THE_BUS,
        latitude=latitude,
        longitude=longitude,
        altitude_m=number(altitude, "altitude") if altitude else None,
        speed_kmh=number(speed, "speed") if speed else None,
        course=number(azimuth, "azimuth") if azimuth else None,
        attributes=attributes | around(report, which),
    )


def _moment(text: str) -> datetime:
    if not MOMENT.fullmatch(text):
        raise Malformed(f"time: {text[:20]!r} is no time")
    century, *rest = pairs(text)
    return moment([century * 100 + rest[0], *rest[1:]])


def _with(position: Position, more: dict[str, Value]) -> Position:
    return replace(position, attributes={**position.attributes, **more})


WIRE = Wire(
    name=NAME,
    title="Queclink (GL200)",
    port=5004,
    text=True,
    cutter=FrameCutter,
    decode=decode,
)
