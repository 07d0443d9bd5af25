"""How long a vehicle takes to a fault, by the straight line: pure.

    mean = straight line × detour ÷ speed + extra
    sd   = √((spread × mean)² + (uncertainty of the place × detour ÷ speed)²)

The factors are data (`travel.toml`) by area class and local hour; `factors()` reads them.
"""

import math
import tomllib
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from gps.fix import distance_m
from sla.calendars import in_hours
from sla.policy import Confidence
from sla.prediction import Eta

SOURCE = "straight_line"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Assumed(_Part):
    """One figure; its name tells the unit."""

    value: float = Field(gt=0)
    source: str
    confidence: Confidence


class Detour(_Part):
    """Road over straight line."""

    factor: float = Field(ge=1)
    source: str
    confidence: Confidence


class Speed(_Part):
    """Kilometres per hour in an area; without `hours` at any time."""

    area_class: str
    hours: tuple[time, time] | None = None
    kmh: float = Field(gt=0)
    source: str
    confidence: Confidence

    def holds(self, area_class: str, at: time) -> bool:
        if self.area_class != area_class:
            return False
        return self.hours is None or in_hours(self.hours, at)


class Factors(_Part):
    """What an estimate is made with; of speeds the first that holds."""

    spread: Assumed
    extra_s: Assumed
    detour: dict[str, Detour]
    speed: tuple[Speed, ...]


@lru_cache(maxsize=1)
def factors() -> Factors:
    """Those that come with Paidan."""
    text = (resources.files("dispatch.planning") / "travel.toml").read_text(encoding="utf-8")
    return Factors.model_validate(tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class Spot:
    """A point, WGS-84, and how far off it may be, metres."""

    lat: float
    lon: float
    uncertainty_m: float = 0.0


def estimate(
    own: Factors,
    vehicle: Spot,
    fix_at: datetime,
    fault: Spot,
    area_class: str,
    now: datetime,
    zone: ZoneInfo,
) -> Eta | None:
    """The journey from where the vehicle was at `fix_at`; None where nothing is known of such an
    area.
    """
    local = now.astimezone(zone).time()
    speed = next((one for one in own.speed if one.holds(area_class, local)), None)
    detour = own.detour.get(area_class)
    if speed is None or detour is None:
        return None
    s_per_m = detour.factor / (speed.kmh / 3.6)
    line = distance_m(vehicle.lat, vehicle.lon, fault.lat, fault.lon)
    mean = line * s_per_m + own.extra_s.value
    doubt = math.hypot(vehicle.uncertainty_m, fault.uncertainty_m) * s_per_m
    return Eta(mean, math.hypot(own.spread.value * mean, doubt), fix_at, SOURCE)
