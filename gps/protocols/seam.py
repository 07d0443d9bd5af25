"""What the wire protocols of trackers have in common. Pure: bytes in, values out.

A protocol is one file in this package with one table of its messages. It cuts a stream into frames
(`Cutter`) and says what a frame means (`Wire.decode`). Neither blocks, reads a clock of its own or
lets anything but `Malformed` escape, whatever the bytes are.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

KNOT_KMH = 1.852
Value = str | int | float | bool
"""What an attribute may be."""


class Malformed(ValueError):
    """Bytes that are no message. `reason` is a short phrase, such as `wrong checksum`; `answer`:
    what tells the device that it was not understood, where the protocol has such a thing.
    """

    def __init__(self, reason: str, answer: bytes = b"") -> None:
        super().__init__(reason)
        self.reason, self.answer = reason, answer


@dataclass(frozen=True, slots=True)
class Position:
    """Where a device was: degrees WGS-84 (south and west negative), metres, km/h, degrees clockwise
    from north. None where the message does not tell.

    `time`: of the fix, aware UTC; None where the device has none. `valid`: whether the receiver
    vouches for it. `attributes`: what else the message says, by the names in docs/protocols.md.
    """

    time: datetime | None
    valid: bool
    latitude: float
    longitude: float
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course: float | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What one frame says. `kind`: its name in the table of the protocol.

    `device`: the identity that the frame itself carries; None where it is the connection's.
    `answer`: what the device waits for; it is sent after the positions are committed. `status`: of
    the HTTP answer.
    """

    kind: str
    device: str | None = None
    positions: tuple[Position, ...] = ()
    answer: bytes = b""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    status: int = 200


@dataclass(slots=True)
class Conversation:
    """What is remembered of one connection.

    `device`: who has identified itself. `model`: of the device, where the registry knows it;
    `extended`: Teltonika's ids and values of 16 bytes. `now`: for protocols whose messages lack a
    date. `memory`: a protocol's own, by its name; bounded by it.
    """

    now: Callable[[], datetime]
    device: str | None = None
    model: str = ""
    extended: bool = False
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. Names of `headers` are lower case; `uri` has the query."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes


class Cutter(Protocol):
    """Cuts the stream of one connection into frames; keeps at most one unfinished one."""

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        """Whole frames in `data` and what was kept, and what had to be skipped."""
        ...

    def flush(self) -> bytes | Malformed | None:
        """The stream is over: what was kept is the last frame, or is broken; None: nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Wire:
    """A protocol over TCP. `port`: where its devices expect it; `text`: its frames are lines that a
    person can read.
    """

    name: str
    title: str
    port: int
    text: bool
    cutter: Callable[[], Cutter]
    decode: Callable[[bytes, Conversation], Message]


@dataclass(frozen=True, slots=True)
class Web:
    """A protocol over HTTP."""

    name: str
    title: str
    port: int
    decode: Callable[[Request, Conversation], Message]


class Delimited:
    """Cuts at any of some ends, which are left out. Empty frames are skipped.

    What is longer than `longest` bytes without an end is skipped up to the next one.
    """

    def __init__(self, *ends: bytes, longest: int = 1024) -> None:
        longer_first = sorted(ends, key=len, reverse=True)
        self._end = re.compile(b"|".join(map(re.escape, longer_first)))
        self._most, self._longest = len(longer_first[0]), longest
        self._held = b""
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        *frames, rest = self._apart(self._held + data)
        cut: list[bytes | Malformed] = []
        for frame in frames:
            if self._skipping:
                self._skipping = False
            elif len(frame) > self._longest:
                cut.append(Malformed("too long"))
            elif frame.strip():
                cut.append(frame)
        if len(rest) > self._longest:
            if not self._skipping:
                cut.append(Malformed("too long"))
            self._skipping = True
            rest = rest[len(rest) - self._most + 1 :]
        self._held = rest
        yield from cut

    def flush(self) -> bytes | Malformed | None:
        frame, self._held = self._held, b""
        skipping, self._skipping = self._skipping, False
        return frame if frame.strip() and not skipping else None

    def _apart(self, data: bytes) -> Iterator[bytes]:
        """What stands between the ends, and what is behind the last."""
        at = 0
        for end in self._end.finditer(data):
            yield data[at : end.start()]
            at = end.end()
        yield data[at:]


def answering(message: Message, conversation: Conversation) -> Message:
    """The message, after the connection has learnt from it who the device is. Its texts have blanks
    for what cannot be stored or shown.

    Raises Malformed for positions of nobody, and for an identity that cannot be shown.
    """
    if message.device:
        if not message.device.isprintable():
            raise Malformed("no identity")
        conversation.device = message.device
    elif message.positions and conversation.device is None:
        raise Malformed("no device has identified itself")
    told = (message.attributes, *(one.attributes for one in message.positions))
    if all(map(_storable, told)):
        return message
    positions = tuple(replace(one, attributes=_shown(one.attributes)) for one in message.positions)
    return replace(message, positions=positions, attributes=_shown(message.attributes))


def _storable(told: Mapping[str, Value]) -> bool:
    return all(not isinstance(one, str) or _printable(one) for one in told.values())


def _printable(text: str) -> bool:
    return text.isprintable() or text.replace("\n", "").isprintable()


def _shown(told: Mapping[str, Value]) -> dict[str, Value]:
    return {name: shown(one) if isinstance(one, str) else one for name, one in told.items()}


def shown(text: str) -> str:
    """A text with blanks for what cannot be stored or shown; lines stay lines."""
    if _printable(text):
        return text
    lines = ("".join(one if one.isprintable() else " " for one in row) for row in text.splitlines())
    return "\n".join(" ".join(one.split()) for one in lines).strip("\n")
