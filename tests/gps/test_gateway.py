"""A real gateway on a loopback port, spoken to by software terminals."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis.asyncio
from psycopg import sql

from core.clock import now
from core.engines import libpq_url
from core.settings import settings
from gps import connection
from gps.connection import Limits
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, build_frame
from gps.publish import channel, unpack
from gps.server import Gateway
from gps.terminal import Refused, Terminal, location
from tests.gps.conftest import Fleet

A, B, BENCH, UNKNOWN = "13800000001", "13800000002", "13800000003", "13899999999"


@asynccontextmanager
async def gateway(port: int = 0, **more: Any) -> AsyncIterator[Gateway]:
    async with Gateway(host="127.0.0.1", port=port, poll_seconds=0.05, **more) as running:
        yield running


@asynccontextmanager
async def terminal(running: Gateway, identity: str = A, **more: Any) -> AsyncIterator[Terminal]:
    async with Terminal(identity, **more) as one:
        await one.connect(running.host, running.port)
        yield one


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(240):
            await scenario()

    asyncio.run(bounded())


def positions(count: int, ago: float = 600, lat: float = 39.9) -> list[uplink.Location]:
    start = now().replace(microsecond=0) - timedelta(seconds=ago)
    return [location(start + timedelta(seconds=i), lat + i * 1e-5, 116.3) for i in range(count)]


def stored(fleet: Fleet, identity: str = A) -> list[Any]:
    rows = fleet.query(
        "SELECT fix_at FROM fix WHERE device_id = %s ORDER BY 1", fleet.devices[identity]
    )
    return [fix_at for (fix_at,) in rows]


def test_a_terminal_registers_logs_in_and_its_positions_are_stored(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            assert one.code
            assert await one.heartbeat() == downlink.OK
            sent = positions(30)
            for position in sent:
                await one.send_location(position)
            await one.wait_acked()
            assert one.acked == 30
            assert stored(fleet) == [position.fix_at for position in sent]
            await one.close()
            await one.connect(running.host, running.port)  # with the code it has, no registration
            assert await one.heartbeat() == downlink.OK

    run(scenario)


def test_an_unknown_terminal_is_refused_and_listed(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running:
            for _ in range(2):
                with pytest.raises(Refused, match="result=4"):
                    async with terminal(running, UNKNOWN):
                        pass
            with pytest.raises(Refused):
                async with terminal(running, A, code="wrong"):
                    pass

    run(scenario)
    assert fleet.query("SELECT identity, tries FROM stranger") == [(UNKNOWN, 2)]


def test_a_terminal_out_of_use_is_let_go_and_is_a_stranger(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            async with terminal(running, A) as one:
                fleet.execute("UPDATE device SET active = false, gateway = NULL")
                await one.wait_closed()
            with pytest.raises(Refused):
                async with terminal(running, A, code=one.code):
                    pass
            fleet.execute("UPDATE device SET active = true")
            async with terminal(running, A, code=one.code) as one:
                await one.send_location(positions(1)[0])
                await one.wait_acked()

    run(scenario)
    assert fleet.query("SELECT identity FROM stranger") == [(A,)]
    assert len(stored(fleet, A)) == 1


def test_nothing_is_taken_before_authentication(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, Terminal(A) as one:
            one._reader, one._writer = await asyncio.open_connection(running.host, running.port)
            one._listening = asyncio.ensure_future(one._listen(one._reader))
            await one.send_location(positions(1)[0])
            await one.wait_acked()
            assert one.refused == [downlink.FAILED]
            assert await one.heartbeat() == downlink.FAILED
            await one.register()
            await one.authenticate()
            await one.send_location(positions(1)[0])
            await one.wait_acked()
            assert one.acked == 1

    run(scenario)
    assert len(stored(fleet)) == 1


def test_what_comes_right_behind_the_login_waits_for_it(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running:
            async with terminal(running) as first:
                code = first.code
            async with Terminal(A, code=code) as one:
                one._reader, one._writer = await asyncio.open_connection(running.host, running.port)
                one._listening = asyncio.ensure_future(one._listen(one._reader))
                one._transmit(uplink.AUTHENTICATE, uplink.build_authenticate(code or ""))
                for position in positions(10):
                    await one.send_location(position)
                await one.wait_acked()
                assert one.acked == 10

    run(scenario)
    assert len(stored(fleet)) == 10


def test_bad_input_costs_neither_the_neighbours_frames_nor_his_connection(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running, A) as one, terminal(running, B) as other:
            wrong_place = bytearray(uplink.build_location(positions(1)[0]))
            wrong_place[8:12] = b"\xff" * 4
            for index, position in enumerate(positions(20)):
                await one.send_raw(b"\x00garbage\x7e\x7d\x03\x7e" + bytes([index]))
                await one.send_raw(
                    build_frame(Frame(uplink.LOCATION, one.identity, 900, bytes(wrong_place)))
                )
                await one.send_location(position)
                await other.send_location(position)
            await one.wait_acked()
            await other.wait_acked()
            assert one.acked == other.acked == 20
            await one.send_raw(b"\x7ex\x7e" * 200)
            await one.wait_closed()
            await other.send_location(positions(1, ago=30)[0])
            await other.wait_acked()

    run(scenario)
    assert len(stored(fleet, A)) == 20
    assert len(stored(fleet, B)) == 21


def test_garbage_in_one_go_is_one_line_of_the_log(fleet: Fleet, monkeypatch: Any) -> None:
    lines: list[str] = []
    monkeypatch.setattr(
        connection.log, "info", lambda _, **more: lines.append(more.get("reason", ""))
    )

    async def scenario() -> None:
        async with gateway() as running, terminal(running, A) as one:
            await one.send_raw(b"\x7ex\x7e" * 500)
            await one.wait_closed()

    run(scenario)
    assert lines.count("only garbage") == 1


def test_one_connection_speaks_for_one_terminal_only(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running, A) as one:
            body = uplink.build_location(positions(1)[0])
            one.pending[77] = (uplink.LOCATION, body)
            await one.send_raw(build_frame(Frame(uplink.LOCATION, B.zfill(12), 77, body)))
            await one.wait_acked()
            assert one.refused == [downlink.FAILED]

    run(scenario)
    assert stored(fleet, A) == stored(fleet, B) == []


def test_a_newer_connection_replaces_the_older(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with (
            gateway() as running,
            terminal(running) as old,
            terminal(running, code=old.code) as new,
        ):
            await old.wait_closed()
            assert await new.heartbeat() == downlink.OK
            ((holder,),) = fleet.query("SELECT gateway FROM device WHERE identity = %s", A)
            assert holder == running.id
        ((holder,),) = fleet.query("SELECT gateway FROM device WHERE identity = %s", A)
        assert holder is None

    run(scenario)


def test_a_terminal_that_moved_to_another_gateway_is_let_go(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with (
            gateway(tend_seconds=0.05) as here,
            gateway(tend_seconds=0.05) as there,
            terminal(here) as old,
            terminal(there, code=old.code) as new,
        ):
            await old.wait_closed()
            assert await new.heartbeat() == downlink.OK

    run(scenario)


def test_gateways_share_a_port(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system gives each connection to one of them; whichever it is, it goes on there."""
    monkeypatch.setenv("PAIDAN_GPS_PROCESSES", "2")
    settings.cache_clear()

    async def scenario() -> None:
        async with gateway() as first, gateway(port=first.port) as second:
            for turn in range(40):
                async with terminal(first) as one:
                    (position,) = positions(1, ago=600 - turn * 10)
                    await one.send_location(position)
                    await one.wait_acked()
                met = [any(counts) for counts in (first.intake.counts, second.intake.counts)]
                if all(met):
                    return
            raise AssertionError("one of them never got a connection")

    try:
        run(scenario)
    finally:
        settings.cache_clear()


def test_a_port_is_not_shared_by_mistake(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as first:
            with pytest.raises(OSError, match="address already in use"):
                async with gateway(port=first.port):
                    pass

    run(scenario)


def test_the_silent_are_disconnected(fleet: Fleet) -> None:
    async def scenario() -> None:
        limits = Limits(idle_seconds=2, login_seconds=2)
        async with gateway(limits=limits, tend_seconds=0.05) as running:
            reader, writer = await asyncio.open_connection(running.host, running.port)
            async with terminal(running) as one:
                assert await reader.read() == b""
                await one.wait_closed()
            writer.close()
            await writer.wait_closed()

    run(scenario)


def test_a_long_batch_comes_in_packages_and_missing_ones_are_asked_for(fleet: Fleet) -> None:
    sent = positions(90)

    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            await one.send_batch(sent[:80])
            await one.wait_acked()
            assert one.acked == 1
            asked: list[tuple[int, ...]] = []
            take = one._take

            def watch(frame: Frame, parts: Any) -> None:
                message = downlink.parse(frame)
                if isinstance(message, downlink.AskMissing):
                    asked.append(message.numbers)
                take(frame, parts)

            one._take = watch  # type: ignore[method-assign]
            body = uplink.build_batch(sent[80:], 1)
            parts = [body[i : i + 100] for i in range(0, len(body), 100)]
            frames = [
                build_frame(
                    Frame(uplink.BATCH, one.identity, 500 + i, part, package=(len(parts), i + 1))
                )
                for i, part in enumerate(parts)
            ]
            one.pending[501] = (uplink.BATCH, body)
            await one.send_raw(b"".join(frames[:1] + frames[2:]))
            while not asked:
                await one.heartbeat()
            assert asked == [(2,)]
            assert len(stored(fleet)) == 80
            await one.send_raw(frames[1])
            await one.wait_acked()

    run(scenario)
    assert stored(fleet) == [position.fix_at for position in sent]


async def _lock_out(url: str, *, allow: bool) -> None:
    """Cut the database off from everybody, or let them in again."""
    head, _, tail = libpq_url(url).partition("?")
    base, _, name = head.rpartition("/")
    async with await psycopg.AsyncConnection.connect(
        f"{base}/postgres?{tail}", autocommit=True
    ) as connection:
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        await connection.execute(statement.format(sql.Identifier(name), sql.Literal(allow)))
        if not allow:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )


def test_without_the_database_nothing_is_acknowledged_and_nothing_lost(
    fleet: Fleet, database: str
) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            first, *rest = positions(20)
            await one.send_location(first)
            await one.wait_acked()
            await _lock_out(database, allow=False)
            for position in rest:
                await one.send_location(position)
            while running.intake.counts["database_away"] < 2:
                assert await one.heartbeat() == downlink.OK
            assert one.acked == 1
            await _lock_out(database, allow=True)
            await one.wait_acked()
            assert one.acked == 20

    run(scenario)
    assert len(stored(fleet)) == 20


def test_a_stopping_gateway_writes_and_acknowledges_what_it_has(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, Terminal(A) as one:
            await one.connect(running.host, running.port)
            running.intake._flush_seconds = 0.5
            for position in positions(5):
                await one.send_location(position)
            assert await one.heartbeat() == downlink.OK
            await running.__aexit__(None, None, None)
            await one.wait_closed()
            assert one.acked == 5

    run(scenario)
    assert len(stored(fleet)) == 5


def test_positions_are_published_after_they_are_stored(fleet: Fleet, valkey: str) -> None:
    async def scenario() -> None:
        client = redis.asyncio.from_url(valkey)
        async with client, client.pubsub() as subscription, gateway() as running:
            await subscription.subscribe(channel(1))
            async with terminal(running) as one:
                (position,) = positions(1, lat=39.912345)
                await one.send_location(position)
                seen: list[Any] = []
                while not seen:
                    message = await subscription.get_message(
                        ignore_subscribe_messages=True, timeout=5
                    )
                    if message:
                        seen.extend(unpack(message["data"]))
            assert [(found.vehicle_id, found.lat, found.fix_at) for found in seen] == [
                (fleet.vehicles[A], 39.912345, position.fix_at)
            ]

    run(scenario)
