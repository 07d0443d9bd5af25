"""What tests of who a terminal is have in common: what it tells, what is known and noticed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gps.jt808 import downlink, uplink
from gps.terminal import Terminal
from tests.gps.conftest import Fleet
from tests.gps.test_gateway import A

ONE = uplink.Register(11, 100, "PAIDA", "M-1", "T000001", 1, "京A12345")
OTHER = replace(ONE, device="T000002")
NEAR, FAR = "127.0.0.1", "127.0.0.2"


async def until(wanted: Callable[[], Any]) -> Any:
    """What `wanted` gives as soon as it is true; the scenario bounds the wait."""
    while True:
        if found := wanted():
            return found
        await asyncio.sleep(0.02)


def told_of(fleet: Fleet, what: str = "told") -> dict[str, Any]:
    ((told,),) = fleet.query(f"SELECT {what} FROM device WHERE identity = %s", A)
    return told


def contested(fleet: Fleet) -> list[tuple[str, int, str | None]]:
    return fleet.query("SELECT kind, times, ruling FROM device_contest ORDER BY first_at, id")


def facts(fleet: Fleet) -> list[tuple[str, dict[str, Any]]]:
    return fleet.query("SELECT type, payload FROM event WHERE stream = 'device' ORDER BY seq")


async def alive(one: Terminal) -> None:
    assert await one.heartbeat() == downlink.OK
