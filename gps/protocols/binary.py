"""What binary protocols share: checksums, reading of fields, frames of a told length. Pure."""

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gps.protocols.seam import Malformed

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _table(polynomial: int) -> tuple[int, ...]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (polynomial if byte & 1 else 0)
        found.append(byte)
    return tuple(found)


_ARC = _table(0xA001)


def crc_x25(data: bytes) -> int:
    """CRC-16/X-25, which vendors call CRC-ITU: the CRC of the library with all bits reversed."""
    high, low = divmod(binascii.crc_hqx(data.translate(_REVERSED), 0xFFFF), 256)
    return (_REVERSED[low] << 8 | _REVERSED[high]) ^ 0xFFFF


def crc_arc(data: bytes) -> int:
    """CRC-16/ARC, which vendors call CRC-16-IBM."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _ARC[(value ^ byte) & 0xFF]
    return value


class Short(Malformed):
    """A message ends before what it should say."""

    def __init__(self) -> None:
        super().__init__("too short")


class Reader:
    """Takes fields, most significant byte first. Raises Short where nothing is left."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > self.left:
            raise Short
        self._at += size
        return self._data[self._at - size : self._at]

    def peek(self) -> int:
        """The next byte, which stays."""
        if not self.left:
            raise Short
        return self._data[self._at]

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def number(self, size: int, *, signed: bool = False) -> int:
        """An integer of `size` bytes."""
        return int.from_bytes(self.take(size), "big", signed=signed)


@dataclass(frozen=True, slots=True)
class Framing:
    """How the frames of a protocol are told.

    `mark`: what a frame begins with, at most `widest` bytes. `extent`: of the first bytes of a
    frame (HEAD, or fewer that have come) its length in all; 0 where more must come to tell,
    negative where no frame begins there. `flaw`: why a whole frame is none, if so. `proves`:
    whether a frame that begins so has a checksum; one that has none is not looked for in what
    another frame may own. `shortest`: bytes of a frame with a checksum, `longest`: of any; others
    are none.
    """

    mark: re.Pattern[bytes]
    widest: int
    shortest: int
    longest: int
    extent: Callable[[bytes], int]
    flaw: Callable[[bytes], str | None]
    proves: Callable[[bytes], bool] = lambda _head: True


class Framed:
    """Cuts frames that begin with a mark and tell their own length; at most the longest is kept.

    Nothing that is sound is lost to what is broken before it: behind a frame that does not end, or
    is refused, each mark may begin the next. A run of bytes without a frame is told once. The
    effort is bounded: for bytes that are made to look like ever more frames it gives up one longest
    frame of them.
    """

    HEAD = 32
    REFUSALS = 16
    """Longest frames that are checked in vain before their bytes are given up."""
    LOOKS = 1024
    """Marks that are looked at behind a frame that does not end."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._held = b""
        self._refused = 0
        """So many bytes at the front belong to a frame that has been refused."""
        self._lost = False
        """Whether what is skipped has been told."""
        self._wasted = self._looks = self._look_at = 0

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        self._held += data
        while self._held:
            at, size = self._candidate(0, self._refused)
            if at < 0:
                yield from self._skip(max(0, len(self._held) - self._framing.widest + 1))
                return
            yield from self._skip(at)
            frame = self._held[:size]
            if not size or len(frame) < size:
                ahead = self._sound_ahead()
                if ahead < 0:
                    return
                yield from self._skip(ahead)
            elif reason := self._framing.flaw(frame):
                yield from self._refuse(size, reason)
            else:
                self._cut(size)
                self._refused = self._wasted = 0
                self._lost = False
                yield frame

    def flush(self) -> bytes | Malformed | None:
        known = self._lost and self._candidate(0, self._refused)[0] < 0
        untold = len(self._held) > self._refused and not known
        self._held, self._lost = b"", False
        self._refused = self._wasted = self._looks = self._look_at = 0
        return Malformed("wrong length") if untold else None

    def _candidate(self, at: int, owned: int) -> tuple[int, int]:
        """Where the next frame may begin, and its length; (-1, 0): nowhere. `owned`: so many bytes
        at the front may belong to another frame.
        """
        told = self._framing
        while found := told.mark.search(self._held, at):
            at = found.start()
            self._looks += 1
            head = self._held[at : at + self.HEAD]
            size, proves = told.extent(head), told.proves(head)
            least = told.shortest if proves else 1
            if (size == 0 or least <= size <= told.longest) and (proves or at >= owned):
                return at, size
            at += 1
        return -1, 0

    def _sound_ahead(self) -> int:
        """Where, behind the first byte, a whole sound frame begins; -1: nowhere, or not before more
        has come.
        """
        have = len(self._held)
        if have < self._look_at or self._looks > self.LOOKS:
            return -1
        self._look_at = have + self._framing.shortest - self._framing.widest
        at, size = self._candidate(1, have)
        while at >= 0:
            whole = 0 < size <= have - at
            if whole and not self._framing.flaw(self._held[at : at + size]):
                return at
            if not whole:
                self._look_at = min(self._look_at, max(have + 1, at + size))
            at, size = self._candidate(at + 1, have)
        return -1

    def _refuse(self, size: int, reason: str) -> Iterator[Malformed]:
        if not self._refused:
            yield Malformed(reason)
            self._refused, self._lost = size, True
        self._wasted += size
        given_up = self._wasted > self.REFUSALS * self._framing.longest
        self._cut(self._framing.longest if given_up else 1)
        self._wasted = 0 if given_up else self._wasted

    def _skip(self, size: int) -> Iterator[Malformed]:
        if size > self._refused and not self._lost:
            marked = self._framing.mark.match(self._held) is not None
            yield Malformed("wrong length" if marked else "no start mark")
            self._lost = True
        self._cut(size)

    def _cut(self, size: int) -> None:
        if size:
            self._held = self._held[size:]
            self._refused = max(0, self._refused - size)
            self._looks = self._look_at = 0
