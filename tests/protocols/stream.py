"""A stream of bytes through a protocol, as a connection sees it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from gps.protocols.seam import Conversation, Malformed, Message, Position, Wire, answering

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=20)
"""How many bytes come at a time, over and over."""
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
TIMES = st.integers(980_000_000, 4_070_000_000).map(lambda one: datetime.fromtimestamp(one, UTC))
"""Whole seconds of the years 2001 to 2098."""

LATITUDES = st.integers(-90_000_000, 90_000_000).map(lambda one: one / 1e6)
LONGITUDES = st.integers(-180_000_000, 180_000_000).map(lambda one: one / 1e6)
GARBAGE = st.binary(max_size=60)


def talk(device: str | None = None) -> Conversation:
    """A connection at a fixed time."""
    return Conversation(lambda: AT, device)


def chunks(data: bytes, sizes: Iterable[int] = ()) -> list[bytes]:
    """The data in pieces of these sizes, over and over; in one without them."""
    steps, found, at = list(sizes) or [max(len(data), 1)], [], 0
    while at < len(data):
        step = steps[len(found) % len(steps)]
        found.append(data[at : at + step])
        at += step
    return found


def read(
    wire: Wire, data: bytes, sizes: Iterable[int] = (), conversation: Conversation | None = None
) -> list[Message | str]:
    """The messages in the data, and the reasons of what is no message."""
    conversation, cutter = conversation or talk(), wire.cutter()
    cut = [one for piece in chunks(data, sizes) for one in cutter.feed(piece)]
    last = cutter.flush()
    found: list[Message | str] = []
    for one in [*cut, *([] if last is None else [last])]:
        try:
            if isinstance(one, Malformed):
                raise one
            found.append(answering(wire.decode(one, conversation), conversation))
        except Malformed as problem:
            found.append(problem.reason)
    return found


def messages(found: Iterable[Message | str]) -> list[Message]:
    """Those that are messages."""
    return [one for one in found if isinstance(one, Message)]


def only(found: list[Message | str]) -> Message:
    """The one message that there is."""
    (one,) = found
    assert isinstance(one, Message), one
    return one


def place(found: list[Message | str]) -> Position:
    """The one position of the one message."""
    (position,) = only(found).positions
    return position


def utc(position: Position) -> str:
    """The time of the fix, such as 2024-01-01 12:00:00."""
    assert position.time is not None
    assert position.time.utcoffset() == timedelta(0)
    return f"{position.time:%Y-%m-%d %H:%M:%S}"


def angle(value: float, hemispheres: str, width: int) -> tuple[str, str]:
    """Degrees (`width` digits) and minutes to four decimals, and the hemisphere."""
    degree, minutes = divmod(round(abs(value) * 600_000), 600_000)
    return f"{degree:0{width}d}{minutes / 10_000:07.4f}", hemispheres[value < 0]


def heard(
    wire: Wire, data: bytes, sizes: Iterable[int] = (), *, model: str = ""
) -> tuple[list[Message], list[str]]:
    """The messages in the data, and beside them the reasons of what is none."""
    conversation = talk()
    conversation.model = model
    found = read(wire, data, sizes, conversation)
    return messages(found), [one for one in found if isinstance(one, str)]
