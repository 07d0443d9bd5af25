"""Recorded vehicle tracks, sent again as terminals over TCP: the same door as live traffic."""

import asyncio
import csv
import gzip
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from core.clock import monotonic, now
from core.identity import system_actor
from core.uow import unit_of_work
from gps import service
from gps.fix import distance_m
from gps.jt808.uplink import Location
from gps.terminal import Disconnected, Refused, Terminal, location

WINDOW = 32
"""Unacknowledged positions per terminal at which it waits."""

CONNECTING = 50
"""Terminals that log in at the same time."""

TRACK_COLUMNS = ("track", "cab", "vehicle", "device", "id")
TIME_COLUMNS = ("t", "time", "timestamp")
LAT_COLUMNS = ("lat", "latitude")
LON_COLUMNS = ("lon", "lng", "longitude")


class UnreadableTracks(ValueError):
    """The file has no columns of track, time (unix seconds UTC), latitude and longitude."""


@dataclass(frozen=True, slots=True)
class Point:
    """Unix seconds UTC, WGS-84 degrees."""

    t: float
    lat: float
    lon: float


@dataclass(slots=True)
class Track:
    """One recorded journey; `identity` are the digits of the terminal that repeats it."""

    name: str
    identity: str
    points: list[Point]


@dataclass(slots=True)
class Tally:
    """What became of a replay. Nothing may be left in `unacked` and `refused`.

    `refused` counts positions and logins that the gateway does not take.
    """

    tracks: int = 0
    sent: int = 0
    acked: int = 0
    resent: int = 0
    reconnected: int = 0
    refused: int = 0
    unacked: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        return self.unacked == 0 and self.refused == 0 and self.acked == self.sent


def read_tracks(
    path: Path, *, limit: int | None = None, columns: Sequence[str] | None = None
) -> list[Track]:
    """Tracks of a CSV file (also .gz), at most `limit`, each sorted by time.

    `columns` names track, time, latitude, longitude; without it they are recognised. The n-th
    track is sent as terminal 64 followed by n in nine digits.
    """
    tracks: dict[str, Track] = {}
    with _open(path) as file:
        reader = csv.DictReader(file)
        names = list(columns) if columns else _recognise(reader.fieldnames or [])
        for row in reader:
            name = row[names[0]]
            if name not in tracks:
                if limit is not None and len(tracks) >= limit:
                    continue
                tracks[name] = Track(name, f"64{len(tracks) + 1:09d}", [])
            t, lat, lon = (float(row[column]) for column in names[1:4])
            tracks[name].points.append(Point(t, lat, lon))
    for track in tracks.values():
        track.points.sort(key=lambda point: point.t)
    return list(tracks.values())


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8", newline="") as file:
            yield file


def _recognise(present: Iterable[str]) -> list[str]:
    there = list(present)
    found = []
    for known in (TRACK_COLUMNS, TIME_COLUMNS, LAT_COLUMNS, LON_COLUMNS):
        name = next((name for name in known if name in there), None)
        if name is None:
            raise UnreadableTracks(f"none of the columns {known} is among {there}")
        found.append(name)
    return found


def enrol(org_id: int, tracks: Iterable[Track]) -> None:
    """Make the terminals of these tracks known to an organisation; they have no vehicle."""
    with unit_of_work(system_actor(org_id, "gps")) as uow:
        for track in tracks:
            service.enrol(uow, identity=track.identity)


@dataclass(frozen=True, slots=True)
class Pace:
    """When a recorded moment is sent, and which time its position carries.

    `start` is the wall clock at the beginning. At `speed` times the real pace recorded times run
    ahead of the clock, so shifted times are chosen such that the last position of the recording
    carries the moment at which it is sent.
    """

    first: float
    last: float
    start: datetime
    speed: float
    shift: bool

    def wait(self, t: float) -> float:
        """Seconds from the start until it is sent."""
        return (t - self.first) / self.speed

    def fix_at(self, t: float) -> datetime:
        if not self.shift:
            return datetime.fromtimestamp(t, UTC)
        end = self.start + timedelta(seconds=self.wait(self.last))
        return (end - timedelta(seconds=self.last - t)).replace(microsecond=0)


def positions(track: Track, pace: Pace) -> Iterator[tuple[float, Location]]:
    """Seconds from the start, and the position; speed and course come from the step before."""
    previous = track.points[:1] + track.points
    for before, point in pairwise(previous):
        gap = point.t - before.t
        metres = distance_m(before.lat, before.lon, point.lat, point.lon)
        yield (
            pace.wait(point.t),
            location(
                pace.fix_at(point.t),
                point.lat,
                point.lon,
                speed_kmh=min(metres / gap * 3.6, 6000.0) if gap > 0 else 0.0,
                course_deg=_course(before, point),
            ),
        )


def _course(before: Point, point: Point) -> int:
    north = point.lat - before.lat
    east = (point.lon - before.lon) * math.cos(math.radians(point.lat))
    return round(math.degrees(math.atan2(east, north))) % 360


class Replay:
    """Sends tracks to `host:port`. `together`: every track begins at once, else as recorded.

    `patience` is how many seconds a terminal tries to come back before it gives up.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        host: str,
        port: int,
        *,
        speed: float = 1.0,
        shift: bool = True,
        together: bool = True,
        patience: float = 60.0,
        progress: Callable[[Tally], None] = lambda _tally: None,
    ) -> None:
        self.tally = Tally(tracks=len(tracks))
        self._tracks = tracks
        self._host, self._port = host, port
        self._speed, self._shift, self._together = speed, shift, together
        self._patience = patience
        self._progress = progress
        self._door = asyncio.Semaphore(CONNECTING)

    async def run(self) -> Tally:
        """Until every track is sent and acknowledged, or given up."""
        begun, start = monotonic(), now()
        points = [point.t for track in self._tracks for point in track.points]
        whole = (min(points, default=0.0), max(points, default=0.0))
        async with asyncio.TaskGroup() as group:
            for track in self._tracks:
                span = (track.points[0].t, track.points[-1].t) if self._together else whole
                pace = Pace(*span, start, self._speed, self._shift)
                group.create_task(self._drive(track, pace, begun))
        self.tally.seconds = monotonic() - begun
        return self.tally

    async def _drive(self, track: Track, pace: Pace, begun: float) -> None:
        async with Terminal(track.identity) as terminal:
            try:
                await self._connect(terminal)
                for wait, position in positions(track, pace):
                    await asyncio.sleep(max(0.0, begun + wait - monotonic()))
                    await self._send(terminal, position)
                await self._settle(terminal, 0)
            except Refused:
                self.tally.refused += 1
            except (Disconnected, TimeoutError):
                self.tally.unacked += 1 if not terminal.pending else 0
            self.tally.acked += terminal.acked
            self.tally.resent += terminal.resent
            self.tally.refused += len(terminal.refused)
            self.tally.unacked += len(terminal.pending)
            self._progress(self.tally)

    async def _send(self, terminal: Terminal, position: Location) -> None:
        if not terminal.connected:
            await self._connect(terminal)
        await terminal.send_location(position)
        self.tally.sent += 1
        self._progress(self.tally)
        await self._settle(terminal, WINDOW)

    async def _settle(self, terminal: Terminal, at_most: int) -> None:
        """Wait for acknowledgements, over as many connections as it takes."""
        while True:
            try:
                await terminal.wait_acked(at_most)
            except (Disconnected, TimeoutError):
                await self._connect(terminal)
            else:
                return

    async def _connect(self, terminal: Terminal) -> None:
        until, pause = monotonic() + self._patience, 0.1
        self.tally.reconnected += 0 if terminal.code is None else 1
        while True:
            async with self._door:
                with suppress(OSError, Disconnected, TimeoutError):
                    await terminal.connect(self._host, self._port)
                    return
            if monotonic() > until:
                raise Disconnected(terminal.identity)
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 2)
