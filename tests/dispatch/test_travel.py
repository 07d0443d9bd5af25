"""The straight-line estimate of a journey: by area and hour, with its doubt, or none at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.planning.travel import Spot, estimate, factors

ZONE = ZoneInfo("Asia/Shanghai")
OWN = factors()
NOON = datetime(2024, 1, 15, 4, 0, tzinfo=UTC)
GATE = Spot(39.9087, 116.3975)
NORTH = Spot(39.9987, 116.3975)  # 0.09° of latitude: 10.0 km


def journey(area="urban", at=NOON, fault=NORTH):
    return estimate(OWN, GATE, at, fault, area, at, ZONE)


def test_ten_kilometres_in_town_at_noon():
    found = journey()
    assert found.mean_s == pytest.approx(10_008 * 1.35 / (28 / 3.6) + 60, rel=0.001)
    assert found.sd_s == pytest.approx(0.3 * found.mean_s)
    assert (found.at, found.source) == (NOON, "straight_line")


def test_the_hour_counts_by_the_clock_of_the_place():
    peak = NOON.replace(hour=0)  # 08:00 in Beijing
    night = NOON.replace(hour=20)  # 04:00 in Beijing
    assert journey(at=night).mean_s < journey().mean_s < journey(at=peak).mean_s


def test_an_area_that_nobody_knows_gives_nothing():
    assert journey(area="moon") is None


def test_a_place_that_is_not_sure_widens_the_doubt():
    vague = Spot(NORTH.lat, NORTH.lon, uncertainty_m=3000)
    assert journey(fault=vague).mean_s == journey().mean_s
    assert journey(fault=vague).sd_s > journey().sd_s


@given(st.sampled_from(["urban", "rural", "remote"]), st.integers(0, 24 * 60 - 1))
def test_every_area_has_a_speed_and_a_detour_at_every_minute(area, minute):
    assert journey(area, NOON + timedelta(minutes=minute)) is not None


@given(st.floats(0, 0.5), st.floats(0.0001, 0.5))
def test_farther_takes_longer(near, more):
    here = journey(fault=Spot(GATE.lat + near, GATE.lon))
    there = journey(fault=Spot(GATE.lat + near + more, GATE.lon))
    assert there.mean_s > here.mean_s


def test_every_factor_says_where_it_is_from():
    assert all(one.source for one in (*OWN.detour.values(), *OWN.speed))
