"""Departure and arrival on recorded journeys through Beijing, noise and all."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from gps.motion import ACCURACY_M, AWAY_M, STAY_S, Crossing, Sight, Site, begin, follow
from gps.replay import Point, Track, read_tracks

pytestmark = pytest.mark.shared
RADIUS = 100.0


@pytest.fixture(scope="module")
def journeys(shared: Path) -> list[Track]:
    """Journeys of at least two kilometres as the crow flies."""
    tracks = read_tracks(shared / "data/geolife_beijing_vehicles/dev_tracks.csv.gz")
    return [track for track in tracks if _far(track)]


def _far(track: Track) -> bool:
    end = _sight(track.points[-1])
    return _sight(track.points[0]).metres_to(end) > 2000


def _sight(point: Point) -> Sight:
    return Sight(datetime.fromtimestamp(point.t, UTC), point.lat, point.lon)


def _crossings(site: Site, origin: Sight, sights: list[Sight]) -> list[Crossing]:
    motion, found = begin(site, origin), []
    for sight in sights:
        motion, crossings = follow(site, motion, sight)
        found.extend(crossings)
    return found


def _waiting(at: Sight, begin_s: int, end_s: int) -> list[Sight]:
    return [Sight(at.at + timedelta(seconds=s), at.lat, at.lon) for s in range(begin_s, end_s, 10)]


def test_every_journey_departs_and_arrives_at_its_end(journeys: list[Track]) -> None:
    assert len(journeys) > 300
    for track in journeys:
        sights = [_sight(point) for point in track.points]
        first, last = sights[0], sights[-1]
        site = Site(last.lat, last.lon, RADIUS, first.at - timedelta(seconds=120))
        before, after = _waiting(first, -110, 0), _waiting(last, 10, 160)
        found = _crossings(site, before[0], [*before[1:], *sights, *after])
        assert [crossing.kind for crossing in found] == ["departed", "arrived"], track.name
        departed, arrived = found
        gap = max((b.at - a.at).total_seconds() for a, b in pairwise(sights))
        away = [sight.metres_to(first) > AWAY_M for sight in sights]
        left = next(s for s, now, then in zip(sights, away, away[1:], strict=False) if now and then)
        assert departed.at <= left.at
        # The site is entered for good at or after the dated crossing, within the gaps around it.
        inside = [sight.at for sight in sights if site.contains(sight)]
        assert arrived.at <= last.at + timedelta(seconds=30)
        assert arrived.at >= min(inside) - timedelta(seconds=gap)
        assert departed.at <= arrived.at


def test_driving_past_a_place_is_no_arrival(journeys: list[Track]) -> None:
    """A site in the middle of a journey counts only where the vehicle stayed 90 s."""
    passed = arrived = 0
    for track in journeys:
        sights = [_sight(point) for point in track.points]
        middle = sights[len(sights) // 2]
        site = Site(middle.lat, middle.lon, RADIUS, sights[0].at)
        found = _crossings(site, sights[0], sights)
        if "arrived" not in [crossing.kind for crossing in found]:
            passed += 1
            continue
        arrived += 1
        inside = [s.at for s in sights if site.metres_to(s) <= RADIUS + ACCURACY_M]
        assert (inside[-1] - inside[0]).total_seconds() >= STAY_S, track.name
    # One in six middles is a traffic jam or a stop; the fix count makes slow places likelier.
    assert passed > 4 * arrived
