"""A fix: one position of one device, as every later stage sees it. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

EARTH_RADIUS_M = 6_371_008.8


@dataclass(slots=True)
class Fix:
    """WGS-84 degrees, km/h, degrees clockwise from north, metres. All times aware UTC.
    Never changed once it is made; to say so to the interpreter would cost twice its making.

    `phone`: of a crew's phone; otherwise of a terminal that is built in.
    `ignition`, `accuracy_m` (radius, as the receiver estimates it): None where it does not tell.

    Three clocks: `fix_at` the receiver's time of the position, `sent_at` the device's time of
    sending (None where the protocol has none), `received_at` ours.
    """

    device_id: UUID
    fix_at: datetime | None
    received_at: datetime
    lat: float
    lon: float
    speed_kmh: float = 0.0
    course_deg: int = 0
    altitude_m: int = 0
    alarm_bits: int = 0
    status_bits: int = 0
    positioned: bool = True
    ignition: bool | None = None
    accuracy_m: float | None = None
    serial: int = 0
    sent_at: datetime | None = None
    phone: bool = False

    @property
    def at(self) -> datetime:
        """`fix_at` where a filter has made sure of it. ValueError when there is none."""
        if self.fix_at is None:
            raise ValueError("this fix has no time")
        return self.fix_at


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres (haversine, mean earth radius)."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    half = (
        math.sin((p2 - p1) / 2) ** 2
        + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
