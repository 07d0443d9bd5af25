"""Framing on the port of JT/T 808: the standard's, a maker's by E7, and text in brackets. Pure."""

import re
from collections.abc import Iterator

from gps.jt808.framing import MAX_ESCAPED, Frame, FrameError, checksum, parse_frame
from gps.protocols.seam import Malformed

MARK, OTHER, OPEN = 0x7E, 0xE7, 0x28
"""What frames begin and end with: the standard's, a maker's, and those of text."""

MARKS, SETTLED_MARKS = re.compile(rb"[\x7e\x28\xe7]"), re.compile(rb"[\x7e\x28]")
LONGEST_TEXT = 256
TEXT = re.compile(rb"\([\x20-\x27\x2a-\x7d]{,%d}" % LONGEST_TEXT)
"""Text in brackets up to what ends it; none of the marks is in it."""

STOWED = b"\xe6\x01", b"\xe6\x02", b"\x3e\x01", b"\x3e\x02"
MEANT = b"\xe6", b"\xe7", b"\x3e", b"\x3d"
"""How the other framing writes bytes that it needs for itself."""


class Frames:
    """Cuts at the standard's 7E, at E7 and at `(…)`; frames keep their marks.

    A run between two marks 7E is a candidate, and the second mark may open the next, so that a
    lost one costs no neighbour. E7 and text are taken only where they are whole.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._closed = False
        self._settled = False

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        self._held += data
        while self._held:
            found = self._next()
            if found:
                yield found
            elif found is None and len(self._held) > MAX_ESCAPED:
                yield Malformed("too long")
                self._skip(1)
            elif found is None:
                return

    def flush(self) -> bytes | Malformed | None:
        cut_off = len(self._held) > 1
        self._held.clear()
        self._closed = False
        return Malformed("cut off") if cut_off else None

    def _next(self) -> bytes | None:
        """A frame; nothing where something was skipped; None where more has to come."""
        if self._held[0] == MARK:
            return self._standard()
        self._closed = False
        if self._held[0] == OPEN:
            return self._text()
        if self._held[0] == OTHER and not self._settled:
            return self._other()
        found = (SETTLED_MARKS if self._settled else MARKS).search(self._held)
        return self._skip(found.start() if found else len(self._held))

    def _standard(self) -> bytes | None:
        if self._closed and self._held[1:2] == b"(":
            return self._skip(1)
        end = self._held.find(MARK, 1)
        if end < 0:
            return None
        frame = bytes(self._held[: end + 1])
        del self._held[:end]
        self._closed = len(frame) > 2
        if not self._settled and self._closed:
            self._settled = _sound(frame[1:-1])
        return frame if self._closed else b""

    def _text(self) -> bytes | None:
        found = TEXT.match(self._held)
        end = found.end() if found else 1
        if end == len(self._held) and end <= LONGEST_TEXT:
            return None
        if self._held[end : end + 1] != b")":
            return self._skip(end)
        frame = bytes(self._held[: end + 1])
        del self._held[: end + 1]
        return frame

    def _other(self) -> bytes | None:
        end = self._held.find(OTHER, 1)
        if 0 < end <= MAX_ESCAPED and _sound_other(bytes(self._held[1:end])):
            frame = bytes(self._held[: end + 1])
            del self._held[: end + 1]
            return frame
        if end > 0 or self._holds_standard():
            return self._skip(1)
        return None

    def _holds_standard(self) -> bool:
        """Whether a frame of the standard is behind the mark, which then was none."""
        runs = bytes(self._held).split(bytes([MARK]))[1:-1]
        return any(_sound(run) for run in runs)

    def _skip(self, count: int) -> bytes:
        del self._held[:count]
        self._closed = False
        return b""


def _sound(run: bytes) -> bool:
    try:
        parse_frame(run)
    except FrameError:
        return False
    return True


def _sound_other(run: bytes) -> bool:
    try:
        parse_other(run)
    except Malformed:
        return False
    return True


def parse_other(run: bytes) -> Frame:
    """The framing by E7: an id of seven bytes. Raises Malformed."""
    data = _exchange(run, STOWED, MEANT)
    if len(data) < 14 or checksum(data) != 0:
        raise Malformed("wrong checksum")
    properties = int.from_bytes(data[2:4], "big")
    if len(data) - 14 != properties & 0x3FF:
        raise Malformed("wrong length")
    return Frame(
        message_id=int.from_bytes(data[:2], "big"),
        terminal=data[4:11].hex(),
        serial=int.from_bytes(data[11:13], "big"),
        body=data[13:-1],
    )


def build_other(frame: Frame, message_id: int, body: bytes) -> bytes:
    head = message_id.to_bytes(2, "big") + len(body).to_bytes(2, "big")
    data = head + bytes.fromhex(frame.terminal) + b"\x00\x00" + body
    return b"\xe7" + _exchange(data + bytes([checksum(data)]), MEANT, STOWED) + b"\xe7"


def _exchange(data: bytes, these: tuple[bytes, ...], those: tuple[bytes, ...]) -> bytes:
    """From left to right, each byte once."""
    out, at = bytearray(), 0
    while at < len(data):
        for this, that in zip(these, those, strict=True):
            if data.startswith(this, at):
                out += that
                at += len(this)
                break
        else:
            out.append(data[at])
            at += 1
    return bytes(out)
