"""The alarm switch of a terminal (0x0200, alarm bit 0): once per press, not once per position.

A terminal repeats the bit until it is answered. A call is made where the bit rises; a position that
comes late from a blind spot with a press that nobody has seen yet calls too. What the filters think
of the position does not matter: who calls from a garage has none.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from core.events import VehicleDistress
from gps.fix import Fix

if TYPE_CHECKING:
    from gps.pipeline import Batch

EMERGENCY = 1 << 0
KEY = "sos"
"""Under which a vehicle's switch is remembered beside its latest position."""
AHEAD = timedelta(minutes=1)
BEHIND = timedelta(days=90)
"""A time beyond them is the terminal's mistake: the moment of receipt counts."""


class Switch(NamedTuple):
    """Unix seconds of the newest position with the bit and of the newest of all; whether the bit
    is set in that one."""

    pressed_at: float
    seen_at: float
    on: bool


class Distress(NamedTuple):
    """One press."""

    vehicle_id: UUID
    at: datetime
    fix: Fix


def heed(switch: Switch | None, at: float, *, pressed: bool) -> tuple[Switch | None, bool]:
    """The switch after one more position, and whether this is a new press."""
    if switch is None:
        return (Switch(at, at, True), True) if pressed else (None, False)
    newer = at > switch.seen_at
    seen_at = max(at, switch.seen_at)
    if not pressed:
        return Switch(switch.pressed_at, seen_at, switch.on and not newer), False
    called = at > switch.pressed_at and not switch.on
    return Switch(max(at, switch.pressed_at), seen_at, newer or switch.on), called


def moment(fix: Fix) -> datetime:
    """When it was pressed, as far as the terminal's clock is to be believed."""
    at = fix.fix_at
    if at is None or not -BEHIND <= at - fix.received_at <= AHEAD:
        return fix.received_at
    return at


def heed_switches(batch: "Batch") -> None:
    """Before the filters: presses of the batch, and what is known of each switch by then."""
    for vehicle, latest in batch.latest.items():
        if (told := latest.motion.get(KEY)) is not None:
            batch.switches[vehicle] = Switch(*told)
    for fix in batch.fixes:
        mounted = batch.vehicles.get(fix.device_id)
        pressed = bool(fix.alarm_bits & EMERGENCY)
        if mounted is None or not (pressed or mounted in batch.switches):
            continue
        at = moment(fix)
        switch, called = heed(batch.switches.get(mounted), at.timestamp(), pressed=pressed)
        if switch is not None:
            batch.switches[mounted] = switch
        if called:
            batch.distress.append(Distress(mounted, at, fix))


def remember_switches(batch: "Batch") -> None:
    """Behind the filters, which write down anew what is remembered of a vehicle."""
    for vehicle, switch in batch.switches.items():
        latest = batch.latest.get(vehicle)
        if latest is not None:
            batch.latest[vehicle] = latest._replace(motion={**latest.motion, KEY: list(switch)})
            batch.seen.add(vehicle)


def record_distress(batch: "Batch") -> None:
    for one in batch.distress:
        placed = one.fix.positioned and (one.fix.lat, one.fix.lon) != (0.0, 0.0)
        fact = VehicleDistress(
            device_id=one.fix.device_id,
            lat=one.fix.lat if placed else None,
            lon=one.fix.lon if placed else None,
        )
        batch.uow.emit(one.vehicle_id, fact, occurred_at=one.at.astimezone(UTC), source="terminal")
