"""Frames of JT/T 808 (2011, 2013, 2019): delimiters, escape, checksum, header, sub-packages.

Pure: bytes in, values out. A frame is `7E header body checksum 7E`; between the delimiters 7E is
written 7D 02 and 7D is written 7D 01. All integers are big-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

DELIMITER = b"\x7e"
MAX_BODY = 1023
"""Bytes of body that ten length bits can say; longer messages are sub-packaged."""

MAX_ESCAPED = 2 * (21 + MAX_BODY + 1)
"""Longest run between two delimiters: every byte of the longest 2019 frame escaped."""

_SUBPACKAGED = 1 << 13
_VERSIONED = 1 << 14
_UNUSUAL = _SUBPACKAGED | _VERSIONED | 7 << 10


class FrameError(ValueError):
    """A run of bytes that is no frame. `offset` counts from the first byte of the stream."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class BodyError(ValueError):
    """The frame is whole but its body does not say what its id promises (answer: result 2)."""


_HEAD = struct.Struct(">HH")
_HEAD_2013 = struct.Struct(">HH6sH")


@dataclass(slots=True)
class Frame:
    """One checked frame. Never changed once it is made.

    `terminal` is the BCD field as hex digits (12, or 20 in 2019) and goes back unchanged into
    answers; `version` is None for 2011/2013; `package` is (total, number from 1).
    """

    message_id: int
    terminal: str
    serial: int
    body: bytes
    version: int | None = None
    encryption: int = 0
    package: tuple[int, int] | None = None
    offset: int = 0

    @property
    def identity(self) -> str:
        """What the device is known by: the digits without leading zeros.

        Some vendors put the first 14 digits of an IMEI there as a 48-bit number; the field is then
        not decimal, and the Luhn digit is appended.
        """
        if self.terminal.isdigit():
            return self.terminal.lstrip("0") or "0"
        digits = str(int(self.terminal, 16)).zfill(14)
        return digits + _luhn(digits)


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def checksum(data: bytes) -> int:
    """XOR of all bytes: halves are laid over each other until one byte is left."""
    folded, size = int.from_bytes(data, "big"), len(data)
    while size > 1:
        size = (size + 1) // 2
        folded = folded >> 8 * size ^ folded & (1 << 8 * size) - 1
    return folded


def escape(data: bytes) -> bytes:
    """Bytes of a frame as they travel between the delimiters."""
    return data.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(data: bytes) -> bytes:
    """The reverse of `escape`. FrameError for 7D that is followed by neither 01 nor 02."""
    if b"\x7d" not in data:
        return data
    head, *parts = data.split(b"\x7d")
    out = [head]
    for part in parts:
        if part[:1] == b"\x01":
            out.append(b"\x7d" + part[1:])
        elif part[:1] == b"\x02":
            out.append(b"\x7e" + part[1:])
        else:
            raise FrameError("bad escape")
    return b"".join(out)


def parse_frame(escaped: bytes, offset: int = 0) -> Frame:
    """The frame between two delimiters. FrameError names reason and offset."""
    try:
        data = unescape(escaped)
    except FrameError as error:
        raise FrameError(error.reason, offset) from None
    if len(data) < 13:
        raise FrameError("shorter than a header", offset)
    if checksum(data) != 0:
        raise FrameError("wrong checksum", offset)
    message_id, properties, terminal, serial = _HEAD_2013.unpack_from(data)
    if properties & _UNUSUAL == 0 and len(data) - 13 == properties & MAX_BODY:
        return Frame(message_id, terminal.hex(), serial, data[12:-1], offset=offset)
    return _unusual(data, offset)


def _unusual(data: bytes, offset: int) -> Frame:
    """Of 2019, encrypted, a sub-package, or wrong."""
    message_id, properties = _HEAD.unpack_from(data)
    version, start = None, 12
    if properties & _VERSIONED:
        version, start = data[4], 17
    terminal = data[start - 8 : start - 2] if version is None else data[5:15]
    package = None
    if properties & _SUBPACKAGED:
        package = (
            int.from_bytes(data[start : start + 2], "big"),
            int.from_bytes(data[start + 2 : start + 4], "big"),
        )
        start += 4
    if len(data) - 1 - start != properties & MAX_BODY:
        raise FrameError("wrong body length", offset)
    if package is not None and not 1 <= package[1] <= package[0]:
        raise FrameError("impossible package number", offset)
    serial_at = start - 2 if package is None else start - 6
    return Frame(
        message_id=message_id,
        terminal=terminal.hex(),
        serial=int.from_bytes(data[serial_at : serial_at + 2], "big"),
        body=data[start:-1],
        version=version,
        encryption=properties >> 10 & 7,
        package=package,
        offset=offset,
    )


def build_frame(frame: Frame) -> bytes:
    """The bytes of a frame, delimiters included. ValueError when the body exceeds 1023 bytes."""
    if len(frame.body) > MAX_BODY:
        raise ValueError(f"a frame holds {MAX_BODY} bytes of body, not {len(frame.body)}")
    properties = len(frame.body) | frame.encryption << 10
    version = b""
    if frame.version is not None:
        properties |= _VERSIONED
        version = bytes([frame.version])
    package = b""
    if frame.package is not None:
        properties |= _SUBPACKAGED
        package = frame.package[0].to_bytes(2, "big") + frame.package[1].to_bytes(2, "big")
    data = b"".join(
        (
            frame.message_id.to_bytes(2, "big"),
            properties.to_bytes(2, "big"),
            version,
            bytes.fromhex(frame.terminal),
            frame.serial.to_bytes(2, "big"),
            package,
            frame.body,
        )
    )
    return DELIMITER + escape(data + bytes([checksum(data)])) + DELIMITER


def part_count(body: bytes) -> int:
    """Frames that a body needs, at least one."""
    return max(1, -(-len(body) // MAX_BODY))


def build_message(
    message_id: int, body: bytes, *, terminal: str, serial: int, version: int | None = None
) -> list[bytes]:
    """The frames of a message, sub-packaged when the body needs it.

    Parts carry consecutive serials from `serial`, modulo 65536.
    """
    total = part_count(body)
    return [
        build_frame(
            Frame(
                message_id=message_id,
                terminal=terminal,
                serial=(serial + index) & 0xFFFF,
                body=body[index * MAX_BODY : (index + 1) * MAX_BODY],
                version=version,
                package=None if total == 1 else (total, index + 1),
            )
        )
        for index in range(total)
    ]


@dataclass(slots=True)
class FrameCutter:
    """Cuts a byte stream into frames, however it is chunked; keeps at most one frame's bytes.

    Bytes before the first delimiter are skipped. Each run between two delimiters is one
    candidate, so a lost delimiter or a broken frame costs that frame and not its neighbours.
    """

    _run: bytearray = field(default_factory=bytearray)
    _open: bool = False
    _too_long: bool = False
    _offset: int = 0
    _start: int = 0

    def feed(self, data: bytes) -> Iterator[Frame | FrameError]:
        """Frames and rejections that end in `data`, in order of the stream."""
        if not self._run and not self._too_long and _is_one_frame(data):
            start = self._offset + 1
            self._offset += len(data)
            self._open, self._start = True, self._offset
            yield _frame_or_error(data[1:-1], start)
            return
        pieces = data.split(DELIMITER)
        self._extend(pieces[0])
        for piece in pieces[1:]:
            yield from self._close()
            self._offset += 1
            self._open, self._start = True, self._offset
            self._extend(piece)

    def _extend(self, piece: bytes) -> None:
        self._offset += len(piece)
        if not self._open or self._too_long:
            return
        self._run += piece
        if len(self._run) > MAX_ESCAPED:
            self._too_long = True
            self._run.clear()

    def _close(self) -> Iterator[Frame | FrameError]:
        if self._too_long:
            self._too_long = False
            yield FrameError("longer than any frame", self._start)
        elif self._run:
            run = bytes(self._run)
            self._run.clear()
            yield _frame_or_error(run, self._start)


def _is_one_frame(data: bytes) -> bool:
    """As nearly always: from the first to the last byte."""
    size = len(data)
    return (
        2 < size <= MAX_ESCAPED + 2
        and data[0] == DELIMITER[0]
        and data.find(DELIMITER, 1) == size - 1
    )


def _frame_or_error(escaped: bytes, offset: int) -> Frame | FrameError:
    try:
        return parse_frame(escaped, offset)
    except FrameError as error:
        return error


MAX_PARTS = 256
MAX_OPEN = 4


@dataclass(slots=True)
class Reassembler:
    """Joins sub-packages of one sender; holds at most 4 messages of 256 parts, oldest go first."""

    _open: dict[tuple[int, int, int], dict[int, bytes]] = field(default_factory=dict)

    def add(self, frame: Frame) -> Frame | None:
        """The whole message once every part is there (`frame` with the joined body), else None.

        FrameError when it announces more than 256 parts.
        """
        if frame.package is None:
            return frame
        total, number = frame.package
        if total > MAX_PARTS:
            raise FrameError("too many packages", frame.offset)
        key = (frame.message_id, self.first_serial(frame), total)
        parts = self._open.setdefault(key, {})
        parts[number] = frame.body
        if len(parts) < total:
            if len(self._open) > MAX_OPEN:
                self._open.pop(next(iter(self._open)))
            return None
        del self._open[key]
        return Frame(
            message_id=frame.message_id,
            terminal=frame.terminal,
            serial=frame.serial,
            body=b"".join(parts[index] for index in range(1, total + 1)),
            version=frame.version,
            encryption=frame.encryption,
            offset=frame.offset,
        )

    @staticmethod
    def first_serial(frame: Frame) -> int:
        """Serial of part 1 of the message that this part belongs to."""
        number = frame.package[1] if frame.package else 1
        return (frame.serial - number + 1) & 0xFFFF

    def missing(self, frame: Frame) -> list[int]:
        """Numbers of the parts still awaited of this frame's message."""
        if frame.package is None:
            return []
        total = frame.package[0]
        parts = self._open.get((frame.message_id, self.first_serial(frame), total), {})
        return [number for number in range(1, total + 1) if number not in parts]
