"""Departures and arrivals of vehicles with a terminal and a phone, beside the terminal alone.

    python -m bench.truth_shared [--first 10000] [--journeys 900]

Each journey of `bench.truth_drives` has a phone on board, whose receiver is another one: unsure by
tens of metres and at times by hundreds, asleep for minutes while its screen is off, without signal
for some; one in eight lies at home. One terminal in five falls silent for good on the way. Three
rules are scored: `alone` (the terminal's fixes only), `sources` (both, as the gateway does it) and
`newest` (both, whatever comes last counts, as if they were one device). Truth and tolerance as in
`bench.truth`. Prints one JSON object.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

from api.demo.city import City, make_city
from bench.truth import Told, fix_of, product, scored, told_of
from bench.truth_drives import Drift, Journey, Report, Way, make_driven, moved, spells, within
from gps.fix import Fix

PHONE = UUID(int=2)
AT_HOME = 0.125
DIES = 0.2


@dataclass(frozen=True)
class Shared:
    """Journeys by seed, with the fixes of both devices in the order of receipt."""

    journeys: dict[int, Journey]
    fixes: dict[int, list[Fix]]

    def alone(self, journey: Journey) -> Told:
        return product(journey)

    def sources(self, journey: Journey) -> Told:
        return told_of(journey, self.fixes[journey.seed])

    def newest(self, journey: Journey) -> Told:
        one = (replace(fix, device_id=PHONE, phone=False) for fix in self.fixes[journey.seed])
        return told_of(journey, one)


def make_shared(city: City, first: int, count: int) -> Shared:
    """Journeys of consecutive seeds; those that park outside their own circle are left out."""
    shared = Shared({}, {})
    for seed in range(first, first + count):
        journey, way = make_driven(city, seed)
        if journey.stopped_s is not None and journey.entered_s is None:
            continue
        dice = Random(-seed)
        if dice.random() < DIES:
            dead = dice.uniform(0, way.now)
            heard = tuple(report for report in journey.reports if report.received_s < dead)
            journey = replace(journey, reports=heard)
        fixes = [fix_of(report) for report in journey.reports] + list(phone(way, dice))
        shared.journeys[seed] = journey
        shared.fixes[seed] = sorted(fixes, key=lambda fix: fix.received_at)
    return shared


def phone(way: Way, dice: Random) -> Iterator[Fix]:
    """What a phone on board sends: every 5 s on the way, every 30 s at rest."""
    usual = dice.uniform(6, 35)
    home = way.points[0] if dice.random() < AT_HOME else None
    poor, asleep = spells(way, dice, 0.9, (60, 600)), spells(way, dice, 0.9, (120, 900))
    unheard = spells(way, dice, 0.4, (60, 400))
    noise = Drift(dice, usual / 2, 40.0)
    s = way.times[0] + dice.uniform(0, 5)
    while s < way.now:
        place, kmh = (home, 0.0) if home else way.at(s)
        unsure = usual if within(poor, s) is None else dice.uniform(80, 400)
        noise.sigma = unsure / 2
        seen = moved(place, *noise.next(s))
        if within(asleep, s) is None:
            received = (within(unheard, s) or s) + dice.uniform(0.5, 6)
            report = Report(round(s, 1), received, *seen, round(kmh, 1), ignition=False)
            told = fix_of(report, PHONE)
            yield replace(told, accuracy_m=round(unsure, 1), ignition=None, phone=True)
        s += 5 if kmh else 30


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--first", type=int, default=10_000)
    arguments.add_argument("--journeys", type=int, default=900)
    options = arguments.parse_args()
    shared = make_shared(make_city(), options.first, options.journeys)
    rules = {"alone": shared.alone, "sources": shared.sources, "newest": shared.newest}
    journeys = list(shared.journeys.values())
    results = {name: scored(rule, journeys) for name, rule in rules.items()}
    told = {
        name: {kind: score.result() for kind, score in scores.items()}
        for name, scores in results.items()
    }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
