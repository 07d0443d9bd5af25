"""Clocks and map systems of devices that are not those of the standard."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.coordinates import convert
from gps.contest import Takeover, contradicts, fought_over, wait_s
from gps.fix import Fix
from gps.quirks import ClockWatch, Quirks, put_right, zone_for, zone_of

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")
HARDWARE = {"maker": "PAIDA", "model": "M-1", "terminal_id": "T000001", "plate": "京A12345"}


def watched(behind: list[float], every: float = 15) -> ClockWatch:
    watch = ClockWatch()
    for index, seconds in enumerate(behind):
        received = NOON + timedelta(seconds=every * index)
        watch.look(received - timedelta(seconds=seconds), received)
    return watch


@given(st.integers(-56, 56), st.floats(-60, 60), st.integers(5, 20))
def test_a_constant_offset_of_quarters_is_found(quarter: int, off: float, count: int) -> None:
    found = watched([quarter * 900 + off] * count).off_min
    assert found == quarter * 15


@pytest.mark.parametrize(
    "behind",
    [
        [28800.0] * 4,  # too few
        [28800.0 - 30 * i for i in range(20)],  # a backlog that is worked off
        [28800.0 + 15 * i for i in range(20)],  # a receiver that repeats its last time
        [700.0] * 20,  # a clock that is merely wrong
        [90 * 86400.0] * 20,
    ],
)
def test_no_offset_is_made_up(behind: list[float]) -> None:
    assert watched(behind).off_min is None


def test_a_burst_is_no_steady_clock() -> None:
    assert watched([28800.0] * 20, every=0.1).off_min is None


def test_news_are_told_once() -> None:
    watch = watched([28800.0] * 6)
    assert (watch.news(), watch.news()) == (True, False)


@given(st.sampled_from(["UTC", "+05:30", "-03:30", "America/New_York"]), st.integers(0, 365))
def test_the_suggested_zone_puts_the_clock_right(name: str, day: int) -> None:
    at = NOON + timedelta(days=day)
    local = at.astimezone(zone_of(name, CHINA)).replace(tzinfo=None)
    misread = local.replace(tzinfo=CHINA)
    off = round((at - misread) / timedelta(minutes=1))
    suggested = zone_for(off, at, CHINA)
    assert suggested is not None
    assert local.replace(tzinfo=zone_of(suggested, CHINA)) == at


def test_zones_that_do_not_exist() -> None:
    for name in ("Nowhere/City", "+15:00", "-12:15", "+8", ""):
        with pytest.raises(ValueError, match="zone"):
            zone_of(name, CHINA)
    assert zone_of(None, CHINA) is CHINA
    assert zone_for(-12 * 60, NOON, CHINA) is None


@given(st.floats(22, 45), st.floats(80, 125), st.sampled_from(["gcj02", "bd09", "wgs84"]))
def test_what_was_kept_in_quarantine_is_read_as_it_was_meant(
    lat: float, lon: float, datum: str
) -> None:
    sent = convert(lat, lon, given="wgs84", wanted=datum)  # type: ignore[arg-type]
    misread = Fix(UUID(int=1), NOON - timedelta(hours=8), NOON, *sent)
    meant = put_right(misread, Quirks("UTC", datum), CHINA)  # type: ignore[arg-type]
    assert meant.at == NOON
    assert (meant.lat, meant.lon) == pytest.approx((lat, lon), abs=1e-7)


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ({}, False),
        ({"plate": ""}, False),
        ({"plate": "京B99999"}, True),
        ({"terminal_id": "T000002"}, True),
        ({"terminal_id": ""}, True),
        ({"terminal_id": "T000001-2019-LONG"}, False),  # the longer field of a newer standard
        ({"maker": "PAI"}, True),
        ({"model": "M-2"}, True),
    ],
)
def test_who_is_another_device(said: dict[str, str], other: bool) -> None:
    assert contradicts(HARDWARE, HARDWARE | said) is other
    assert contradicts({}, HARDWARE | said) is False


def takeovers(count: int, *, alive: bool, spoke: bool, ends: tuple[str, str]) -> list[Takeover]:
    return [
        Takeover(NOON + timedelta(minutes=i), alive, spoke, ends[i % 2], ends[(i + 1) % 2])
        for i in range(count)
    ]


def test_only_what_two_devices_can_do_is_called_so() -> None:
    two, one = ("10.0.0.1", "10.0.0.2"), ("10.0.0.1", "10.0.0.1")
    now = NOON + timedelta(minutes=5)
    assert fought_over(takeovers(3, alive=True, spoke=False, ends=two), now)
    assert fought_over(takeovers(3, alive=True, spoke=True, ends=one), now)
    assert not fought_over(takeovers(2, alive=True, spoke=True, ends=two), now)
    assert not fought_over(takeovers(9, alive=False, spoke=False, ends=two), now)
    assert not fought_over(takeovers(5, alive=True, spoke=False, ends=one), now)
    assert fought_over(takeovers(6, alive=True, spoke=False, ends=one), now)
    later = now + timedelta(minutes=10)
    assert not fought_over(takeovers(3, alive=True, spoke=False, ends=two), later)


def test_wrong_codes_are_answered_ever_later() -> None:
    waits = [wait_s(wrong) for wrong in range(1, 12)]
    assert waits[:3] == [0, 0, 1]
    assert waits == sorted(waits)
    assert waits[-1] == 20
