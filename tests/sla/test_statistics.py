"""Figures against an independent reckoning (numpy), and what is left out of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.segments import Segment
from sla.statistics import figures, quantile


def done(spent: float, limit: float | None = 100) -> Segment:
    within = None if limit is None else spent <= limit
    return Segment(
        "GH", "G", "H", None, "crew", "done", limit_s=limit, spent_s=spent, within=within
    )


ANOMALY = Segment("GH", "G", "H", None, "crew", "anomaly", spent_s=-5, anomaly="negative")
UNKNOWN = Segment("GH", "G", "H", None, "crew", "unknown", limit_s=100)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_quantiles_are_those_of_numpy(values):
    ordered = sorted(values)
    for share in (0, 0.5, 0.9, 0.95, 0.99, 1):
        assert quantile(ordered, share) == pytest.approx(np.quantile(ordered, share), abs=1e-6)


def test_anomalies_and_unknowns_are_counted_and_kept_out_of_the_times():
    found = figures([done(50), done(150), done(70, None), ANOMALY, UNKNOWN, UNKNOWN])
    assert (found.count, found.judged, found.within) == (3, 2, 1)
    assert (found.anomalies, found.unjudged) == (1, 3)
    assert found.share == 0.5
    assert found.mean_s == 90
    assert found.median_s == 70


def test_the_statistic_decides_whether_the_limit_is_met():
    spent = [done(10)] * 18 + [done(500)] * 2
    assert figures(spent, "max").met is False
    assert figures(spent, "mean").met is True
    assert figures(spent, "p90").met is True
    assert figures(spent, "p95").met is False
    assert figures([UNKNOWN]).met is None
    assert figures([done(1, 10), done(1, 20)], "p90").met is True
    assert figures([done(1, 10), done(1, 20), done(30, 20)], "mean").met is True
    assert figures([done(11, 10), done(1, 20), done(1, 20)], "mean").met is False


def test_nothing_gives_no_figures_and_no_quantile():
    found = figures([])
    assert (found.count, found.mean_s, found.share) == (0, None, None)
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)
