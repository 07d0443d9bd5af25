"""WGS-84, GCJ-02, BD-09: published pairs, there and back, nothing outside China."""

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.coordinates import Datum, convert, in_china
from gps.fix import distance_m

PAIRS = [  # WGS-84, GCJ-02: Shanghai, Shenzhen, Beijing, as the public converters give them
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]
SYSTEMS = st.sampled_from(get_args(Datum))
inside = st.tuples(st.floats(1.0, 55.5), st.floats(72.2, 137.5))


@pytest.mark.parametrize(("wgs", "gcj"), PAIRS)
def test_published_pairs(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert convert(*wgs, given="wgs84", wanted="gcj02") == pytest.approx(gcj, abs=1e-9)
    assert distance_m(*convert(*gcj, given="gcj02", wanted="wgs84"), *wgs) < 0.001


def test_published_offsets_of_chinese_maps(shared: Path) -> None:
    known = json.loads((shared / "sla" / "standards.json").read_text(encoding="utf-8"))
    vectors = known["coordinate_vectors"]["vectors"]
    assert len(vectors) >= 3
    for one in vectors:
        wgs, gcj, bd = one["wgs84"], one["gcj02"], one["bd09"]
        assert convert(*wgs, given="wgs84", wanted="gcj02") == pytest.approx(gcj, abs=1e-6)
        assert convert(*gcj, given="gcj02", wanted="bd09") == pytest.approx(bd, abs=2e-6)
        assert distance_m(*wgs, *gcj) == pytest.approx(one["offset_m"], abs=1.0)
        assert distance_m(*convert(*bd, given="bd09", wanted="wgs84"), *wgs) < 0.5


@given(inside, SYSTEMS, SYSTEMS)
def test_there_and_back_within_a_millimetre(
    point: tuple[float, float], one: Datum, other: Datum
) -> None:
    there = convert(*point, given=one, wanted=other)
    back = convert(*there, given=other, wanted=one)
    assert distance_m(*back, *point) < 0.001
    if one != other:
        assert 10 < distance_m(*there, *point) < 2_500


@given(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), SYSTEMS, SYSTEMS)
def test_outside_china_nothing_is_shifted(
    point: tuple[float, float], one: Datum, other: Datum
) -> None:
    if not in_china(*point):
        assert convert(*point, given=one, wanted=other) == point


@given(inside, SYSTEMS, SYSTEMS, SYSTEMS)
def test_the_way_over_a_third_system_leads_to_the_same_place(
    point: tuple[float, float], first: Datum, second: Datum, third: Datum
) -> None:
    around = convert(*convert(*point, given=first, wanted=second), given=second, wanted=third)
    straight = convert(*point, given=first, wanted=third)
    assert distance_m(*around, *straight) < 0.002
