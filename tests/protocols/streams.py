"""Feeding a protocol by hand."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import strategies as st

from gps.protocols.seam import Conversation, Malformed, Message, Wire, answering

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GARBAGE = st.binary(max_size=60)
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
LATITUDES = st.integers(-90_000_000, 90_000_000).map(lambda value: value / 1e6)
LONGITUDES = st.integers(-180_000_000, 180_000_000).map(lambda value: value / 1e6)


def conversation(model: str = "") -> Conversation:
    """A connection on which nothing has been said."""
    return Conversation(lambda: AT, model=model)


def heard(
    wire: Wire, chunks: Iterable[bytes], *, model: str = ""
) -> tuple[list[Message], list[str]]:
    """The messages in a stream that comes in these chunks, and the reasons of what is none."""
    cutter, with_whom = wire.cutter(), conversation(model)
    messages, reasons = [], []
    found = [one for chunk in chunks for one in cutter.feed(chunk)]
    for one in [*found, cutter.flush()]:
        if isinstance(one, bytes):
            try:
                messages.append(answering(wire.decode(one, with_whom), with_whom))
            except Malformed as problem:
                reasons.append(problem.reason)
        elif one is not None:
            reasons.append(one.reason)
    return messages, reasons


def chunked(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The data, cut at some places."""
    places = sorted({0, len(data), *(one % (len(data) + 1) for one in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(places)]
