"""Terminals under way: every position carries its own second and is sent until it is confirmed."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gps.jt808.uplink import Location, build_location
from gps.terminal import Disconnected, Refused, Terminal, location
from tests.chaos.ledger import PROGRESS_S, Ledger

SITE = (39.9239, 116.3966)
FAR = (39.9293, 116.3966)
PENDING = 3
AWAY = (OSError, Disconnected, Refused, TimeoutError)


class Driver:
    """One terminal and what is still unconfirmed of it."""

    def __init__(self, identity: str, ledger: Ledger) -> None:
        self.terminal = Terminal(identity)
        self.identity = identity
        self.ledger = ledger
        self.next_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self._unconfirmed: dict[bytes, datetime] = {}

    def stand(self) -> Iterator[Location]:
        """Positions without end, a second apart, of yesterday."""
        while True:
            self.next_at += timedelta(seconds=1)
            yield location(self.next_at, *FAR)

    async def send(
        self, positions: Iterator[Location], address: tuple[str, int], end: asyncio.Event
    ) -> None:
        """Until `end` or the last position, and then until everything is confirmed."""
        for position in positions:
            await self._connected(address)
            assert position.fix_at is not None
            self._unconfirmed[build_location(position)] = position.fix_at
            self.ledger.sent[self.identity].add(position.fix_at)
            await self.terminal.send_location(position)
            await self._confirmed(PENDING)
            if end.is_set():
                break
        while self.terminal.pending:
            await self._connected(address)
            await self._confirmed(0)
        await self.terminal.close()

    async def _connected(self, address: tuple[str, int]) -> None:
        while not self.terminal.connected:
            try:
                await self.terminal.connect(*address)
            except AWAY:
                await self.terminal.close()
                await asyncio.sleep(0.05)

    async def _confirmed(self, pending: int) -> None:
        with suppress(*AWAY):
            await self.terminal.wait_acked(pending)
        waiting = {body for _, body in self.terminal.pending.values()}
        done = [body for body in self._unconfirmed if body not in waiting]
        if done:
            with self.ledger.writing():
                self.ledger.fixes[self.identity].update(self._unconfirmed.pop(b) for b in done)
        if self.terminal.refused:
            self.ledger.surprised(f"{self.identity}: refused with {self.terminal.refused}")
            self.terminal.refused.clear()


def trip(start: datetime) -> list[Location]:
    """Stand, drive 600 m to the site, stay: 55 s of fixes (near future is believed)."""
    path = [FAR] * 2
    path += [(FAR[0] + (SITE[0] - FAR[0]) * step / 9, FAR[1]) for step in range(1, 10)]
    path += [SITE] * 16
    return [
        location(
            start + timedelta(seconds=1 + 2 * index), *place, speed_kmh=speed, ignition=speed > 0
        )
        for index, place in enumerate(path)
        for speed in [0.0 if place in (FAR, SITE) else 118.0]
    ]


class Fleet:
    """All drivers in one event loop of a thread of its own, from `start` to `stop`."""

    def __init__(self, identities: list[str], ledger: Ledger, address: tuple[str, int]) -> None:
        self.drivers = [Driver(identity, ledger) for identity in identities]
        self.ledger, self.address = ledger, address
        self._killed = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread: threading.Thread | None = None

    def start(self, on_trip: str | None) -> None:
        """Everybody sends; the terminal `on_trip` drives to the site, half of the way now."""
        self._killed.clear()
        self._end.clear()
        self._thread = threading.Thread(target=self._run, args=(on_trip,), daemon=True)
        self._thread.start()

    def killed(self) -> None:
        """The second half of the trip may come."""
        self._killed.set()

    def stop(self) -> None:
        """Returns when every position sent is confirmed."""
        self._loop.call_soon_threadsafe(self._end.set)
        if self._thread is not None:
            self._thread.join(PROGRESS_S)
            if self._thread.is_alive():
                self.ledger.surprised("positions were never confirmed")

    def close(self) -> None:
        self._loop.close()

    def _run(self, on_trip: str | None) -> None:
        self._loop.run_until_complete(self._all(on_trip))

    async def _all(self, on_trip: str | None) -> None:
        await asyncio.gather(
            *(driver.send(driver.stand(), self.address, self._end) for driver in self.drivers),
            *(self._trip(Driver(identity, self.ledger)) for identity in (on_trip,) if identity),
        )

    async def _trip(self, driver: Driver) -> None:
        never = asyncio.Event()
        fixes = trip(datetime.now(UTC).replace(microsecond=0))
        await driver.send(iter(fixes[:8]), self.address, never)
        await asyncio.to_thread(self._killed.wait, PROGRESS_S)
        await driver.send(iter(fixes[8:]), self.address, never)
