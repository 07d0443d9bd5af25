"""How Chinese is read: syllables of pinyin without tones, surnames by their own reading. Pure."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

# pypinyin is imported where it is used: its dictionary takes half a second of any process.

MOST_SYLLABLES = 16
"""Of a longer name the rest is found by its characters only."""
_MOST_READINGS = 8
_PERSON = 4
# Signs that names and surnames read otherwise than words do, or more than one way.
_ALSO = {
    "曾": "zeng ceng", "单": "shan dan", "仇": "qiu chou", "区": "ou qu", "解": "xie jie",
    "查": "zha cha", "乐": "le yue", "朴": "piao pu", "盖": "ge gai", "员": "yun yuan",
    "翟": "zhai di", "缪": "miao mou", "覃": "qin tan", "种": "chong zhong", "黑": "he hei",
    "折": "she zhe", "冼": "xian", "长": "chang zhang", "重": "zhong chong", "尉": "wei yu",
    "石": "shi", "车": "che", "召": "shao zhao", "都": "du dou", "朝": "chao zhao",
    "行": "hang xing", "盛": "sheng cheng", "柏": "bai bo", "藏": "cang zang", "厦": "xia sha",
    "强": "qiang jiang", "娜": "na nuo", "茜": "qian xi", "莎": "sha suo", "晟": "sheng cheng",
    "祭": "zhai ji", "洗": "xian xi", "宿": "su xiu", "隗": "wei kui", "华": "hua",
    "那": "na", "葛": "ge", "纪": "ji", "宁": "ning", "任": "ren", "燕": "yan", "万": "wan",
    "吕": "lv lu lyu", "女": "nv nu nyu", "绿": "lv lu lyu", "闾": "lv lu lyu",
    "贾": "jia gu", "谷": "gu", "郇": "huan xun", "俞": "yu", "沈": "shen", "六": "liu lu",
    "堡": "bao pu", "铺": "pu", "浒": "hu xu", "蚌": "bang beng", "泌": "mi bi", "圳": "zhen",
}  # fmt: skip

Syllables = tuple[str, ...]


@lru_cache(maxsize=16_384)
def readings(text: str) -> tuple[Syllables, ...]:
    """Ways to read a text, likeliest first; what is no Chinese stays itself, sign by sign.

    A short one is a person's name, read sign by sign; a longer one is read as words too.
    """
    text = text[:MOST_SYLLABLES]
    signs = [_ways(sign) for sign in text]
    found = dict.fromkeys(_as_words(text) if len(text) > _PERSON else ())
    # The first sign, the surname, changes first.
    backwards = islice(product(*reversed(signs)), _MOST_READINGS)
    found.update(dict.fromkeys(way[::-1] for way in backwards))
    return tuple(one for one in found if one)


def _as_words(text: str) -> Iterator[Syllables]:
    from pypinyin import lazy_pinyin

    found: list[str] = []
    for part in lazy_pinyin(text, errors=lambda run: " ".join(run)):
        found.extend(part.split())
    if len(found) == len(text):
        yield tuple(found)
        head = _ways(text[0])
        yield from ((one, *found[1:]) for one in head)


@lru_cache(maxsize=16_384)
def _ways(sign: str) -> tuple[str, ...]:
    """How one sign may be read."""
    if sign in _ALSO:
        return tuple(_ALSO[sign].split())
    from pypinyin import Style, pinyin

    return (pinyin(sign, style=Style.NORMAL)[0][0],)


def initials(syllables: Syllables) -> str:
    return "".join(one[:1] for one in syllables)
