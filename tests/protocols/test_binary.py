"""Frames of a told length: nothing sound is lost to what is broken before it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.binary import Framed, Framing, Reader, Short, crc_arc, crc_x25
from gps.protocols.seam import Malformed

LONGEST = 40


def extent(head: bytes) -> int:
    """`@@`, length of the content, content, its sum."""
    if len(head) < 3:
        return 0
    return head[2] + 4


def flaw(frame: bytes) -> str | None:
    return None if sum(frame[3:-1]) % 256 == frame[-1] else "wrong checksum"


def cutter() -> Framed:
    return Framed(Framing(re.compile(b"@@"), 2, 4, LONGEST, extent, flaw))


def framed(content: bytes) -> bytes:
    return b"@@" + bytes((len(content),)) + content + bytes((sum(content) % 256,))


def cut(found: Framed, *chunks: bytes) -> tuple[list[bytes], list[str]]:
    told = [one for chunk in chunks for one in found.feed(chunk)]
    last = found.flush()
    told += [] if last is None else [last]
    return (
        [one for one in told if isinstance(one, bytes)],
        [one.reason for one in told if isinstance(one, Malformed)],
    )


@pytest.mark.parametrize(("crc", "value"), [(crc_x25, 0x906E), (crc_arc, 0xBB3D)])
def test_checksums_have_the_published_check_value(crc: object, value: int) -> None:
    assert callable(crc)
    assert crc(b"123456789") == value


def test_a_field_behind_the_end_is_short() -> None:
    reader = Reader(b"\x01\x02")
    assert (reader.peek(), reader.number(2), reader.left) == (1, 0x0102, 0)
    for read in (reader.peek, lambda: reader.number(1)):
        with pytest.raises(Short):
            read()


@given(st.lists(st.binary(max_size=30), max_size=5), st.data())
def test_any_chunking_gives_the_same_frames(contents: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(framed, contents))
    ends = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[a:b] for a, b in zip([0, *ends], [*ends, len(stream)], strict=True)]
    assert cut(cutter(), *chunks) == ([framed(one) for one in contents], [])


def test_a_refused_frame_is_told_once_and_the_next_is_found() -> None:
    broken = bytearray(framed(b"@@ and @@ inside"))
    broken[-1] ^= 1
    assert cut(cutter(), bytes(broken) + framed(b"next")) == ([framed(b"next")], ["wrong checksum"])


def test_two_refused_frames_are_told_twice() -> None:
    broken = framed(b"one")[:-1] + b"\0"
    assert cut(cutter(), broken + broken)[1] == ["wrong checksum"] * 2


def test_a_length_that_is_too_long_hides_no_frame_behind_it() -> None:
    stream = b"@@\x23cut" + framed(b"a") + framed(b"b")
    found = cutter()
    told = list(found.feed(stream))
    assert [one for one in told if isinstance(one, bytes)] == [framed(b"a"), framed(b"b")]
    assert [one.reason for one in told if isinstance(one, Malformed)] == ["wrong length"]


def test_a_length_that_cannot_be_is_told() -> None:
    assert cut(cutter(), b"@@\xff" + framed(b"a")) == ([framed(b"a")], ["wrong length"])


def test_garbage_is_told_once_however_it_comes() -> None:
    assert cut(cutter(), *[b"x"] * 9, framed(b"a")) == ([framed(b"a")], ["no start mark"])
    assert cut(cutter(), b"xyz") == ([], ["no start mark"])


def test_an_unfinished_frame_is_told_at_the_end() -> None:
    found = cutter()
    assert cut(found, framed(b"abc")[:-1]) == ([], ["wrong length"])
    assert cut(found, framed(b"abc")) == ([framed(b"abc")], [])
    assert cut(found) == ([], [])


@given(st.lists(st.one_of(st.binary(max_size=60), st.just(b"@@\x20")), max_size=30))
def test_no_more_than_the_longest_frame_is_kept(chunks: list[bytes]) -> None:
    found = cutter()
    for chunk in chunks:
        list(found.feed(chunk))
        assert len(found._held) <= LONGEST


def test_what_has_no_checksum_is_not_looked_for_inside_another() -> None:
    def size(head: bytes) -> int:
        return 1 if head[:1] == b"!" else extent(head)

    found = Framed(
        Framing(
            re.compile(b"@@|!"),
            2,
            4,
            LONGEST,
            size,
            lambda one: None if one == b"!" else flaw(one),
            lambda head: head[:1] != b"!",
        )
    )
    whole = framed(b"a!b")
    assert cut(found, whole[:-1], whole[-1:] + b"!") == ([whole, b"!"], [])
    assert cut(found, whole[:-1] + b"\0" + b"!") == ([b"!"], ["wrong checksum"])


@pytest.mark.parametrize("waste", [b"@@\x20", b"@@\x20@@\x10", b"@@\x00\x01", b"@@"])
@pytest.mark.parametrize("size", [1, 7, 5000])
def test_bytes_that_look_like_ever_more_frames_cost_a_bounded_effort(
    waste: bytes, size: int
) -> None:
    checked = 0

    def counting(frame: bytes) -> str | None:
        nonlocal checked
        checked += len(frame)
        return flaw(frame)

    found = Framed(Framing(re.compile(b"@@"), 2, 4, LONGEST, extent, counting))
    stream = waste * 1000
    for at in range(0, len(stream), size):
        list(found.feed(stream[at : at + size]))
    assert checked < 60 * len(stream)
    *_, last = [*found.feed(bytes(LONGEST) + framed(b"next"))]
    assert last == framed(b"next")
