"""The demo city's departures and arrivals by GPS against where its vehicles really drove.

    python -m bench.truth_city [--hours 4] [--speed 20] [--seed 5] [--storm]

A whole Paidan with the demo city (`paidan demo`): callers, orders, crews, terminals on TCP, lost
positions, jumps, blind spots. Each vehicle notes when it sets off and stops. For each order that a
crew took up and ended with in these hours, departure and arrival as they are recorded in the end,
and as the order is stamped then, are compared with that, and with the naive rule over the same
stored positions (`bench.truth`). Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from unittest.mock import patch

from rich.console import Console
from sqlalchemy import text

from api.demo import headless
from api.demo.city import City
from api.demo.driving import Drive
from api.demo.fleet import Vehicle
from api.demo.headless import Wish
from api.demo.hotline import Exchange
from api.demo.life import Life
from api.demo.pace import until
from api.demo.plan import Trip
from bench.truth import Told, naive, scored
from bench.truth_drives import Journey, LatLon, Report
from core.clock import now
from core.db import read_session
from core.engines import open_engines
from core.settings import settings
from gps.fix import distance_m

BEFORE = timedelta(minutes=10)
"""Positions from before the watch that the naive rule may look at."""

STEP = timedelta(seconds=0.5)

_WATCHES = """
    SELECT w.assignment_id, w.vehicle_id, d.identity, w.lat, w.lon, w.radius_m, w.created_at,
        w.closed_at
    FROM gps_watch w JOIN device d ON d.vehicle_id = w.vehicle_id AND d.kind = 'terminal'
    WHERE w.shape IS NULL AND w.closed_at IS NOT NULL ORDER BY w.created_at
"""
_FIXES = """
    SELECT fix_at, received_at, lat, lon, speed_kmh, ignition FROM fix
    WHERE vehicle_id = :vehicle AND fix_at BETWEEN :begin AND :end ORDER BY received_at, fix_at
"""
_FACTS = """
    SELECT DISTINCT ON (assignment, type)
        (payload->>'assignment_id')::uuid AS assignment,
        replace(type, 'vehicle.', '') AS kind, occurred_at
    FROM event WHERE type IN ('vehicle.departed', 'vehicle.arrived')
    ORDER BY assignment, type, recorded_at DESC
"""
_STAMPS = """
    SELECT DISTINCT ON (assignment_id, point)
        assignment_id AS assignment, CASE point WHEN 'G' THEN 'departed' ELSE 'arrived' END AS kind,
        at AS occurred_at
    FROM stamp WHERE point IN ('G', 'H') AND source = 'gps'
    ORDER BY assignment_id, point, recorded_at DESC
"""


class Witness(Vehicle):
    """`ways`: every drive, when it began and when it ended, there or halted on the way."""

    everyone: ClassVar[list["Witness"]] = []

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.ways: list[tuple[datetime, Drive, datetime | None]] = []
        self.everyone.append(self)

    def _set_off(self, drive: Drive, trip: Trip) -> None:
        super()._set_off(drive, trip)
        self.ways.append((self._departed, drive, None))

    def _park(self) -> None:
        if self._drive is not None:
            self.ways[-1] = (*self.ways[-1][:2], now())
        super()._park()

    def place(self, moment: datetime) -> LatLon:
        """Where it truly was."""
        at = self.seat.home
        for begun, drive, ended in self.ways:
            if begun <= moment:
                until = min(moment, ended or moment)
                at = drive.sight((until - begun).total_seconds()).at
        return at

    def departed(self, begin: datetime, end: datetime) -> datetime | None:
        """When it first drove between these; `begin` where it drove then already."""
        for begun, drive, ended in self.ways:
            until = min(begun + timedelta(seconds=drive.seconds), ended or end)
            if begun < end and until > begin:
                return max(begun, begin)
        return None

    def entered(
        self, site: LatLon, radius: float, begin: datetime, end: datetime
    ) -> datetime | None:
        """When it came into the circle where it is in the end; None where it is not there."""
        if distance_m(*self.place(end), *site) > radius:
            return None
        moment = end
        while moment > begin and distance_m(*self.place(moment - STEP), *site) <= radius:
            moment -= STEP
        return max(moment, begin)


class Witnessed(Life):
    """The city's life, its vehicles looked at; it ends with the hours, whoever still waits."""

    async def _call_all(self, exchange: Exchange, city: City) -> None:
        calling = asyncio.ensure_future(super()._call_all(exchange, city))
        ending = asyncio.ensure_future(until(self._script.opens + self._hours()))
        await asyncio.wait({calling, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if calling.done():
            calling.result()
        calling.cancel()

    def _hours(self) -> timedelta:
        return timedelta(hours=self._script.hours or 0)

    def _fleet(self, city: City) -> dict[str, Vehicle]:
        return {
            crew.unit_id: Witness(crew, city, self._script.seed, *self._address, self.tally)
            for crew in self._cast.crews
        }


def journeys() -> tuple[list[Journey], dict[str, dict[int, Told]]]:
    """One of each watch, and what was told of it, by its number: facts, and stamps of its order."""
    terminals = {one.seat.terminal.lstrip("0"): one for one in Witness.everyone}
    made: list[Journey] = []
    with read_session() as session:
        watches = session.execute(text(_WATCHES)).all()
        numbers = {watch.assignment_id: number for number, watch in enumerate(watches)}
        starts = {watch.assignment_id: watch.created_at for watch in watches}
        told: dict[str, dict[int, Told]] = {"recorded": {}, "stamped": {}}
        for name, query in (("recorded", _FACTS), ("stamped", _STAMPS)):
            for assignment, kind, at in session.execute(text(query)):
                if assignment in starts:
                    since = (at - starts[assignment]).total_seconds()
                    told[name].setdefault(numbers[assignment], []).append((kind, since))
        for number, watch in enumerate(watches):
            vehicle = terminals[watch.identity.lstrip("0")]
            about = {
                "vehicle": watch.vehicle_id,
                "begin": watch.created_at - BEFORE,
                "end": watch.closed_at,
            }
            reports = _reports(session.execute(text(_FIXES), about), watch.created_at)
            made.append(_journey(number, watch, vehicle, tuple(reports)))
    return made, told


def _reports(rows: Any, begin: datetime) -> Iterator[Report]:
    for fix_at, received_at, lat, lon, speed, ignition in rows:
        seconds = [(at - begin).total_seconds() for at in (fix_at, received_at)]
        yield Report(*seconds, lat, lon, speed or 0.0, bool(ignition))


def _journey(number: int, watch: Any, vehicle: Witness, reports: tuple[Report, ...]) -> Journey:
    site, begin, end = (watch.lat, watch.lon), watch.created_at, watch.closed_at
    left = vehicle.departed(begin, end)
    came = vehicle.entered(site, watch.radius_m, begin, end)
    if left is None and came is not None:  # it stood there already
        left = came
    since = [None if at is None else (at - begin).total_seconds() for at in (left, came)]
    return Journey(number, "city", site, watch.radius_m, reports, since[0], since[1], since[1])


def _told(by_number: dict[int, Told], journey: Journey) -> Told:
    return by_number.get(journey.seed, [])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hours", type=float, default=4.0)
    arguments.add_argument("--speed", type=float, default=20.0)
    arguments.add_argument("--seed", type=int, default=5)
    arguments.add_argument("--storm", action="store_true")
    wish = Wish(**vars(arguments.parse_args()))
    measured: dict[str, Any] = {}

    def conclude(_wish: Wish, _opens: datetime) -> int:
        with (
            open_engines(settings()) as urls,
            patch.dict(os.environ, PAIDAN_DATABASE_URL=urls.database_url),
        ):
            settings.cache_clear()
            made, told = journeys()

        rules: dict[str, Callable[[Journey], Told]] = {
            name: partial(_told, by_number) for name, by_number in told.items()
        }
        for name, rule in {**rules, "naive": naive}.items():
            found = scored(rule, made)
            measured[name] = {kind: one.result() for kind, one in found.items()}
        return 0

    with patch.object(headless, "Life", Witnessed), patch.object(headless, "_conclude", conclude):
        headless.run(wish, Console(stderr=True))
    print(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()
