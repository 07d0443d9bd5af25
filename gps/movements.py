"""Trips, stops, silences and ignition of a vehicle, from its counted fixes in order. Pure.

A stop begins when the vehicle has stayed within `STILL_M` for `DWELL_S` (`PARKED_S` with a credible
ignition off), dated back to its coming to rest. It ends when the vehicle is `AWAY_M` away from
where it stopped, at least `LEAST_TRIP_S` after it first moved, dated back to that first movement:
a trip is at least that far and long, shuffling in a yard is none. A red light is part of its trip.
Nothing seen for more than `SPLIT_S` is a silence, unless the vehicle stands where it stood.

Distance is the sum of straight steps of at least `STEP_M` and `STEP_S`; at rest nothing is added.
Steps over a gap of more than `GAP_S` are counted straight, their time as unseen: neither moving nor
standing.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from gps.fix import distance_m
from gps.motion import MOVING_KMH, STAY_KMH, STILL_M, Sight

DWELL_S = 180.0
"""Rest that is a stop: longer than a red light with its queue."""

PARKED_S = 60.0
"""The same with the ignition off, where the ignition is to be believed."""

AWAY_M = 100.0
"""A trip leads at least so far away from where it began."""

LEAST_TRIP_S = 30.0
"""A trip takes at least so long; receivers between high buildings stray for some seconds."""

STEP_M = 30.0
"""Shortest step of a way: noise of the receiver hardly lengthens it, corners are hardly cut."""

STEP_S = 5.0
"""Least time of a step: the noise of a receiver that tells every second is not driven."""

GAP_S = 120.0
"""A longer time between two fixes is unseen."""

SPLIT_S = 3600.0
"""A longer gap ends what was under way."""

Kind = Literal["trip", "stop", "silence", "ignition_on", "ignition_off"]


class Movement(NamedTuple):
    """Something that is over. Metres, seconds, degrees WGS-84, aware UTC.

    `start_unsure_s`, `end_unsure_s`: length of the gap between fixes that the moment lies in.
    `idle_s`: at rest with the engine on, where the terminal tells it credibly. `told_at`: time of
    the fix that showed it.
    """

    kind: Kind
    started_at: datetime
    ended_at: datetime
    lat: float
    lon: float
    end_lat: float
    end_lon: float
    distance_m: float
    moving_s: float
    idle_s: float
    unseen_s: float
    longest_gap_s: float
    start_unsure_s: float
    end_unsure_s: float
    told_at: datetime


@dataclass(slots=True)
class Sum:
    """What adds up over a trip or a stop."""

    metres: float = 0.0
    moving_s: float = 0.0
    idle_s: float = 0.0
    unseen_s: float = 0.0
    gap_s: float = 0.0

    def add(self, other: "Sum") -> None:
        self.metres += other.metres
        self.moving_s += other.moving_s
        self.idle_s += other.idle_s
        self.unseen_s += other.unseen_s
        self.gap_s = max(self.gap_s, other.gap_s)

    def to_json(self) -> list[float]:
        return [self.metres, self.moving_s, self.idle_s, self.unseen_s, self.gap_s]


class Seen(NamedTuple):
    """A counted fix, light enough to be remembered. Unix seconds, degrees, km/h."""

    t: float
    lat: float
    lon: float
    kmh: float


@dataclass(slots=True)
class Way:
    """What must be remembered of a vehicle between two fixes; `follow` changes it in place.

    `state`: `start` until the first stop or `AWAY_M` of way. `since`, `unsure`, `lat`, `lon`: when
    and where what is under way began; `done`: its sums up to the turn. `turn`: first fix of what
    may end it (the rest of a trip, the movement of a stop), `before` the fix before that, `turned`
    the sums since. `odd`: one fix that does not fit the rest. `way`: end of the last step. `here`:
    where a vehicle that stops was at rest last, `rest` its first fix at rest elsewhere in the yard.
    `wired`: whether the ignition is to be believed: seen on and off, and never off on the move.
    `mean`: middle of the fixes of the rest, and how many they are.
    """

    state: Literal["start", "stop", "trip"] = "start"
    last: Seen | None = None
    since: float = 0.0
    unsure: float = 0.0
    lat: float = 0.0
    lon: float = 0.0
    done: Sum = field(default_factory=Sum)
    turn: Seen | None = None
    before: Seen | None = None
    turned: Sum = field(default_factory=Sum)
    odd: Seen | None = None
    way: tuple[float, float, float] = (0.0, 0.0, 0.0)
    here: tuple[float, float] = (0.0, 0.0)
    rest: Seen | None = None
    ignition: bool | None = None
    ignition_since: float = 0.0
    ignition_last: float = 0.0
    wired: bool | None = None
    mean: tuple[float, float, int] = (0.0, 0.0, 0)

    def to_json(self) -> list[Any]:
        """Plain JSON values; `from_json` reads them back."""
        return [
            self.state,
            _plain(self.last),
            self.since,
            self.unsure,
            self.lat,
            self.lon,
            self.done.to_json(),
            _plain(self.turn),
            _plain(self.before),
            self.turned.to_json(),
            _plain(self.odd),
            self.way,
            self.here,
            _plain(self.rest),
            self.ignition,
            self.ignition_since,
            self.ignition_last,
            self.wired,
            self.mean,
        ]

    @classmethod
    def from_json(cls, values: list[Any] | None) -> "Way":
        if not values:
            return cls()
        way = cls(*values)
        way.done, way.turned = Sum(*values[6]), Sum(*values[9])
        way.way, way.here = (
            (values[11][0], values[11][1], values[11][2]),
            (values[12][0], values[12][1]),
        )
        way.mean = (values[18][0], values[18][1], values[18][2])
        for name in ("last", "turn", "before", "odd", "rest"):
            known = getattr(way, name)
            setattr(way, name, Seen(*known) if known else None)
        return way


def _plain(seen: Seen | None) -> list[float] | None:
    return None if seen is None else [*seen]


def follow(way: Way, sight: Sight) -> list[Movement]:
    """Take one counted fix, newer than the last; returns what is over by it, oldest first."""
    seen = Seen(sight.at.timestamp(), sight.lat, sight.lon, sight.speed_kmh)
    last = way.last
    over = _ignition(way, sight, seen)
    if last is None:
        _begin(way, seen)
        return over
    if seen.t <= last.t:
        return over
    metres = distance_m(last.lat, last.lon, seen.lat, seen.lon)
    if seen.t - last.t > SPLIT_S and not _stands(way, seen):
        over += _silence(way, last, seen, metres)
        return over
    step = _step(way, last, seen, metres)
    if way.state == "stop":
        over += _at_rest(way, seen, step)
    else:
        over += _under_way(way, last, seen, step)
    way.last = seen
    return over


def under_way(way: Way) -> Movement | None:
    """What is not over yet, up to the last fix: a trip, a stop, or nothing known so far."""
    last = way.last
    if last is None or way.state == "start":
        return None
    total = Sum()
    total.add(way.done)
    total.add(way.turned)
    return _movement(way, way.state, total, last.t, (last.lat, last.lon), 0.0, last.t)


def _begin(way: Way, seen: Seen) -> None:
    """Nothing is known before this fix: the vehicle may be at rest or not."""
    way.state, way.since, way.unsure = "start", seen.t, 0.0
    way.lat, way.lon = way.here = (seen.lat, seen.lon)
    way.way = (seen.lat, seen.lon, seen.t)
    way.done, way.turned = Sum(), Sum()
    way.last, way.turn, way.before, way.odd, way.rest = seen, seen, None, None, None
    way.mean = (seen.lat, seen.lon, 1)


def _stands(way: Way, seen: Seen) -> bool:
    """Silent for long, and seen again where it stood."""
    if way.state == "stop":
        place = (way.lat, way.lon) if way.turn is None else None
    else:
        place = way.mean[:2] if way.turn and not way.odd else None
    near = AWAY_M if way.state == "stop" else STILL_M
    return place is not None and distance_m(*place, seen.lat, seen.lon) <= near


def _silence(way: Way, last: Seen, seen: Seen, metres: float) -> list[Movement]:
    over = _ended(way, last, seen.t)
    silence = Movement(
        "silence",
        _moment(last.t),
        _moment(seen.t),
        last.lat,
        last.lon,
        seen.lat,
        seen.lon,
        metres,
        0.0,
        0.0,
        seen.t - last.t,
        seen.t - last.t,
        0.0,
        0.0,
        _moment(seen.t),
    )
    _begin(way, seen)
    return [*over, silence]


def _ended(way: Way, last: Seen, told: float) -> list[Movement]:
    """What was under way, up to the last fix before a silence."""
    if way.state == "start" or last.t <= way.since:
        return []
    way.done.add(way.turned)
    unsure = told - last.t
    return [_movement(way, way.state, way.done, last.t, (last.lat, last.lon), unsure, told)]


def _step(way: Way, last: Seen, seen: Seen, metres: float) -> Sum:
    """Time and gap of one step; metres are counted from turn to turn."""
    seconds = seen.t - last.t
    if seconds > GAP_S:
        return Sum(unseen_s=seconds, gap_s=seconds)
    moves = seen.kmh >= MOVING_KMH or metres * 3.6 > STAY_KMH * seconds
    if moves:
        return Sum(moving_s=seconds, gap_s=seconds)
    return Sum(idle_s=seconds if way.wired and way.ignition else 0.0, gap_s=seconds)


def _at_rest(way: Way, seen: Seen, step: Sum) -> list[Movement]:
    """One more fix of a vehicle that stops: it is there still, or leaves."""
    moves = seen.kmh >= MOVING_KMH or distance_m(*way.here, seen.lat, seen.lon) > STILL_M
    if not moves:
        way.done.add(way.turned)
        way.done.add(step)
        way.turn, way.before, way.turned, way.rest = None, None, Sum(), None
        return []
    if way.turn is None:
        way.turn, way.before, way.turned = seen, way.last, Sum()
        way.way = (*way.here, way.last.t if way.last else seen.t)
    way.turned.add(step)
    _count(way, way.turned, seen)
    away = distance_m(way.lat, way.lon, seen.lat, seen.lon) > AWAY_M
    if not away:
        _parked_anew(way, seen)
        return []
    if seen.t - way.turn.t < LEAST_TRIP_S:
        return []
    return _leave(way, seen)


def _parked_anew(way: Way, seen: Seen) -> None:
    """At rest at another place of the same yard: the stop goes on there."""
    rest = way.rest
    calm = rest and distance_m(rest.lat, rest.lon, seen.lat, seen.lon) <= STILL_M
    if not calm or seen.kmh >= MOVING_KMH or rest is None:
        way.rest = seen
        return
    if seen.t - rest.t >= _dwell(way):
        way.done.add(way.turned)
        way.here = (rest.lat, rest.lon)
        way.turn, way.before, way.turned, way.rest = None, None, Sum(), None


def _leave(way: Way, seen: Seen) -> list[Movement]:
    """The stop is over since the vehicle first moved; the trip is under way."""
    turn, before = way.turn, way.before
    if turn is None or before is None:
        return []
    gap = turn.t - before.t
    back = gap / 2
    if turn.kmh >= MOVING_KMH:
        metres = distance_m(before.lat, before.lon, turn.lat, turn.lon)
        back = min(gap, metres * 3.6 / turn.kmh)
    at = max(turn.t - back, way.since)
    over = [_movement(way, "stop", way.done, at, way.here, gap, seen.t)]
    way.state, way.since, way.unsure = "trip", at, gap
    way.lat, way.lon = way.here
    way.done, way.turned = way.turned, Sum()
    way.turn = way.before = way.odd = way.rest = None
    return over


def _under_way(way: Way, last: Seen, seen: Seen, step: Sum) -> list[Movement]:
    """One more fix of a vehicle under way: it drives, or may have come to rest."""
    turn = way.turn
    if turn is not None and _fits(way, seen):
        way.turned.add(step)
        way.odd = None
        return _rest(way, seen) if seen.t - turn.t >= _dwell(way) else []
    if turn is not None and way.odd is None and last.t > turn.t:
        way.odd = seen
        way.turned.add(step)
        return []
    if turn is not None:
        _drive_on(way)
    way.done.add(step)
    slow = seen.kmh < MOVING_KMH
    _count(way, way.done, seen, turns=slow)
    if way.state == "start" and distance_m(way.lat, way.lon, seen.lat, seen.lon) > AWAY_M:
        way.state = "trip"
    if slow:
        way.turn, way.before, way.mean = seen, last, (seen.lat, seen.lon, 1)
    return []


def _drive_on(way: Way) -> None:
    """It was no rest, or no long one: its time belongs to the trip."""
    way.done.add(way.turned)
    if way.odd is not None:
        _count(way, way.done, way.odd)
    way.turn, way.before, way.turned, way.odd = None, None, Sum(), None


def _rest(way: Way, seen: Seen) -> list[Movement]:
    """The trip is over since the vehicle came to rest; the stop is under way."""
    turn, before = way.turn, way.before
    if turn is None:
        return []
    at, gap = turn.t, 0.0
    if before is not None:
        gap = turn.t - before.t
        if before.kmh >= MOVING_KMH:
            metres = distance_m(before.lat, before.lon, turn.lat, turn.lon)
            at = min(turn.t, before.t + metres * 3.6 / before.kmh)
    at = max(at, way.since)
    over: list[Movement] = []
    if way.state == "trip":
        over = [_movement(way, "trip", way.done, at, way.mean[:2], gap, seen.t)]
        way.since, way.unsure, way.done = at, gap, Sum()
    way.state = "stop"
    way.lat, way.lon = way.here = way.mean[:2]
    way.done.metres = way.done.moving_s = 0.0
    way.done.add(way.turned)
    way.turn, way.before, way.turned, way.odd, way.rest = None, None, Sum(), None, None
    return over


def _fits(way: Way, seen: Seen) -> bool:
    """One more fix at rest: the middle of them is surer than the first."""
    lat, lon, count = way.mean
    if seen.kmh >= MOVING_KMH or distance_m(lat, lon, seen.lat, seen.lon) > STILL_M:
        return False
    count += 1
    way.mean = (lat + (seen.lat - lat) / count, lon + (seen.lon - lon) / count, count)
    return True


def _dwell(way: Way) -> float:
    return PARKED_S if way.wired and way.ignition is False else DWELL_S


def _count(way: Way, total: Sum, seen: Seen, *, turns: bool = False) -> None:
    """Add a step that is long enough, or the last one before a rest."""
    lat, lon, since = way.way
    metres = distance_m(lat, lon, seen.lat, seen.lon)
    if turns or (metres >= STEP_M and seen.t - since >= STEP_S):
        total.metres += metres
        way.way = (seen.lat, seen.lon, seen.t)


def _ignition(way: Way, sight: Sight, seen: Seen) -> list[Movement]:
    """Periods of one state of the ignition; what a device does not tell changes nothing."""
    on = sight.ignition
    if on is None:
        return []
    if on is False and sight.speed_kmh >= MOVING_KMH:
        way.wired = False
    elif way.wired is None and way.ignition is True and on is False:
        way.wired = True
    was, since, last = way.ignition, way.ignition_since, way.ignition_last
    way.ignition, way.ignition_last = on, seen.t
    silent = seen.t - last > SPLIT_S and (on or was)
    if was is on and not silent:
        return []
    way.ignition_since = seen.t
    end = last if silent else seen.t
    if was is None or end <= since or way.last is None:
        return []
    kind: Kind = "ignition_on" if was else "ignition_off"
    place = (way.last.lat, way.last.lon)
    gap = seen.t - last
    moments = _moment(since), _moment(end)
    return [
        Movement(kind, *moments, *place, *place, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, gap, _moment(seen.t))
    ]


def _movement(
    way: Way,
    kind: Kind,
    total: Sum,
    end: float,
    place: tuple[float, float],
    unsure: float,
    told: float,
) -> Movement:
    whole = end - way.since  # its ends are within steps that the sums hold in full
    return Movement(
        kind,
        _moment(way.since),
        _moment(end),
        way.lat,
        way.lon,
        *place,
        total.metres if kind == "trip" else 0.0,
        min(total.moving_s, whole) if kind == "trip" else 0.0,
        min(total.idle_s, whole),
        min(total.unseen_s, whole),
        total.gap_s,
        way.unsure,
        unsure,
        _moment(told),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
