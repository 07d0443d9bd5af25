"""Departure and arrival of a watched vehicle. Pure: state and fix in, state and crossings out.

A watch begins when a crew gets an order. Departure (point G) is seen against the place where the
vehicle stood then, arrival (point H) against the site. Both need two fixes that agree, so that no
single outlier makes either; both are dated back to the moment itself, with the gap between the
fixes around it as uncertainty.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from gps.fix import distance_m
from gps.shapes import Shape

STILL_M = 40.0
"""Receiver noise of a standing vehicle between buildings."""

AWAY_M = 150.0
"""Displacement that proves a departure: farther than a yard is wide."""

MOVING_KMH = 8.0
"""Reported speed above which a vehicle drives; below it receivers invent speeds."""

STAY_KMH = 5.0
"""Mean speed between two fixes at the site up to which the vehicle stays."""

STAY_S = 90.0
"""How long it must stay, engine running or unknown: longer than a red light, shorter than a job."""

PARKED_S = 10.0
"""The same with the ignition off."""

ACCURACY_M = 30.0
"""Uncertainty of a fix whose receiver names none."""


@dataclass(slots=True)
class Sight:
    """A counted fix of the vehicle. Degrees WGS-84, km/h; `at` aware UTC. Never changed.

    `ignition`: None where the device does not know it.
    """

    at: datetime
    lat: float
    lon: float
    speed_kmh: float = 0.0
    ignition: bool | None = None

    def metres_to(self, other: "Sight") -> float:
        return distance_m(self.lat, self.lon, other.lat, other.lon)

    def to_json(self) -> list[Any]:
        return [self.at.timestamp(), self.lat, self.lon, self.speed_kmh, self.ignition]

    @classmethod
    def from_json(cls, values: list[Any]) -> "Sight":
        return cls(_moment(values[0]), *values[1:])


@dataclass(frozen=True, slots=True)
class Site:
    """What is watched: the order's place, since when. `shape`: as drawn; else the circle."""

    lat: float
    lon: float
    radius_m: float
    since: datetime
    shape: Shape | None = None

    def metres_to(self, sight: Sight) -> float:
        """From the place itself."""
        return distance_m(self.lat, self.lon, sight.lat, sight.lon)

    def beyond_m(self, sight: Sight) -> float:
        """From the edge; negative inside."""
        if self.shape is not None:
            return self.shape.beyond_m(sight.lat, sight.lon)
        return self.metres_to(sight) - self.radius_m

    def contains(self, sight: Sight) -> bool:
        return self.beyond_m(sight) <= ACCURACY_M


@dataclass(frozen=True, slots=True)
class Crossing:
    """The vehicle departed or arrived. `uncertainty_s`: length of the gap that `at` lies in."""

    kind: Literal["departed", "arrived"]
    at: datetime
    lat: float
    lon: float
    uncertainty_s: float
    distance_m: float = 0.0

    def to_json(self) -> list[Any]:
        return [
            self.kind,
            self.at.timestamp(),
            self.lat,
            self.lon,
            self.uncertainty_s,
            self.distance_m,
        ]

    @classmethod
    def from_json(cls, values: list[Any]) -> "Crossing":
        return cls(values[0], _moment(values[1]), *values[2:])


@dataclass(frozen=True, slots=True)
class Motion:
    """What must be remembered between two fixes.

    `origin`: where the vehicle stood when the watch began. `still`: last fix at rest there, or
    where it was parked anew in the same yard. `moved`: first fix of the movement under way.
    `last`: previous fix. `halt`: first fix of the rest under way. `entered`: the crossing into the
    site, not yet an arrival. `stay`: first fix of the stay; none as long as it has not been at rest
    since it came. `outside`: last fix was out.
    `wired`: whether the ignition is to be believed: it was seen on, and never off on the move.
    """

    origin: Sight | None = None
    wired: bool | None = None
    still: Sight | None = None
    moved: Sight | None = None
    last: Sight | None = None
    halt: Sight | None = None
    stay: Sight | None = None
    entered: Crossing | None = None
    outside: bool = False
    departed_at: datetime | None = None
    arrived: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` reads them back."""
        result: dict[str, Any] = {"outside": self.outside, "arrived": self.arrived}
        if self.wired is not None:
            result["wired"] = self.wired
        for name in _SIGHTS:
            if (sight := getattr(self, name)) is not None:
                result[name] = sight.to_json()
        if self.entered:
            result["entered"] = self.entered.to_json()
        if self.departed_at:
            result["departed_at"] = self.departed_at.timestamp()
        return result

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Motion":
        departed = values.get("departed_at")
        return cls(
            **{name: Sight.from_json(values[name]) for name in _SIGHTS if name in values},
            entered=Crossing.from_json(values["entered"]) if "entered" in values else None,
            wired=values.get("wired"),
            outside=bool(values.get("outside")),
            departed_at=_moment(departed) if departed is not None else None,
            arrived=bool(values.get("arrived")),
        )


_SIGHTS = ("origin", "still", "moved", "last", "halt", "stay")


def begin(site: Site, latest: Sight | None) -> Motion:
    """Start a watch from the vehicle's latest known position, if there is one.

    A vehicle that is inside the site already has arrived when the watch began; the next fix must
    confirm it.
    """
    if latest is None:
        return Motion()
    entered = None
    if site.contains(latest):
        late = max(0.0, (latest.at - site.since).total_seconds())
        at = max(latest.at, site.since)
        entered = Crossing("arrived", at, latest.lat, latest.lon, late, site.metres_to(latest))
    drives = latest.speed_kmh >= MOVING_KMH
    return Motion(
        origin=latest,
        still=latest,
        moved=latest if drives else None,
        last=latest,
        entered=entered,
        stay=latest if entered and not drives else None,
    )


def again(
    site: Site, known: Motion, sights: Iterable[Sight], departed_at: datetime | None
) -> Motion:
    """What is to be remembered had the site always been this one.

    `sights`: all since the watch began. `departed_at`: the departure that was told already; it
    stays. An arrival is left for the next fix to confirm, so that it is told by a fix.
    """
    motion = begin(site, known.origin) if known.origin else Motion()
    for sight in sights:
        if motion.last is None or sight.at > motion.last.at:
            motion = replace(follow(site, motion, sight)[0], arrived=False)
    return replace(motion, departed_at=departed_at)


def retraced(site: Site, sights: Sequence[Sight]) -> tuple[Motion, tuple[Crossing, ...]]:
    """What would have been seen had every fix come in time.

    `sights`: counted fixes, oldest first, those from before the watch began too; the last of these
    is where the vehicle stood.
    """
    before = [sight for sight in sights if sight.at < site.since]
    motion = begin(site, before[-1]) if before else Motion()
    found: list[Crossing] = []
    for sight in sights[len(before) :]:
        motion, crossings = follow(site, motion, sight)
        found.extend(crossings)
    return motion, tuple(found)


def follow(site: Site, motion: Motion, sight: Sight) -> tuple[Motion, tuple[Crossing, ...]]:
    """Take one counted fix, newer than the last. Returns at most one crossing of each kind."""
    if motion.origin is None:
        return begin(site, sight), ()
    if motion.arrived or sight.at < site.since:
        return motion, ()
    motion = _believing(motion, sight)
    motion, departed = _departure(site, motion, sight)
    motion, arrived = _arrival(_presence(site, motion, sight), sight)
    if arrived and motion.departed_at is None:
        motion, departed = _unseen_departure(site, motion, arrived)
    crossings = tuple(found for found in (departed, arrived) if found)
    return replace(motion, last=sight), crossings


def _departure(site: Site, motion: Motion, sight: Sight) -> tuple[Motion, Crossing | None]:
    origin, still = motion.origin, motion.still
    if motion.departed_at or origin is None or still is None:
        return motion, None
    motion = _resting(motion, sight)
    away = sight.metres_to(origin) > AWAY_M
    at_rest = sight.metres_to(still) <= STILL_M and sight.speed_kmh < MOVING_KMH
    if not away and (at_rest or _parked(motion, motion.halt, sight)):
        return replace(motion, still=sight, moved=None), None
    if motion.moved is None:
        return replace(motion, moved=sight), None
    if not away:
        return motion, None
    crossing = _left(site, still, motion.moved)
    return replace(motion, departed_at=crossing.at), crossing


def _resting(motion: Motion, sight: Sight) -> Motion:
    """Keep account of the rest under way; a movement ends it."""
    slow = motion.last is not None and _slow(motion.last, sight)
    return replace(motion, halt=(motion.halt or motion.last) if slow else sight)


def _believing(motion: Motion, sight: Sight) -> Motion:
    """Terminals without the wire say always on or always off."""
    if sight.ignition is False and sight.speed_kmh >= MOVING_KMH:
        return replace(motion, wired=False)
    return replace(motion, wired=True) if sight.ignition and motion.wired is None else motion


def _parked(motion: Motion, since: Sight | None, sight: Sight) -> bool:
    """At rest for long enough to be no red light."""
    if since is None:
        return False
    off = sight.ignition is False and motion.wired
    least = PARKED_S if off else STAY_S
    return (sight.at - since.at).total_seconds() >= least


def _left(site: Site, still: Sight, moved: Sight) -> Crossing:
    """Between the last fix at rest and the first in motion: counted back at the speed seen."""
    earliest, latest = max(still.at, site.since), max(moved.at, site.since)
    gap = (latest - earliest).total_seconds()
    back = gap / 2
    if moved.speed_kmh >= MOVING_KMH:
        back = min(gap, still.metres_to(moved) / (moved.speed_kmh / 3.6))
    return Crossing("departed", latest - timedelta(seconds=back), still.lat, still.lon, gap)


def _unseen_departure(
    site: Site, motion: Motion, arrived: Crossing
) -> tuple[Motion, Crossing | None]:
    """It came from so near that the way was shorter than the proof of a departure."""
    still = motion.still
    if still is None:
        return motion, None
    at = min(max(still.at, site.since), arrived.at)
    gap = (arrived.at - at).total_seconds()
    return replace(motion, departed_at=at), Crossing("departed", at, still.lat, still.lon, gap)


def _presence(site: Site, motion: Motion, sight: Sight) -> Motion:
    """Keep account of being inside: one fix outside does not end it, two do."""
    last = motion.last
    if not site.contains(sight):
        entered = None if motion.outside else motion.entered
        return replace(motion, outside=True, entered=entered, stay=None)
    if motion.entered is None and last is not None:
        entered = _crossed(site, last, sight)
        return replace(motion, outside=False, entered=entered, stay=None)
    stays = last is not None and _slow(last, sight) and not motion.outside
    if stays:
        return replace(motion, stay=motion.stay or last)
    if motion.stay is None and not motion.outside and last is not None:
        return _nearing(site, motion, last, sight)
    return replace(motion, outside=False, stay=sight)


def _nearing(site: Site, motion: Motion, last: Sight, sight: Sight) -> Motion:
    """Not at rest since it came. What a fix is unsure of reaches beyond the edge, so the edge
    itself may be crossed some fixes after the first that may be inside.
    """
    if not site.beyond_m(sight) <= 0 < site.beyond_m(last):
        return motion
    return replace(motion, entered=_crossed(site, last, sight))


def _slow(last: Sight, sight: Sight) -> bool:
    hours = (sight.at - last.at).total_seconds() / 3600
    slow = last.metres_to(sight) / 1000 <= STAY_KMH * hours
    return slow and sight.speed_kmh < MOVING_KMH


def _crossed(site: Site, before: Sight, sight: Sight) -> Crossing:
    """Where the straight way between two fixes meets the edge of the site."""
    outer, inner = site.beyond_m(before), site.beyond_m(sight)
    part = min(1.0, max(0.0, outer / (outer - inner))) if outer > inner else 1.0
    at = max(before.at + part * (sight.at - before.at), site.since)
    gap = (sight.at - max(before.at, site.since)).total_seconds()
    return Crossing("arrived", at, sight.lat, sight.lon, gap, site.metres_to(sight))


def _arrival(motion: Motion, sight: Sight) -> tuple[Motion, Crossing | None]:
    entered, stay = motion.entered, motion.stay
    if entered is None or stay is None or motion.outside:
        return motion, None
    if not _parked(motion, stay, sight):
        return motion, None
    if motion.departed_at and motion.departed_at > entered.at:
        entered = replace(entered, at=motion.departed_at)
    return replace(motion, arrived=True), entered


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
