"""What somebody typed, as words, and what each may mean in the index. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from dispatch.directory.search.forms import (
    DIGIT_FIELDS,
    FIRST_DIGITS,
    FIRST_LETTERS,
    LAST_DIGITS,
    MOST_INITIALS,
    digits_of,
    has_han,
    pieces,
    plain,
    region_mark,
)

MOST_WORDS = 6
MOST_SIGNS = 40
PHONE_DIGITS = (7, 15)
HOUSE_DIGITS = 4
"""A longer number is none of a house or room, unless nothing else has it."""
SHOWN_FIRST, SHOWN_LAST = 3, 4
"""Digits that a masked phone begins and ends with."""
_NUMBER = re.compile(r"(?:\+|00)?[\d\s().\-]+")
_BETWEEN = re.compile(r"[\s,，、;；/|]+")
_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z]+|\d+|[^\W\d_a-z\u3400-\u9fff]+")
_LEVEL = re.compile(r"[\u3400-\u9fff]{1,8}?(?:特别行政区|自治区|自治州|省|市|地区|盟|州|区|县|旗)")
LEAST_ADDRESS = 4
_LATIN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word in plain form, and the address words and regions that it may stand for.

    `masked`: who asks sees phones masked, and finds them by what the mask shows. `houses`: digits
    are looked for in addresses too.
    """

    form: str
    places: tuple[str, ...] = ()
    regions: tuple[UUID, ...] = ()
    masked: bool = False
    houses: bool = True

    @property
    def is_digits(self) -> bool:
        return self.form.isdecimal()

    @property
    def is_phone(self) -> bool:
        return self.is_digits and len(self.form) >= PHONE_DIGITS[0]

    @property
    def is_latin(self) -> bool:
        return _LATIN.fullmatch(self.form) is not None

    @property
    def is_han(self) -> bool:
        return has_han(self.form)


def ways(text: str, country: str) -> list[list[Word]]:
    """Ways to understand a text, likeliest first: one number, its words, its runs of one script;
    with long digits that may stand in an address; last without the city or province before it.

    `country`: the country code that own numbers are written without.
    """
    wide = unicodedata.normalize("NFKC", text).strip()
    spoken = _BETWEEN.split(wide)
    found = [_number(wide, country), _words(spoken, country)]
    runs = [run for word in spoken for run in _RUNS.findall(plain(word))]
    found.append(_words(runs, country))
    found = [_numbers_first(one) for one in found] + found[:2]
    found += [_words(cut, country) for cut in _without_levels(spoken)]
    return [one for place, one in enumerate(found) if one and one not in found[:place]]


def _without_levels(spoken: Sequence[str]) -> Iterator[list[str]]:
    """The same with one level less before a long first word, and less again: books seldom say the
    city that they are of.
    """
    first, *rest = spoken
    while (level := _LEVEL.match(first)) and len(first) - level.end() >= LEAST_ADDRESS:
        first = first[level.end() :]
        yield [first, *rest]


def _numbers_first(words: list[Word]) -> list[Word]:
    """Digits alone are a phone, account or meter; short ones beside other words a house as well."""
    most = HOUSE_DIGITS if len(words) > 1 else FIRST_DIGITS[0] - 1
    return [replace(one, houses=not one.is_digits or len(one.form) <= most) for one in words]


def _number(text: str, country: str) -> list[Word]:
    """A number however it is written, as one word; empty where it is none."""
    if not _NUMBER.fullmatch(text):
        return []
    digits = national(text, country)
    least, most = PHONE_DIGITS
    return [Word(digits)] if least <= len(digits) <= most else []


def national(text: str, country: str) -> str:
    """The digits of a number, without a country code that is surely one."""
    sign = "+" if text.startswith("+") else ""
    digits = "".join(one for one in text if one.isdecimal())
    if text.startswith("00" + country):
        sign, digits = "+", digits[2:]
    if digits.startswith(country) and len(digits) == len(country) + 11:
        sign = "+"
    return digits_of(sign + digits, country)


def _words(parts: Iterable[str], country: str) -> list[Word]:
    forms = (
        national(part, country) if part.startswith("+") else plain(part)[:MOST_SIGNS]
        for part in parts
    )
    return [Word(form) for form in dict.fromkeys(forms) if form][:MOST_WORDS]


def wanted(words: Sequence[Word], *marks: Iterable[str]) -> str:
    """A tsquery: every word in one of its meanings, and one mark of each group of marks."""
    groups = [_any(meanings(word)) for word in words]
    groups.extend(_any(_quoted(one) for one in group) for group in marks)
    return " & ".join(groups)


def any_of(words: Sequence[Word], mark: str) -> str:
    """A tsquery: this mark, and one of the words in any of its meanings."""
    alternatives = dict.fromkeys(one for word in words for one in meanings(word))
    return f"{_quoted(mark)} & {_any(alternatives)}"


def _any(alternatives: Iterable[str]) -> str:
    return "(" + " | ".join(alternatives) + ")"


def meanings(word: Word) -> Iterator[str]:
    """What a row may have that holds this word; more than holds it may have that."""
    if word.houses:
        yield _all(pieces(word.form))
    if word.is_digits:
        yield from (_quoted(one) for one in _ends(word.form))
    if word.is_latin:
        yield _quoted("^" + word.form[:MOST_INITIALS])
        size = max((one for one in FIRST_LETTERS if one <= len(word.form)), default=0)
        if size:
            yield _quoted("`" + word.form[:size])
    if word.masked and word.is_phone:
        yield _all((f"<t{word.form[:SHOWN_FIRST]}", ">" + word.form[-SHOWN_LAST:]))
    for place in word.places:
        yield _all(pieces(plain(place)))
    for region in word.regions:
        yield _quoted(region_mark(region.hex))


def _ends(form: str) -> Iterator[str]:
    size = max((one for one in FIRST_DIGITS if one <= len(form)), default=0)
    if size:
        for letter in DIGIT_FIELDS.values():
            yield f"<{letter}{form[:size]}"
    size = max((one for one in LAST_DIGITS if one <= len(form)), default=0)
    if size:
        yield ">" + form[-size:]


def _all(tokens: Iterable[str]) -> str:
    return "(" + " & ".join(_quoted(one) for one in tokens) + ")"


def _quoted(token: str) -> str:
    """Tokens have no quotes and no backslashes in them."""
    return f"'{token}'"


def patterns(word: Word) -> list[str]:
    """Patterns (LIKE) of which a row's words fit one, unless a region is meant."""
    found = [f"%{form}%" for form in (word.form, *map(plain, word.places))]
    if word.masked and word.is_phone:
        found.append(f"%|t{word.form[:SHOWN_FIRST]}%{word.form[-SHOWN_LAST:]}|%")
    return found
