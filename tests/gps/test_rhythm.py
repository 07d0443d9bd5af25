"""A device is measured against itself: who is steady is never silent, who stops is, soon."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gps.rhythm import (
    CEILING_S,
    FLOOR_S,
    LEFT_OUT,
    MOVING,
    OFF,
    RESTING,
    USUAL_S,
    Rhythm,
)

BEGIN = 1_800_000_000.0
SPEED = {MOVING: 40.0, RESTING: 0.0, OFF: 0.0}


def steady(
    every: float, count: int, kind: int = MOVING, clock: float = 0.0, rhythm: Rhythm | None = None
) -> Rhythm:
    """So many positions, one every so many seconds; the device's clock is `clock` ahead of ours."""
    one = rhythm or Rhythm()
    begin = one.received or BEGIN
    for number in range(1, count + 1):
        at = begin + number * every
        one.hear(at, at + clock, SPEED[kind], ignition=kind != OFF)
    return one


@given(
    every=st.floats(1, 190),
    kind=st.sampled_from((MOVING, RESTING)),
    shake=st.lists(st.floats(-0.4, 0.4), min_size=3, max_size=60),
    clock=st.floats(-30, 30),
)
def test_a_steady_sender_is_never_silent(
    every: float, kind: int, shake: list[float], clock: float
) -> None:
    one = Rhythm()
    at = BEGIN
    for late in shake:
        received = at + every * (1 + late)
        most = LEFT_OUT * USUAL_S[kind]
        if one.received and received - one.received < most:
            assert received < one.quiet_at
        one.hear(received, received + clock, SPEED[kind], ignition=True)
        at = received


@given(every=st.floats(1, 3000), kind=st.sampled_from((MOVING, RESTING, OFF)))
def test_one_that_stops_is_silent_within_bound(every: float, kind: int) -> None:
    one = steady(every, 40, kind)
    quiet = one.quiet_at - one.received
    assert FLOOR_S <= quiet <= CEILING_S[one.kind]


def test_a_quick_sender_is_missed_soon_and_a_slow_one_later() -> None:
    assert steady(5, 400).allowed_s == FLOOR_S
    assert 85 < steady(30, 60).allowed_s < 100
    assert 340 < steady(120, 20).allowed_s <= 360


@given(count=st.integers(2, 300), gap=st.floats(200, 20_000))
def test_what_is_made_up_for_after_a_blind_spot_shortens_nothing(count: int, gap: float) -> None:
    one = steady(30, 100)
    before, back = one.expected_s, one.received + gap
    for number in range(1, count + 1):
        at = one.at + gap / (count + 1)
        one.hear(back + number * 0.02, at, 40.0, ignition=True)
    assert one.expected_s >= before - 1


def test_a_position_of_long_ago_that_comes_in_now_makes_nobody_heard() -> None:
    one = steady(10, 50)
    back = one.received + 1200
    one.hear(back, one.at + 10, 40.0, ignition=True)
    assert one.quiet_at < back
    one.hear(back + 1, back, 40.0, ignition=True)
    assert one.quiet_at > back


@given(clock=st.sampled_from((-28_800.0, -3600.0, -600.0, 0.0, 45.0)))
def test_a_wrong_clock_makes_nobody_silent(clock: float) -> None:
    one = steady(10, 4, clock=clock)
    assert one.received < one.quiet_at <= one.received + CEILING_S[MOVING]


def test_a_clock_that_was_put_right_is_believed_after_three_positions() -> None:
    one = steady(10, 50, clock=-28_800.0)
    steady(10, 3, clock=0.0, rhythm=one)
    assert one.received < one.quiet_at
    one = steady(10, 50)
    later = one.received + 28_800
    for number in range(3):  # as though its clock had stood still meanwhile
        one.hear(later + number * 10, one.at + 10, 40.0, ignition=True)
    assert one.quiet_at > later


def test_the_phone_that_says_when_it_sent_needs_no_guess() -> None:
    one = Rhythm()
    one.hear(BEGIN, BEGIN - 600, 0.0, ignition=None, sent=BEGIN - 590)
    assert one.seen == BEGIN - 10


def test_six_positions_at_once_every_half_minute_are_one_sending() -> None:
    one = Rhythm()
    for number, place in itertools.product(range(60), range(6)):
        received = BEGIN + 30 * number
        one.hear(received, received - 25 + 5 * place, 40.0, ignition=True)
    assert 25 < one.expected_s < 35


def test_the_ignition_that_goes_off_may_mean_an_hour() -> None:
    one = steady(10, 50)
    steady(10, 12, OFF, rhythm=one)
    assert one.allowed_s > 3000
    asleep = steady(3600, 3, OFF, rhythm=one)
    steady(10, 50, rhythm=asleep)
    steady(10, 12, OFF, rhythm=asleep)
    assert asleep.allowed_s > 3600


def test_a_terminal_without_the_wire_is_judged_by_its_standing() -> None:
    one = Rhythm()
    for number in range(1, 20):
        at = BEGIN + 10 * number
        one.hear(at, at, 40.0 if number < 10 else 0.0, ignition=False)
    assert one.kind == RESTING
    assert one.allowed_s <= LEFT_OUT * USUAL_S[RESTING]


def test_one_blind_spot_is_no_rhythm_but_a_new_rhythm_is_learnt() -> None:
    one = steady(10, 200)
    assert steady(300, 1, rhythm=one).allowed_s < 100
    assert steady(150, 8, rhythm=one).allowed_s > 150


@given(st.lists(st.tuples(st.floats(1, 500), st.floats(0, 60)), min_size=1, max_size=20))
def test_what_is_remembered_survives_being_written_down(steps: list[tuple[float, float]]) -> None:
    one = Rhythm()
    at = BEGIN
    for wait, speed in steps:
        at += wait
        one.hear(at, at, speed, ignition=True)
    other = Rhythm.from_json(one.to_json())
    assert other.to_json() == one.to_json()
    assert abs(other.quiet_at - one.quiet_at) < 1
