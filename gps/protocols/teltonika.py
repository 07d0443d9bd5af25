"""Teltonika: binary, a login of its own, packets of records. Pure.

Source: the vendor's "Teltonika Data Sending Protocols" (codecs 8, 8 Extended, 16, 12, 13, 14, 15)
and the GH3000 protocol (codec 7).
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gps.protocols.binary import Framed, Framing, Reader, crc_arc
from gps.protocols.seam import Conversation, Malformed, Message, Position, Value, Wire
from gps.protocols.teltonika_items import SPEED, told, unsigned

NAME = "teltonika"
LONGEST = 4096
"""Bytes of a packet; the vendor's are at most 1,280, of a camera some more than 2,048."""
PREAMBLE = bytes(4)
AROUND, SHORTEST = 12, 15
"""Bytes of a packet around its content; of one without records."""
PING, ACCEPTED = b"\xff", b"\x01"
UNIT = 1e-7
"""Degree that places are told in."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_7 = datetime(2007, 1, 1, tzinfo=UTC)
LATEST = 4_102_444_800_000
"""Milliseconds: 2100."""
PHOTO = 0x0D
"""Kind of a response that is a block of a photo."""
SPEED_MODELS = ("FMB", "FMC", "FMM", "FMP", "FMT", "FMU")
"""Series whose parameter 24 is the speed of the place, where a record has it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How wide the fields of a record are in a codec. `mixed`: values of any length follow."""

    identity: int
    count: int
    generation: bool = False
    mixed: bool = False


SHAPES: Mapping[int, Shape] = {
    0x08: Shape(1, 1),
    0x8E: Shape(2, 2, mixed=True),
    0x10: Shape(2, 1, generation=True),
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `place`: latitude, longitude; None where there is none, or none on the globe."""

    time: datetime | None
    valid: bool
    place: tuple[float, float] | None
    attributes: dict[str, Value]
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course: float | None = None


def _values(reader: Reader, shape: Shape, *, extended: bool) -> dict[int, bytes]:
    """The values of a record in groups of one width, each with its count."""
    found: dict[int, bytes] = {}
    for size in (1, 2, 4, 8, 16) if extended else (1, 2, 4, 8):
        for _ in range(reader.number(shape.count)):
            number = reader.number(shape.identity)
            found[number] = reader.take(size)
    if shape.mixed:
        for _ in range(reader.number(2)):
            number = reader.number(2)
            found[number] = reader.take(reader.number(2))
    return found


def _record(reader: Reader, codec: int, conversation: Conversation) -> Record:
    """Of codec 8, 8 Extended or 16: time, priority, longitude, latitude, metres, degrees,
    satellites, km/h, then the values.
    """
    shape = SHAPES[codec]
    time = _time(reader.number(8))
    reader.take(1)
    longitude, latitude = reader.number(4, signed=True), reader.number(4, signed=True)
    altitude, course = reader.number(2, signed=True), reader.number(2)
    satellites, speed = reader.number(1), reader.number(2)
    event = reader.number(shape.identity)
    reader.take(shape.count + shape.generation)
    values = _values(reader, shape, extended=conversation.extended)
    if SPEED in values and conversation.model.startswith(SPEED_MODELS):
        speed = unsigned(values[SPEED])
    attributes = told(values)
    attributes["satellites"] = satellites
    if event:
        attributes["event"] = event
    return Record(
        time,
        bool(satellites),
        _place(latitude * UNIT, longitude * UNIT),
        attributes,
        float(altitude),
        float(speed),
        float(course),
    )


def _old_record(reader: Reader, _codec: int, _conversation: Conversation) -> Record:
    """Of codec 7: seconds since 2007 below the priority, then what a mask says."""
    time = EPOCH_7 + timedelta(seconds=reader.number(4) & 0x3FFFFFFF)
    groups = reader.number(1)
    found = _old_place(reader) if groups & 1 else {}
    values: dict[int, bytes] = {}
    for bit, size in ((2, 1), (4, 2), (8, 4)):
        for _ in range(reader.number(1) if groups & bit else 0):
            number = reader.number(1)
            values[number] = reader.take(size)
    attributes = told(values)
    if "satellites" in found:
        attributes["satellites"] = int(found["satellites"])
    place = _place(found["latitude"], found["longitude"]) if "latitude" in found else None
    return Record(
        time,
        found.get("satellites", 1) > 0,
        place,
        attributes,
        found.get("altitude"),
        found.get("speed"),
        found.get("course"),
    )


def _old_place(reader: Reader) -> dict[str, float]:
    """Latitude first, in floating point; metres; 256ths of a turn; km/h; satellites."""
    mask, found = reader.number(1), dict[str, float]()
    if mask & 1:
        found["latitude"], found["longitude"] = struct.unpack(">ff", reader.take(8))
    if mask & 2:
        found["altitude"] = float(reader.number(2, signed=True))
    if mask & 4:
        found["course"] = reader.number(1) * 360 / 256
    if mask & 8:
        found["speed"] = float(reader.number(1))
    if mask & 16:
        found["satellites"] = reader.number(1)
    for bit in (32, 64, 128):
        if mask & bit:
            reader.take(1 if bit == 64 else 4)
    return found


def _time(milliseconds: int) -> datetime | None:
    return EPOCH + timedelta(milliseconds=milliseconds) if milliseconds <= LATEST else None


def _place(latitude: float, longitude: float) -> tuple[float, float] | None:
    """None where it is not on the globe, or no number."""
    there = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return (latitude, longitude) if there else None


RECORDS: Mapping[int, Callable[[Reader, int, Conversation], Record]] = {
    0x07: _old_record,
    0x08: _record,
    0x8E: _record,
    0x10: _record,
}
"""Codec → how a record is read."""


def _positions(data: bytes, conversation: Conversation) -> tuple[int, tuple[Position, ...]]:
    """How many records a packet has, which the device wants to hear, and their positions.

    A record without a place on the globe is accepted with the others: refused, it would come for
    ever.
    """
    codec, reader = data[0], Reader(data[1:])
    count = reader.number(1)
    records = [RECORDS[codec](reader, codec, conversation) for _ in range(count)]
    if reader.rest() != data[1:2]:
        raise Malformed("wrong count of records")
    return count, tuple(
        Position(
            one.time,
            one.valid,
            *one.place,
            altitude_m=one.altitude_m,
            speed_kmh=one.speed_kmh,
            course=one.course,
            attributes=one.attributes,
        )
        for one in records
        if one.place is not None
    )


def _records(data: bytes, conversation: Conversation) -> Message:
    count, positions = _positions(data, conversation)
    return Message("records", None, positions, count.to_bytes(4, "big"))


def _response(skipped: int) -> Callable[[bytes, Conversation], Message]:
    """What a device, or another behind it, has said; `skipped` bytes stand before it."""

    def read(data: bytes, _conversation: Conversation) -> Message:
        reader = Reader(data[1:])
        words = []
        for _ in range(reader.number(1)):
            kind, said = reader.number(1), Reader(reader.take(reader.number(4)))
            if kind == PHOTO and data[0] == 0x0C:
                return Message("photo")
            said.take(skipped)
            words.append(_words(said.rest()))
        attributes: dict[str, Value] = {"result": "\n".join(words)}
        return Message("result", attributes=attributes)

    return read


def _words(said: bytes) -> str:
    """ASCII, or hex."""
    plain = said.strip(b"\r\n\0 ").decode("latin-1")
    return plain if plain.isascii() and plain.isprintable() else said.hex()


MESSAGES: Mapping[int, Callable[[bytes, Conversation], Message]] = {
    0x07: _records,
    0x08: _records,
    0x8E: _records,
    0x10: _records,
    0x0C: _response(0),
    0x0D: _response(4),
    0x0E: _response(8),
    0x0F: _response(12),
}
"""Codec → what a packet says. Before a response stand the time (codec 13), the IMEI in BCD (14) or
both (15).
"""


def decode(data: bytes, conversation: Conversation) -> Message:
    """One whole frame: a ping, a login, a packet or a datagram. Raises Malformed."""
    if data == PING:
        return Message("ping")
    if data[:4] == PREAMBLE:
        return _packet(data[8:-4], conversation)
    size = unsigned(data[:2])
    if size + 2 == len(data) and data[2:].isdigit():
        return Message("login", data[2:].decode("ascii"), answer=ACCEPTED)
    return _datagram(data, conversation)


def _packet(data: bytes, conversation: Conversation) -> Message:
    if conversation.device is None:
        raise Malformed("no device has identified itself")
    read = MESSAGES.get(unsigned(data[:1]))
    if read is None:
        raise Malformed(f"unknown codec 0x{data[:1].hex()}")
    return read(data, conversation)


def _datagram(data: bytes, conversation: Conversation) -> Message:
    """Length, number of the datagram, 1, number of the packet, IMEI, and a packet without preamble
    and checksum.
    """
    reader = Reader(data)
    reader.take(2)
    datagram = reader.take(3)
    packet = reader.take(1)
    imei = reader.take(reader.number(2))
    content = reader.rest()
    if not imei.isdigit() or content[:1] == b"" or content[0] not in RECORDS:
        raise Malformed("unknown datagram")
    count, positions = _positions(content, conversation)
    answer = b"\0\x05" + datagram + packet + bytes((count,))
    return Message("records", imei.decode("ascii"), positions, answer)


MARK = re.compile(
    rb"\xff|\x00{4}|\x00[\x0e-\x10][0-9]|[\x00-\x05].{3}\x01.\x00[\x0e-\x10][0-9]", re.DOTALL
)
"""A ping, a packet, a login, a datagram."""
WIDEST = 9


def _extent(head: bytes) -> int:
    """Length in all of the frame that begins so; see Framed."""
    if head[:1] == PING:
        return 1
    if head[:4] == PREAMBLE:
        return unsigned(head[4:8]) + AROUND if len(head) >= 8 else 0
    size = unsigned(head[:2]) + 2
    if size <= 18:
        return size if head[2:size].isdigit() else -1
    return size if len(head) >= WIDEST and head[4] == 1 else -1


def _flaw(data: bytes) -> str | None:
    if data[:4] != PREAMBLE:
        return None
    return None if unsigned(data[-4:]) == crc_arc(data[8:-4]) else "wrong checksum"


FRAMING = Framing(
    MARK, WIDEST, SHORTEST, LONGEST, _extent, _flaw, proves=lambda head: head[:4] == PREAMBLE
)
WIRE = Wire(
    name=NAME,
    title="Teltonika",
    port=5027,
    text=False,
    cutter=lambda: Framed(FRAMING),
    decode=decode,
)
