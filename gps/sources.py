"""Which of several devices in one vehicle says where it is. Pure.

A vehicle has one source at a time: the device of its latest position. The others are heard, stored
beside it and compared with it. Nothing here costs anything while a vehicle has one device.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from gps.fix import Fix, distance_m

Pair = Literal["unproven", "together", "apart"]

LEAST_S, USUAL, LONGEST_S = 30.0, 3.0, 600.0
"""A source is stale after so many of its usual intervals, but never sooner or later than these."""

FIRST_INTERVAL_S = 20.0
"""The usual interval of a device until it has shown its own."""

HOLD_S = 60.0
"""How long another device must be the better one before it takes over: nothing flaps."""

CLEARLY = 3.0
"""So many times more accurate is worth a change of source; less is the weather of the sky."""

GOOD_M, POOR_M = 30.0, 50.0
"""A terminal as sure as the first is preferred to any phone, one less sure than the second not."""

TERMINAL_M, PHONE_M = 10.0, 50.0
"""Uncertainty of a fix whose device names none."""

TOGETHER_M, APART_M = 150.0, 500.0
"""Two devices so near, or so far, beyond what both are unsure of and what was driven between."""

TOGETHER_S, APART_S = 60.0, 180.0
"""How long they must have been so before it is said."""

FORGOTTEN_S = 12 * 3600.0
"""A device silent for so long is no longer in the vehicle, as far as the choice is concerned."""

GAPS = 8
"""So many gaps of the source are remembered, for what other devices send late."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A device as it was last heard. Times in unix seconds of its fixes, degrees WGS-84.

    `interval_s`: its usual one. `pair`: whether it rides along with the source; for one that is
    not the source. `since`: from when on the contrary of `pair` was seen. `better_since`: from when
    on it was the better source. `apart_m`, `apart_at`: how far it was, and when, as it was said.
    """

    phone: bool
    at: float
    lat: float
    lon: float
    speed_kmh: float = 0.0
    accuracy_m: float | None = None
    interval_s: float = FIRST_INTERVAL_S
    pair: Pair = "unproven"
    since: float | None = None
    better_since: float | None = None
    apart_m: int = 0
    apart_at: float = 0.0

    @property
    def unsure_m(self) -> float:
        if self.accuracy_m is not None:
            return self.accuracy_m
        return PHONE_M if self.phone else TERMINAL_M

    @property
    def patience_s(self) -> float:
        """From how long a silence on it is stale."""
        return min(LONGEST_S, max(LEAST_S, USUAL * self.interval_s))

    def to_json(self) -> list[Any]:
        return [
            self.phone,
            self.at,
            self.lat,
            self.lon,
            self.speed_kmh,
            self.accuracy_m,
            self.interval_s,
            self.pair,
            self.since,
            self.better_since,
            self.apart_m,
            self.apart_at,
        ]


@dataclass(frozen=True, slots=True)
class Sources:
    """The devices of one vehicle that were heard, and the latest gaps in what counted."""

    heard: Mapping[UUID, Heard] = field(default_factory=dict)
    gaps: tuple[tuple[float, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` reads them back."""
        return {
            "heard": {str(id_): one.to_json() for id_, one in self.heard.items()},
            "gaps": [list(gap) for gap in self.gaps],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Sources":
        return cls(
            {UUID(id_): Heard(*one) for id_, one in values["heard"].items()},
            tuple((begin, end) for begin, end in values["gaps"]),
        )


def counts(sources: Sources, source: UUID, fix: Fix) -> bool:
    """Whether this fix says where the vehicle is, `source` being the device that said so last.

    One that is older than the source's latest counts where the source had a gap then.
    """
    if fix.device_id == source:
        return True
    current, mine = sources.heard[source], sources.heard.get(fix.device_id)
    at = fix.at.timestamp()
    if mine is not None and _strays(mine, current):
        return False
    if at <= current.at:
        return any(begin < at < end for begin, end in sources.gaps)
    if at - current.at > current.patience_s:
        proven = not fix.phone or (mine is not None and mine.pair == "together")
        return proven or at - current.at > LONGEST_S
    return mine is not None and _held(mine.better_since, at, HOLD_S)


def hear(sources: Sources, source: UUID, fix: Fix, *, kept: bool) -> Sources | None:
    """What is known after a fix that was kept, or stored beside; None: one device is left."""
    at = fix.at.timestamp()
    current, mine = sources.heard[source], sources.heard.get(fix.device_id)
    if mine is not None and at <= mine.at:
        return sources
    new = _heard(mine, fix)
    if not kept:
        new = _compared(new, current)
    elif fix.device_id != source:
        new = replace(new, pair="unproven", since=None, better_since=None)
    gaps = sources.gaps
    if kept and at - current.at > current.patience_s:
        gaps = (*gaps, (current.at, at))[-GAPS:]
    heard = {**sources.heard, fix.device_id: new}
    if kept and fix.device_id != source:
        heard[source] = _deposed(current, mine)
    heard = {id_: one for id_, one in heard.items() if at - one.at < FORGOTTEN_S}
    left = len(heard) > 1 and (kept or source in heard)
    return Sources(heard, gaps) if left else None


def begun(source: UUID, at: float, lat: float, lon: float, *, phone: bool) -> Sources:
    """A second device is heard for the first time; this is what is known of the first."""
    return Sources({source: Heard(phone, at, lat, lon)})


def apart(sources: Sources) -> dict[UUID, Heard]:
    """Devices that are far from the vehicle that they belong to."""
    return {id_: one for id_, one in sources.heard.items() if one.pair == "apart"}


def kind_of(*, phone: bool) -> str:
    """As the registry calls it."""
    return "phone" if phone else "terminal"


def _heard(mine: Heard | None, fix: Fix) -> Heard:
    at = fix.at.timestamp()
    if mine is None:
        return Heard(fix.phone, at, fix.lat, fix.lon, fix.speed_kmh, fix.accuracy_m)
    step = min(at - mine.at, mine.patience_s)
    return replace(
        mine,
        at=at,
        lat=fix.lat,
        lon=fix.lon,
        speed_kmh=fix.speed_kmh,
        accuracy_m=_smoothed(mine.accuracy_m, fix.accuracy_m),
        interval_s=round(0.8 * mine.interval_s + 0.2 * step, 2),
        better_since=mine.better_since if at - mine.at <= mine.patience_s else None,
    )


def _smoothed(old: float | None, new: float | None) -> float | None:
    return new if old is None or new is None else 0.7 * old + 0.3 * new


def _deposed(current: Heard, mine: Heard | None) -> Heard:
    """The source of until now: as near to the new one as that was to it."""
    pair: Pair = mine.pair if mine is not None else "unproven"
    return replace(current, pair=pair, since=None, better_since=None)


def _compared(mine: Heard, current: Heard) -> Heard:
    """A device beside the source, seen against it while the source is fresh."""
    elapsed = abs(mine.at - current.at)
    if elapsed > current.patience_s:
        return mine
    metres = distance_m(mine.lat, mine.lon, current.lat, current.lon)
    driven = max(mine.speed_kmh, current.speed_kmh) / 3.6 * elapsed
    beyond = metres - driven - mine.unsure_m - current.unsure_m
    seen: Pair | None = None
    if beyond <= TOGETHER_M:
        seen = "together"
    elif beyond > APART_M:
        seen = "apart"
    mine = _paired(mine, seen, metres)
    better = not _strays(mine, current) and _better(mine, current)
    return replace(mine, better_since=(mine.better_since or mine.at) if better else None)


def _paired(mine: Heard, seen: Pair | None, metres: float) -> Heard:
    if seen is None or seen == mine.pair:
        return replace(mine, since=None)
    since = mine.since if mine.since is not None else mine.at
    if _held(since, mine.at, APART_S if seen == "apart" else TOGETHER_S):
        return replace(mine, pair=seen, since=None, apart_m=round(metres), apart_at=mine.at)
    return replace(mine, since=since)


def _strays(mine: Heard, current: Heard) -> bool:
    """Of a terminal and a phone far from each other it is the phone that is not in the vehicle."""
    return mine.pair == "apart" and (mine.phone or not current.phone)


def _better(mine: Heard, current: Heard) -> bool:
    """Worth a change. Never true both ways, so that two devices do not take turns."""
    if current.phone and not mine.phone:
        return mine.unsure_m <= GOOD_M or mine.unsure_m < CLEARLY * current.unsure_m / 2
    clearly = CLEARLY * mine.unsure_m <= current.unsure_m
    if mine.phone and not current.phone:
        return clearly and current.unsure_m > POOR_M and mine.pair == "together"
    return clearly


def _held(since: float | None, at: float, seconds: float) -> bool:
    return since is not None and at - since >= seconds
