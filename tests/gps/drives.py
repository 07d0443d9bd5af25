"""Drives whose truth is known: where the vehicle was at each moment, how far it drove."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gps.motion import Sight

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
METRES_PER_DEGREE = 111_195.0


@dataclass
class Drive:
    """A way in metres east and north, second by second, made of legs and waits."""

    lat: float = 39.9
    lon: float = 116.3
    spots: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])
    engine: list[bool] = field(default_factory=lambda: [False])
    metres: float = 0.0
    turned: float = 0.0
    """Heading in degrees."""

    @property
    def second(self) -> int:
        return len(self.spots) - 1

    def wait(self, seconds: float, engine: bool = True) -> "Drive":
        if self.second == 0:
            self.engine = [engine]
        self.spots += [self.spots[-1]] * int(seconds)
        self.engine += [engine] * int(seconds)
        return self

    def go(self, metres: float, kmh: float = 36.0, turn: float = 0.0) -> "Drive":
        """Straight on after a turn, at an even speed."""
        self.turned += turn
        step = kmh / 3.6
        east, north = math.sin(math.radians(self.turned)), math.cos(math.radians(self.turned))
        x, y = self.spots[-1]
        for second in range(1, int(metres / step) + 1):
            self.spots.append((x + east * step * second, y + north * step * second))
            self.engine.append(True)
        self.metres += int(metres / step) * step
        return self

    def at(self, second: int) -> tuple[float, float]:
        east, north = self.spots[second]
        wide = METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        return self.lat + north / METRES_PER_DEGREE, self.lon + east / wide

    def sights(
        self, every: int = 10, noise_m: float = 0.0, seed: int = 1, wire: bool = True
    ) -> Iterator[Sight]:
        """What a receiver would tell; its speed is that of the last second."""
        chance = random.Random(seed)
        for second in range(0, len(self.spots), every):
            lat, lon = self.at(second)
            x, y = self.spots[second]
            x0, y0 = self.spots[max(0, second - 1)]
            wide = METRES_PER_DEGREE * math.cos(math.radians(self.lat))
            lat += chance.gauss(0, noise_m) / METRES_PER_DEGREE
            lon += chance.gauss(0, noise_m) / wide
            yield Sight(
                START + timedelta(seconds=second),
                lat,
                lon,
                round(math.hypot(x - x0, y - y0) * 3.6, 1),
                self.engine[second] if wire else None,
            )
