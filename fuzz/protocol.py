"""Feeds one protocol with bytes that are led by what of its code they reach.

    python fuzz/protocol.py NAME [options of libFuzzer, such as -max_total_time=60] [folder …]

The first byte of an input says how the rest comes: in which chunks, before or after the login, and
whether as a message with a sound checksum, which chance would not find. What goes wrong ends the
run with the exception, and the input stays in a file beside it. See docs/protocols.md.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import reduce
from operator import xor
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

with atheris.instrument_imports(include=["gps"]):
    from gps.protocols.registry import PROTOCOLS

from gps.jt808.framing import MAX_BODY, Frame, build_frame
from gps.protocols import gt06
from gps.protocols.seam import Malformed, Request, Wire
from tests.protocols import test_any_bytes, test_meitrack, test_teltonika
from tests.protocols.samples import SAMPLES
from tests.protocols.stream import talk

Seal = Callable[[bytes], bytes]


def jt808(data: bytes) -> bytes:
    number = int.from_bytes(data[:2], "big")
    version = 1 if data[2:3] > b"\x7f" else None
    terminal = "013800138000".zfill(12 if version is None else 20)
    return build_frame(Frame(number, terminal, 1, data[3 : 3 + MAX_BODY], version))


def nmea(data: bytes) -> bytes:
    told = data.replace(b"*", b"").replace(b"\n", b"").replace(b"\r", b"")
    return b"$%s*%02X\r\n" % (told, reduce(xor, told, 0))


SEALS: dict[str, Seal] = {
    "jt808": jt808,
    "gt06": lambda data: gt06.frame(
        gt06.LONG if data[:1] > b"\x7f" else gt06.SHORT, sum(data[1:2]), data[2:240], 1
    ),
    "teltonika": lambda data: test_teltonika.packet(data[:4000]),
    "meitrack": lambda data: test_meitrack.framed(data[:2000]),
    "nmea": nmea,
}
"""Protocols with a checksum → a frame that says this."""


def over_tcp(name: str, data: bytes) -> None:
    """One connection."""
    how, told = sum(data[:1]), data[1:]
    if how & 1 and name in SEALS:
        told = SEALS[name](told)
    if how & 2:
        told = SAMPLES[name].login + told
    step = (1, 7, 64, 4096)[how >> 2 & 3]
    conversation = talk("1" if how & 16 else None)
    conversation.extended = bool(how & 32)
    pieces = [told[at : at + step] for at in range(0, len(told), step)]
    test_any_bytes.hear(name, pieces, conversation)


def over_http(name: str, data: bytes) -> None:
    """One request: JSON, or a query, which the tool writes in ASCII."""
    how, told = sum(data[:1]), data[1:]
    protocol = test_any_bytes.WEBS[name]
    query = "/?" + told.decode("latin-1") if how & 1 else "/"
    headers = {"content-type": "application/json"} if how & 2 else {}
    try:
        message = protocol.decode(Request("POST", query, headers, told), talk())
    except Malformed:
        return
    test_any_bytes.sane(message)


def seeds(name: str) -> list[bytes]:
    """What the search begins with."""
    if name in SAMPLES:
        sample = SAMPLES[name]
        return [bytes([0x0C | how]) + sample.place for how in (0, 2, 16)] + [b"\x0d" + sample.place]
    place = b'{"_type":"location","tid":"a","tst":1767323045,"lat":31.5,"lon":121.5,"batt":5}'
    fix = (
        b'{"device_id":"7","location":{"timestamp":"2026-01-02T03:04:05Z","coords":{"latitude":1}}}'
    )
    return [b"\x02" + place, b"\x02" + fix, b"\x01id=7&lat=31.5&lon=121.5&timestamp=1767323045"]


def main(words: Sequence[str]) -> None:
    if len(words) < 2 or words[1] not in PROTOCOLS:
        sys.exit(f"fuzz/protocol.py NAME …; one of {', '.join(sorted(PROTOCOLS))}")
    name = words[1]
    feed = over_tcp if isinstance(PROTOCOLS[name], Wire) else over_http
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds(name)):
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([words[0], *words[2:], folder], lambda data: feed(name, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
