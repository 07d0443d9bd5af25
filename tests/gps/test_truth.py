"""Departure and arrival on drives whose truth is known, receivers as they are."""

from pathlib import Path

import pytest

from api.demo.city import make_city
from bench.truth import Score, journeys, naive, product, scored
from bench.truth_shared import make_shared
from bench.truth_tracks import journeys_of_days

FIRST, COUNT = 20_000, 180


@pytest.fixture(scope="module")
def scores() -> dict[str, dict[str, Score]]:
    made = journeys(make_city(), FIRST, COUNT)
    return {rule.__name__: scored(rule, made) for rule in (product, naive)}


@pytest.mark.parametrize("kind", ["departed", "arrived"])
def test_nearly_every_departure_and_arrival_is_told_once_and_in_its_place(
    scores: dict[str, dict[str, Score]], kind: str
) -> None:
    score = scores["product"][kind]
    assert score.right + score.missing > 100
    assert score.missing <= 0.04 * (score.right + score.missing)
    assert score.false <= 0.04 * (score.right + score.false)
    assert sorted(abs(error) for error in score.errors)[len(score.errors) // 2] < 5


def test_one_fix_inside_the_circle_is_a_worse_rule(scores: dict[str, dict[str, Score]]) -> None:
    arrived = {name: scores[name]["arrived"] for name in scores}
    assert arrived["naive"].false > 10 * max(1, arrived["product"].false)


def test_a_phone_beside_the_terminal_costs_no_arrival_and_saves_those_of_a_dead_terminal() -> None:
    shared = make_shared(make_city(), FIRST, 45)
    made = list(shared.journeys.values())
    alone, sources, newest = (
        scored(rule, made) for rule in (shared.alone, shared.sources, shared.newest)
    )
    for kind in ("departed", "arrived"):
        assert sources[kind].right >= alone[kind].right
        assert sources[kind].false <= alone[kind].false + 1
    assert sources["arrived"].right > alone["arrived"].right
    assert newest["arrived"].missing > sources["arrived"].missing


@pytest.mark.shared
def test_whoever_drives_past_or_parks_next_door_on_a_recorded_day_has_not_arrived(
    shared: Path,
) -> None:
    made = journeys_of_days(shared / "data/sf_cabs_2008/dev_20080528.csv.gz", FIRST, most=40)
    score = scored(product, [one for one in made if one.entered_s is None])["arrived"]
    ends = scored(product, [one for one in made if one.entered_s is not None])["arrived"]
    assert len(made) > 50
    assert score.false == 0
    assert ends.right > 5 * ends.missing
