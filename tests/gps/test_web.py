"""A real gateway that speaks protocols over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.clock import now
from gps import web
from gps.server import Gateway
from tests.gps.conftest import Fleet
from tests.gps.known import until
from tests.gps.speakers import hung_up, listening
from tests.gps.test_gateway import _lock_out, gateway, run, stored

PHONE = "phone-7"


def ago(seconds: float) -> datetime:
    return now().replace(microsecond=0) - timedelta(seconds=seconds)


def query(at: datetime, identity: str = PHONE) -> bytes:
    return (
        f"POST /?id={identity}&lat=31.25&lon=121.5&timestamp={int(at.timestamp())}&accuracy=7"
        " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def said(told: dict[str, Any], *more: str) -> bytes:
    body = json.dumps(told).encode()
    head = ["POST / HTTP/1.1", "Host: x", "Content-Type: application/json", *more]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


def traccar(at: datetime) -> dict[str, Any]:
    coords = {"latitude": 31.25, "longitude": 121.5, "accuracy": 7, "speed": 3}
    return {"device_id": PHONE, "location": {"timestamp": at.isoformat(), "coords": coords}}


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def asks(self, *pieces: bytes) -> tuple[int, bytes]:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
        return await self.hears()

    async def hears(self) -> tuple[int, bytes]:
        """Status and body."""
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            return int(head.split()[1]), await self.reader.readexactly(length)

    async def is_let_go(self) -> None:
        async with asyncio.timeout(20):
            assert await self.reader.read() == b""


@asynccontextmanager
async def client(running: Gateway, protocol: str = "osmand") -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(running.host, running.ports[protocol])
    try:
        yield Client(reader, writer)
    finally:
        await hung_up(writer)


async def until_taken(one: Client, request: bytes) -> None:
    """As a phone goes on trying."""
    for _ in range(50):
        if (await one.asks(request))[0] == 200:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("not taken")


def test_requests_of_a_connection_are_answered_when_they_are_stored(fleet: Fleet) -> None:
    fleet.know("osmand", PHONE, kind="phone")
    sent = [ago(60 - index) for index in range(4)]

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running, client(running) as one:
            for count, at in enumerate(sent[:3], 1):
                assert await one.asks(query(at)) == (200, b"")
                assert stored(fleet, PHONE) == sent[:count]
            assert await one.asks(said(traccar(sent[3]))) == (200, b"")

    run(scenario)
    assert stored(fleet, PHONE) == sent
    rows = fleet.query("SELECT DISTINCT flags, accuracy_m, round(lat::numeric, 2) FROM fix")
    assert [(flags, accuracy) for flags, accuracy, _ in rows] == [("ok", 7)]
    assert fleet.query("SELECT last_seen_at IS NOT NULL FROM device WHERE protocol = 'osmand'") == [
        (True,)
    ]


def test_a_body_may_come_in_chunks_and_slowly(fleet: Fleet) -> None:
    fleet.know("osmand", PHONE)
    body = json.dumps(traccar(ago(60))).encode()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    pieces = [head + b"Transfer-Encoding: chunked\r\n\r\n"]
    for at in range(0, len(body), 40):
        piece = body[at : at + 40]
        pieces += [b"%x\r\n" % len(piece), piece, b"\r\n"]

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running, client(running) as one:
            assert await one.asks(*pieces, b"0\r\n\r\n") == (200, b"")
            assert await one.asks(query(ago(30))) == (200, b"")

    run(scenario)
    assert len(stored(fleet, PHONE)) == 2


def test_pipelined_requests_are_answered_in_order(fleet: Fleet) -> None:
    fleet.know("osmand", PHONE)

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running, client(running) as one:
            first = await one.asks(query(ago(60)) + query(ago(59), "other") + query(ago(58)))
            assert [first[0], (await one.hears())[0], (await one.hears())[0]] == [200, 400, 200]

    run(scenario)
    assert len(stored(fleet, PHONE)) == 2


def test_owntracks_is_answered_with_a_list(fleet: Fleet) -> None:
    fleet.know("owntracks", "owntracks/ann/phone")
    told = {"_type": "location", "topic": "owntracks/ann/phone", "lat": 31.25, "lon": 121.5}

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("owntracks")) as running,
            client(running, "owntracks") as one,
        ):
            assert await one.asks(said({**told, "tst": int(ago(60).timestamp())})) == (200, b"[]")
            assert await one.asks(said({"_type": "lwt"})) == (200, b"[]")

    run(scenario)
    assert len(stored(fleet, "owntracks/ann/phone")) == 1


def test_who_is_not_known_is_listed_and_told_so(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with (
            gateway(listeners=listening("osmand"), tend_seconds=0.05) as running,
            client(running) as one,
        ):
            assert (await one.asks(query(ago(60))))[0] == 400
            assert (await one.asks(said(traccar(ago(60)))))[0] == 404
            await until(lambda: fleet.query("SELECT 1 FROM stranger WHERE tries = 2"))

    run(scenario)
    assert fleet.query("SELECT protocol, identity FROM stranger") == [("osmand", PHONE)]
    assert fleet.query("SELECT 1 FROM fix") == []


def test_a_stranger_in_quarantine_becomes_known(fleet: Fleet) -> None:
    sent = [ago(60), ago(30)]

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("osmand"), quarantine=True, tend_seconds=0.05) as running,
            client(running) as one,
        ):
            assert await one.asks(query(sent[0])) == (200, b"")
            assert fleet.query("SELECT identity FROM quarantine_fix") == [(PHONE,)]
            fleet.know("osmand", PHONE, kind="phone")
            assert await one.asks(query(sent[1])) == (200, b"")
            await until(lambda: len(stored(fleet, PHONE)) == 2)

    run(scenario)
    assert stored(fleet, PHONE) == sent


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /?lat=31&lon=121 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        b"GET /?id=phone-7&lat=91&lon=181 HTTP/1.1\r\nHost: x\r\n\r\n",
        said({"device_id": PHONE, "location": {"coords": {"latitude": "x", "longitude": 1}}}),
        said({})[:-2] + b"{]",
    ],
)
def test_a_wrong_request_costs_only_itself(fleet: Fleet, request_: bytes) -> None:
    fleet.know("osmand", PHONE)

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running, client(running) as one:
            assert (await one.asks(request_))[0] == 400
            assert await one.asks(query(ago(60))) == (200, b"")

    run(scenario)


def test_what_is_too_long_too_slow_or_no_http_is_let_go(fleet: Fleet, monkeypatch: Any) -> None:
    monkeypatch.setattr(web, "REQUEST_S", 0.5)
    head = b"POST / HTTP/1.1\r\nHost: x\r\n"

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running:
            async with client(running) as silent, client(running) as trickles:
                trickles.writer.write(head)
                await silent.is_let_go()
                await trickles.is_let_go()
            async with client(running) as one:
                one.writer.write(head + b"X: " + b"x" * (2 * web.HEAD_BYTES))
                await one.reader.readuntil(b"400")
            async with client(running) as one:
                one.writer.write(bytes(range(256)) + b"\r\n\r\n")
                await one.reader.readuntil(b"400")
            async with client(running) as one:
                assert (await one.asks(head + b"Content-Length: 10\r\n\r\nabc"))[0] == 408
            async with client(running) as one:
                size = web.BODY_BYTES + 1
                assert (await one.asks(head + b"Content-Length: %d\r\n\r\n" % size, bytes(size)))[
                    0
                ] == 413

    run(scenario)


def test_without_the_database_the_phone_keeps_it(
    fleet: Fleet, database: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(web, "STORE_S", 0.5)
    fleet.know("osmand", PHONE)
    at = ago(60)

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running, client(running) as one:
            await _lock_out(database, allow=False)
            assert (await one.asks(query(at)))[0] == 503
            await _lock_out(database, allow=True)
            await until_taken(one, query(at))

    run(scenario)
    assert stored(fleet, PHONE) == [at]


def test_what_waits_for_the_database_is_answered_in_time(fleet: Fleet, monkeypatch: Any) -> None:
    monkeypatch.setattr(web, "STORE_S", 0.3)
    fleet.know("osmand", PHONE)

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running, client(running) as one:
            running.intake._flush_seconds = 1
            assert (await one.asks(query(ago(60))))[0] == 503
            await until(lambda: stored(fleet, PHONE))

    run(scenario)


def test_a_stopping_gateway_answers_what_it_has(fleet: Fleet) -> None:
    fleet.know("osmand", PHONE)

    async def scenario() -> None:
        async with gateway(listeners=listening("osmand")) as running, client(running) as one:
            running.intake._flush_seconds = 0.5
            one.writer.write(query(ago(60)))
            await until(lambda: running.intake._waiting)
            await running.__aexit__(None, None, None)
            assert await one.hears() == (200, b"")
            await one.is_let_go()

    run(scenario)
    assert len(stored(fleet, PHONE)) == 1
