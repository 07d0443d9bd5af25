"""Any number of gateways, one of them at a time decides about a vehicle."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gps import ownership
from gps.server import Gateway
from tests.gps.conftest import Fleet
from tests.gps.storm import SEED, Address, Storm, start_gateway
from tests.gps.test_gateway import gateway, run
from tests.harness import free_port_pair

STALLED_S = 1.0


@asynccontextmanager
async def two() -> AsyncIterator[tuple[Gateway, Gateway]]:
    async with gateway(tend_seconds=0.1) as one, gateway(tend_seconds=0.1) as other:
        yield one, other


def at(running: Gateway) -> Address:
    return running.host, running.port


def test_a_terminal_that_wanders_between_gateways_keeps_its_order(fleet: Fleet) -> None:
    """It hangs up with positions unacknowledged, again and again, while the old gateway still
    writes them.
    """
    storm, dice = Storm(fleet, 6, 120, SEED), random.Random(SEED)

    async def scenario() -> None:
        async with two() as gateways:
            storm.drive(at(gateways[0]))
            for _ in range(12):
                await storm.some_more(0.05)
                for driver in dice.sample(storm.drivers, 3):
                    storm.roamed = True
                    await driver.turn_to(at(dice.choice(gateways)))
            await storm.all_confirmed()

    run(scenario)
    assert storm.confirmed == storm.total
    assert storm.findings() == [], SEED


def test_two_devices_of_one_vehicle_on_two_gateways_tell_one_story(fleet: Fleet) -> None:
    """Each gateway hears one of them; both decide about the vehicle, one after the other."""
    storm = Storm(fleet, 4, 120, SEED)
    storm.twins()

    async def scenario() -> None:
        async with two() as (one, other):
            storm.drive(at(one), at(other))
            await storm.all_confirmed()

    run(scenario)
    assert storm.went_back() == [], SEED
    for truck in storm.trucks:
        assert list(storm.positions(truck)) == []
        facts = fleet.facts(truck.identity)
        told = [(fact.TYPE.partition(".")[2], getattr(fact, "revised", None)) for fact, _ in facts]
        # Which of the two is believed depends on who is quicker, and may change.
        first = [one for one in told if one[0] != "source_changed" and not one[1]]
        assert first == [("departed", False), ("arrived", False)]
        for crossing in truck.told:
            last = [event for fact, event in facts if fact.TYPE.endswith(crossing.kind)][-1]
            assert abs(last.occurred_at - crossing.at) < timedelta(seconds=20), SEED
        newest = fleet.query(
            "SELECT max(fix_at) FROM fix WHERE vehicle_id = %s AND flags = 'ok'", truck.vehicle
        )
        assert newest == fleet.query(
            "SELECT fix_at FROM vehicle_position WHERE vehicle_id = %s", truck.vehicle
        )


@pytest.mark.chaos
@pytest.mark.parametrize("where", ["hesitates", "copies"])
def test_a_paused_gateway_keeps_nobody_waiting_and_wakes_harmless(fleet: Fleet, where: str) -> None:
    """SIGSTOP in the middle of a transaction or of its COPY; it wakes while the other works."""
    storm = Storm(fleet, 6, 120, SEED)

    async def scenario() -> None:
        ports = [free_port_pair() for _ in range(2)]
        here, there = [("127.0.0.1", port) for port in ports]
        words = [where, f"stalled={STALLED_S}"]
        paused, other = [await start_gateway(port, *words) for port in ports]
        try:
            storm.drive(here)
            await storm.some_more(0.2)
            while not _holds_vehicles(fleet):
                paused.send_signal(signal.SIGCONT)
                await asyncio.sleep(storm.dice.uniform(0.01, 0.06))
                paused.send_signal(signal.SIGSTOP)
                await asyncio.sleep(0.2)
            await storm.turn_to(there)
            await storm.some_more(0.3)
            paused.send_signal(signal.SIGCONT)
            await storm.some_more(0.2)
            await storm.turn_to(here)
            await storm.all_confirmed()
            assert (paused.poll(), other.poll()) == (None, None)
        finally:
            storm.give_up()
            for process in (paused, other):
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()

    run(scenario)
    assert storm.confirmed == storm.total
    assert storm.findings() == [], SEED


def _holds_vehicles(fleet: Fleet) -> bool:
    """Whether somebody stands still in the middle of a batch: its client says nothing."""
    stalled = ownership._STALLED.replace("pg_terminate_backend(one.pid)", "one.pid")
    return bool(fleet.query(stalled, 0.15))
