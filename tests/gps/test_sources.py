"""Two devices in one vehicle: one says where it is, and nothing flaps or jumps."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import sin
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from gps.filters import Known, Place, judge
from gps.fix import Fix
from gps.memory import recalled, remembered
from gps.motion import Crossing, Motion, Site, follow
from gps.sources import HOLD_S, LEAST_S, apart
from gps.track import in_order, sight_of

T0 = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
TERMINAL, PHONE, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
LAT, LON, DEGREE_M = 39.9, 116.3, 111_195.0


def fix(
    device: UUID,
    second: float,
    north_m: float = 0.0,
    accuracy_m: float | None = None,
    **more: float,
) -> Fix:
    at = T0 + timedelta(seconds=second)
    return Fix(
        device_id=device,
        fix_at=at,
        received_at=at,
        lat=LAT + north_m / DEGREE_M,
        lon=LON,
        accuracy_m=accuracy_m,
        phone=device == PHONE,
        **more,  # type: ignore[arg-type]
    )


def run(fixes: Iterable[Fix], known: Known | None = None) -> tuple[list[tuple[Fix, str]], Known]:
    """Each fix with what became of it; what is known goes through JSON in between."""
    known = known or Known()
    told = []
    for one in fixes:
        verdict, known = judge(one, known, one.received_at)
        told.append((one, verdict.reason))
        if (latest := known.latest) is not None:
            bare = Place(latest.device_id, latest.fix_at, latest.lat, latest.lon)
            assert recalled(bare, remembered(known), known.static_for) == known
    return told, known


def counted(told: Iterable[tuple[Fix, str]]) -> list[Fix]:
    return [one for one, reason in told if reason == "ok"]


def switches(told: Iterable[tuple[Fix, str]]) -> int:
    return sum(a.device_id != b.device_id for a, b in pairwise(counted(told)))


def both(until: float, phone_m: float = 10.0, accuracy_m: float | None = 20.0) -> list[Fix]:
    """A standing vehicle: the terminal every 10 s, the phone in between."""
    seconds = range(0, int(until), 10)
    terminal = [fix(TERMINAL, s) for s in seconds]
    phone = [fix(PHONE, s + 5, phone_m, accuracy_m) for s in seconds]
    return [one for pair in zip(terminal, phone, strict=True) for one in pair]


def test_a_phone_beside_a_terminal_is_stored_beside() -> None:
    told, _ = run(both(600))
    assert {one.device_id for one in counted(told)} == {TERMINAL}
    assert {reason for one, reason in told if one.device_id == PHONE} == {"beside"}


def test_one_device_alone_costs_no_memory() -> None:
    _, known = run([fix(TERMINAL, s) for s in range(0, 600, 10)])
    assert known.sources is None
    assert remembered(known) == {}


def test_a_phone_that_rides_along_takes_over_when_the_terminal_falls_silent() -> None:
    silent = [fix(PHONE, s, 10, 20) for s in range(305, 400, 10)]
    told, known = run(both(300) + silent)
    first = next(one for one in counted(told) if one.device_id == PHONE)
    last = max(one.at for one in counted(told) if one.device_id == TERMINAL)
    waited = (first.at - last).total_seconds()
    assert LEAST_S < waited <= LEAST_S + 20
    assert known.sources is not None
    assert known.sources.gaps == ((last.timestamp(), first.at.timestamp()),)


def test_a_terminal_with_a_slow_rhythm_is_waited_for() -> None:
    slow = [fix(TERMINAL, s) for s in range(0, 6000, 60)]
    phone = [fix(PHONE, s + 1, 10, 20) for s in range(0, 6000, 10)]
    told, _ = run(sorted(slow + phone, key=lambda one: one.at))
    assert {one.device_id for one in counted(told)} == {TERMINAL}


def test_a_terminal_is_preferred_when_it_returns_but_not_at_its_first_word() -> None:
    silent = [fix(PHONE, s, 10, 5) for s in range(305, 600, 10)]
    told, _ = run(
        both(300)
        + silent
        + [
            replace(
                one,
                fix_at=one.at + timedelta(minutes=10),
                received_at=one.at + timedelta(minutes=10),
            )
            for one in both(300)
        ]
    )
    sources = [one.device_id for one in counted(told)]
    assert switches(told) == 2
    assert sources[-1] == TERMINAL
    back = [
        one
        for one in counted(told)
        if one.device_id == TERMINAL and one.at > T0 + timedelta(0, 600)
    ]
    assert (back[0].at - T0).total_seconds() >= 600 + HOLD_S


def test_a_poor_terminal_gives_way_to_a_sure_phone_for_good() -> None:
    seconds = range(0, 900, 10)
    poor = [fix(TERMINAL, s, 60 * (s % 20 - 10) / 10, accuracy_m=120) for s in seconds]
    phone = [fix(PHONE, s + 5, 10, 8) for s in seconds]
    told, _ = run(sorted(poor + phone, key=lambda one: one.at))
    assert switches(told) == 1
    assert counted(told)[-1].device_id == PHONE


def test_a_phone_left_at_home_is_named_and_never_takes_over() -> None:
    drive = [fix(TERMINAL, 600 + s, s * 12, speed_kmh=43.2) for s in range(0, 600, 10)]
    at_home = [fix(PHONE, 605 + s, 10, 20) for s in range(0, 1800, 10)]
    told, known = run(both(600) + sorted(drive + at_home, key=lambda one: one.at))
    assert {one.device_id for one in counted(told)} == {TERMINAL}
    assert known.sources is not None
    assert set(apart(known.sources)) == {PHONE}
    assert known.sources.heard[PHONE].apart_m > 500
    # It gets in again: together for a while, it is no longer apart, and may take over.
    there = 590 * 12.0
    again = [fix(TERMINAL, 2400 + s, there) for s in range(0, 200, 10)]
    rides = [fix(PHONE, 2405 + s, there, 20) for s in range(0, 400, 10)]
    told, known = run(sorted(again + rides, key=lambda one: one.at), known)
    assert known.sources is not None
    assert apart(known.sources) == {}
    assert counted(told)[-1].device_id == PHONE


def test_of_a_phone_that_counted_and_a_terminal_elsewhere_the_phone_is_apart() -> None:
    alone = [fix(PHONE, s, 0, 20) for s in range(0, 120, 10)]
    elsewhere = [fix(TERMINAL, 121 + s, 3000) for s in range(0, 600, 10)]
    stays = [fix(PHONE, 120 + s, 0, 20) for s in range(0, 600, 10)]
    told, known = run(alone + sorted(elsewhere + stays, key=lambda one: one.at))
    assert switches(told) == 1
    assert counted(told)[-1].device_id == TERMINAL
    assert known.sources is not None
    assert set(apart(known.sources)) == {PHONE}


def test_an_unproven_phone_waits_longer_than_one_that_rode_along() -> None:
    phone = [fix(PHONE, s, 400, 20) for s in range(100, 1000, 10)]
    told, _ = run([fix(TERMINAL, s) for s in range(0, 60, 10)] + phone)
    took = next(one.at for one, reason in told if one.device_id == PHONE and reason != "beside")
    assert (took - T0).total_seconds() >= 600


def test_what_another_device_sends_late_counts_where_the_source_had_a_gap() -> None:
    blind = both(300) + [fix(TERMINAL, s, 2000) for s in range(900, 1000, 10)]
    told, known = run(blind)
    backlog = [fix(PHONE, s, 4 * (s - 300), 20) for s in range(310, 890, 10)]
    beside = [fix(PHONE, s, 2000, 20) for s in range(905, 1000, 10)]
    late = [replace(one, received_at=T0 + timedelta(seconds=1001)) for one in backlog + beside]
    told, _ = run(late, known)
    assert {reason for one, reason in told if one in late[: len(backlog)]} == {"late"}
    assert {reason for one, reason in told if one in late[len(backlog) :]} == {"beside"}
    way = in_order(blind + late)
    assert max((b.at - a.at).total_seconds() for a, b in pairwise(way)) <= 60


def test_two_terminals_do_not_take_turns() -> None:
    seconds = range(0, 900, 10)
    first = [fix(TERMINAL, s, accuracy_m=12) for s in seconds]
    second = [fix(SECOND, s + 3, 20, accuracy_m=9) for s in seconds]
    told, _ = run(sorted(first + second, key=lambda one: one.at))
    assert switches(told) == 0


def told_by_motion(fixes: Iterable[Fix], site: Site) -> list[Crossing]:
    motion, found = Motion(), []
    for one in counted(run(fixes)[0]):
        motion, crossings = follow(site, motion, sight_of(one))
        found += crossings
    return found


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kmh=st.integers(20, 70),
    rhythm=st.integers(3, 30),
    phone_rhythm=st.integers(2, 40),
    offset_m=st.integers(-30, 30),
    unsure_m=st.integers(5, 60),
    silence=st.tuples(st.integers(60, 600), st.integers(0, 240)),
)
def test_a_phone_beside_the_terminal_changes_no_departure_and_no_arrival(
    seed: int,
    kmh: int,
    rhythm: int,
    phone_rhythm: int,
    offset_m: int,
    unsure_m: int,
    silence: tuple[int, int],
) -> None:
    """3 km to the site after 150 s at rest; the terminal may be silent for a while on the way."""
    dice, speed = Random(seed), kmh / 3.6
    begins, arrives = 150.0, 150.0 + 3000 / speed
    ends = arrives + 420

    def look(device: UUID, second: float, noise: float, off: float) -> Fix:
        metres = min(3000.0, max(0.0, (second - begins) * speed))
        moves = begins < second < arrives
        north = metres + off + noise * sin(second / 40) + dice.uniform(-1, 1)
        accuracy = float(unsure_m) if device == PHONE else None
        return fix(device, second, north, accuracy, speed_kmh=kmh if moves else 0.0)

    quiet = range(silence[0], sum(silence))
    terminal = [look(TERMINAL, s, 8, 0) for s in range(0, int(ends), rhythm) if s not in quiet]
    phone = [
        look(PHONE, s + 0.5, unsure_m / 4, offset_m) for s in range(0, int(ends), phone_rhythm)
    ]
    site = Site(LAT + 3000 / DEGREE_M, LON, 100, T0)
    alone = told_by_motion(terminal, site)
    shared = told_by_motion(sorted(terminal + phone, key=lambda one: one.at), site)
    assert [one.kind for one in shared] == ["departed", "arrived"]
    crossed = arrives - 100 / speed
    for one, truth in zip(shared, (begins, crossed), strict=True):
        slack = one.uncertainty_s + 120 / speed
        assert abs((one.at - T0).total_seconds() - truth) <= slack
    if silence[1] == 0:
        assert [one.kind for one in alone] == ["departed", "arrived"]
