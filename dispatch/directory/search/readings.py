"""How Chinese is read: syllables of pinyin without tones, surnames by their own reading. Pure."""

from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, lazy_pinyin, pinyin

MOST_SYLLABLES = 16
"""Of a longer name the rest is found by its characters only."""
_MOST_READINGS = 4
_SURNAMES = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "区": "ou", "解": "xie", "查": "zha", "乐": "yue",
    "朴": "piao", "盖": "ge", "员": "yun", "翟": "zhai", "缪": "miao", "覃": "qin", "种": "chong",
    "黑": "he", "折": "she", "祭": "zhai", "洗": "xian", "长": "chang", "重": "chong", "尹": "yin",
    "任": "ren", "宁": "ning", "葛": "ge", "华": "hua", "那": "na", "燕": "yan", "冼": "xian",
    "尉": "wei", "万": "wan", "石": "shi", "车": "che", "召": "shao", "晁": "chao", "都": "du",
}  # fmt: skip
"""Read otherwise, or more than one way, inside a word."""

_MOST_SPELLINGS = 8
_UMLAUT = {"lv": ("lv", "lu", "lyu"), "nv": ("nv", "nu", "nyu")}

Syllables = tuple[str, ...]


@lru_cache(maxsize=65_536)
def readings(text: str) -> tuple[Syllables, ...]:
    """Ways to read a text's Chinese, likeliest first; letters and digits in it stay themselves.

    As words read it; with the surname's own reading; with any other reading of the first sign.
    """
    text = text[:MOST_SYLLABLES]
    if not text:
        return ()
    usual = _syllables(text)
    first = [usual[0], *_others(text[0])]
    found = dict.fromkeys((head, *usual[1:]) for head in first)
    one_by_one = [_single(sign) for sign in text]
    found.setdefault((first[0], *(ways[0] for ways in one_by_one[1:])))
    return tuple(_spelt(tuple(found)[:_MOST_READINGS]))


def _others(sign: str) -> list[str]:
    own = [_SURNAMES[sign]] if sign in _SURNAMES else []
    return [*own, *_single(sign)]


@lru_cache(maxsize=8_192)
def _single(sign: str) -> tuple[str, ...]:
    """All readings of one sign."""
    return tuple(dict.fromkeys(pinyin(sign, style=Style.NORMAL, heteronym=True)[0])) or (sign,)


def _syllables(text: str) -> Syllables:
    """One for each sign: what is no Chinese is cut into its signs."""
    found = tuple(lazy_pinyin(text, errors=lambda run: list(run)))  # type: ignore[arg-type, return-value]
    return found if len(found) == len(text) else tuple(_single(one)[0] for one in text)


def _spelt(ways: tuple[Syllables, ...]) -> list[Syllables]:
    """ü is written v, and u or yu where the keyboard has none."""
    found = dict.fromkeys(ways)
    for way in ways:
        spread = [_UMLAUT.get(one, (one,)) for one in way]
        for other in islice(product(*spread), _MOST_SPELLINGS):
            found.setdefault(other)
    return list(found)[:_MOST_SPELLINGS]


def initials(syllables: Syllables) -> str:
    return "".join(one[:1] for one in syllables)
