"""A hotline at work with a carrier that loses, repeats, delays and mixes up its reports: the real
product, judged from raw evidence; and the judge itself, which has to find what is planted.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest

from bench.hotline import Day, faults, play
from tests.hotline.floor import Wish, hotline

CALLS = 12
WISH = Wish(
    calls=CALLS,
    agents=5,
    over_s=20,
    talk_s=(5, 15),
    speed=4,
    seed=3,
    settings={"lost_call_seconds": "20"},
)


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    with hotline(WISH) as one:
        certain = one.carrier.post("/mischief", json={"next": ["drop"]})  # the rest is by dice
        assert certain.is_success, certain.text
        yield play(one)


# All callers hang up by themselves, whatever the product does; so it ends however long that takes.
@pytest.mark.timeout(600)
def test_every_call_of_a_chaotic_hotline_has_one_end_and_nobody_is_forgotten(day: Day) -> None:
    assert faults(day) == {}
    outcomes = day.report["total"]["outcomes"]
    assert (len(day.books.calls), sum(outcomes.values())) == (CALLS, CALLS)
    assert outcomes.get("answered", 0) > 0
    kinds = {entry["kind"] for entry in day.trace}
    assert "dropped" in kinds, "the carrier lost nothing"


def second_reservation(day: Day) -> None:
    """An agent who speaks is offered another call."""
    offer = next(fact for fact in day.books.facts if fact["type"] == "agent.offered")
    again = deepcopy(offer)
    again["payload"]["call_id"] = str(uuid4())
    at = day.books.facts.index(offer) + 1
    day.books.facts.insert(at, again)


def unswept(day: Day) -> None:
    """The end of a call was lost, and nobody has asked for it."""
    call = day.books.calls[0]
    call["outcome"] = None


def forgotten(day: Day) -> None:
    """Nobody spoke with a caller, and nobody is to call back."""
    call = next(one for one in day.books.calls if one["outcome"] == "answered")
    rows = day.books.reports[call["id"]]
    agents = {leg for leg in day.books.agents if any(row["carrier_call"] == leg for row in rows)}
    day.books.agents = {leg: who for leg, who in day.books.agents.items() if leg not in agents}
    call["from_number"] = "+8613999999999"


def twice(day: Day) -> None:
    """One call of the carrier became two."""
    day.books.calls.append({**day.books.calls[0]})


def one_too_many(name: str) -> Callable[[Day], None]:
    """The report says more of this than there is."""

    def plant(day: Day) -> None:
        day.report["total"][name] += 1

    return plant


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (second_reservation, "two calls"),
        (unswept, "without an end"),
        (forgotten, "forgotten"),
        (twice, "calls not known once"),
        *((one_too_many(name), "report") for name in ("answered", "worked_s", "talk_s", "offered")),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_the_judge_finds_what_is_planted(
    day: Day, plant: Callable[[Day], None], fault: str
) -> None:
    mistaken = deepcopy(day)
    plant(mistaken)
    found: dict[str, Any] = faults(mistaken)
    assert fault in found
