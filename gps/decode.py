"""What `paidan gps decode` makes of its lines. Pure.

One line is one write of a device: wire bytes in hex, or text, or (protocols over HTTP) a request as
a JSON object. All lines are one connection. Bytes that are no whole frame at the end of a line are
read as one where lines end messages anyway, and are an error elsewhere.

Text is what the bytes of the input were: what is no UTF-8 in it stands as surrogates.
"""

import json
import math
import string
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any
from urllib.parse import quote

from gps.protocols.seam import (
    Conversation,
    Cutter,
    Malformed,
    Message,
    Position,
    Request,
    Value,
    Web,
    Wire,
    answering,
)

HEX = frozenset(string.hexdigits)
FIRST = frozenset(bytes([one]) for one in range(0x0A, 0x7F))
"""What a message of a protocol in text begins with, also where the rest is binary."""
LONGEST_IDENTITY = 20
BYTE_ORDER_MARK = "\ufeff"


def decoded(
    protocol: Wire | Web, lines: Iterable[str], conversation: Conversation
) -> Iterator[dict[str, Any]]:
    """One result for each line that is not blank; they are counted from 1, blank ones too."""
    cutter = protocol.cutter() if isinstance(protocol, Wire) else None
    for number, line in enumerate(lines, 1):
        told = line.rstrip("\r\n").removeprefix(BYTE_ORDER_MARK)
        if told.strip():
            yield _line(protocol, cutter, number, told, conversation)


def _line(
    protocol: Wire | Web,
    cutter: Cutter | None,
    number: int,
    line: str,
    conversation: Conversation,
) -> dict[str, Any]:
    messages: list[Message] = []
    answer, error = b"", None
    for found in _messages(protocol, cutter, line, conversation):
        answer += found.answer
        if isinstance(found, Message):
            messages.append(found)
        else:
            error = error or found.reason
    if not messages and error is None:
        error = "no message"
    answered = answer or (isinstance(protocol, Web) and messages)
    return {
        "line": number,
        "device": conversation.device,
        "positions": [_position(one) for message in messages for one in message.positions],
        "response_hex": answer.hex() if answered else None,
        "error": error,
    }


def _messages(
    protocol: Wire | Web, cutter: Cutter | None, line: str, conversation: Conversation
) -> Iterator[Message | Malformed]:
    """What is in a line, in its order; what is broken in it costs its neighbours nothing."""
    try:
        if isinstance(protocol, Web):
            conversation.device = None  # a request names its device itself
            yield answering(protocol.decode(request_of(line), conversation), conversation)
            return
        data = bytes_of(line, text=protocol.text)
    except Malformed as problem:
        yield problem
        return
    assert cutter is not None
    for found in [*cutter.feed(data), cutter.flush()]:
        if isinstance(found, Malformed):
            yield found
        elif found is not None:
            try:
                yield answering(protocol.decode(found, conversation), conversation)
            except Malformed as problem:
                yield problem


def bytes_of(line: str, *, text: bool) -> bytes:
    """The bytes that a line stands for: hex where it can be hex, else (`text`) what it says.

    Digits by themselves may be both; so short, they are the identity that some devices begin with.
    """
    joined = "".join(line.split())
    if len(joined) % 2 == 0 and HEX.issuperset(joined):
        data = bytes.fromhex(joined)
        identity = joined.isdigit() and len(joined) <= LONGEST_IDENTITY
        if not text or (data[:1] in FIRST and not identity):
            return data
    if not text:
        raise Malformed("not hexadecimal")
    return _encoded(line)


def request_of(line: str) -> Request:
    """The request of a JSON object with method, uri, headers and body. Raises Malformed."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from None
    if not isinstance(told, dict):
        raise Malformed("not a JSON object")
    headers, body = told.get("headers") or {}, told.get("body")
    if not isinstance(headers, dict):
        raise Malformed("headers: not an object")
    if not isinstance(body, str | None):
        body = json.dumps(body, ensure_ascii=False)
    return Request(
        method=str(told.get("method") or "GET").upper(),
        uri=quote(_encoded(str(told.get("uri") or "/")), safe="/?&=+%:;,@!$'()*~[]-._#"),
        headers={str(name).lower(): str(value) for name, value in headers.items()},
        body=_encoded(body or ""),
    )


def _encoded(text: str) -> bytes:
    """Its bytes; those that were no UTF-8 are what they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, as an escape in JSON can say it
        return text.encode("utf-8", "replace")


def _position(one: Position) -> dict[str, Any]:
    return {
        "time": one.time and one.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "valid": one.valid,
        "latitude": _finite(one.latitude),
        "longitude": _finite(one.longitude),
        "altitude_m": _finite(one.altitude_m),
        "speed_kmh": None if one.speed_kmh is None else _finite(round(one.speed_kmh, 4)),
        "course": _finite(one.course),
        "attributes": {name: _finite(value) for name, value in one.attributes.items()},
    }


def _finite(value: Value | None) -> Value | None:
    """JSON has no word for what is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
