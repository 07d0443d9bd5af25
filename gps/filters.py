"""Which fixes count. Pure: a fix, what is known of its vehicle, and `now` give a verdict.

`RULES` is the whole process: the first rule that objects decides. A kept fix moves the latest
position, feeds motion and is stored; one set aside is stored and does neither; a thinned one is not
stored and does both; a dropped one is nowhere, but counted.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID

from gps.fix import EARTH_RADIUS_M, Fix, distance_m
from gps.sources import Sources, begun, counts, hear

Decision = Literal["keep", "aside", "thin", "drop"]

FUTURE_TOLERANCE = timedelta(seconds=60)
"""Device clocks drift; a fix this far ahead still counts."""

FUTURE_LIMIT = timedelta(days=1)
"""Beyond this the clock is wrong, not fast (week roll-over, factory date)."""

PAST_LIMIT = timedelta(days=90)
"""Longest time that a terminal keeps positions for later."""

JUMP_KMH = 150.0
JUMP_M = 250.0
"""A step both longer and faster than this is not driven; short steps may be receiver noise."""

ACCURACY_M = 200.0
"""A receiver less sure than this knows the district, not the street."""

STATIC_M, STATIC_KMH = 15.0, 3.0
"""A vehicle that stands: no farther and no faster than its receiver's noise."""


@dataclass(slots=True)
class Place:
    """Where and when; of `device_id`. Never changed."""

    device_id: UUID
    fix_at: datetime
    lat: float
    lon: float
    phone: bool = False


@dataclass(slots=True)
class Known:
    """What is known of a vehicle: its latest counted fix, and the newest one that jumped away.
    Never changed: the next fix makes another one.

    `stored_at`: time of the latest counted fix that was stored; None: that of `latest`.
    `sources`: its devices, where it has several.
    `static_for`: how far apart the stored fixes of a standing vehicle are; 0: all are stored.
    `kept_days`: UTC days before the present one that are kept; 0: all.
    """

    latest: Place | None = None
    suspect: Place | None = None
    stored_at: datetime | None = None
    static_for: timedelta = timedelta(0)
    sources: Sources | None = None
    kept_days: int = 0


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


def not_kept(fix: Fix, known: Known, now: datetime) -> Decision | None:
    """Its day has been dropped (`gps.retention`), or is about to be."""
    if not known.kept_days:
        return None
    return "drop" if fix.at.astimezone(UTC).date() < first_kept(now, known.kept_days) else None


def first_kept(now: datetime, days: int) -> date:
    """The oldest UTC day that is kept."""
    return (now.astimezone(UTC) - timedelta(days=days)).date()


def null_island(fix: Fix, _known: Known, _now: datetime) -> Decision | None:
    """Receivers without a fix send 0, 0."""
    return "drop" if fix.lat == 0 and fix.lon == 0 else None


def duplicate(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """The device sent again what is already the latest; older repeats meet the primary key."""
    latest = known.latest
    same = latest and latest.device_id == fix.device_id and latest.fix_at == fix.fix_at
    return "drop" if same else None


def outdated(fix: Fix, _known: Known, _now: datetime) -> Decision | None:
    """The receiver says itself that it has no position: the coordinates are old."""
    return None if fix.positioned else "aside"


def inaccurate(fix: Fix, _known: Known, _now: datetime) -> Decision | None:
    """By the receiver's own estimate."""
    return "aside" if (fix.accuracy_m or 0.0) > ACCURACY_M else None


def future(fix: Fix, _known: Known, now: datetime) -> Decision | None:
    return "aside" if fix.at > now + FUTURE_TOLERANCE else None


def beside(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """Another device of the vehicle says where it is."""
    latest = known.latest
    if latest is None or fix.device_id == latest.device_id:
        return None
    return None if counts(_sources(known, latest), latest.device_id, fix) else "aside"


def late(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """Older than the latest: history, never the present."""
    return "aside" if known.latest and fix.at <= known.latest.fix_at else None


def jump(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """Nobody drives that fast, unless a second fix confirms the new place."""
    if known.latest is None or not _too_fast(known.latest, fix):
        return None
    confirmed = (
        known.suspect is not None
        and known.suspect.device_id == fix.device_id
        and known.suspect.fix_at < fix.at
        and not _too_fast(known.suspect, fix)
    )
    return None if confirmed else "aside"


def static(fix: Fix, known: Known, _now: datetime) -> Decision | None:
    """One more of a vehicle that stands, too soon after the last one that was stored."""
    latest = known.latest
    if latest is None or latest.device_id != fix.device_id:
        return None
    soon = fix.at - (known.stored_at or latest.fix_at) < known.static_for
    stands = fix.speed_kmh <= STATIC_KMH
    near = distance_m(latest.lat, latest.lon, fix.lat, fix.lon) <= STATIC_M
    return "thin" if soon and stands and near else None


Rule = Callable[[Fix, Known, datetime], Decision | None]

RULES: tuple[Rule, ...] = (
    no_time,
    far_future,
    far_past,
    not_kept,
    null_island,
    duplicate,
    outdated,
    inaccurate,
    future,
    beside,
    late,
    jump,
    static,
)


PLAIN = timedelta(hours=23)
"""A fix no older than this is on a day that is kept, whatever the setting."""
OK = Verdict("keep", "ok")
DEGREE_M = math.radians(EARTH_RADIUS_M)


def judge(fix: Fix, known: Known, now: datetime) -> tuple[Verdict, Known]:
    """The verdict on `fix`, and what is known afterwards."""
    if _plain(fix, known, now):
        return OK, Known(_place(fix), static_for=known.static_for, kept_days=known.kept_days)
    return by_rules(fix, known, now)


def _plain(fix: Fix, known: Known, now: datetime) -> bool:
    """Whether no rule can object, as of nearly every fix: the only device of a vehicle on its way.

    Where it says so, `by_rules` says `ok`; it need not say so wherever that does.
    """
    latest, at = known.latest, fix.fix_at
    if latest is None or at is None or known.suspect is not None or known.sources is not None:
        return False
    if not fix.positioned or fix.accuracy_m is not None or fix.speed_kmh <= STATIC_KMH:
        return False
    if fix.device_id != latest.device_id or not now - PLAIN < at <= now + FUTURE_TOLERANCE:
        return False
    seconds = (at - latest.fix_at).total_seconds()
    # The way along a meridian and then a parallel is never shorter than the straight one.
    metres = DEGREE_M * (abs(fix.lat - latest.lat) + abs(fix.lon - latest.lon))
    near = metres <= JUMP_M or metres * 3.6 <= JUMP_KMH * seconds
    return seconds > 0 and near and (fix.lat != 0 or fix.lon != 0)


def by_rules(fix: Fix, known: Known, now: datetime) -> tuple[Verdict, Known]:
    """The same, rule by rule."""
    for rule in RULES:
        decision = rule(fix, known, now)
        if decision is not None:
            verdict = Verdict(decision, rule.__name__)
            break
    else:
        verdict = OK
    if verdict.decision == "keep":
        sources = _heard(fix, known, kept=True)
        return verdict, replace(
            known, latest=_place(fix), suspect=_others(known, fix), stored_at=None, sources=sources
        )
    if verdict.decision == "thin":
        stored_at = known.stored_at or (known.latest.fix_at if known.latest else None)
        sources = _heard(fix, known, kept=True)
        return verdict, replace(
            known,
            latest=_place(fix),
            suspect=_others(known, fix),
            stored_at=stored_at,
            sources=sources,
        )
    if verdict.reason == "jump":
        return verdict, replace(known, suspect=_place(fix))
    if verdict.reason == "beside":
        return verdict, replace(known, sources=_heard(fix, known, kept=False))
    return verdict, known


def _others(known: Known, fix: Fix) -> Place | None:
    """A fix that counts says nothing about where another device has jumped to."""
    suspect = known.suspect
    return suspect if suspect is not None and suspect.device_id != fix.device_id else None


def _heard(fix: Fix, known: Known, *, kept: bool) -> Sources | None:
    latest = known.latest
    if latest is None or (known.sources is None and fix.device_id == latest.device_id):
        return None
    return hear(_sources(known, latest), latest.device_id, fix, kept=kept)


def _sources(known: Known, latest: Place) -> Sources:
    if known.sources is not None and latest.device_id in known.sources.heard:
        return known.sources
    at = latest.fix_at.timestamp()
    return begun(latest.device_id, at, latest.lat, latest.lon, phone=latest.phone)


def _too_fast(place: Place, fix: Fix) -> bool:
    metres = distance_m(place.lat, place.lon, fix.lat, fix.lon)
    hours = abs((fix.at - place.fix_at).total_seconds()) / 3600
    return metres > JUMP_M and metres / 1000 > JUMP_KMH * hours


def _place(fix: Fix) -> Place:
    return Place(fix.device_id, fix.at, fix.lat, fix.lon, fix.phone)
