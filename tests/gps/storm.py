"""Vehicles on their way while processes and servers die, and what must be true of them afterwards.

Every vehicle stands, drives to the site that it is watched for and stays there; its terminal sends
each position in order until it is confirmed. What the motion rules say of the same positions in
one go is what must have been recorded, however often anything was killed.
"""

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from core.clock import now
from core.engines.embedded import Embedded
from core.engines.processes import ProcessId
from core.events import VehicleArrived, VehicleDeparted
from core.ids import new_id
from gps import service
from gps.jt808.uplink import Location
from gps.motion import Crossing, Motion, Sight, Site, follow
from gps.terminal import location
from tests.chaos.fleet import Driver
from tests.chaos.ledger import Ledger
from tests.copies import Copy
from tests.gps.conftest import Fleet
from tests.prepared import begin

KILLS = int(os.environ.get("PAIDAN_TEST_KILLS", "5"))
SEED = int(os.environ.get("PAIDAN_TEST_SEED", "20"))

RHYTHM_S = 10
STEP_DEG = 0.0013
"""145 m in ten seconds."""
DRIVE = 12
RADIUS_M = 100.0

Address = tuple[str, int]


async def start_gateway(port: int, *words: str, **settings: str) -> Copy:
    """A gateway process that accepts connections. `words`: see `tests.gps.gateway_process`."""
    silent = Path(os.devnull)
    process = begin(
        "tests.gps.gateway_process", *words, log=silent, jt808_port=str(port), **settings
    )
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return process
        if (code := process.poll()) is not None:
            raise AssertionError(f"the gateway ended with {code}")
        await asyncio.sleep(0.05)


@dataclass
class Truck:
    """One vehicle, its terminal and its way. `told`: what the motion rules say of all of it."""

    identity: str
    vehicle: UUID
    assignment: UUID
    route: list[Location]
    told: list[Crossing] = field(default_factory=list)


def make_truck(fleet: Fleet, identity: str, fixes: int, dice: random.Random) -> Truck:
    """Enrolled and watched; it leaves at some moment of its `fixes` and comes to its site."""
    fleet.enrol(identity)
    begun = now().replace(microsecond=0) - timedelta(days=1)
    truck = Truck(identity, fleet.vehicles[identity], new_id(), [])
    leaves, home = dice.randint(5, fixes - DRIVE - 15), round(39.5 + dice.random() / 2, 6)
    site = Site(round(home + DRIVE * STEP_DEG, 6), 116.3, RADIUS_M, begun)
    motion = Motion()
    for index in range(fixes):
        lat = round(home + min(DRIVE, max(0, index - leaves)) * STEP_DEG, 6)
        speed = 52.0 if home < lat < site.lat else 0.0
        at = begun + timedelta(seconds=RHYTHM_S * (index + 1))
        truck.route.append(location(at, lat, 116.3, speed_kmh=speed))
        motion, crossings = follow(site, motion, Sight(at, lat, 116.3, speed, True))
        truck.told += crossings
    assert [one.kind for one in truck.told] == ["departed", "arrived"]
    with fleet.work() as uow:
        service.watch(
            uow,
            vehicle_id=truck.vehicle,
            assignment_id=truck.assignment,
            lat=site.lat,
            lon=site.lon,
            radius_m=RADIUS_M,
            now=begun,
        )
    return truck


class Roamer(Driver):
    """A terminal that turns to `address`, and to another one whenever that changes."""

    def __init__(self, identity: str, ledger: Ledger, progress: asyncio.Event) -> None:
        super().__init__(identity, ledger)
        self.address: Address = ("", 0)
        self.progress = progress

    async def turn_to(self, address: Address) -> None:
        """Hang up in the middle of everything and go on there."""
        self.address = address
        await self.terminal.close()

    async def _connected(self, address: Address) -> None:
        """`address` is where it once began."""
        await super()._connected(self.address or address)

    async def _confirmed(self, pending: int) -> None:
        await super()._confirmed(pending)
        self.progress.set()


_GOES_BACK = """
CREATE TABLE went_back (vehicle_id uuid, was timestamptz, became timestamptz);
CREATE FUNCTION note_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO went_back VALUES (OLD.vehicle_id, OLD.fix_at, NEW.fix_at);
    RETURN NEW;
END $$;
CREATE TRIGGER goes_back BEFORE UPDATE ON vehicle_position FOR EACH ROW
    WHEN (NEW.fix_at < OLD.fix_at) EXECUTE FUNCTION note_back()
"""


class Storm:
    """Trucks on their way; `confirmed` counts what gateways have acknowledged."""

    def __init__(self, fleet: Fleet, trucks: int, fixes: int, seed: int) -> None:
        self.dice = random.Random(seed)
        self.fleet, self.ledger = fleet, Ledger()
        self.trucks = [
            make_truck(fleet, f"1390000{number:04d}", fixes, self.dice) for number in range(trucks)
        ]
        self._progress = asyncio.Event()
        self.drivers = [
            Roamer(truck.identity, self.ledger, self._progress) for truck in self.trucks
        ]
        self.roamed = False
        self._driving: list[asyncio.Task[None]] = []
        fleet.execute(_GOES_BACK)

    @property
    def total(self) -> int:
        return sum(len(truck.route) for truck in self.trucks)

    @property
    def confirmed(self) -> int:
        return self.ledger.positions

    def twins(self) -> None:
        """A second terminal in every vehicle, which says much the same five seconds later."""
        for truck in list(self.trucks):
            identity = f"2{truck.identity[1:]}"
            with self.fleet.work() as uow:
                device = service.enrol(uow, identity=identity, vehicle_id=truck.vehicle)
            self.fleet.devices[identity] = device
            self.fleet.vehicles[identity] = truck.vehicle
            route = [
                replace(one, fix_at=one.fix_at + timedelta(seconds=5))
                for one in truck.route
                if one.fix_at
            ]
            self.trucks.append(replace(truck, identity=identity, route=route))
            self.drivers.append(Roamer(identity, self.ledger, self._progress))

    def drive(self, *addresses: Address) -> None:
        """Everybody goes on; who is at which of these addresses goes by their numbers."""
        never = asyncio.Event()
        share = -(-len(self.trucks) // len(addresses))
        for index, (truck, driver) in enumerate(zip(self.trucks, self.drivers, strict=True)):
            driver.address = address = addresses[index // share]
            work = driver.send(iter(truck.route), address, never)
            self._driving.append(asyncio.ensure_future(work))

    async def turn_to(self, address: Address) -> None:
        """Everybody hangs up and goes on there."""
        self.roamed = True
        await asyncio.gather(*(driver.turn_to(address) for driver in self.drivers))

    async def some_more(self, share: float) -> None:
        """Until about this share of all positions is confirmed in addition, and a moment longer."""
        goal = self.confirmed + min(share * self.total, 0.7 * (self.total - self.confirmed))
        while self.confirmed < goal and not all(task.done() for task in self._driving):
            self._progress.clear()
            await self._progress.wait()
        await asyncio.sleep(self.dice.uniform(0, 0.3))  # anywhere in a batch

    async def stored_unconfirmed(self) -> None:
        """Until something is in the database that no terminal has been told of."""
        while not all(task.done() for task in self._driving):
            [(stored,)] = self.fleet.query("SELECT count(*) FROM fix")
            await asyncio.sleep(0.02)  # what was said before is heard
            if stored > self.confirmed:
                return

    async def all_confirmed(self) -> None:
        """Until every position is. TimeoutError when two minutes are not enough."""
        async with asyncio.timeout(120):
            await asyncio.gather(*self._driving)

    def give_up(self) -> None:
        """The trucks are switched off where they are."""
        for task in self._driving:
            task.cancel()

    def findings(self) -> list[str]:
        """Everything that is missing, doubled or out of order; empty where all is well."""
        found = list(self.ledger.surprises)
        found += self.went_back()
        for truck in self.trucks:
            found += [f"{truck.identity}: {one}" for one in self._of(truck)]
        return found

    def went_back(self) -> list[str]:
        """Every time that a latest position became an older one."""
        rows = self.fleet.query("SELECT * FROM went_back")
        return [f"{vehicle}: from {was} back to {became}" for vehicle, was, became in rows]

    def _of(self, truck: Truck) -> Iterator[str]:
        yield from self.positions(truck)
        yield from self._order(truck)
        yield from self._facts(truck)

    def _rows(self, truck: Truck) -> list[tuple[datetime, datetime, str]]:
        return self.fleet.query(
            "SELECT fix_at, received_at, flags FROM fix WHERE device_id = %s ORDER BY fix_at",
            self.fleet.devices[truck.identity],
        )

    def positions(self, truck: Truck) -> Iterator[str]:
        times = [row[0] for row in self._rows(truck)]
        if lost := self.ledger.fixes[truck.identity] - set(times):
            yield f"{len(lost)} confirmed positions are missing"
        if len(times) != len(set(times)):
            yield f"{len(times) - len(set(times))} positions are doubled"
        if set(times) - self.ledger.sent[truck.identity]:
            yield "positions that were never sent"

    def _order(self, truck: Truck) -> Iterator[str]:
        """The terminal sends in order: nothing is late, and nothing newer came before it."""
        rows = self._rows(truck)
        if aside := [flags for _, _, flags in rows if flags != "ok"]:
            yield f"{len(aside)} positions were taken out of order: {sorted(set(aside))}"
        received = [row[1] for row in rows]
        if not self.roamed and received != sorted(received):
            yield "received in another order than sent"
        latest = self.fleet.query(
            "SELECT fix_at FROM vehicle_position WHERE vehicle_id = %s", truck.vehicle
        )
        if rows and latest != [(max(row[0] for row in rows),)]:
            yield f"the latest position is {latest}, the newest stored {rows[-1][0]}"

    def _facts(self, truck: Truck) -> Iterator[str]:
        kinds: dict[type[Any], str] = {VehicleDeparted: "departed", VehicleArrived: "arrived"}
        facts = self.fleet.facts(truck.identity)
        recorded = [(kinds[type(fact)], event.occurred_at) for fact, event in facts]
        stored = {row[0] for row in self._rows(truck)}
        if stored != {position.fix_at for position in truck.route}:
            return
        if recorded != [(one.kind, one.at) for one in truck.told]:
            yield f"recorded {recorded}, should be {[(one.kind, one.at) for one in truck.told]}"


class Servers:
    """The embedded servers of a test, which may be killed."""

    def __init__(self, embedded: Embedded) -> None:
        self.embedded = embedded

    def kill(self, name: str) -> None:
        """SIGKILL until it is over: `postgres` with its backends, `postmaster` alone, `valkey`."""
        process = self.embedded.processes["valkey" if name == "valkey" else "postgres"]
        victims = [process]
        if name == "postgres":
            pids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            victims += [found for pid in pids if (found := ProcessId.of(int(pid)))]
        for victim in victims:
            victim.signal(signal.SIGKILL)
        for victim in victims:
            assert victim.wait(30), f"{victim} outlives its SIGKILL"

    def heal(self) -> None:
        """Start again what is dead. Blocks."""
        self.embedded.heal()
