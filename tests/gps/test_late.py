"""What a blind spot has kept back is put in its place, and nobody live waits for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from core.clock import now
from core.ids import new_id
from gps import intake, server, service
from gps.fix import Fix
from gps.intake import Intake, Pending
from gps.jt808.uplink import Location
from gps.pipeline import Written
from gps.terminal import Terminal, location
from tests.gps.conftest import Fleet
from tests.gps.test_gateway import B, gateway, run, terminal

LATE, LIVE, PART = 1000, 8, 25
BATCH = 100
"""Positions a batch: the backlog alone fills ten of them."""


@dataclass
class Waits:
    """Batches written between the receipt of a message and its acknowledgement."""

    begun: int = 0
    live: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Counted in the gateway itself; no clock is asked."""
    seen = Waits()

    class Counting(Intake):
        def put(self, pending: Pending) -> None:
            since[id(pending)] = seen.begun
            super().put(pending)

        async def _write(self, org_id: int, fixes: Sequence[Fix]) -> Written | None:
            seen.begun += 1
            return await super()._write(org_id, fixes)

        def _acknowledge(self, messages: Sequence[Pending], refused: set[int]) -> None:
            for one in messages:
                waited = seen.begun - since.pop(id(one))
                (seen.live if len(one.fixes) == 1 else seen.late).append(waited)
            super()._acknowledge(messages, refused)

    since: dict[int, int] = {}
    monkeypatch.setattr(intake, "BATCH_FIXES", BATCH)
    monkeypatch.setattr(server, "Intake", Counting)
    return seen


def begin(fleet: Fleet) -> tuple[datetime, list[Location]]:
    """Vehicle B is watched for a site; what it did in the blind spot, and when that began."""
    begun = now().replace(microsecond=0) - timedelta(hours=3)
    with fleet.work() as uow:
        service.watch(
            uow,
            vehicle_id=fleet.vehicles[B],
            assignment_id=new_id(),
            lat=40.5,
            lon=116.3,
            radius_m=100,
            now=begun,
        )
    path = [
        location(begun + timedelta(seconds=5 * i), 39.9 + i * 1e-5, 116.3) for i in range(1, LATE)
    ]
    return begun, [*path, location(begun + timedelta(seconds=5 * LATE), 39.91, 116.3)]


async def live(one: Terminal, end: asyncio.Event) -> datetime:
    """One position after the other, each when the last is acknowledged; the newest one's time."""
    at = now().replace(microsecond=0) - timedelta(minutes=30)
    while not end.is_set():
        at += timedelta(seconds=1)
        await one.send_location(location(at, 39.92, 116.3))
        await one.wait_acked()
    return at


async def upload(one: Terminal, kept: list[Location]) -> None:
    for first in range(0, LATE, PART):
        await one.send_batch(kept[first : first + PART])
    await one.wait_acked()


@pytest.mark.parametrize("turns", [True, False])
def test_a_backlog_keeps_no_live_position_waiting(
    fleet: Fleet, waits: Waits, monkeypatch: pytest.MonkeyPatch, turns: bool
) -> None:
    """Shown to fail where all devices stand in one queue (`turns` false)."""
    if not turns:
        monkeypatch.setattr(Pending, "turn", property(lambda _self: 0))
        monkeypatch.setattr(intake, "BACKLOG_FIXES", 10 * LATE)
    identities = [f"1370000{number:04d}" for number in range(LIVE)]
    for identity in identities:
        fleet.enrol(identity)
    begun, kept = begin(fleet)
    newest: list[datetime] = []

    async def scenario() -> None:
        end = asyncio.Event()
        async with gateway() as running, terminal(running, B) as one:
            await one.send_location(location(begun - timedelta(seconds=5), 39.9, 116.3))
            await one.send_location(location(begun + timedelta(hours=2), 39.92, 116.3))
            await one.wait_acked()
            others = [Terminal(identity) for identity in identities]
            for other in others:
                await other.connect(running.host, running.port)
            driving = [asyncio.ensure_future(live(other, end)) for other in others]
            await upload(one, kept)
            end.set()
            newest.extend(await asyncio.gather(*driving))
            for other in others:
                await other.close()

    run(scenario)
    assert len(waits.live) >= LIVE + 2
    assert (max(waits.live) <= 2) is turns, max(waits.live)
    assert max(waits.late) > 2
    stored = fleet.query(
        "SELECT fix_at, flags FROM fix WHERE device_id = %s ORDER BY fix_at", fleet.devices[B]
    )
    assert stored[1:-1] == [(position.fix_at, "late") for position in kept]
    latest = dict(fleet.query("SELECT vehicle_id, fix_at FROM vehicle_position"))
    assert latest.pop(fleet.vehicles[B]) == begun + timedelta(hours=2)
    assert latest == {
        fleet.vehicles[identity]: at for identity, at in zip(identities, newest, strict=True)
    }
