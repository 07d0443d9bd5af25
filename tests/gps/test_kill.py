"""SIGKILL of the gateway under load: an acknowledged position is stored, and stored once."""

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from core.clock import now
from gps.terminal import Disconnected, Terminal, location
from tests.gps.conftest import Fleet
from tests.gps.test_gateway import run
from tests.harness import ROOT, free_port_pair

pytestmark = pytest.mark.chaos

TERMINALS = 12
KILLS = 3


async def start(port: int, *words: str) -> Process:
    """A gateway process that accepts connections."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.gps.gateway_process",
        *words,
        cwd=ROOT,
        env={**os.environ, "PAIDAN_JT808_PORT": str(port)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return process
        if process.returncode is not None:
            raise AssertionError(f"the gateway ended with {process.returncode}")
        await asyncio.sleep(0.05)


class Driver:
    """A terminal that sends a position every few milliseconds and remembers what was confirmed."""

    def __init__(self, identity: str, progress: Callable[[], None]) -> None:
        self.progress = progress
        self.terminal = Terminal(identity)
        self.sent: dict[int, datetime] = {}
        self.confirmed: set[datetime] = set()
        self.next_at = now().replace(microsecond=0) - timedelta(days=1)

    def look(self) -> None:
        """What is sent and no longer pending has been acknowledged."""
        for serial in [serial for serial in self.sent if serial not in self.terminal.pending]:
            self.confirmed.add(self.sent.pop(serial))
        self.progress()

    async def drive(self, port: int, stop: asyncio.Event) -> None:
        await self.terminal.connect("127.0.0.1", port)
        with suppress(Disconnected):
            while not stop.is_set() and self.terminal.connected:
                self.next_at += timedelta(seconds=1)
                serial = await self.terminal.send_location(location(self.next_at, 39.9, 116.3))
                self.sent[serial] = self.next_at
                await self.terminal.wait_acked(at_most_pending=40)
                self.look()


async def _rounds(fleet: Fleet, port: int, *words: str) -> int:
    """Kill a few times under load; how many confirmed positions were missing after a kill."""
    enough, goal, missing = asyncio.Event(), 0, 0

    def confirmed() -> int:
        return sum(len(driver.confirmed) for driver in drivers)

    def progress() -> None:
        if confirmed() >= goal:
            enough.set()

    drivers = [Driver(identity, progress) for identity in list(fleet.devices)]
    for _ in range(KILLS):
        gateway, stop = await start(port, *words), asyncio.Event()
        for driver in drivers:
            driver.sent = {}
            driver.terminal.pending.clear()
        goal = confirmed() + random.randint(500, 900)
        enough.clear()
        driving = [asyncio.ensure_future(driver.drive(port, stop)) for driver in drivers]
        await enough.wait()
        gateway.send_signal(signal.SIGKILL)
        await gateway.wait()
        stop.set()
        await asyncio.gather(*driving, return_exceptions=True)
        for driver in drivers:
            driver.look()
            stored = fleet.query(
                "SELECT fix_at FROM fix WHERE device_id = %s",
                fleet.devices[driver.terminal.identity.lstrip("0")],
            )
            times = [fix_at for (fix_at,) in stored]
            assert len(times) == len(set(times))
            missing += len(driver.confirmed - set(times))
        for driver in drivers:
            await driver.terminal.close()
    return missing


@pytest.fixture
def busy(fleet: Fleet) -> Fleet:
    for number in range(TERMINALS):
        fleet.enrol(f"1390000{number:04d}", vehicle=number % 3 == 0)
    return fleet


def test_no_acknowledged_position_is_missing_or_doubled(busy: Fleet) -> None:
    async def scenario() -> None:
        assert await _rounds(busy, free_port_pair()) == 0

    run(scenario)


def test_the_test_above_catches_an_acknowledgement_before_the_commit(busy: Fleet) -> None:
    async def scenario() -> None:
        assert await _rounds(busy, free_port_pair(), "planted") > 0

    run(scenario)


def test_unacknowledged_positions_come_again_after_a_restart(busy: Fleet) -> None:
    async def scenario() -> None:
        port = free_port_pair()
        gateway = await start(port)
        start_at = now().replace(microsecond=0) - timedelta(hours=1)
        async with Terminal("13800000001") as one:
            await one.connect("127.0.0.1", port)
            for index in range(200):
                at = start_at + timedelta(seconds=index)
                await one.send_location(location(at, 39.9, 116.3))
            gateway.send_signal(signal.SIGKILL)
            await gateway.wait()
            await one.wait_closed()
            gateway = await start(port)
            await one.connect("127.0.0.1", port)
            await one.wait_acked()
        gateway.send_signal(signal.SIGTERM)
        assert await gateway.wait() == 0
        stored = busy.query("SELECT count(*) FROM fix WHERE fix_at >= %s", start_at)
        assert stored == [(200,)]

    run(scenario)
