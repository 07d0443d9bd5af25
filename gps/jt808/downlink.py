"""Bodies of the messages that the platform sends, built and parsed (JT/T 808-2013 chapter 8)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from gps.jt808.framing import Frame

PLATFORM_ACK = 0x8001
ASK_MISSING = 0x8003
REGISTER_ACK = 0x8100
TEXT = 0x8300

OK, FAILED, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3
"""Results of a general acknowledgement (0x8001 and 0x0001)."""

REGISTER_OK, REGISTER_NO_TERMINAL = 0, 4
"""Results of 0x8100."""

TEXT_URGENT, TEXT_DISPLAY, TEXT_SPOKEN = 1 << 0, 1 << 2, 1 << 3
"""Flags of 0x8300."""

_ACK = struct.Struct(">HHB")


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


Downlink = PlatformAck | RegisterAck | AskMissing | Text


def build_platform_ack(serial: int, message_id: int, result: int) -> bytes:
    """Body of 0x8001."""
    return _ACK.pack(serial, message_id, result)


def build_register_ack(serial: int, result: int, code: str = "") -> bytes:
    """Body of 0x8100; the code only goes out with success."""
    tail = code.encode("gbk") if result == REGISTER_OK else b""
    return struct.pack(">HB", serial, result) + tail


def build_ask_missing(serial: int, numbers: Sequence[int], *, version: int | None = None) -> bytes:
    """Body of 0x8003; the count is one byte in 2013 and two in 2019."""
    count = struct.pack(">B" if version is None else ">H", len(numbers))
    return struct.pack(">H", serial) + count + struct.pack(f">{len(numbers)}H", *numbers)


def build_text(text: str, *, flags: int, version: int | None = None) -> bytes:
    """Body of 0x8300 in GBK; signs that GBK lacks become a question mark.

    2019 has one byte more, the kind of text (2: service).
    """
    kind = b"" if version is None else b"\x02"
    return bytes([flags]) + kind + text.encode("gbk", "replace")


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
        case _:
            return None
