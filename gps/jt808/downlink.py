"""Bodies of the messages that the platform sends, built and parsed (JT/T 808-2013 chapter 8)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from gps.jt808.framing import DELIMITER, Frame, build_frame, checksum, escape, unescape

PLATFORM_ACK = 0x8001
ASK_MISSING = 0x8003
TIME = 0x8004
REGISTER_ACK = 0x8100
ASK_ATTRIBUTES = 0x8107
TEXT = 0x8300
EVENTS = 0x8301
QUESTION = 0x8302

OK, FAILED, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3
"""Results of a general acknowledgement (0x8001 and 0x0001)."""

REGISTER_OK, REGISTER_TAKEN, REGISTER_NO_TERMINAL = 0, 3, 4
"""Results of 0x8100."""

TEXT_URGENT, TEXT_DISPLAY, TEXT_SPOKEN = 1 << 0, 1 << 2, 1 << 3
"""Flags of 0x8300."""

EVENTS_CLEAR, EVENTS_UPDATE = 0, 1
"""Kinds of 0x8301: no keys any more; these and no others."""

LONGEST = 255
"""Bytes of a question or of a key's label, in GBK."""

_ACK = struct.Struct(">HHB")
_NUMBERED_ACK = struct.Struct(">HHHB")
_BYTES = [bytes([value]) for value in range(256)]


@dataclass(frozen=True, slots=True)
class PlatformAck:
    """0x8001: the answer to one message of the terminal."""

    serial: int
    message_id: int
    result: int


@dataclass(frozen=True, slots=True)
class RegisterAck:
    """0x8100. `code` authenticates later connections; empty unless `result` is 0."""

    serial: int
    result: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class AskMissing:
    """0x8003: parts of a sub-packaged message that did not arrive."""

    serial: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """0x8300: text for the terminal's screen and loudspeaker."""

    flags: int
    text: str


@dataclass(frozen=True, slots=True)
class Events:
    """0x8301: the keys of the terminal's menu, number → label."""

    kind: int
    keys: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """0x8302: a question and its answers, number → label."""

    flags: int
    text: str
    answers: tuple[tuple[int, str], ...]


Downlink = PlatformAck | RegisterAck | AskMissing | Text | Events | Question


def build_platform_ack(serial: int, message_id: int, result: int) -> bytes:
    """Body of 0x8001."""
    return _ACK.pack(serial, message_id, result)


def platform_acks(to: Frame, first: int, acks: Sequence[tuple[int, int, int]]) -> bytes:
    """Frames of 0x8001 with the serials from `first` on, to the terminal whose frame `to` is."""
    head, frames = _ack_head(to.terminal, to.version), []
    for serial, ack in enumerate(acks, first):
        data = head + _NUMBERED_ACK.pack(serial & 0xFFFF, *ack)
        frames.append(DELIMITER + escape(data + _BYTES[checksum(data)]) + DELIMITER)
    return b"".join(frames)


@lru_cache(maxsize=50_000)
def _ack_head(terminal: str, version: int | None) -> bytes:
    """What stands before serial and body, the same in each answer to a terminal."""
    frame = build_frame(Frame(PLATFORM_ACK, terminal, 0, bytes(_ACK.size), version))
    return unescape(frame[1:-1])[: -_ACK.size - 3]


def build_register_ack(serial: int, result: int, code: str = "") -> bytes:
    """Body of 0x8100; the code only goes out with success."""
    tail = code.encode("gbk") if result == REGISTER_OK else b""
    return struct.pack(">HB", serial, result) + tail


def build_ask_missing(serial: int, numbers: Sequence[int], *, version: int | None = None) -> bytes:
    """Body of 0x8003; the count is one byte in 2013 and two in 2019."""
    count = struct.pack(">B" if version is None else ">H", len(numbers))
    return struct.pack(">H", serial) + count + struct.pack(f">{len(numbers)}H", *numbers)


def build_time(moment: datetime) -> bytes:
    """Body of 0x8004: this moment in UTC, six bytes BCD."""
    return bytes.fromhex(moment.astimezone(UTC).strftime("%y%m%d%H%M%S"))


def build_text(text: str, *, flags: int, version: int | None = None) -> bytes:
    """Body of 0x8300 in GBK; signs that GBK lacks become a question mark.

    2019 has one byte more, the kind of text (2: service).
    """
    kind = b"" if version is None else b"\x02"
    return bytes([flags]) + kind + text.encode("gbk", "replace")


def build_events(keys: Sequence[tuple[int, str]], kind: int = EVENTS_UPDATE) -> bytes:
    """Body of 0x8301. ValueError for a label of more than 255 bytes."""
    items = [bytes([number]) + _short(label) for number, label in keys]
    return bytes([kind, len(items)]) + b"".join(items)


def build_question(text: str, answers: Sequence[tuple[int, str]], *, flags: int) -> bytes:
    """Body of 0x8302. ValueError for a question of more than 255 bytes in GBK."""
    items = []
    for number, label in answers:
        data = label.encode("gbk", "replace")
        items.append(struct.pack(">BH", number, len(data)) + data)
    return bytes([flags]) + _short(text) + b"".join(items)


def _short(text: str) -> bytes:
    data = text.encode("gbk", "replace")
    if len(data) > LONGEST:
        raise ValueError(f"{len(data)} bytes, at most {LONGEST}")
    return bytes([len(data)]) + data


def _parse_events(body: bytes) -> Events | None:
    keys, at = [], 2
    for _ in range(body[1]):
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            return None
        end = at + 2 + body[at + 1]
        keys.append((body[at], body[at + 2 : end].decode("gbk", "replace")))
        at = end
    return Events(body[0], tuple(keys))


def _parse_question(body: bytes) -> Question | None:
    at = 2 + body[1]
    if at > len(body):
        return None
    text, answers = body[2:at].decode("gbk", "replace"), []
    while at + 3 <= len(body):
        number, length = struct.unpack_from(">BH", body, at)
        answers.append((number, body[at + 3 : at + 3 + length].decode("gbk", "replace")))
        at += 3 + length
    return Question(body[0], text, tuple(answers))


def parse(frame: Frame) -> Downlink | None:
    """What the platform said; None for other ids and for bodies that are too short."""
    body = frame.body
    match frame.message_id:
        case 0x8001 if len(body) >= _ACK.size:
            return PlatformAck(*_ACK.unpack_from(body))
        case 0x8100 if len(body) >= 3:
            serial, result = struct.unpack_from(">HB", body)
            return RegisterAck(serial, result, body[3:].decode("gbk", "replace"))
        case 0x8003 if len(body) >= 3:
            start = 3 if frame.version is None else 4
            numbers = struct.unpack_from(f">{(len(body) - start) // 2}H", body, start)
            return AskMissing(int.from_bytes(body[:2], "big"), numbers)
        case 0x8300 if body:
            start = 1 if frame.version is None else 2
            return Text(body[0], body[start:].decode("gbk", "replace"))
        case 0x8301 if len(body) >= 2:
            return _parse_events(body)
        case 0x8302 if len(body) >= 2:
            return _parse_question(body)
        case _:
            return None
