"""Whatever a device sends: only Malformed comes of it, little is kept, what is sound is found."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.decode import decoded
from gps.protocols.registry import PROTOCOLS
from gps.protocols.seam import (
    Conversation,
    Malformed,
    Message,
    Position,
    Request,
    Web,
    Wire,
    answering,
)
from tests.protocols.samples import SAMPLES, words
from tests.protocols.stream import AT, messages, read, talk

WIRES = {name: one for name, one in PROTOCOLS.items() if isinstance(one, Wire)}
WEBS = {name: one for name, one in PROTOCOLS.items() if isinstance(one, Web)}
KEPT = 1 << 14
"""Bytes that the cutter of one connection may keep."""

REMEMBERED = 1 << 20
"""Bytes that a protocol may remember of one connection, whatever it has heard."""

wires = pytest.mark.parametrize("name", WIRES)
models = st.sampled_from(["", "AL300", "JC371", "C5L", "NT20", "FMB630", "SEEWORLD", "LW4G-4B"])


def test_every_protocol_has_a_sample() -> None:
    assert WIRES.keys() == SAMPLES.keys(), "tests/protocols/samples.py wants one each"


def size(value: object, depth: int = 0) -> int:
    """Bytes and elements of what an object keeps."""
    if depth > 8:
        return 0
    if isinstance(value, bytes | bytearray | str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(size(one, depth + 1) + 8 for pair in value.items() for one in pair)
    if isinstance(value, list | tuple | set):
        return sum(size(one, depth + 1) + 8 for one in value)
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    told = [getattr(value, name, None) for name in slots]
    return sum(size(one, depth + 1) for one in [*told, *vars(value).values()]) if (
        hasattr(value, "__dict__")
    ) else sum(size(one, depth + 1) for one in told)  # fmt: skip


def hear(name: str, pieces: list[bytes], conversation: Conversation) -> list[Message]:
    """All messages, after a look at each: it can be told in JSON, its place is on earth."""
    wire = WIRES[name]
    cutter = wire.cutter()
    found: list[Message] = []
    for piece in pieces:
        cut = list(cutter.feed(piece))
        assert size(cutter) <= KEPT
        for one in cut:
            found += heard(wire, one, conversation)
    last = cutter.flush()
    return [*found, *(heard(wire, last, conversation) if last is not None else [])]


def heard(wire: Wire, frame: bytes | Malformed, conversation: Conversation) -> list[Message]:
    if isinstance(frame, Malformed):
        return []
    try:
        message = answering(wire.decode(frame, conversation), conversation)
    except Malformed:
        return []
    sane(message)
    assert size(conversation.memory) <= REMEMBERED
    return [message]


def sane(message: Message) -> None:
    for one in message.positions:
        assert -90 <= one.latitude <= 90
        assert -180 <= one.longitude <= 180
        assert one.time is None or one.time.utcoffset() is not None
        json.dumps(
            [one.altitude_m, one.speed_kmh, one.course, dict(one.attributes)], allow_nan=False
        )
        assert isinstance(one, Position)
    told = [dict(message.attributes), *(dict(one.attributes) for one in message.positions)]
    stored = json.dumps([told, message.device], allow_nan=False, ensure_ascii=False).encode()
    assert b"\\u0000" not in stored, "no database stores a text with a zero"
    assert isinstance(message.answer, bytes)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted(cut % (len(data) + 1) for cut in cuts)
    return [data[a:b] for a, b in pairwise([0, *places, len(data)])]


CUTS = st.lists(st.integers(0, 5000), max_size=6)


@wires
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    marks = [SAMPLES[name].place[:size] for size in (1, 2, 4, 12)]
    pieces = data.draw(st.lists(st.binary(max_size=80) | st.sampled_from(marks), max_size=12))
    stream = b"".join(pieces)
    conversation = talk(data.draw(st.sampled_from([None, "1"])))
    whole = hear(name, split(stream, data.draw(CUTS)), conversation)
    wire = WIRES[name]
    for frame in pieces:
        heard(wire, frame, conversation)
    assert whole is not None


@wires
@given(data=st.data())
def test_a_message_with_some_bytes_changed(name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    stream = bytearray(sample.login + sample.place * 2)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(stream) - 1))
        match data.draw(st.sampled_from(["change", "drop", "add", "double"])):
            case "change":
                stream[at] = data.draw(st.integers(0, 255))
            case "drop" if len(stream) > 1:
                del stream[at]
            case "add":
                stream[at:at] = data.draw(st.binary(max_size=4))
            case _:
                stream[at:at] = stream[at : at + 20]
    pieces = split(bytes(stream), data.draw(CUTS))
    hear(name, pieces, talk(data.draw(st.sampled_from([None, "1"]))))
    for piece in pieces:
        heard(WIRES[name], piece, talk("1"))


@wires
@given(data=st.data())
def test_sound_frames_that_say_anything(name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    conversation = talk()
    conversation.model = data.draw(models)
    conversation.extended = data.draw(st.booleans())
    frames = data.draw(st.lists(sample.any, min_size=1, max_size=4))
    hear(name, [sample.login, *frames], conversation)


@wires
@given(garbage=st.binary(max_size=200), times=st.integers(1, 3))
def test_a_sound_message_behind_garbage_is_found(name: str, garbage: bytes, times: int) -> None:
    sample = SAMPLES[name]
    enough = 1 + KEPT // len(sample.place)
    found = messages(
        read(WIRES[name], sample.login + garbage * times + sample.place * enough, [997], talk("1"))
    )
    assert sum(len(one.positions) for one in found) >= enough / 2


@wires
def test_no_stream_fills_the_memory(name: str) -> None:
    sample = SAMPLES[name]
    for mark in (
        sample.place[:1],
        sample.place[:2],
        sample.place[:-1],
        b"\x00",
        b"\xff",
        b"$",
        b"(",
    ):
        cutter = WIRES[name].cutter()
        for piece in (mark, b"\x55" * 60_000, mark * 2000, b"7" * 60_000, mark):
            for _ in cutter.feed(piece):
                pass
            assert size(cutter) <= KEPT


@wires
@given(lines=st.lists(st.text(max_size=60) | st.binary(max_size=60).map(bytes.hex), max_size=5))
def test_the_tool_reads_any_lines(name: str, lines: list[str]) -> None:
    told(PROTOCOLS[name], lines)


def told(protocol: Wire | Web, lines: list[str]) -> None:
    for one in decoded(protocol, lines, talk()):
        json.dumps(one, allow_nan=False)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=8)
    | st.sampled_from(["location", "transition", "lwt", "2026-01-02T03:04:05Z", 1767323045, 31.5])
)  # fmt: skip
KEYS = (
    "id", "deviceid", "device_id", "lat", "lon", "location", "timestamp", "speed", "bearing",
    "altitude", "accuracy", "batt", "cell", "wifi", "valid", "coords", "latitude", "longitude",
    "heading", "battery", "level", "is_charging", "extras", "activity", "type", "odometer", "_type",
    "tst", "tid", "topic", "vel", "cog", "alt", "acc", "t", "event", "desc", "inregions", "anum",
)  # fmt: skip
objects: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=12)
    ),
    max_leaves=25,
)
PLACE = {"_type": "location", "tid": "a", "tst": 1767323045, "lat": 31.5, "lon": 121.5, "id": "7"}
uris = st.text(max_size=40) | st.dictionaries(st.sampled_from(KEYS), words, max_size=8).map(
    lambda one: "/?id=7&lat=31.5&lon=121.5&" + "&".join("=".join(pair) for pair in one.items())
)


@pytest.mark.parametrize("name", WEBS)
@given(
    uri=uris,
    body=st.binary(max_size=60)
    | objects.map(lambda one: json.dumps(one).encode())
    | st.dictionaries(st.sampled_from(KEYS), objects, max_size=6).map(
        lambda one: json.dumps({**PLACE, "device_id": "7", "location": one, **one}).encode()
    ),
    kind=st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "ÿ"]),
)
def test_any_request(name: str, uri: str, body: bytes, kind: str) -> None:
    try:
        request = Request("POST", uri, {"content-type": kind}, body)
        message = answering(WEBS[name].decode(request, talk()), talk())
    except Malformed:
        return
    sane(message)


@pytest.mark.parametrize("name", WEBS)
@given(lines=st.lists(st.text(max_size=60) | objects.map(json.dumps), max_size=4))
def test_the_tool_reads_any_requests(name: str, lines: list[str]) -> None:
    told(PROTOCOLS[name], lines)


@pytest.mark.parametrize("name", WEBS)
@pytest.mark.parametrize("body", [b"[" * 100_000, b"{" * 100_000, b'{"a":' * 50_000, b"9" * 9000])
def test_deep_and_long_bodies_end_nothing(name: str, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    with pytest.raises(Malformed):
        WEBS[name].decode(Request("POST", "/", headers, body), Conversation(lambda: AT))
