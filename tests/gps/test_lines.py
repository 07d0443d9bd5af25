"""A real gateway that speaks other protocols than JT/T 808."""

import asyncio
import socket
import ssl
import subprocess
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import now
from core.settings import settings
from gps.connection import Limits
from gps.line import Line
from gps.protocols import gt06
from tests.gps.conftest import Fleet
from tests.gps.known import contested, until
from tests.gps.speakers import HEARTBEAT, SPEAKERS, Device, device, listening
from tests.gps.test_gateway import A, _lock_out, gateway, positions, run, stored, terminal
from tests.protocols import test_gt06

GT06, OTHER = SPEAKERS["gt06"], "863501234567899"
ALIVE = gt06.frame(gt06.SHORT, 0x13, b"", 9)


def ago(seconds: float) -> datetime:
    return now().replace(microsecond=0) - timedelta(seconds=seconds)


def place(at: datetime, serial: int = 2) -> bytes:
    return gt06.frame(gt06.SHORT, 0x12, test_gt06.gps(test_gt06.Fix(time=at)), serial)


def answer(serial: int = 2) -> bytes:
    return gt06.frame(gt06.SHORT, 0x12, b"", serial)


def narrow(end: Any, buffer: int) -> None:
    """So that little is on its way unread."""
    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, buffer, 4096)


async def talks_on(one: Device) -> None:
    """And never reads."""
    while True:
        one.writer.write(HEARTBEAT * 5000)
        await one.writer.drain()


async def holds(fleet: Fleet, identity: str, count: int) -> None:
    await until(lambda: len(stored(fleet, identity)) >= count)


@pytest.mark.parametrize("protocol", SPEAKERS)
def test_a_position_is_answered_when_it_is_stored(fleet: Fleet, protocol: str) -> None:
    """On its first connection, and on the next one."""
    one = SPEAKERS[protocol]
    fleet.know(protocol, one.identity)
    sent = [ago(60), ago(30)]

    async def scenario() -> None:
        async with gateway(listeners=listening(protocol)) as running:
            for count, at in enumerate(sent, 1):
                async with device(running, protocol) as line:
                    await line.says(one.login, one.welcome)
                    await line.says(one.place(at) + one.behind, one.answer)
                    if not one.answer:
                        await holds(fleet, one.identity, count)
                    assert stored(fleet, one.identity) == sent[:count]

    run(scenario)
    assert fleet.query("SELECT DISTINCT flags FROM fix") == [("ok",)]


@pytest.mark.parametrize("protocol", SPEAKERS)
def test_a_stranger_becomes_known_on_its_connection(fleet: Fleet, protocol: str) -> None:
    one = SPEAKERS[protocol]
    sent = [ago(60), ago(30)]

    async def scenario() -> None:
        async with (
            gateway(listeners=listening(protocol), quarantine=True, tend_seconds=0.05) as running,
            device(running, protocol) as line,
        ):
            await line.says(one.login, one.welcome)
            await line.says(one.place(sent[0]) + one.behind, one.answer)
            await until(lambda: fleet.query("SELECT 1 FROM quarantine_fix"))
            listed = fleet.query("SELECT protocol, identity FROM stranger")
            assert listed == [(protocol, one.identity)]
            assert fleet.query("SELECT 1 FROM fix") == []
            fleet.know(protocol, one.identity)
            await until(lambda: running.active)
            await line.says(one.place(sent[1]) + one.behind, one.answer)
            await holds(fleet, one.identity, 2)

    run(scenario)
    assert stored(fleet, one.identity) == sent
    assert fleet.query("SELECT 1 FROM stranger") == []


def test_a_refused_stranger_hears_nothing_and_is_let_go(fleet: Fleet) -> None:
    async def scenario() -> None:
        limits = Limits(login_seconds=1)
        async with (
            gateway(listeners=listening("gt06"), limits=limits, tend_seconds=0.05) as running,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.login + GT06.place(ago(60)) + HEARTBEAT)
            await line.is_let_go()

    run(scenario)
    assert fleet.query("SELECT protocol, tries FROM stranger") == [("gt06", 1)]
    assert fleet.query("SELECT 1 FROM fix") == fleet.query("SELECT 1 FROM quarantine_fix") == []


def test_nobody_is_taken_before_the_login(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06")) as running,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.place(ago(60)))
            await line.says(GT06.login, GT06.welcome)
            await line.says(GT06.place(ago(30)), GT06.answer)

    run(scenario)
    assert len(stored(fleet, GT06.identity)) == 1


def test_answers_come_in_the_order_of_the_messages(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06")) as running,
            device(running, "gt06") as line,
        ):
            running.intake._flush_seconds = 0.2
            said, heard = GT06.login, GT06.welcome
            for index in range(20):
                said += HEARTBEAT + place(ago(60 - index), index)
                heard += ALIVE + answer(index)
            await line.says(said, heard + b"")
            assert len(stored(fleet, GT06.identity)) == 20

    run(scenario)


def test_without_the_database_nothing_is_answered_that_was_to_be_stored(
    fleet: Fleet, database: str
) -> None:
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06")) as running,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.login, GT06.welcome)
            await _lock_out(database, allow=False)
            await line.says(HEARTBEAT, ALIVE)
            await line.says(place(ago(60)) + HEARTBEAT)
            await until(lambda: running.intake.counts["database_away"] >= 2)
            await line.hears_nothing()
            await _lock_out(database, allow=True)
            await line.hears(answer() + ALIVE)

    run(scenario)
    assert len(stored(fleet, GT06.identity)) == 1


def test_what_cannot_be_stored_is_not_answered(fleet: Fleet, monkeypatch: Any) -> None:
    """As `Intake` says it; the next one is."""
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06")) as running,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.login, GT06.welcome)
            write = running.intake._write

            async def refuses_the_first(org_id: int, fixes: Any) -> Any:
                written = await write(org_id, fixes)
                if written is not None:
                    written.refused.add(0)
                return written

            monkeypatch.setattr(running.intake, "_write", refuses_the_first)
            await line.says(place(ago(60), 1) + place(ago(59), 2) + HEARTBEAT, answer(2) + ALIVE)

    run(scenario)


def test_a_stopping_gateway_writes_and_answers_what_it_has(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        async with gateway(listeners=listening("gt06")) as running, device(running, "gt06") as line:
            await line.says(GT06.login, GT06.welcome)
            running.intake._flush_seconds = 0.5
            await line.says(HEARTBEAT + place(ago(60), 1) + place(ago(59), 2), ALIVE)
            await running.__aexit__(None, None, None)
            await line.hears(answer(1) + answer(2))
            await line.is_let_go()

    run(scenario)
    assert len(stored(fleet, GT06.identity)) == 2


def test_garbage_costs_only_its_own_connection(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity)
    fleet.know("gt06", OTHER)
    broken = bytearray(place(ago(60)))
    broken[-4] ^= 1

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06")) as running,
            device(running, "gt06") as line,
            device(running, "gt06") as other,
        ):
            login = gt06.frame(gt06.SHORT, 1, bytes.fromhex(f"0{OTHER}"), 1)
            await other.says(login, GT06.welcome)
            await line.says(b"\0garbage" + GT06.login, GT06.welcome)
            for index in range(10):
                await line.says(b"\xff\x78" + bytes(broken) + place(ago(50 - index)), GT06.answer)
            await line.says(bytes(broken) * 120)
            await line.is_let_go()
            await other.says(place(ago(60)), GT06.answer)

    run(scenario)
    assert len(stored(fleet, GT06.identity)) == 10
    assert len(stored(fleet, OTHER)) == 1


def test_one_connection_speaks_for_one_device_only(fleet: Fleet) -> None:
    one = SPEAKERS["gps103"]
    fleet.know("gps103", one.identity)
    fleet.know("gps103", "999")

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gps103"), tend_seconds=0.05) as running,
            device(running, "gps103") as line,
        ):
            await line.says(one.login, one.welcome)
            await line.says(one.place(ago(60)).replace(one.identity.encode(), b"999"))
            await line.says(one.place(ago(30)), one.answer)
            await until(lambda: fleet.query("SELECT 1 FROM device_contest"))

    run(scenario)
    assert len(stored(fleet, one.identity)) == 1
    assert stored(fleet, "999") == []


def test_a_newer_connection_replaces_the_older(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06")) as running,
            device(running, "gt06") as old,
        ):
            await old.says(GT06.login, GT06.welcome)
            async with device(running, "gt06") as new:
                await new.says(GT06.login, GT06.welcome)
                await old.is_let_go()
                await new.says(HEARTBEAT, ALIVE)
                query = "SELECT gateway FROM device WHERE identity = %s"
                assert fleet.query(query, GT06.identity) == [(running.id,)]
        assert fleet.query(query, GT06.identity) == [(None,)]

    run(scenario)


def test_two_that_take_one_identity_from_each_other_are_named(
    fleet: Fleet, monkeypatch: Any
) -> None:
    """And by setting the newer one is refused then."""
    monkeypatch.setattr(settings(), "gps_contested_devices", "refuse_newer")
    fleet.know("gt06", GT06.identity)
    quick = Limits(goodbye_seconds=0.3)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06"), limits=quick, tend_seconds=0.05) as running,
            AsyncExitStack() as lines,
        ):
            old: Device | None = None
            for index in range(5):
                source = ("127.0.0.1", "127.0.0.2")[index % 2]
                new = await lines.enter_async_context(device(running, "gt06", source=source))
                await new.says(GT06.login, GT06.welcome)
                if old:
                    await old.is_let_go()
                    old.writer.write_eof()  # alive, as it says goodbye
                old = new
            await until(lambda: contested(fleet))
            await until(lambda: next(iter(running.active.values())).terminal.contested)
            async with device(running, "gt06", source="127.0.0.2") as thief:
                await thief.says(GT06.login)
                await thief.hears_nothing()
            await new.says(HEARTBEAT, ALIVE)

    run(scenario)
    assert [kind for kind, _, _ in contested(fleet)] == ["takeover"]


def test_a_call_for_help_is_heard(fleet: Fleet) -> None:
    one = SPEAKERS["gps103"]
    fleet.know("gps103", one.identity)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gps103")) as running,
            device(running, "gps103") as line,
        ):
            await line.says(one.login, one.welcome)
            await line.says(one.place(ago(60)), one.answer)

    run(scenario)
    assert [row.type for _, row in fleet.facts(one.identity)] == ["vehicle.distress"]


def test_the_silent_are_disconnected(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        limits = Limits(idle_seconds=3, login_seconds=3)
        async with (
            gateway(listeners=listening("gt06"), limits=limits, tend_seconds=0.05) as running,
            device(running, "gt06") as nobody,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.login, GT06.welcome)
            await nobody.is_let_go()
            await line.is_let_go()

    run(scenario)


def test_the_deaf_are_disconnected(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        limits = Limits(unsent_bytes=4096, goodbye_seconds=0.2)
        async with (
            gateway(listeners=listening("gt06"), limits=limits) as running,
            device(running, "gt06") as deaf,
        ):
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            deaf.writer.write(GT06.login)
            (session,) = (await until(lambda: running.active)).values()
            narrow(session._transport, socket.SO_SNDBUF)
            narrow(deaf.writer, socket.SO_RCVBUF)
            with pytest.raises(ConnectionError):
                await talks_on(deaf)

    run(scenario)


def test_what_waits_is_bounded(fleet: Fleet) -> None:
    """Reading stops; nothing is lost."""
    fleet.know("gt06", GT06.identity)

    async def scenario() -> None:
        limits = Limits(waiting_frames=5)
        async with (
            gateway(listeners=listening("gt06"), limits=limits) as running,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.login, GT06.welcome)
            running.intake._flush_seconds = 0.5
            (session,) = running.sessions
            assert session._transport
            for index in range(8):
                line.writer.write(place(ago(60 - index), index))
                await asyncio.sleep(0.02)
            assert session.waiting >= 5
            assert not session._transport.is_reading()
            await line.hears(b"".join(answer(index) for index in range(8)))
            assert session._transport.is_reading()

    run(scenario)
    assert len(stored(fleet, GT06.identity)) == 8


def test_zone_and_map_system_of_a_device_count(fleet: Fleet) -> None:
    fleet.know("gt06", GT06.identity, time_zone="+08:00", datum="gcj02")
    at = ago(60)

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06")) as running,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.login, GT06.welcome)
            await line.says(place(at + timedelta(hours=8)), GT06.answer)

    run(scenario)
    assert stored(fleet, GT06.identity) == [at]
    ((lat, lon),) = fleet.query("SELECT lat, lon FROM fix")
    assert (round(lat, 1), round(lon, 1)) == (31.3, 121.5)
    assert (lat, lon) != (31.25, 121.5)


def test_the_model_of_the_registry_is_read_by(fleet: Fleet) -> None:
    """And a change of it counts on the connection."""
    fleet.know("gt06", GT06.identity, model="NT20")

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06"), tend_seconds=0.05) as running,
            device(running, "gt06") as line,
        ):
            await line.says(GT06.login, GT06.welcome)
            (session,) = running.active.values()
            assert isinstance(session, Line)
            assert session._conversation.model == "NT20"
            fleet.execute("UPDATE device SET model = '' WHERE protocol = 'gt06'")
            await until(lambda: session._conversation.model == "")

    run(scenario)


def test_protocols_stand_beside_each_other(fleet: Fleet) -> None:
    names = ["gt06", "teltonika", "nmea"]

    async def speaks(running: Any, name: str) -> None:
        one = SPEAKERS[name]
        async with device(running, name) as line:
            await line.says(one.login, one.welcome)
            for index in range(20):
                await line.says(one.place(ago(60 - index)), one.answer)
            await holds(fleet, one.identity, 20)

    async def scenario() -> None:
        for name in names:
            fleet.know(name, SPEAKERS[name].identity)
        async with gateway(listeners=listening(*names)) as running, terminal(running) as jt808:
            await asyncio.gather(*(speaks(running, name) for name in names))
            await jt808.send_location(positions(1)[0])
            await jt808.wait_acked()

    run(scenario)
    assert len(stored(fleet, A)) == 1


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server with a certificate of its own making, and of a client that trusts it."""
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    words += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run(words, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=certificate)


def test_over_tls(fleet: Fleet, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    fleet.know("gt06", GT06.identity)
    server, client = tls

    async def scenario() -> None:
        async with (
            gateway(listeners=listening("gt06", tls=server)) as running,
            device(running, "gt06", client) as old,
        ):
            await old.says(GT06.login, GT06.welcome)
            await old.says(place(ago(60)), GT06.answer)
            async with device(running, "gt06", client) as new:
                await new.says(GT06.login, GT06.welcome)
                await old.is_let_go()
                await new.says(place(ago(30)), GT06.answer)
            async with device(running, "gt06") as plain:
                await plain.says(GT06.login)
                await plain.is_let_go()

    run(scenario)
    assert len(stored(fleet, GT06.identity)) == 2
