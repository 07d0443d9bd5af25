"""Journeys with known departure and arrival, and what a receiver would have told of them. Pure.

A journey is a minute-by-minute story in the generated city: the vehicle stands somewhere, leaves,
meets red lights, perhaps drives past the site, parks next door, shuffles in its own yard, and at
last stops at the site, or never. The receiver adds what receivers add: correlated noise,
reflections between houses, invented speed at rest, jumps, lost fixes, blind spots sent later, a
slower rhythm at rest, an ignition wire that is not always there. Everything comes from the seed.
"""

import bisect
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from api.demo.city import City
from api.demo.driving import Sight as Seen
from api.demo.driving import displaced
from dispatch.places.rules import arrival_radius
from gps.fix import distance_m

LatLon = tuple[float, float]
T0 = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

KINDS = (
    "plain",  # stands, leaves, arrives
    "yard",  # shuffles within its own yard before it leaves
    "past",  # drives past the site on another errand and comes back later
    "light",  # a red light inside the circle on the way past it
    "neighbour",  # parks near the site, outside the circle, before it comes
    "moving",  # gets the order while it drives
    "inside",  # stands at the site already
    "elsewhere",  # leaves, drives past or parks near the site, and never comes
    "stays",  # never leaves
)


class Report(NamedTuple):
    """One fix as the gateway receives it. Seconds from the watch's begin, degrees, km/h."""

    fix_s: float
    received_s: float
    lat: float
    lon: float
    speed_kmh: float
    ignition: bool


@dataclass(frozen=True)
class Journey:
    """`departed_s`, `entered_s`, `stopped_s`: the truth, seconds from the watch's begin.

    `entered_s` is when the vehicle itself crossed the circle for the visit in which it parked;
    None where it never did. The reports are in order of receipt, the first ones from before 0.
    `disputed`: `departed`, `arrived` where hindsight may call two moments so (recorded tracks).
    """

    seed: int
    kind: str
    site: LatLon
    radius_m: float
    reports: tuple[Report, ...]
    departed_s: float | None
    entered_s: float | None
    stopped_s: float | None
    disputed: frozenset[str] = frozenset()


@dataclass
class Way:
    """Where the vehicle truly is: points reached at times, straight and even between them."""

    points: list[LatLon]
    times: list[float] = field(default_factory=lambda: [0.0])

    @property
    def now(self) -> float:
        return self.times[-1]

    @property
    def place(self) -> LatLon:
        return self.points[-1]

    def stand(self, seconds: float) -> None:
        self._to(self.place, seconds)

    def _to(self, point: LatLon, seconds: float) -> None:
        self.points.append(point)
        self.times.append(self.now + seconds)

    def drive(self, city: City, goal: LatLon, dice: random.Random, *, to_kerb: bool = True) -> None:
        """Along the streets, with red lights; `to_kerb`: to the street beside `goal` only."""
        steps = city.drive(self.place, goal)
        if to_kerb and len(steps) > 2:
            steps = steps[:-1]
        pace = dice.uniform(0.55, 1.0)
        for step in steps[1:]:
            metres = distance_m(*self.place, *step.at)
            if metres < 1:
                continue
            kmh = max(8.0, min(55.0, step.limit_kmh * pace * dice.uniform(0.7, 1.1)))
            self._to(step.at, metres / kmh * 3.6)
            if (halt := dice.random()) < 0.15:
                self.stand(dice.uniform(8, 75))
            elif halt < 0.155:  # a jam
                self.stand(dice.uniform(90, 240))

    def rested(self, s: float) -> float:
        """Seconds that it stands already; at a red light the engine runs: 0."""
        leg = bisect.bisect_right(self.times, s)
        first, last = leg, leg
        while first > 1 and self.points[first - 1] == self.points[first - 2]:
            first -= 1
        while last < len(self.times) and self.points[last] == self.points[last - 1]:
            last += 1
        until = self.times[last - 1] if last > leg else math.inf
        begun = self.times[first - 1]
        return s - begun if until - begun > 250 else 0.0

    def at(self, s: float) -> tuple[LatLon, float]:
        """Place and km/h."""
        leg = bisect.bisect_right(self.times, s)
        if leg == 0 or leg == len(self.times):
            return self.points[min(leg, len(self.points) - 1)], 0.0
        before, after = self.points[leg - 1], self.points[leg]
        took = self.times[leg] - self.times[leg - 1]
        part = (s - self.times[leg - 1]) / took
        place = (
            before[0] + part * (after[0] - before[0]),
            before[1] + part * (after[1] - before[1]),
        )
        return place, distance_m(*before, *after) / took * 3.6


def make_journey(city: City, seed: int) -> Journey:
    """The journey of this seed; its kind follows from the seed too."""
    return make_driven(city, seed)[0]


def make_driven(city: City, seed: int) -> tuple[Journey, Way]:
    """The same with the way that the vehicle truly took, for another receiver on board."""
    dice = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    truth, near = _place(city, dice), dice.choice([10.0, 30.0, 60.0])
    told = displaced(Seen(*truth), abs(dice.gauss(0, near / 2)), dice.uniform(0, 360)).at
    radius = arrival_radius(near)
    way = Way([_far_place(city, dice, truth)], [-dice.uniform(300, 900)])
    tell = _Tale(city, dice, way, truth, told, radius)
    departed = getattr(tell, kind)()
    stopped = way.now if kind not in ("elsewhere", "stays") else None
    if kind == "inside":
        stopped = 0.0
    way.stand(dice.uniform(900, 1800))
    entered = None if stopped is None else _entered(way, told, radius, stopped)
    reports = tuple(_receive(way, dice))
    if kind == "inside":
        departed = entered = stopped = 0.0
    return Journey(seed, kind, told, radius, reports, departed, entered, stopped), way


@dataclass
class _Tale:
    """One method for each of KINDS; returns when the vehicle departed (None: never)."""

    city: City
    dice: random.Random
    way: Way
    truth: LatLon
    told: LatLon
    radius: float

    def _waits(self) -> float:
        self.way.stand(-self.way.now)
        self.way.stand(self.dice.uniform(20, 240))
        return self.way.now

    def plain(self) -> float:
        departed = self._waits()
        self.way.drive(self.city, self.truth, self.dice)
        return departed

    def yard(self) -> float:
        self.way.stand(-self.way.now)
        for _ in range(self.dice.randint(1, 2)):
            self.way.stand(self.dice.uniform(60, 200))
            aside = displaced(Seen(*self.way.place), self.dice.uniform(15, 45), 90.0).at
            self.way._to(aside, self.dice.uniform(8, 20))
        self.way.stand(self.dice.uniform(90, 400))
        departed = self.way.now
        self.way.drive(self.city, self.truth, self.dice)
        return departed

    def past(self) -> float:
        departed = self._waits()
        self.way.drive(self.city, self.truth, self.dice)
        self._errand()
        self.way.drive(self.city, self.truth, self.dice)
        return departed

    def light(self) -> float:
        departed = self._waits()
        self.way.drive(self.city, self.truth, self.dice)
        self.way.stand(self.dice.uniform(15, 60))
        self._errand()
        self.way.drive(self.city, self.truth, self.dice)
        return departed

    def neighbour(self) -> float:
        departed = self._waits()
        self._park_near()
        self.way.drive(self.city, self.truth, self.dice)
        return departed

    def moving(self) -> float:
        self.way.drive(self.city, _far_place(self.city, self.dice, self.truth), self.dice)
        shift = self.dice.uniform(0.2, 0.7) * (self.way.now - self.way.times[1]) + self.way.times[1]
        self.way.times[:] = [at - shift for at in self.way.times]
        self.way.drive(self.city, self.truth, self.dice)
        return 0.0

    def inside(self) -> float:
        self.way.points[:] = [displaced(Seen(*self.told), self.radius * 0.4, 45.0).at]
        self.way.stand(-self.way.now)
        return 0.0

    def elsewhere(self) -> float:
        departed = self._waits()
        if self.dice.random() < 0.5:
            self.way.drive(self.city, self.truth, self.dice)
        else:
            self._park_near()
        self._errand()
        return departed

    def stays(self) -> None:
        self.way.stand(-self.way.now)

    def _errand(self) -> None:
        self.way.drive(self.city, _far_place(self.city, self.dice, self.truth), self.dice)
        self.way.stand(self.dice.uniform(60, 900))

    def _park_near(self) -> None:
        bearing, metres = self.dice.uniform(0, 360), self.radius + self.dice.uniform(60, 250)
        beside = displaced(Seen(*self.told), metres, bearing).at
        self.way.drive(self.city, beside, self.dice, to_kerb=False)
        self.way.stand(self.dice.uniform(120, 1200))


def _place(city: City, dice: random.Random) -> LatLon:
    return dice.choice(city.customers).at


def _far_place(city: City, dice: random.Random, from_: LatLon) -> LatLon:
    while True:
        place = _place(city, dice)
        if distance_m(*place, *from_) > 1200:
            return place


def _entered(way: Way, site: LatLon, radius: float, stopped: float) -> float | None:
    """When the vehicle last came into the circle before it stopped; None: it stopped outside."""
    if distance_m(*way.at(stopped)[0], *site) > radius:
        return None
    s = stopped
    while s > way.times[0] and distance_m(*way.at(s - 0.5)[0], *site) <= radius:
        s -= 0.5
    return s


def _receive(way: Way, dice: random.Random) -> Iterator[Report]:
    """What arrives, in order of receipt."""
    found = sorted(_fixes(way, dice), key=lambda report: report.received_s)
    yield from found


def _fixes(way: Way, dice: random.Random) -> Iterator[Report]:
    rhythm, rest = dice.choice([(5, 20), (10, 30), (15, 60), (30, 60), (30, 120)])
    sigma = dice.uniform(3, 10)
    noise, street = Drift(dice, sigma, 60.0), Drift(dice, 0.0, 20.0)
    wire = dice.choices(("wired", "on", "off"), (70, 15, 15))[0]
    off_after = dice.uniform(5, 40) if dice.random() < 0.8 else math.inf
    blind = spells(way, dice, 0.4, (40, 300))
    houses = spells(way, dice, 0.8, (30, 180))
    s = way.times[0] + dice.uniform(0, rhythm)
    while s < way.now:
        place, kmh = way.at(s)
        street.sigma = dice.uniform(15, 35) if within(houses, s) else 0.0
        north, east = (a + b for a, b in zip(noise.next(s), street.next(s), strict=True))
        seen = moved(place, north, east)
        if dice.random() < 0.004:
            seen = displaced(Seen(*seen), dice.uniform(300, 6000), dice.uniform(0, 360)).at
        told = max(0.0, kmh + dice.gauss(0, 1.5)) if kmh else max(0.0, dice.gauss(0, 1.2))
        until = within(blind, s)
        received = (until or s) + dice.uniform(0.2, 2.5)
        if dice.random() > 0.02:
            running = kmh > 0 or way.rested(s) < off_after
            ignition = running if wire == "wired" else wire == "on"
            yield Report(float(round(s)), received, *seen, round(told, 1), ignition)
        pause = (rhythm if kmh else rest) * dice.uniform(0.95, 1.05)
        if not kmh:  # a terminal wakes when the vehicle moves
            pause = min(pause, max(0.0, _wakes(way, s) - s) + rhythm)
        s += pause


def _wakes(way: Way, since: float) -> float:
    leg = bisect.bisect_right(way.times, since)
    while leg < len(way.times) and way.points[leg] == way.points[leg - 1]:
        leg += 1
    return way.times[min(leg, len(way.times)) - 1]


class Drift:
    """Noise with a memory (first-order Gauss-Markov), metres north and east."""

    def __init__(self, dice: random.Random, sigma: float, memory_s: float) -> None:
        self.dice, self.sigma, self.memory_s = dice, sigma, memory_s
        self._at, self._north, self._east = 0.0, 0.0, 0.0

    def next(self, s: float) -> tuple[float, float]:
        keep = math.exp(-abs(s - self._at) / self.memory_s)
        fresh = self.sigma * math.sqrt(1 - keep * keep)
        self._north = keep * self._north + self.dice.gauss(0, 1) * fresh
        self._east = keep * self._east + self.dice.gauss(0, 1) * fresh
        self._at = s
        return self._north, self._east


def spells(
    way: Way, dice: random.Random, mean: float, seconds: tuple[float, float]
) -> list[tuple[float, float]]:
    found = []
    for _ in range(2):
        if dice.random() < mean / 2:
            begin = dice.uniform(0, max(1.0, way.now - 900))
            found.append((begin, begin + dice.uniform(*seconds)))
    return found


def within(spells: Sequence[tuple[float, float]], s: float) -> float | None:
    """The end of the spell that `s` lies in."""
    return next((end for begin, end in spells if begin <= s < end), None)


def moved(place: LatLon, north_m: float, east_m: float) -> LatLon:
    return (
        place[0] + north_m / 111_195.0,
        place[1] + east_m / (111_195.0 * math.cos(math.radians(place[0]))),
    )


def moment(s: float) -> datetime:
    """Seconds from the watch's begin as a time."""
    return T0 + timedelta(seconds=s)
