"""The alarm switch of a terminal: one call per press, whatever the filters think of the fix."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.clock import now
from core.events import VehicleDistress, VehicleKeyPressed
from gps.distress import EMERGENCY, Switch, heed
from gps.terminal import location
from tests.gps.conftest import Fleet
from tests.gps.test_gateway import A, gateway, run, terminal


def calls(positions: list[tuple[float, bool]]) -> list[float]:
    """Times of the calls that these positions (time, bit) make, in order of arrival."""
    switch: Switch | None = None
    found = []
    for at, pressed in positions:
        switch, called = heed(switch, at, pressed=pressed)
        if called:
            found.append(at)
    return found


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([(1, False), (2, False)], []),
        ([(1, False), (2, True), (3, True), (4, True)], [2]),
        ([(1, True), (2, False), (3, True)], [1, 3]),
        ([(1, True), (1, True), (1, True)], [1]),  # not acknowledged, sent again
        ([(1, True), (2, False), (1, True)], [1]),  # the same, late
        ([(1, True), (10, False), (5, True), (11, False)], [1, 5]),  # from a blind spot
        ([(1, True), (10, False), (5, True), (12, True)], [1, 5, 12]),
    ],
)
def test_each_press_calls_once(positions: list[tuple[float, bool]], expected: list[float]) -> None:
    assert calls(positions) == expected


def test_the_switch_and_the_key_become_facts_over_the_socket(fleet: Fleet) -> None:
    """Also without a position, and not again for what is sent again."""

    async def scenario() -> None:
        async with gateway() as running, terminal(running) as one:
            begun = now() - timedelta(seconds=30)
            calm = location(begun, 39.9, 116.3)
            no_place = replace(
                location(begun + timedelta(seconds=5), 0.0, 0.0),
                alarm_bits=EMERGENCY,
                status_bits=0,
            )
            pressed = replace(
                location(begun + timedelta(seconds=9), 39.9, 116.3), alarm_bits=EMERGENCY
            )
            for position in (calm, no_place, pressed, pressed):
                await one.send_location(position)
                await one.wait_acked()
            facts = [fact for fact, _ in fleet.facts(A)]
            assert facts == [VehicleDistress(device_id=fleet.devices[A])]
            await one.send_location(location(begun + timedelta(seconds=12), 39.9, 116.3))
            again = replace(pressed, fix_at=begun + timedelta(seconds=20))
            await one.send_location(again)
            await one.wait_acked()
            assert await one.press(5) == 0
        *_, second, key = [fact for fact, _ in fleet.facts(A)]
        assert second == VehicleDistress(device_id=fleet.devices[A], lat=39.9, lon=116.3)
        assert isinstance(key, VehicleKeyPressed)
        assert key.key == "help"
        assert len(fleet.facts(A)) == 3

    run(scenario)
