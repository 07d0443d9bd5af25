"""What is kept of a row so that any fragment finds it. Pure.

Every text is reduced to letters and digits of one case and width (`plain`). A row keeps its fields
in that form, `|` and a letter before each (`words`), and tokens of them for the inverted index:

    张 张伟 12 柳湾区  one to three signs of names and addresses   =张伟   a whole name
    ^zw             initials, two to four from any sign on        @…      region
    `zh `zhan       pinyin, its first 2 to 6, 8 and 10 letters    !       important customer
    <t138 >5678     first digits of phone, meter or account;      ~       in the sample
                    the last 4, 6 and 8 of any of them            #…      kind of a thing

The sample is every 256th of the others: a fragment that is often found in it is common.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from dispatch.directory.search.readings import initials, readings

SAMPLE, IMPORTANT = "~", "!"
SAMPLE_SHARE = 256
TEXT_FIELDS = {
    "name": "n",
    "name_en": "e",
    "address": "a",
    "address_en": "b",
    "code": "k",
}
DIGIT_FIELDS = {"phone": "t", "meter": "m", "account": "c"}
FIELD_OF = {letter: name for name, letter in (TEXT_FIELDS | DIGIT_FIELDS).items()}
READ_AS, BY_INITIALS = "p", "i"
FIRST_DIGITS = (3, 5, 6, 7, 8, 9, 11)
LAST_DIGITS = (4, 6, 8)
LONGEST = 3
FIRST_LETTERS = (2, 3, 4, 5, 6, 8, 10)
MOST_INITIALS = 4
_OUT = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_PLACE_END = re.compile(
    r"(?<=[省州市区县镇乡路街巷弄里村苑园庄坊桥湾城厦场])|(?<=街道)|(?<=大道)|(?<=胡同)|(?<=花园)"
)


def plain(text: str) -> str:
    """Letters and digits only, of one width and case: `Ａ座 3-201` is `a座3201`; ü is v."""
    return _OUT.sub("", unicodedata.normalize("NFKC", text).casefold()).replace("ü", "v")


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def digits_of(number: str, country: str) -> str:
    """The digits of a number as people say it: without `country` when it is written with a +."""
    digits = "".join(sign for sign in number if sign.isdecimal())
    own = number.startswith("+") and digits.startswith(country)
    return digits[len(country) :] if own else digits


def grams(form: str) -> set[str]:
    """All pieces of one to three signs."""
    sizes = range(1, LONGEST + 1)
    return {form[at : at + size] for size in sizes for at in range(len(form) - size + 1)}


def pieces(form: str) -> list[str]:
    """Tokens that all rows with this fragment have: each of its signs in one of three signs, the
    last perhaps in several. Whether the pieces stand together is looked at in the row.
    """
    size = min(len(form), LONGEST)
    starts = [*range(0, len(form) - size + 1, size), len(form) - size]
    return list(dict.fromkeys(form[at : at + size] for at in starts))


@dataclass(slots=True)
class Row:
    """Fields of one thing in plain form, by letter, and what else marks it."""

    names: list[str] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def add(self, name: str, value: str | None) -> None:
        """One more value of a field: `name` is one of TEXT_FIELDS or DIGIT_FIELDS."""
        if not value:
            return
        form = plain(value)
        if not form:
            return
        letter = TEXT_FIELDS.get(name) or DIGIT_FIELDS[name]
        self.fields.append((letter, form))
        if letter == "n" and has_han(form):
            self.names.append(form)

    @property
    def words(self) -> str:
        """`|n张伟|t13800000000|…|`: what a fragment is looked for in."""
        lines = [letter + form for letter, form in self.fields]
        for name in self.names:
            lines.extend(_read_as(name)[0])
        return "|" + "|".join(lines) + "|"

    @property
    def tokens(self) -> set[str]:
        found = set(self.marks)
        for letter, form in self.fields:
            if letter in DIGITS:
                found.update(_ends(letter, form))
            if letter not in DIGITS or not form.isdecimal():  # some meters have letters
                found |= grams(form)
            if letter in WHOLE:
                found.add("=" + form)
        for name in self.names:
            found.update(_read_as(name)[1])
        return found


DIGITS = frozenset(DIGIT_FIELDS.values())
WHOLE = frozenset("nek")


def _ends(letter: str, form: str) -> Iterator[str]:
    for size in FIRST_DIGITS:
        if len(form) >= size:
            yield f"<{letter}{form[:size]}"
    for size in LAST_DIGITS:
        if len(form) >= size:
            yield ">" + form[-size:]


@lru_cache(maxsize=65_536)
def _read_as(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines and tokens of a name as it is read."""
    ways = readings(name)
    lines = [line for way in ways for line in (READ_AS + "".join(way), BY_INITIALS + initials(way))]
    tokens = {token for way in ways for token in _read(way)}
    return tuple(dict.fromkeys(lines)), tuple(tokens)


def _read(way: tuple[str, ...]) -> Iterator[str]:
    short = initials(way)
    yield "^" + short[:1]
    for start in range(len(way)):
        for size in range(2, MOST_INITIALS + 1):
            if start + size <= len(short):
                yield "^" + short[start : start + size]
        rest = "".join(way[start : start + FIRST_LETTERS[-1]])
        for size in FIRST_LETTERS:
            if len(rest) >= size:
                yield "`" + rest[:size]


def vector(tokens: Iterable[str]) -> str:
    """The tokens as PostgreSQL reads a tsvector."""
    return "'" + "' '".join(tokens) + "'"


def place_words(address: str) -> set[str]:
    """Names of districts, roads, villages and estates in an address: 柳湾区, 杏花街."""
    found: set[str] = set()
    for run in _HAN_RUN.findall(unicodedata.normalize("NFKC", address)):
        found.update(word for word in _PLACE_END.split(run) if 2 <= len(word) <= 12)
    return found


def region_mark(region_hex: str) -> str:
    """The token of a region: the random end of its id."""
    return "@" + region_hex[-10:]


def in_sample(id_int: int) -> bool:
    return id_int % SAMPLE_SHARE == 0
