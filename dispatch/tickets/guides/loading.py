"""Guides from their TOML files, checked when they are read: a wrong one is refused by name."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from dispatch.tickets.guides.model import (
    END,
    HIGHEST_URGENCY,
    KINDS,
    UNKNOWN,
    Choice,
    Guide,
    Question,
    Words,
)

FOLDER = Path(__file__).parent
WORDS_FILE = "words.toml"
EFFECTS = ("hazard", "customer_side", "skill")
_YES_NO = {
    "yes": Words("是", "yes"),
    "no": Words("否", "no"),
    UNKNOWN: Words("不清楚", "not known"),
}


class GuideInvalid(ValueError):
    """A guide cannot be used; the message names file, question and rule."""


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, Words]]:
    """Hazard, customer_side and skill → code → words."""
    return read_words(FOLDER / WORDS_FILE)


@lru_cache(maxsize=1)
def guides() -> Mapping[str, Guide]:
    """All guides by fault code. Raises GuideInvalid for the first thing wrong."""
    return {
        path.stem: read_guide(path, words())
        for path in sorted(FOLDER.glob("*.toml"))
        if path.name != WORDS_FILE
    }


def read_words(path: Path) -> Mapping[str, Mapping[str, Words]]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        effect: {
            code: _words(entry, f"{path.name} {effect}.{code}")
            for code, entry in document.get(effect, {}).items()
        }
        for effect in EFFECTS
    }


def read_guide(path: Path, known: Mapping[str, Mapping[str, Words]]) -> Guide:
    """The guide of one file. `known`: the codes that effects may name."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return guide_of(document, path.name, known)


def guide_of(
    document: Mapping[str, Any], name: str, known: Mapping[str, Mapping[str, Words]]
) -> Guide:
    """The guide in a document. Raises GuideInvalid naming what is wrong."""
    try:
        questions = [_question(entry, name) for entry in document["question"]]
        guide = Guide(
            code=document["code"],
            version=document["version"],
            urgency=document["urgency"],
            trade=document["trade"],
            first=document["first"],
            questions={one.id: one for one in questions},
        )
    except KeyError as missing:
        raise GuideInvalid(f"{name}: {missing} is missing") from missing
    if len(guide.questions) < len(questions):
        raise GuideInvalid(f"{name}: a question is there twice")
    for finding in findings(guide, known):
        raise GuideInvalid(f"{name}: {finding}")
    return guide


def _words(entry: Mapping[str, Any], where: str) -> Words:
    zh, en = entry.get("zh", ""), entry.get("en", "")
    if not zh.strip() or not en.strip():
        raise GuideInvalid(f"{where}: words are missing in Chinese or English")
    return Words(zh, en)


def _question(entry: Mapping[str, Any], name: str) -> Question:
    where = f"{name} {entry['id']}"
    if entry["kind"] not in KINDS:
        raise GuideInvalid(f"{where}: there is no kind {entry['kind']}")
    if entry["kind"] == "yes_no":
        choices = [_choice({"code": code, **entry[code]}, where) for code in _YES_NO]
    else:
        choices = [_choice(one, where) for one in entry["choice"]]
    return Question(
        id=entry["id"],
        kind=entry["kind"],
        words=_words(entry, where),
        choices=tuple(choices),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
    )


def _choice(entry: Mapping[str, Any], where: str) -> Choice:
    code = entry["code"]
    named = "zh" in entry or "en" in entry or code not in _YES_NO
    return Choice(
        code=code,
        words=_words(entry, f"{where}.{code}") if named else _YES_NO[code],
        next=entry["next"],
        urgency=entry.get("urgency"),
        trade=entry.get("trade"),
        skill=entry.get("skill"),
        customer_side=entry.get("customer_side"),
        hazard=entry.get("hazard"),
        at_least=entry.get("from"),
        below=entry.get("to"),
    )


def findings(guide: Guide, known: Mapping[str, Mapping[str, Words]]) -> Iterator[str]:
    """What is wrong with a guide: ends that lead nowhere, circles, gaps, unknown codes."""
    if guide.first not in guide.questions:
        yield f"first: there is no question {guide.first}"
        return
    if not 0 <= guide.urgency <= HIGHEST_URGENCY:
        yield f"urgency must be 0 to {HIGHEST_URGENCY}"
    for question in guide.questions.values():
        for choice in question.choices:
            yield from _of_choice(guide, question, choice, known)
        yield from _of_question(question)
    yield from _of_ways(guide)


def _of_choice(
    guide: Guide, question: Question, choice: Choice, known: Mapping[str, Mapping[str, Words]]
) -> Iterator[str]:
    where = f"{question.id}.{choice.code}"
    if choice.next != END and choice.next not in guide.questions:
        yield f"{where} leads to {choice.next}, which is not there"
    if choice.urgency is not None and not 0 <= choice.urgency <= HIGHEST_URGENCY:
        yield f"{where}: urgency must be 0 to {HIGHEST_URGENCY}"
    for effect in EFFECTS:
        code = getattr(choice, effect)
        if code is not None and code not in known[effect]:
            yield f"{where}: there are no words for {effect} {code}"


def _of_question(question: Question) -> Iterator[str]:
    codes = [one.code for one in question.choices]
    if len(set(codes)) < len(codes):
        yield f"{question.id}: an answer is there twice"
    if UNKNOWN not in codes:
        yield f"{question.id}: a caller may not know; the answer {UNKNOWN} is missing"
    if question.kind != "number":
        return
    if question.minimum is None or question.maximum is None:
        yield f"{question.id}: minimum and maximum are missing"
        return
    reached: float | None = question.minimum
    for one in (choice for choice in question.choices if choice.code != UNKNOWN):
        if one.at_least != reached:
            yield f"{question.id}.{one.code}: the ranges have a gap or meet twice"
        reached = one.below
    if reached is not None and reached <= question.maximum:
        yield f"{question.id}: the ranges end before the maximum"


def _of_ways(guide: Guide) -> Iterator[str]:
    """Circles, and questions that no way leads to."""
    reached: set[str] = set()

    def walk(at: str, way: tuple[str, ...]) -> Iterator[str]:
        if at == END or at not in guide.questions:
            return
        if at in way:
            yield f"the questions go in a circle: {' → '.join((*way, at))}"
            return
        if at in reached:
            return
        for choice in guide.questions[at].choices:
            yield from walk(choice.next, (*way, at))
        reached.add(at)

    yield from walk(guide.first, ())
    for id_ in guide.questions.keys() - reached:
        yield f"no way leads to the question {id_}"
