"""A paced clock: monotone, never ahead of real time where it catches up, and then real time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.clock import Pace
from core.settings import Settings, WrongSetting, settings

ANCHOR = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
spans = st.floats(0, 1e6).map(lambda seconds: timedelta(seconds=seconds))
catching_up = st.builds(
    lambda behind, speed: Pace(ANCHOR - behind, ANCHOR, speed, catch_up=True),
    spans,
    st.floats(1.5, 1000),
)
running_on = st.builds(
    lambda start, speed: Pace(ANCHOR - start, ANCHOR, speed, catch_up=False),
    spans,
    st.floats(0.1, 1000),
)


@given(st.one_of(catching_up, running_on), spans, spans)
def test_never_goes_back(pace: Pace, first: timedelta, more: timedelta) -> None:
    assert pace.at(ANCHOR + first) <= pace.at(ANCHOR + first + more)


@given(catching_up, spans)
def test_is_never_ahead_of_real_time(pace: Pace, gone: timedelta) -> None:
    assert pace.at(ANCHOR + gone) <= ANCHOR + gone


@given(catching_up, spans)
def test_meets_real_time_and_stays(pace: Pace, more: timedelta) -> None:
    left = pace.meets_in(ANCHOR)
    met = ANCHOR + timedelta(seconds=left or 0, milliseconds=1)
    assert pace.at(met + more) == met + more
    assert pace.rate(met + more) == 1
    assert pace.meets_in(met + more) is None
    if left and left > 1:
        assert pace.rate(met - timedelta(seconds=1)) == pace.speed


@given(st.one_of(catching_up, running_on), spans)
def test_real_of_is_the_inverse(pace: Pace, gone: timedelta) -> None:
    real = ANCHOR + gone
    assert abs(pace.real_of(pace.at(real)) - real) < timedelta(milliseconds=1)


def test_runs_at_its_speed_without_end() -> None:
    pace = Pace(ANCHOR, ANCHOR + timedelta(days=9), 60, catch_up=False)
    assert pace.at(pace.anchor - timedelta(hours=1)) == ANCHOR
    assert pace.at(pace.anchor + timedelta(minutes=2)) == ANCHOR + timedelta(hours=2)
    assert pace.meets_in(pace.anchor) is None


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    settings.cache_clear()
    monkeypatch.setattr("core.clock.settings", Settings)
    yield monkeypatch
    settings.cache_clear()


def test_without_settings_business_time_is_real_time(own: pytest.MonkeyPatch) -> None:
    before, moment, after = clock.real_now(), clock.now(), clock.real_now()
    assert before <= moment <= after
    assert clock.rate() == 1
    assert clock.meets_in() is None
    assert 59 < clock.seconds_until(clock.now() + timedelta(seconds=60)) <= 60


def test_follows_the_settings(own: pytest.MonkeyPatch) -> None:
    real = clock.real_now()
    own.setenv("PAIDAN_CLOCK_START", (real - timedelta(hours=1)).isoformat())
    own.setenv("PAIDAN_CLOCK_FROM", real.isoformat())
    own.setenv("PAIDAN_CLOCK_SPEED", "61")
    own.setenv("PAIDAN_CLOCK_CATCH_UP", "true")
    assert clock.rate() == 61
    assert clock.now() < clock.real_now() - timedelta(minutes=50)
    assert 50 < (clock.meets_in() or 0) <= 60
    assert clock.seconds_until(clock.now() + timedelta(seconds=61)) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("name", ["CLOCK_START", "CLOCK_FROM"])
def test_both_moments_or_neither(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    other = {"CLOCK_START": "CLOCK_FROM", "CLOCK_FROM": "CLOCK_START"}[name]
    monkeypatch.setenv(f"PAIDAN_{name}", "2026-03-02T08:00:00+08:00")
    settings.cache_clear()
    try:
        with pytest.raises(WrongSetting) as refused:
            settings()
        assert f"PAIDAN_{other}" in str(refused.value.sentence("en"))
    finally:
        settings.cache_clear()
