"""Why a row was found: which field holds which word, and how well. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from dispatch.directory.search.forms import DIGITS, FIELD_OF, READ_AS
from dispatch.directory.search.query import Word
from dispatch.directory.search.readings import initials, readings

EXACT, PREFIX, INSIDE = 3, 2, 1
MASKED_PHONE = "T"
_RANK = {FIELD_OF[letter]: -place for place, letter in enumerate("nkcmtaeb")}
"""The better reason first, where two are as good."""


@dataclass(frozen=True, slots=True)
class Why:
    """`field`: name, name_en, account, meter, phone, address, address_en, code, pinyin, initials,
    region. `matched`: the piece of it in plain form, for marking. `level`: EXACT, PREFIX, INSIDE.
    """

    field: str
    matched: str
    level: int


def fields_of(words: str) -> list[tuple[str, str]]:
    """Letter and plain form of each field of an index row."""
    return [(one[0], one[1:]) for one in words[1:-1].split("|") if one]


def why(
    fields: Sequence[tuple[str, str]], regions: Iterable[UUID], words: Sequence[Word]
) -> list[Why] | None:
    """One reason for each word; None where a word has none."""
    found = []
    own = frozenset(regions)
    for word in words:
        best = max(_reasons(fields, own, word), key=_worth, default=None)
        if best is None:
            return None
        found.append(best)
    return found


def _worth(one: Why) -> tuple[int, int]:
    return one.level, _RANK.get(one.field, -len(_RANK))


def _reasons(
    fields: Sequence[tuple[str, str]], regions: frozenset[UUID], word: Word
) -> Iterator[Why]:
    for letter, form in fields:
        if letter == MASKED_PHONE:
            yield from _masked(form, word)
        if letter not in FIELD_OF:
            continue
        if word.form in form:
            yield Why(FIELD_OF[letter], word.form, _level(letter, form, word.form))
        for place in word.places:
            if letter == "a" and place in form:
                yield Why("address", place, INSIDE)
        if letter == "n" and word.is_latin:
            yield from _read(form, word.form)
    if regions.intersection(word.regions):
        yield Why("region", word.form, PREFIX)


def _masked(shown: str, word: Word) -> Iterator[Why]:
    """A masked phone has three first and four last digits: whole ones that have them fit alike."""
    first, _, last = shown.partition("*")
    form = word.form
    if word.is_phone and form.startswith(first) and form.endswith(last):
        yield Why("phone", last, EXACT)
    elif form == last or (word.is_digits and form == first):
        yield Why("phone", form, PREFIX)


def _level(letter: str, form: str, fragment: str) -> int:
    if form == fragment:
        return EXACT
    if form.startswith(fragment) or (letter in DIGITS and form.endswith(fragment)):
        return PREFIX
    return INSIDE


def _read(name: str, fragment: str) -> Iterator[Why]:
    """The name, or some signs of it, read as the fragment."""
    for way in readings(name):
        short = initials(way)
        at = short.find(fragment)
        if at >= 0:
            level = EXACT if short == fragment else PREFIX if at == 0 else INSIDE
            yield Why("initials", name[at : at + len(fragment)], level)
        whole = "".join(way)
        if fragment not in whole:
            continue
        for start in range(len(way)):
            if not "".join(way[start:]).startswith(fragment):
                continue
            level = EXACT if whole == fragment else PREFIX if start == 0 else INSIDE
            yield Why("pinyin", name[start : _end(way, start, len(fragment))], level)
            break


def _end(way: Sequence[str], start: int, letters: int) -> int:
    """The sign after the last one that so many letters read."""
    for end in range(start, len(way)):
        letters -= len(way[end])
        if letters <= 0:
            return end + 1
    return len(way)


def starts_region(fields: Sequence[tuple[str, str]], word: Word) -> bool:
    """Whether somebody who writes this word may mean that region."""
    for letter, form in fields:
        if letter == "k" and form == word.form:
            return True
        if letter == "n" and word.is_han and len(word.form) > 1 and form.startswith(word.form):
            return True
        if letter == "i" and len(word.form) > 1 and form.startswith(word.form):
            return True
        if letter == READ_AS and len(word.form) > 2 and form.startswith(word.form):
            return True
    return False
