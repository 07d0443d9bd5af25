"""SIGKILL of the gateway under load by other protocols: what was answered is stored."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from core.clock import now
from gps.protocols import gt06
from tests.gps.conftest import Fleet
from tests.gps.speakers import SPEAKERS, Device, hung_up
from tests.gps.storm import start_gateway
from tests.gps.test_gateway import run, stored
from tests.gps.test_lines import answer, place
from tests.harness import free_port_pair

pytestmark = pytest.mark.chaos

TRACKERS, PLACES, KILLS = 4, 400, 4
GT06 = SPEAKERS["gt06"]


class Tracker:
    """Sends all its places in a row and notes which are answered."""

    def __init__(self, number: int, begun: datetime) -> None:
        self.identity = f"8635012345678{number:02}"
        self.places = [begun + timedelta(seconds=index) for index in range(PLACES)]
        self.answered: set[datetime] = set()

    async def drive(self, port: int) -> None:
        """Until everything is answered, or the gateway is gone."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await self._talk(Device(reader, writer))
            finally:
                await hung_up(writer)

    async def _talk(self, line: Device) -> None:
        login = gt06.frame(gt06.SHORT, 1, bytes.fromhex(f"0{self.identity}"), 1)
        await line.says(login, GT06.welcome)
        left = [at for at in self.places if at not in self.answered]
        line.writer.write(b"".join(place(at, serial) for serial, at in enumerate(left)))
        for serial, at in enumerate(left):
            await line.hears(answer(serial))
            self.answered.add(at)


def missing(fleet: Fleet, trackers: list[Tracker]) -> int:
    """Places that were answered and are not stored."""
    return sum(len(one.answered - set(stored(fleet, one.identity))) for one in trackers)


async def storm(fleet: Fleet, *words: str) -> tuple[int, list[Tracker]]:
    """The gateway dies again and again between receiving and answering."""
    jt808, port = (one := free_port_pair()), one + 1
    begun = now().replace(microsecond=0) - timedelta(hours=1)
    trackers = [Tracker(number, begun) for number in range(TRACKERS)]
    for tracker in trackers:
        fleet.know("gt06", tracker.identity)
    lost = 0
    for kill in range(KILLS + 1):
        gateway = await start_gateway(jt808, *words, gps_protocols=f"gt06:{port}")
        driving = asyncio.gather(*(one.drive(port) for one in trackers))
        before = sum(len(one.answered) for one in trackers)
        while kill < KILLS and not driving.done():
            if sum(len(one.answered) for one in trackers) > before:
                break
            await asyncio.sleep(0.005)
        if kill == KILLS:
            await driving
        gateway.kill()
        gateway.wait()
        await driving
        lost += missing(fleet, trackers)
    return lost, trackers


def test_what_was_answered_is_stored(fleet: Fleet) -> None:
    async def scenario() -> None:
        lost, trackers = await storm(fleet, "hesitates")
        assert lost == 0
        for one in trackers:
            assert one.answered == set(one.places)
            assert stored(fleet, one.identity) == one.places

    run(scenario)


def test_the_test_above_catches_answers_before_the_commit(fleet: Fleet) -> None:
    async def scenario() -> None:
        lost, _ = await storm(fleet, "early")
        assert lost > 0

    run(scenario)
