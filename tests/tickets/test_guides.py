"""Guides: what is in the files holds the rules, and wrong files are refused by name."""

import copy
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.reference import FAULT_CODES, TRADE_CODES
from dispatch.tickets.guides.loading import FOLDER, GuideInvalid, guide_of, guides, words
from dispatch.tickets.guides.model import END, UNKNOWN, Guide, NotAnAnswer, evaluate


def ways(guide: Guide, at: str, way: dict[str, str]) -> Iterator[dict[str, str]]:
    """Every way through a guide: question → answer."""
    if at == END:
        yield way
        return
    question = guide.questions[at]
    for choice in question.choices:
        answer = choice.code
        if question.kind == "number" and choice.at_least is not None:
            answer = f"{choice.at_least:g}"
        yield from ways(guide, choice.next, {**way, at: answer})


def test_every_fault_type_has_a_guide() -> None:
    assert set(guides()) == set(FAULT_CODES)
    for code, guide in guides().items():
        assert guide.code == code
        named = [one.trade for question in guide.questions.values() for one in question.choices]
        assert {guide.trade, *(trade for trade in named if trade)} <= set(TRADE_CODES)


@pytest.mark.parametrize("code", FAULT_CODES)
def test_every_way_through_a_guide_comes_to_an_end(code: str) -> None:
    guide = guides()[code]
    for way in ways(guide, guide.first, {}):
        outcome = evaluate(guide, way)
        assert (outcome.missing, outcome.stray) == (None, ())
        assert list(outcome.asked) == list(way)
        assert guide.urgency <= outcome.urgency <= 3
        for hazard in outcome.advice:
            assert words()["hazard"][hazard].zh


@pytest.mark.parametrize("code", FAULT_CODES)
def test_after_each_answer_the_next_question_is_named(code: str) -> None:
    guide = guides()[code]
    for way in ways(guide, guide.first, {}):
        given_so_far: dict[str, str] = {}
        for question, answer in way.items():
            assert evaluate(guide, given_so_far).missing == question
            given_so_far[question] = answer


@pytest.mark.parametrize("code", FAULT_CODES)
def test_danger_is_never_made_smaller_by_a_later_answer(code: str) -> None:
    guide = guides()[code]
    for way in ways(guide, guide.first, {}):
        urgencies = []
        so_far: dict[str, str] = {}
        for question, answer in way.items():
            so_far[question] = answer
            urgencies.append(evaluate(guide, so_far).urgency)
        assert urgencies == sorted(urgencies)


def test_own_breaker_is_found_before_a_vehicle_rolls() -> None:
    answers = {
        "danger": "no",
        "life_support": "no",
        "neighbours": "lit",
        "own_breaker": "tripped_stays",
    }
    outcome = evaluate(guides()["no_power_home"], answers)
    assert outcome.customer_side == ("own_breaker",)
    assert outcome.missing is None
    (because,) = outcome.because
    assert (because.question, because.answer) == ("own_breaker", "tripped_stays")


def test_the_state_of_the_account_is_a_cause_too() -> None:
    outcome = evaluate(guides()["no_power_home"], {}, "in_arrears")
    assert outcome.customer_side == ("arrears",)
    assert outcome.because[0].question == ""


def test_a_number_falls_on_its_range() -> None:
    guide = guides()["no_power_building"]
    before = {"danger": "no", "lift": "no", "life_support": "no"}
    trades = {
        count: evaluate(guide, {**before, "buildings": count}).trade
        for count in ("1", "4", "5", "1000", UNKNOWN)
    }
    assert trades == {
        "1": "low_voltage",
        "4": "low_voltage",
        "5": "medium_voltage",
        "1000": "medium_voltage",
        UNKNOWN: "low_voltage",
    }
    for wrong in ("0", "1001", "nan", "inf", "-1", "many", ""):
        with pytest.raises(NotAnAnswer):
            evaluate(guide, {**before, "buildings": wrong})


@given(st.text(max_size=10), st.text(max_size=10))
def test_whatever_is_answered_the_guide_does_not_fall_over(first: str, second: str) -> None:
    for guide in guides().values():
        question = guide.questions[guide.first]
        answers = {second: first, guide.first: first}
        if question.choice_for(first) is None:
            with pytest.raises(NotAnAnswer):
                evaluate(guide, answers)
        elif second not in guide.questions:
            assert evaluate(guide, answers).asked == (guide.first,)


def broken(change: Callable[[dict[str, Any]], None]) -> str:
    """What is said of the first guide after `change`; `sound` where nothing is."""
    path = FOLDER / "no_power_home.toml"
    document = copy.deepcopy(tomllib.loads(path.read_text(encoding="utf-8")))
    change(document)
    try:
        guide_of(document, "test.toml", words())
    except GuideInvalid as finding:
        return str(finding)
    return "sound"


def question(document: dict[str, Any], id_: str) -> dict[str, Any]:
    return next(one for one in document["question"] if one["id"] == id_)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: None, "sound"),
        (lambda d: d.pop("trade"), "'trade' is missing"),
        (lambda d: d.update(first="nowhere"), "there is no question nowhere"),
        (lambda d: question(d, "danger").update(zh=" "), "words are missing"),
        (lambda d: question(d, "danger")["yes"].update(next="nowhere"), "leads to nowhere"),
        (lambda d: question(d, "prepaid")["no"].update(next="danger"), "go in a circle"),
        (lambda d: question(d, "danger")["yes"].update(hazard="dragon"), "no words for hazard"),
        (lambda d: question(d, "danger")["yes"].update(urgency=4), "urgency must be"),
        (lambda d: question(d, "neighbours")["choice"].pop(), "unknown is missing"),
        (lambda d: question(d, "neighbours")["choice"][0].pop("en"), "words are missing"),
        (lambda d: d["question"].append(dict(question(d, "danger"))), "there twice"),
        (lambda d: d["question"].append({**question(d, "danger"), "id": "x"}), "no way leads"),
        (lambda d: question(d, "danger").update(kind="guess"), "there is no kind"),
    ],
)
def test_a_wrong_guide_is_refused_by_name(
    change: Callable[[dict[str, Any]], None], said: str
) -> None:
    assert said in broken(change)


def test_ranges_without_gap_or_end() -> None:
    path = FOLDER / "no_power_building.toml"
    for change, said in (
        ({"from": 3}, "gap"),
        ({"from": 1}, "gap"),
        ({"to": 4}, "gap"),
    ):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        question(document, "buildings")["choice"][1].update(change)
        with pytest.raises(GuideInvalid, match=said):
            guide_of(document, "test.toml", words())
