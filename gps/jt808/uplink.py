"""Bodies of the messages that a terminal sends, parsed and built (JT/T 808-2013 chapter 8).

Other message ids parse to `Unsupported`, which the platform answers with result 3.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from gps.jt808.framing import BodyError, Frame
from gps.jt808.introduction import (
    ATTRIBUTES,
    AUTHENTICATE,
    REGISTER,
    Attributes,
    Authenticate,
    Register,
    build_attributes,
    build_authenticate,
    build_register,
    parse_introduction,
)

__all__ = [
    "ATTRIBUTES",
    "AUTHENTICATE",
    "REGISTER",
    "Attributes",
    "Authenticate",
    "BodyError",
    "Register",
    "build_attributes",
    "build_authenticate",
    "build_register",
]

TERMINAL_ACK = 0x0001
HEARTBEAT = 0x0002
LOGOUT = 0x0003
TIME = 0x0004
ASK_PARTS = 0x0005
LOCATION = 0x0200
EVENT = 0x0301
ANSWER = 0x0302
BATCH = 0x0704

GMT8 = timezone(timedelta(hours=8))
"""The clock of a terminal, as the standard has it."""

STATUS_ACC = 1 << 0
STATUS_POSITIONED = 1 << 1
STATUS_SOUTH = 1 << 2
STATUS_WEST = 1 << 3

_FIXED = struct.Struct(">IIIIHHH6s")
_ACK = struct.Struct(">HHB")
_BCD = {second // 10 << 4 | second % 10: timedelta(seconds=second) for second in range(60)}
_ANSWER = struct.Struct(">HB")


@dataclass(frozen=True, slots=True)
class TerminalAck:
    """0x0001: the terminal's answer to a platform message. `result` 0 is success."""

    serial: int
    message_id: int
    result: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """0x0002."""


@dataclass(frozen=True, slots=True)
class Logout:
    """0x0003."""


@dataclass(slots=True)
class Location:
    """0x0200: degrees WGS-84 (south and west negative), metres, km/h, degrees from north. Never
    changed once it is made.

    `fix_at` is None when the terminal has no time (all zero, or digits that are no date). `extra`:
    the additional items behind the 28 fixed bytes, as they came.
    """

    alarm_bits: int
    status_bits: int
    lat: float
    lon: float
    altitude_m: int
    speed_kmh: float
    course_deg: int
    fix_at: datetime | None
    extra: bytes = b""

    @property
    def positioned(self) -> bool:
        return bool(self.status_bits & STATUS_POSITIONED)

    @property
    def ignition(self) -> bool:
        """Whether the ignition is on (ACC)."""
        return bool(self.status_bits & STATUS_ACC)


@dataclass(frozen=True, slots=True)
class Batch:
    """0x0704: positions kept while there was no signal (`kind` 1) or sent together (0).

    `broken` counts entries that could not be read; they do not cost their neighbours.
    """

    kind: int
    locations: tuple[Location, ...]
    broken: int


@dataclass(frozen=True, slots=True)
class EventKey:
    """0x0301: the driver pressed the key with this number of the terminal's menu."""

    number: int


@dataclass(frozen=True, slots=True)
class Answer:
    """0x0302: the driver chose an answer to the question (0x8302) that had this serial."""

    serial: int
    answer: int


@dataclass(frozen=True, slots=True)
class TimeRequest:
    """0x0004 (2019): what time is it? A terminal may set its clock by the answer."""


@dataclass(frozen=True, slots=True)
class PartsMissing:
    """0x0005 (2019): these parts (from 1) of the message whose first part had this serial again."""

    serial: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Any other message id."""

    message_id: int


Uplink = (
    TerminalAck
    | Heartbeat
    | Logout
    | Register
    | Authenticate
    | Attributes
    | Location
    | Batch
    | EventKey
    | Answer
    | TimeRequest
    | PartsMissing
    | Unsupported
)


def parse(frame: Frame, zone: tzinfo = GMT8) -> Uplink:
    """What the frame says. `zone` is the terminal's clock. BodyError for a body that cannot be."""
    if frame.encryption:
        return Unsupported(frame.message_id)
    match frame.message_id:
        case 0x0200:
            return parse_location(frame.body, zone)
        case 0x0002:
            return Heartbeat()
        case 0x0704:
            return _parse_batch(frame.body, zone)
        case 0x0001:
            if len(frame.body) < _ACK.size:
                raise BodyError("an acknowledgement has five bytes")
            return TerminalAck(*_ACK.unpack_from(frame.body))
        case 0x0301 | 0x0302:
            return _parse_choice(frame)
        case 0x0100 | 0x0102 | 0x0107:
            return parse_introduction(frame)
        case 0x0003:
            return Logout()
        case 0x0004:
            return TimeRequest()
        case 0x0005:
            return _parse_missing(frame.body)
        case other:
            return Unsupported(other)


def parse_location(body: bytes, zone: tzinfo = GMT8) -> Location:
    """The 28 fixed bytes of a location; what the additional items say is left to who asks."""
    if len(body) < _FIXED.size:
        raise BodyError(f"a location has {_FIXED.size} bytes, this one {len(body)}")
    alarm, status, lat, lon, altitude, speed, course, clock = _FIXED.unpack_from(body)
    if lat > 90_000_000 or lon > 180_000_000:
        raise BodyError(f"no place on earth: {lat}, {lon} millionths of a degree")
    return Location(
        alarm_bits=alarm,
        status_bits=status,
        lat=(-lat if status & STATUS_SOUTH else lat) / 1e6,
        lon=(-lon if status & STATUS_WEST else lon) / 1e6,
        # Vendors send heights below the sea as a negative number, the standard says unsigned.
        altitude_m=altitude - 0x10000 if altitude >= 0x8000 else altitude,
        speed_kmh=speed / 10,
        course_deg=course % 360,
        fix_at=_parse_clock(clock, zone),
        extra=body[_FIXED.size :],
    )


def _parse_clock(bcd: bytes, zone: tzinfo) -> datetime | None:
    second = _BCD.get(bcd[5])
    minute = _minute(bcd[:5], zone) if second is not None else None
    if minute is None or second is None:
        return None
    return minute + second


@lru_cache(maxsize=4096)
def _minute(bcd: bytes, zone: tzinfo) -> datetime | None:
    """Positions of a fleet are of the same few minutes."""
    digits = bcd.hex()
    if not digits.isdigit():
        return None
    year, month, day, hour, minute = (int(digits[i : i + 2]) for i in range(0, 10, 2))
    try:
        local = datetime(2000 + year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(UTC)


def _parse_batch(body: bytes, zone: tzinfo) -> Batch:
    if len(body) < 3:
        raise BodyError("a batch begins with count and kind")
    count, kind = struct.unpack_from(">HB", body)
    locations, broken, at = [], 0, 3
    for _ in range(count):
        length = int.from_bytes(body[at : at + 2], "big")
        entry = body[at + 2 : at + 2 + length]
        at += 2 + length
        try:
            locations.append(parse_location(entry, zone))
        except BodyError:
            broken += 1
        if at >= len(body):
            break
    missing = count - len(locations) - broken
    if not locations:
        raise BodyError(f"a batch of {count} with no readable position")
    return Batch(kind, tuple(locations), broken + missing)


def _parse_choice(frame: Frame) -> EventKey | Answer:
    """A key of the menu, or an answer to a question."""
    if frame.message_id == EVENT:
        if not frame.body:
            raise BodyError("an event has one byte")
        return EventKey(frame.body[0])
    if len(frame.body) < _ANSWER.size:
        raise BodyError("an answer has three bytes")
    return Answer(*_ANSWER.unpack_from(frame.body))


def _parse_missing(body: bytes) -> PartsMissing:
    """The count has two bytes; terminals built after 2013 send one."""
    for count in (">H", ">B"):
        at = 2 + struct.calcsize(count)
        if len(body) >= at and len(body) - at == 2 * struct.unpack_from(count, body, 2)[0]:
            serial, *numbers = struct.unpack_from(">H", body) + struct.unpack_from(
                f">{(len(body) - at) // 2}H", body, at
            )
            return PartsMissing(serial, tuple(numbers))
    raise BodyError("a list of missing parts is as long as its count says")


def build_location(location: Location, zone: tzinfo = GMT8) -> bytes:
    """Body of 0x0200; the sign bits of `status_bits` follow the coordinates."""
    status = location.status_bits & ~(STATUS_SOUTH | STATUS_WEST)
    status |= STATUS_SOUTH if location.lat < 0 else 0
    status |= STATUS_WEST if location.lon < 0 else 0
    clock = "0" * 12
    if location.fix_at is not None:
        clock = location.fix_at.astimezone(zone).strftime("%y%m%d%H%M%S")
    return (
        _FIXED.pack(
            location.alarm_bits,
            status,
            round(abs(location.lat) * 1e6),
            round(abs(location.lon) * 1e6),
            location.altitude_m & 0xFFFF,
            round(location.speed_kmh * 10),
            location.course_deg,
            bytes.fromhex(clock),
        )
        + location.extra
    )


def build_batch(locations: Sequence[Location], kind: int = 0, zone: tzinfo = GMT8) -> bytes:
    """Body of 0x0704."""
    entries = [build_location(location, zone) for location in locations]
    joined = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    return struct.pack(">HB", len(entries), kind) + joined


def build_event_key(key: EventKey) -> bytes:
    """Body of 0x0301."""
    return bytes([key.number])


def build_answer(answer: Answer) -> bytes:
    """Body of 0x0302."""
    return _ANSWER.pack(answer.serial, answer.answer)


def build_terminal_ack(ack: TerminalAck) -> bytes:
    """Body of 0x0001."""
    return _ACK.pack(ack.serial, ack.message_id, ack.result)
