"""Devices of all protocols over TCP, as plain sockets that say prepared bytes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gps.listeners import Listener
from gps.protocols import gt06
from gps.protocols.registry import PROTOCOLS
from gps.server import Gateway
from tests.protocols import (
    test_gl200,
    test_gps103,
    test_gt06,
    test_h02,
    test_meitrack,
    test_nmea,
    test_teltonika,
    test_tk103,
)

HEARTBEAT = gt06.frame(gt06.SHORT, 0x13, bytes(5), 9)
FIX: dict[str, Any] = {
    "valid": True, "latitude": 31.25, "longitude": 121.5,
    "altitude": 12, "speed": 40, "course": 90, "accuracy": 1,
}  # fmt: skip


def _meitrack(tail: bytes) -> bytes:
    """The answer with the flag that the frames of the tests have."""
    answer = b"@@Q%d%s" % (len(tail) + 4, tail)
    return answer + b"%02X\r\n" % (sum(answer) % 256)


@dataclass(frozen=True)
class Speaker:
    """`login` and what it is answered with; `place` at a moment, which with `behind` after it is
    answered with `answer`, where the protocol has such a thing.
    """

    identity: str
    place: Callable[[datetime], bytes]
    login: bytes = b""
    welcome: bytes = b""
    behind: bytes = b""
    answer: bytes = b""


SPEAKERS: dict[str, Speaker] = {
    "gt06": Speaker(
        test_gt06.IMEI,
        lambda at: gt06.frame(gt06.SHORT, 0x12, test_gt06.gps(test_gt06.Fix(time=at)), 2),
        login=gt06.frame(gt06.SHORT, 1, bytes.fromhex(f"0{test_gt06.IMEI}"), 1),
        welcome=gt06.frame(gt06.SHORT, 1, b"", 1),
        answer=gt06.frame(gt06.SHORT, 0x12, b"", 2),
    ),
    "teltonika": Speaker(
        test_teltonika.IMEI,
        lambda at: test_teltonika.records(test_teltonika.Fix(time=at)),
        login=test_teltonika.LOGIN,
        welcome=b"\x01",
        answer=b"\0\0\0\1",
    ),
    "meitrack": Speaker(
        test_meitrack.IMEI,
        lambda at: test_meitrack.records({**FIX, "time": at}),
        answer=_meitrack(f",{test_meitrack.IMEI},CCC,1*".encode()),
    ),
    "gps103": Speaker(
        test_gps103.IMEI,
        lambda at: test_gps103.report(at, word="help me"),
        login=f"##,imei:{test_gps103.IMEI},A;".encode(),
        welcome=b"LOAD",
        answer=f"**,imei:{test_gps103.IMEI},E;".encode(),
    ),
    "gl200": Speaker(
        test_gl200.IMEI,
        lambda at: test_gl200.message(
            "FRI", f"van,0,0,1,{test_gl200.block({**FIX, 'time': at})},12.5,77"
        ),
        behind=f"+ACK:GTHBD,1A0401,{test_gl200.IMEI},van,{test_gl200.SENT},11F0$".encode(),
        answer=b"+SACK:GTHBD,1A0401,11F0$",
    ),
    "h02": Speaker(
        test_h02.IDENTITY,
        lambda at: test_h02.text(at, command="V19"),
        behind=f"*TH,{test_h02.IDENTITY},HTBT,90#".encode(),
        answer=f"*TH,{test_h02.IDENTITY},HTBT#".encode(),
    ),
    "tk103": Speaker(
        test_tk103.TWELVE,
        test_tk103.fixed,
        behind=f"({test_tk103.TWELVE}BP00{test_tk103.TWELVE}HSO01A4)".encode(),
        answer=f"({test_tk103.TWELVE}AP01HSO)".encode(),
    ),
    "nmea": Speaker(test_nmea.IMEI, test_nmea.rmc, login=test_nmea.LOGIN),
}


def listening(*names: str, tls: ssl.SSLContext | None = None) -> list[Listener]:
    """Any free ports."""
    return [Listener(PROTOCOLS[name], 0, tls) for name in names]


class Device:
    """A connection that says bytes and waits for others."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def says(self, data: bytes, answer: bytes = b"") -> None:
        self.writer.write(data)
        await self.hears(answer)

    async def hears(self, answer: bytes) -> None:
        """Exactly this comes next."""
        async with asyncio.timeout(20):
            assert await self.reader.readexactly(len(answer)) == answer

    async def hears_nothing(self, seconds: float = 0.3) -> None:
        try:
            async with asyncio.timeout(seconds):
                heard = await self.reader.read(100)
        except TimeoutError:
            return
        raise AssertionError(heard)

    async def is_let_go(self) -> None:
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                assert await self.reader.read() == b""


@asynccontextmanager
async def device(
    running: Gateway,
    protocol: str,
    tls: ssl.SSLContext | None = None,
    source: str = "127.0.0.1",
) -> AsyncIterator[Device]:
    port = running.ports[protocol]
    reader, writer = await asyncio.open_connection(
        running.host, port, ssl=tls, local_addr=(source, 0)
    )
    try:
        yield Device(reader, writer)
    finally:
        await hung_up(writer)


async def hung_up(writer: asyncio.StreamWriter) -> None:
    """At once, whatever was not sent or read."""
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()
