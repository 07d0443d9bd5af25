"""The crews' vehicles: each drives along streets and reports as a JT/T 808 terminal on TCP."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from api.demo.cast import CrewSeat, LatLon
from api.demo.driving import Drive, Sight, Step, displaced, make_drive
from api.demo.pace import until
from api.demo.plan import Trip, stream
from api.demo.tally import Tally
from core.clock import now, rate
from core.logging import logger
from gps.fix import distance_m
from gps.jt808.uplink import Location
from gps.terminal import Disconnected, Refused, Terminal, location

log = logger(__name__)

DRIVING_S, PARKED_S = 10, 30
"""Business seconds between two positions."""
PARKED_FAST_S = 60
"""The same for a parked vehicle while business runs fast."""
THERE_M = 60.0
RECONNECT_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Real seconds before the terminal calls again."""
UNACKED = 24


class Streets(Protocol):
    """What a driver knows."""

    def drive(self, begin: LatLon, end: LatLon) -> Sequence[Step]: ...


class Vehicle:
    """One vehicle. `texts` are what its terminal was shown."""

    def __init__(
        self, seat: CrewSeat, streets: Streets, seed: str, host: str, port: int, tally: Tally
    ) -> None:
        self.seat = seat
        self.terminal = Terminal(seat.terminal)
        self._streets = streets
        self._seed = seed
        self._address = (host, port)
        self._tally = tally
        self._sight = Sight(*seat.home)
        self._drive: Drive | None = None
        self._departed = now()
        self._trip: Trip | None = None
        self._jumped = False
        self._moved = asyncio.Event()
        self._blind: list[Location] = []

    @property
    def at(self) -> LatLon:
        return self._look(now()).at

    def stand_at(self, at: LatLon) -> None:
        """Where it is when the city wakes up."""
        self._sight = Sight(*at)

    def distance_to(self, at: LatLon) -> float:
        return distance_m(*self.at, *at)

    async def press(self, key: int) -> bool:
        """Press a key of the terminal's menu; False where the platform did not take it."""
        if not self.terminal.connected:
            return False
        try:
            return await self.terminal.press(key) == 0
        except (OSError, Disconnected, TimeoutError):
            return False

    async def drive_to(self, at: LatLon, key: str, trip: Trip) -> None:
        """Drive there along the streets; returns on arrival. Called again, it turns round."""
        begin = self.at
        self._park()
        if distance_m(*begin, *at) > THERE_M:
            steps = await asyncio.to_thread(self._streets.drive, begin, at)
            drive = make_drive(steps, trip.pace, stream(self._seed, "drive", key), trip.stops_s)
            self._set_off(drive, trip)
            await until(self._departed + timedelta(seconds=drive.seconds))
            self._park()

    def halt(self) -> None:
        """Stop where it is."""
        self._sight = Sight(*self.at)
        self._park()

    def _set_off(self, drive: Drive, trip: Trip) -> None:
        self._drive = drive
        self._departed, self._trip, self._jumped = now(), trip, False
        self._moved.set()

    def _park(self) -> None:
        if self._drive is not None:
            self._sight = Sight(*self._look(now()).at)
        self._drive = self._trip = None

    def _look(self, moment: datetime) -> Sight:
        if self._drive is None:
            return self._sight
        return self._drive.sight((moment - self._departed).total_seconds())

    async def run(self) -> None:
        """Report for ever."""
        try:
            while True:
                moment = now().replace(microsecond=0)
                try:
                    await self._report(moment)
                except (OSError, Disconnected, TimeoutError) as error:
                    log.debug("terminal_lost", terminal=self.seat.terminal, reason=repr(error))
                    await self.terminal.close()
                await self._wait(moment)
        finally:
            with suppress(OSError):
                await self.terminal.close()

    async def _wait(self, moment: datetime) -> None:
        """Until the next position is due; the start of a drive comes sooner."""
        parked = PARKED_S if rate() == 1 else PARKED_FAST_S
        step = DRIVING_S if self._drive else parked
        self._moved.clear()
        waiting = asyncio.ensure_future(until(moment + timedelta(seconds=step)))
        moved = asyncio.ensure_future(self._moved.wait())
        await asyncio.wait({waiting, moved}, return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, moved):
            task.cancel()
        if moved.done() and not waiting.done():
            await until(moment + timedelta(seconds=1))  # each position has a second of its own

    async def _report(self, moment: datetime) -> None:
        sight, trouble = self._look(moment), self._trouble(moment)
        if trouble == "blind":
            await self.terminal.close()
            self._blind.append(self._fix(moment, sight))
            return
        await self._connected()
        if self._blind:
            batch, self._blind = self._blind, []
            await self.terminal.send_batch(batch)
            self._tally.fixes += len(batch)
        if trouble == "loss":
            await self.terminal.heartbeat()
            return
        if trouble == "jump":
            sight = displaced(sight, 2_600.0, stream(self._seed, "jump", moment).uniform(0, 360))
        await self.terminal.send_location(self._fix(moment, sight))
        self._tally.fixes += 1
        if len(self.terminal.pending) > UNACKED:
            await self.terminal.wait_acked(UNACKED)

    def _fix(self, moment: datetime, sight: Sight) -> Location:
        return _fix(moment, sight, ignition=self._drive is not None)

    def _trouble(self, moment: datetime) -> str | None:
        trip = self._trip
        if trip is None or trip.trouble is None:
            return None
        since = (moment - self._departed).total_seconds() - trip.trouble_s
        if since < 0 or since > trip.lasts_s:
            return None
        if trip.trouble == "jump":
            first, self._jumped = not self._jumped, True
            return "jump" if first else None
        return trip.trouble

    async def _connected(self) -> None:
        tries = 0
        while not self.terminal.connected:
            try:
                await self.terminal.connect(*self._address)
            except Refused as refused:
                log.warning("terminal_refused", terminal=self.seat.terminal, reason=str(refused))
                await asyncio.sleep(60.0)
            except (OSError, Disconnected, TimeoutError):
                self._tally.lost += 1
                await asyncio.sleep(RECONNECT_S[min(tries, len(RECONNECT_S) - 1)])
                tries += 1


def _fix(moment: datetime, sight: Sight, *, ignition: bool) -> Location:
    return location(
        moment,
        sight.lat,
        sight.lon,
        speed_kmh=sight.speed_kmh,
        course_deg=sight.course_deg,
        ignition=ignition,
    )
