"""Departures and arrivals by GPS against the known truth, beside the naive rule.

    python -m bench.truth [--first 10000] [--journeys 1800] [--kinds]
                          [--trips FILE] [--days FILE] [--most 150] [--misses]

Every journey of `bench.truth_drives`, and of the recorded tracks of FILE (`bench.truth_tracks`),
goes through the product's filters and motion in the order of receipt. A departure or arrival is
right when it is told once and lies within TOLERANCE_S of the truth; anything else told is false,
anything not told missing. The naive rule: departed at the first fix farther than 100 m from where
the vehicle stood, arrived at the first fix inside the circle. Prints one JSON object; shares have
the interval of Wilson at 95 %. `clear`: without the moments that hindsight may call two ways.
`--misses`: each moment that was not right, instead.
"""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from statistics import median
from uuid import UUID

from api.demo.city import City, make_city
from bench import truth_tracks
from bench.truth_drives import T0, Journey, Report, make_journey, moment
from gps.filters import Known, judge
from gps.fix import Fix, distance_m
from gps.motion import Crossing, Motion, Sight, Site, begin, follow, retraced
from gps.track import in_order, sight_of

TOLERANCE_S = 120.0
DEVICE = UUID(int=1)

Told = list[tuple[str, float]]
"""`departed` or `arrived`, and when: seconds from the watch's begin."""

Detector = Callable[[Journey], Told]


@dataclass
class Score:
    right: int = 0
    false: int = 0
    missing: int = 0
    errors: list[float] = field(default_factory=list)

    def add(self, truth: float | None, told: list[float]) -> None:
        fits = [at for at in told if truth is not None and abs(at - truth) <= TOLERANCE_S]
        if fits and truth is not None:
            self.right += 1
            self.errors.append(fits[0] - truth)
        elif truth is not None:
            self.missing += 1
        self.false += len(told) - min(1, len(fits))

    def result(self) -> dict[str, object]:
        errors = sorted(abs(one) for one in self.errors)
        return {
            "true": self.right + self.missing,
            "told": self.right + self.false,
            "precision": _share(self.right, self.right + self.false),
            "precision_95": _interval(self.right, self.right + self.false),
            "recall": _share(self.right, self.right + self.missing),
            "recall_95": _interval(self.right, self.right + self.missing),
            "error_s_median": round(median(self.errors), 1) if errors else None,
            "abs_error_s_p50": errors[len(errors) // 2] if errors else None,
            "abs_error_s_p95": errors[int(len(errors) * 0.95)] if errors else None,
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _interval(part: int, whole: int) -> tuple[float, float] | None:
    """Wilson's score interval at 95 %."""
    if not whole:
        return None
    z, share = 1.96, part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * sqrt(share * (1 - share) / whole + (z / (2 * whole)) ** 2)
    return round(middle - half, 4), round(min(1.0, middle + half), 4)


def product(journey: Journey) -> Told:
    """As the gateway does it: filters, then motion, in the order of receipt."""
    return told_of(journey, map(fix_of, journey.reports))


def told_of(journey: Journey, fixes: Iterable[Fix]) -> Told:
    """What the filters and motion make of these fixes, in the order of receipt."""
    site = Site(*journey.site, journey.radius_m, T0)
    known, motion, watched = Known(), Motion(), False
    told: dict[str, float] = {}
    latest: Sight | None = None
    stored: list[Fix] = []
    for fix in fixes:
        if not watched and fix.received_at >= T0:
            motion, watched = begin(site, latest), True
        verdict, known = judge(fix, known, fix.received_at)
        stored.append(fix)
        crossings: tuple[Crossing, ...] = ()
        if verdict.decision == "keep":
            latest = sight_of(fix)
            if watched:
                motion, crossings = follow(site, motion, latest)
        elif verdict.reason == "late" and watched and not motion.arrived:
            motion, crossings = retraced(site, in_order(stored))
        told |= {one.kind: (one.at - T0).total_seconds() for one in crossings}
    return list(told.items())


def naive(journey: Journey) -> Told:
    """Inside the circle at one fix; farther than 100 m at one fix."""
    told: Told = []
    home: Report | None = None
    for report in journey.reports:
        if report.received_s < 0 or home is None:
            home = report
            continue
        kinds = [kind for kind, _ in told]
        moved = distance_m(home.lat, home.lon, report.lat, report.lon)
        if "departed" not in kinds and moved > 100:
            told.append(("departed", report.fix_s))
        away = distance_m(*journey.site, report.lat, report.lon)
        if "arrived" not in kinds and away <= journey.radius_m:
            told.append(("arrived", report.fix_s))
    return told


def fix_of(report: Report, device: UUID = DEVICE) -> Fix:
    return Fix(
        device_id=device,
        fix_at=moment(report.fix_s),
        received_at=moment(report.received_s),
        lat=report.lat,
        lon=report.lon,
        speed_kmh=report.speed_kmh,
        ignition=report.ignition,
    )


def scored(
    detector: Detector, journeys: Iterable[Journey], *, disputed: bool = True
) -> dict[str, Score]:
    """Scores of `departed` and `arrived`; with or without moments that are disputed."""
    scores = {"departed": Score(), "arrived": Score()}
    for journey in journeys:
        told = detector(journey)
        for kind, truth in _truths(journey):
            if disputed or kind not in journey.disputed:
                scores[kind].add(truth, [at for one, at in told if one == kind])
    return scores


def _truths(journey: Journey) -> tuple[tuple[str, float | None], ...]:
    return ("departed", journey.departed_s), ("arrived", journey.entered_s)


def journeys(city: City, first: int, count: int) -> list[Journey]:
    """Journeys of consecutive seeds; those that park outside their own circle are left out."""
    made = (make_journey(city, seed) for seed in range(first, first + count))
    return [one for one in made if one.stopped_s is None or one.entered_s is not None]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--first", type=int, default=10_000)
    arguments.add_argument("--journeys", type=int, default=1800)
    arguments.add_argument("--kinds", action="store_true", help="a line for each kind")
    arguments.add_argument("--trips", type=Path, help="CSV of recorded trips (as for replay)")
    arguments.add_argument("--days", type=Path, help="CSV of recorded days")
    arguments.add_argument("--most", type=int, default=150, help="vehicles of the recorded days")
    arguments.add_argument("--misses", action="store_true")
    options = arguments.parse_args()
    groups = {"generated": journeys(make_city(), options.first, options.journeys)}
    if options.trips:
        groups["trips"] = truth_tracks.journeys_of_trips(options.trips, options.first)
    if options.days:
        groups["days"] = truth_tracks.journeys_of_days(options.days, options.first, options.most)
    if options.kinds:
        for one in [one for group in list(groups.values()) for one in group]:
            groups.setdefault(one.kind, []).append(one)
    compared = _misses if options.misses else _compared
    print(json.dumps({name: compared(group) for name, group in groups.items()}, indent=1))


def _compared(group: list[Journey]) -> dict[str, object]:
    return {
        rule.__name__: {kind: score.result() for kind, score in scored(rule, group).items()}
        for rule in (product, naive)
    } | {
        "product, clear": {
            kind: score.result() for kind, score in scored(product, group, disputed=False).items()
        }
    }


def _misses(group: list[Journey]) -> list[str]:
    """What went wrong, one line each, to be looked at."""
    found = []
    for journey in group:
        told = product(journey)
        for kind, truth in _truths(journey):
            at = [s for one, s in told if one == kind]
            wrong = truth is not None or at
            if wrong and not (truth is not None and at and abs(at[0] - truth) <= TOLERANCE_S):
                word = " (disputed)" if kind in journey.disputed else ""
                said = f"true {truth}, told {at}"
                found.append(f"{journey.kind} {journey.seed}: {kind}{word} {said}")
    return found


if __name__ == "__main__":
    main()
