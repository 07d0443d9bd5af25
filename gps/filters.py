"""Which fixes count. Pure: a fix, what is known of its vehicle, and `now` give a verdict.

`RULES` is the whole process: the first rule that objects decides. A kept fix may move the latest
position and feeds motion; one set aside is stored and does neither; a dropped one is not stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gps.fix import Fix, distance_m

Decision = Literal["keep", "aside", "drop"]

FUTURE_TOLERANCE = timedelta(seconds=60)
"""Device clocks drift; a fix this far ahead still counts."""

FUTURE_LIMIT = timedelta(days=1)
"""Beyond this the clock is wrong, not fast (week roll-over, factory date)."""

PAST_LIMIT = timedelta(days=90)
"""Longest time that a terminal keeps positions for later."""

JUMP_KMH = 220.0
JUMP_M = 1000.0
"""A step both longer and faster than this is not driven; short steps may be receiver noise."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when; of `device_id`."""

    device_id: UUID
    fix_at: datetime
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a vehicle: its latest counted fix, and the newest one that jumped away."""

    latest: Place | None = None
    suspect: Place | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a fix and the code of the rule that said so (`ok` when none objected)."""

    decision: Decision
    reason: str


def no_time(fix: Fix, _known: Known, _now: datetime) -> Decision | None:
    """Without a time there is nowhere to put it."""
    return "drop" if fix.fix_at is None else None


def far_future(fix: Fix, _known: Known, now: datetime) -> Decision | None:
    return "drop" if fix.at > now + FUTURE_LIMIT else None


def far_past(fix: Fix, _known: Known, now: datetime) -> Decision | None:
    return "drop" if fix.at < now - PAST_LIMIT else None


def null_island(fix: Fix, _known: Known, _now: datetime) -> Decision | None:
    """Receivers without a fix send 0, 0."""
    return "drop" if fix.lat == 0 and fix.lon == 0 else None


def duplicate(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """The device sent again what is already the latest; older repeats meet the primary key."""
    latest = known.latest
    same = latest and latest.device_id == fix.device_id and latest.fix_at == fix.fix_at
    return "drop" if same else None


def no_fix(fix: Fix, _known: Known, _now: datetime) -> Decision | None:
    """The receiver says itself that it has no position: the coordinates are old."""
    return None if fix.positioned else "aside"


def future(fix: Fix, _known: Known, now: datetime) -> Decision | None:
    return "aside" if fix.at > now + FUTURE_TOLERANCE else None


def late(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """Older than the latest: history, never the present."""
    return "aside" if known.latest and fix.at <= known.latest.fix_at else None


def jump(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """Nobody drives that fast, unless a second fix confirms the new place."""
    if known.latest is None or not _too_fast(known.latest, fix):
        return None
    confirmed = (
        known.suspect is not None
        and known.suspect.fix_at < fix.at
        and not _too_fast(known.suspect, fix)
    )
    return None if confirmed else "aside"


Rule = Callable[[Fix, Known, datetime], Decision | None]

RULES: tuple[Rule, ...] = (
    no_time,
    far_future,
    far_past,
    null_island,
    duplicate,
    no_fix,
    future,
    late,
    jump,
)


def judge(fix: Fix, known: Known, now: datetime) -> tuple[Verdict, Known]:
    """The verdict on `fix`, and what is known afterwards."""
    for rule in RULES:
        decision = rule(fix, known, now)
        if decision is not None:
            verdict = Verdict(decision, rule.__name__)
            break
    else:
        verdict = Verdict("keep", "ok")
    if verdict.decision == "keep":
        return verdict, Known(latest=_place(fix))
    if verdict.reason == "jump":
        return verdict, Known(latest=known.latest, suspect=_place(fix))
    return verdict, known


def _too_fast(place: Place, fix: Fix) -> bool:
    metres = distance_m(place.lat, place.lon, fix.lat, fix.lon)
    hours = abs((fix.at - place.fix_at).total_seconds()) / 3600
    return metres > JUMP_M and metres / 1000 > JUMP_KMH * hours


def _place(fix: Fix) -> Place:
    return Place(fix.device_id, fix.at, fix.lat, fix.lon)
