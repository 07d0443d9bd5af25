"""The demo city at work, from outside: everything goes through the doors that people use.

One process, no database: HTTP, the live connection, signed webhooks, JT/T 808 over TCP.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from api.demo.account import ACCOUNT, LOOPBACK
from api.demo.book import Book, Seat
from api.demo.calling_back import CallingBack
from api.demo.carrier import Carrier
from api.demo.cast import Cast
from api.demo.centre import Desk
from api.demo.city import City, make_city
from api.demo.crew import Squad
from api.demo.door import Door, Person, Refusal, Unreachable
from api.demo.fleet import Vehicle
from api.demo.floor import Floor
from api.demo.hotline import Exchange, Lead
from api.demo.informing import Informing
from api.demo.pace import until
from api.demo.plan import Call, calls
from api.demo.tally import Tally
from api.demo.telephones import Telephones
from core.clock import meets_in, now
from core.logging import logger
from core.settings import Settings

log = logger(__name__)

LEFTOVER = timedelta(minutes=5)
"""After so long without any vehicle's position, open orders are left over from an earlier run."""

DOOM_S, DOOMED = 600.0, 2
"""From this second of a first start on, so many orders are held up on their way."""

CROWD_S = 60.0
"""Callers of the next minute are made ready ahead."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be played. `seed` of the plan; `calls`: how many callers, None for ever.

    `begin`: whose hour and day the callers follow; `opens`: when the first minute really is. So
    the plan does not depend on how long the start took. `hours`: no callers after so many.
    """

    seed: str
    begin: datetime
    opens: datetime
    calls: int | None = None
    hours: float | None = None
    storm: bool = False


class Life:
    """The city's people and vehicles at one Paidan."""

    def __init__(self, settings: Settings, cast: Cast, script: Script, tally: Tally) -> None:
        host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - compared
        self._door = Door(f"http://{host}:{settings.port}", tally)
        self._address = (host, settings.effective_jt808_port)
        self._settings = settings
        self._cast, self._script = cast, script
        self.tally = tally
        self.book = Book(script.seed)
        self._door.noted = self.book.note
        self._telephones = _telephones(settings, script.seed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Until all callers of the script are handled; where it has no end, for ever."""
        self._failed = asyncio.get_running_loop().create_future()
        city = await asyncio.to_thread(make_city, self._cast.seed)
        async with self._door:
            try:
                exchange = await self._wake(city)
                callers = asyncio.ensure_future(self._call_all(exchange, city))
                await asyncio.wait({callers, self._failed}, return_when=asyncio.FIRST_COMPLETED)
                for done in (callers, self._failed):
                    if done.done():
                        done.result()
            finally:
                await self._end()

    async def _wake(self, city: City) -> Exchange:
        """Everybody comes to work; returns when the lead's screen stands."""
        seats = {"lead": Seat("lead")}
        units = [(one.unit_id, one.code) for one in self._cast.centres]
        units += [(one.unit_id, one.code) for one in self._cast.crews]
        seats |= {f"unit:{id_}": Seat(code) for id_, code in units}
        fleet = self._fleet(city)
        lead = Lead(self._person(self._cast.lead), self.book, seats, self._cast, city)
        await self._look_around(lead, fleet)
        for vehicle in fleet.values():
            self._go(vehicle.run())
        self._go(lead.run())
        for centre in self._cast.centres:
            seat = seats[f"unit:{centre.unit_id}"]
            self._go(Desk(self._person(centre.login), self.book, seat, centre, fleet).run())
        for crew in self._cast.crews:
            seat, vehicle = seats[f"unit:{crew.unit_id}"], fleet[crew.unit_id]
            squad = Squad(self._person(crew.login), self.book, seat, crew, vehicle)
            self._go(squad.run())
            self._go(squad.absences())
        await lead.screen.ready.wait()
        self._go(CallingBack(self._person(self._cast.agents[0]), self._script.seed).run())
        agents = [self._person(login) for login in self._cast.agents]
        floor = Floor(lead.person, agents) if self._telephones else None
        if floor is not None:
            self._go(floor.run())
            self._go(Informing(lead, self._script.seed).run())
        return Exchange(self._carrier(), self._cast, agents, self.book, floor, self._telephones)

    def _fleet(self, city: City) -> dict[str, Vehicle]:
        return {
            crew.unit_id: Vehicle(crew, city, self._script.seed, *self._address, self.tally)
            for crew in self._cast.crews
        }

    def _carrier(self) -> Carrier:
        own = self._settings
        token = own.twilio_auth_token.get_secret_value() if own.twilio_auth_token else ""
        return Carrier(
            self._door,
            token or self._cast.carrier_token,
            own.effective_public_url,
            own.twilio_account_sid or ACCOUNT,
        )

    async def _look_around(self, lead: Lead, fleet: dict[str, Vehicle]) -> None:
        """Vehicles stand where they were last seen; old open orders are hurried to their end."""
        found = await _patiently(lead.person, "/api/board")
        newest = None
        for row in found["vehicles"]:
            vehicle = fleet.get(row["crew_id"])
            if vehicle is None or row["fix_at"] is None:
                continue
            vehicle.stand_at((row["lat"], row["lon"]))
            at = datetime.fromisoformat(row["fix_at"])
            newest = max(newest or at, at)
        if newest is None or now() - newest > LEFTOVER:
            self.book.leftovers = {row["id"] for row in found["orders"]}
        log.info("city_awake", open_orders=len(found["orders"]), left=len(self.book.leftovers))

    def _person(self, login: Any) -> Person:
        return Person(self._door, login)

    def _plan(self, city: City) -> Iterator[Call]:
        script = self._script
        zone = ZoneInfo(self._settings.timezone)
        found = calls(city, script.seed, script.begin, zone, storm=script.storm)
        if script.hours is not None:
            last_s = script.hours * 3600
            found = takewhile(lambda call: call.at_s <= last_s, found)
        return islice(found, script.calls)

    async def _call_all(self, exchange: Exchange, city: City) -> None:
        """Let everybody call in time; where the script ends, wait until all are handled."""
        count = 0
        for call in self._plan(city):
            at = self._script.opens + timedelta(seconds=call.at_s)
            self._doom(call)
            await until(at - timedelta(seconds=CROWD_S))
            self._go(exchange.caller(call, at))
            count += 1
        while not self.tally.all_handled(count):  # noqa: ASYNC110 - many things end a case
            await asyncio.sleep(0.1)

    def _doom(self, call: Call) -> None:
        """While the clock catches up: the first orders of its second quarter hour come late."""
        fit = call.fault is not None and not call.echo and call.customer.area_class == "urban"
        if meets_in() and fit and call.at_s > DOOM_S and len(self.book.unlucky) < DOOMED:
            self.book.unlucky.add(call.key)

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or self._failed is None or self._failed.done():
            return
        if (error := task.exception()) is not None:
            log.error("city_part_failed", exc_info=error)
            self._failed.set_exception(error)

    async def _end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._telephones is not None:
            await self._telephones.close()


def _telephones(own: Settings, seed: str) -> Telephones | None:
    """Those at the city's own carrier, where it has one."""
    port = own.demo_carrier_port
    return Telephones(f"http://{LOOPBACK}:{port}", seed) if port is not None else None


async def _patiently(person: Person, path: str) -> Any:
    """What a server says that may still be starting."""
    while True:
        try:
            return await person.get(path)
        except (Refusal, Unreachable) as error:
            log.debug("city_waits", reason=str(error))
            await asyncio.sleep(1.0)
