"""Laws of places: how sure, how wide the circle, how alike two reports are."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.places.duplicates import SHOWN_FROM, Report, likeness
from dispatch.places.rules import (
    ARRIVAL_RADIUS_M,
    LARGEST_RADIUS_M,
    SOURCES,
    UNCERTAINTY_M,
    Candidate,
    arrival_radius,
    best_first,
    differs,
    uncertainty_of,
)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
METRE = 1 / 111_195
metres = st.floats(0, 40_000)
sources = st.sampled_from(sorted(SOURCES))
faults = st.sampled_from([None, "no_power_home", "no_power_area", "wires_down", "meter_fault"])
ids = st.sampled_from([None, *(uuid.UUID(int=n) for n in (1, 2))])
reports = st.builds(
    Report,
    at=st.integers(0, 2_000).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    fault_code=faults,
    lat=st.floats(39.8, 40.0),
    lon=st.floats(116.2, 116.5),
    uncertainty_m=metres,
    customer_id=ids,
    premise_id=ids,
    devices=st.frozensets(
        st.tuples(st.sampled_from(["transformer", "section", "feeder"]), ids.filter(bool)),
        max_size=3,
    ),
)


def test_every_source_has_words_and_an_uncertainty() -> None:
    assert set(SOURCES) == set(UNCERTAINTY_M)


def test_a_rural_address_is_less_sure_than_an_urban_one_and_a_pole_is_a_pole() -> None:
    assert uncertainty_of("meter", "urban") < uncertainty_of("meter", "rural")
    assert uncertainty_of("meter", "rural") < uncertainty_of("meter", "remote")
    assert uncertainty_of("pole", "remote") == uncertainty_of("pole", "urban")


@given(sources, metres)
def test_what_a_source_says_itself_counts(source: str, told: float) -> None:
    assert uncertainty_of(source, "rural", told) == max(5.0, told)


@given(metres, metres)
def test_the_circle_widens_with_doubt_and_never_beyond_reason(a: float, b: float) -> None:
    small, large = sorted((arrival_radius(a), arrival_radius(b)))
    assert small <= large
    assert small >= ARRIVAL_RADIUS_M
    assert large <= LARGEST_RADIUS_M
    assert (arrival_radius(min(a, b)), arrival_radius(max(a, b))) == (small, large)
    assert arrival_radius(None) == ARRIVAL_RADIUS_M


@given(metres, st.floats(0, 500), st.floats(0, 5_000))
def test_a_difference_within_the_doubt_proposes_nothing(d: float, u: float, more: float) -> None:
    if differs(d, u):
        assert d > u
        assert differs(d + more, u)


@given(st.lists(st.tuples(sources, metres, st.integers(0, 2)), min_size=1, max_size=8))
def test_the_best_of_several_is_no_less_sure_than_its_equals(
    told: list[tuple[str, float, int]],
) -> None:
    found = best_first(
        Candidate(0.0, 0.0, source, doubt, "", "", "", "", rank=rank)
        for source, doubt, rank in told
    )
    assert len(found) == len(told)
    first = found[0]
    assert all((first.rank, first.uncertainty_m) <= (one.rank, one.uncertainty_m) for one in found)


@given(reports, reports)
def test_a_duplicate_is_one_either_way_round(one: Report, other: Report) -> None:
    there, back = likeness(one, other), likeness(other, one)
    assert (there.score, there.distance_m, there.minutes) == (
        back.score,
        back.distance_m,
        back.minutes,
    )
    assert {each.code for each in there.reasons} == {each.code for each in back.reasons}
    assert 0.0 <= there.score <= 1.0


@given(st.floats(0, 4_000), st.floats(0, 4_000), faults, st.floats(0, 300))
def test_the_further_the_less_alike(a: float, b: float, fault: str | None, doubt: float) -> None:
    here = Report(NOON, fault, 39.9, 116.4, doubt)
    near, far = (
        likeness(here, Report(NOON, fault, 39.9 + d * METRE, 116.4, doubt)).score
        for d in sorted((a, b))
    )
    assert near >= far


@given(st.floats(0, 1_000), st.floats(0, 1_000))
def test_the_longer_ago_the_less_alike(a: float, b: float) -> None:
    here = Report(NOON, "no_power_area", 39.9, 116.4)
    soon, late = (
        likeness(here, Report(NOON + timedelta(minutes=m), "no_power_area", 39.9, 116.4)).score
        for m in sorted((a, b))
    )
    assert soon >= late


def test_the_same_account_far_off_is_proposed_and_a_stranger_far_off_is_not() -> None:
    mine = Report(NOON, "no_power_home", 39.9, 116.4, customer_id=uuid.UUID(int=1))
    later = NOON + timedelta(minutes=20)
    same = likeness(mine, Report(later, "wires_down", None, None, customer_id=uuid.UUID(int=1)))
    assert same.score >= SHOWN_FROM
    assert same.distance_m is None
    assert same.reasons[0].zh == "同一户"
    stranger = likeness(mine, Report(later, "no_power_home", 39.95, 116.4))
    assert stranger.score < SHOWN_FROM


def test_the_same_feeder_is_a_hint_and_the_same_transformer_more() -> None:
    def on(*kinds: str) -> Report:
        devices = frozenset((kind, uuid.UUID(int=7)) for kind in kinds)
        return Report(NOON, "no_power_building", devices=devices)

    feeder = likeness(on("feeder"), on("feeder"))
    transformer = likeness(on("feeder", "transformer"), on("feeder", "transformer"))
    assert SHOWN_FROM < feeder.score < transformer.score
