"""What binary protocols share: checksums, reading of fields, frames of a told length. Pure."""

import re
from collections.abc import Callable, Iterator

from gps.protocols.seam import Malformed

Table = tuple[int, ...]


def _table(polynomial: int) -> Table:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (polynomial if byte & 1 else 0)
        found.append(byte)
    return tuple(found)


_X25, _ARC = _table(0x8408), _table(0xA001)


def _reflected(data: bytes, table: Table, value: int) -> int:
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value


def crc_x25(data: bytes) -> int:
    """CRC-16/X-25, which vendors call CRC-ITU."""
    return _reflected(data, _X25, 0xFFFF) ^ 0xFFFF


def crc_arc(data: bytes) -> int:
    """CRC-16/ARC, which vendors call CRC-16-IBM."""
    return _reflected(data, _ARC, 0)


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


class Framed:
    """Cuts frames that begin with a mark and tell their own length.

    `mark`: what a frame begins with, at most `widest` bytes. `extent`: of the first bytes of a
    frame (HEAD, or fewer that have come) its length in all; 0 where more must come to tell,
    negative where no frame begins there. It must be bounded: no more is ever kept. `flaw`: why a
    whole frame is none, if so. `proves`: whether a frame that begins so has a checksum; one that
    has none is not looked for in what another frame may own.

    Nothing that is sound is lost to what is broken before it: behind a frame that does not end, or
    is refused, each mark may begin the next. A run of bytes without a frame is told once.
    """

    HEAD = 32

    def __init__(
        self,
        mark: re.Pattern[bytes],
        widest: int,
        extent: Callable[[bytes], int],
        flaw: Callable[[bytes], str | None],
        proves: Callable[[bytes], bool] = lambda _head: True,
    ) -> None:
        self._mark, self._widest = mark, widest
        self._extent, self._flaw, self._proves = extent, flaw, proves
        self._held = b""
        self._refused = 0
        """So many bytes at the front belong to a frame that has been refused."""
        self._lost = False
        """Whether what is skipped has been told."""

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        self._held += data
        while self._held:
            at, size = self._candidate(0, self._refused)
            if at < 0:
                yield from self._skip(max(0, len(self._held) - self._widest + 1))
                return
            yield from self._skip(at)
            frame = self._held[:size]
            if not size or len(frame) < size:
                ahead = self._sound_ahead()
                if ahead < 0:
                    return
                yield from self._skip(ahead)
            elif reason := self._flaw(frame):
                if not self._refused:
                    yield Malformed(reason)
                    self._refused, self._lost = size, True
                self._cut(1)
            else:
                self._cut(size)
                self._refused, self._lost = 0, False
                yield frame

    def flush(self) -> bytes | Malformed | None:
        known = self._lost and self._candidate(0, self._refused)[0] < 0
        untold = len(self._held) > self._refused and not known
        self._held, self._refused, self._lost = b"", 0, False
        return Malformed("wrong length") if untold else None

    def _candidate(self, at: int, owned: int) -> tuple[int, int]:
        """Where the next frame may begin, and its length; (-1, 0): nowhere. `owned`: so many bytes
        at the front may belong to another frame.
        """
        while found := self._mark.search(self._held, at):
            at = found.start()
            head = self._held[at : at + self.HEAD]
            size = self._extent(head)
            if size >= 0 and (at >= owned or self._proves(head)):
                return at, size
            at += 1
        return -1, 0

    def _sound_ahead(self) -> int:
        """Where, behind the first byte, a whole sound frame begins; -1: nowhere."""
        at, size = self._candidate(1, len(self._held))
        while at >= 0:
            if 0 < size <= len(self._held) - at and not self._flaw(self._held[at : at + size]):
                return at
            at, size = self._candidate(at + 1, len(self._held))
        return -1

    def _skip(self, size: int) -> Iterator[Malformed]:
        if size > self._refused and not self._lost:
            marked = self._mark.match(self._held) is not None
            yield Malformed("wrong length" if marked else "no start mark")
            self._lost = True
        self._cut(size)

    def _cut(self, size: int) -> None:
        self._held = self._held[size:]
        self._refused = max(0, self._refused - size)
