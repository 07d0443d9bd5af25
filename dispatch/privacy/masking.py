"""Masks of personal data, pure. A masked value still tells people apart; it reaches nobody.

What is masked stays text of the same kind, masking it again changes nothing, and how long the
hidden part was is not told beyond what the shape of a name needs. Names of companies, shops and
offices are no personal data. docs/privacy.md shows examples of each.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from core.rights import Right

STARS = "****"
CUT = "**"
"""What stands for the rest of an address."""
MORE = "…"
KEPT_OF_PHONE = 7
"""Digits of a phone that stay, at most: the first three and the last four."""
KEPT_OF_ADDRESS = 40
"""Signs of an address that stay, at most."""

_HIDDEN_OF_PHONE = 4
_COUNTRY_DIGITS = 3
_LONGEST_PHONE = 15
_PERSON_HAN = 4

_HAN = re.compile(r"[\u3400-\u9fff]")
_COMPOUND = tuple(
    re.findall(
        "..",
        "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒司空夏侯宇文长孙端木轩辕百里南宫西门独孤闻人申屠太史"
        "淳于单于仲孙钟离公冶宗政濮阳赫连澹台鲜于闾丘亓官拓跋呼延第五东郭南门羊舌微生公羊左丘梁丘段干谷梁"
        "达奚哥舒",
    )
)
_COMPANY_HAN = re.compile(
    r"(公司|集团|超市|商店|商行|商场|商城|市场|酒店|宾馆|饭店|餐厅|餐馆|面馆|茶馆|医院|诊所|卫生院"
    r"|药店|药房|学校|大学|学院|中学|小学|幼儿园|银行|支行|中心|大厦|物业|委员会|村委会|居委会|政府"
    r"|派出所|研究所|事务所|工作室|合作社|经营部|门市部|项目部|办事处|协会|基金会|图书馆|博物馆|体育馆"
    r"|火车站|车站|机场|水厂|电厂|工厂|农场|林场|公园|剧院|小区|广场|便利店|理发店|五金店|花店|书店"
    r"|网吧|洗衣店|修理厂|加油站|泵站|基站|电视台|街道办|供电所|敬老院|养老院|福利院)$"
)
_OFFICE_HAN = re.compile(r"[厂店局所院站馆社部队园场]$")
_COMPANY_LATIN = re.compile(
    r"\b(ltd|limited|inc|llc|co|corp|company|corporation|gmbh|plc|group|hospital|clinic|school"
    r"|kindergarten|university|college|hotel|restaurant|shop|store|bank|factory|plant|works"
    r"|station|market|supermarket|pharmacy|library|museum|theatre|stadium|airport|centre|center"
    r"|office|bureau|committee|association|foundation|noodles|bakery|laundry|hardware|barber"
    r"|florist|bookshop|garage|tea house|waterworks|government)\b\.?",
    re.IGNORECASE,
)


def mask_name(name: str) -> str:
    """张*, 欧阳**, J…: the surname or first letter. Companies and offices stay as they are."""
    plain = name.strip()
    if not plain:
        return plain
    if is_company(plain):
        return mask_text(plain)
    if not _HAN.match(plain):
        return (plain[0] if plain[0].isalpha() else "") + MORE
    surname = plain[:2] if plain.startswith(_COMPOUND) and len(plain) > 2 else plain[0]
    return surname + "*" * min(max(len(plain) - len(surname), 1), 2)


def is_company(name: str) -> bool:
    """A company, shop or office by its name; what is not sure is a person."""
    if "*" in name:
        return False
    if not _HAN.search(name):
        return _COMPANY_LATIN.search(name) is not None
    if _COMPANY_HAN.search(name):
        return True
    person = len(name) <= _PERSON_HAN and name.startswith(_COMPOUND)
    return len(name) >= _PERSON_HAN and not person and _OFFICE_HAN.search(name) is not None


_PHONE_MASKED = re.compile(r"(\+\d{1,3})?\d{0,3}\*{4}\d{0,4}(转\*\*)?", re.ASCII)
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|extension|x|#|,|;)\s*\d.*$", re.IGNORECASE)


def mask_phone(number: str) -> str:
    """+86138****5678: country code, first three and last four digits; at least four are hidden.

    Any format; an extension becomes 转**. Without a + the country code is none.
    """
    plain = number.strip()
    if _PHONE_MASKED.fullmatch(plain) or not plain:
        return plain
    extension = _EXTENSION.search(plain)
    if extension is not None:
        plain = plain[: extension.start()]
    digits = _digits(plain)
    country = _country_of(digits) if plain.lstrip().startswith(("+", "＋")) else ""
    if len(digits) - len(country) < _HIDDEN_OF_PHONE:
        country = ""
    national = digits[len(country) :]
    last = min(4, max(0, len(national) - _HIDDEN_OF_PHONE))
    first = min(3, max(0, len(national) - _HIDDEN_OF_PHONE - last))
    shown = national[:first] + STARS + (national[-last:] if last else "")
    return (f"+{country}" if country else "") + shown + ("转**" if extension else "")


def _digits(text: str) -> str:
    """The decimal digits of a text, full-width ones too, as ASCII."""
    return "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())


def _country_of(digits: str) -> str:
    """The country code that international digits begin with; empty where there is none such."""
    for length in range(1, _COUNTRY_DIGITS + 1):
        if digits[:length] and int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length]
    return ""


_NUMERAL = r"[0-9０-９一二三四五六七八九十百零〇两]"
_ROAD_WORDS = r"(?:大街|大道|国道|省道|县道|乡道|环|马路|经路|纬路|路)"
# 20号大街, 三环路, 321国道: a number that is a road's name and not a house's.
_NUMBERED_ROAD = re.compile(rf"{_NUMERAL}{{1,3}}号?{_ROAD_WORDS}")
_HOUSE = re.compile(
    r"\d|[*]"
    r"|[甲乙丙丁]?[一二三四五六七八九十百零〇两]{1,5}\s*"
    r"(?:号|栋|幢|座|楼|层|单元|室|房|户|门|组|队|弄|间|排|期)"
    r"|[A-Za-zＡ-Ｚａ-ｚ]{1,2}\s*(?:号|栋|幢|座|楼|单元|室|门)"
)
_AREA_END = re.compile(
    r"省(?!道)|自治区|自治州|(?<![城超门])市(?!场)|县(?!道)|旗|盟|镇|乡(?![村道])|街道|社区|(?<![小园苑厂库山校])区"
    r"|大街|大道|胡同|街(?!道)|路(?!口)|巷|村|国道|省道|县道"
)


def mask_address(address: str) -> str:
    """District and road; house, building, unit, floor and room are hidden: 柳湾区杏花街**."""
    plain = address.strip()
    if not plain:
        return plain
    return _address_han(plain) if _HAN.search(plain) else _address_latin(plain)


def _address_han(plain: str) -> str:
    roads = [one.span() for one in _NUMBERED_ROAD.finditer(plain)]
    house = next(
        (
            one.start()
            for one in _HOUSE.finditer(plain)
            if not any(begin <= one.start() < end for begin, end in roads)
        ),
        len(plain),
    )
    last = min(house, KEPT_OF_ADDRESS)
    ends = [one.end() for one in _AREA_END.finditer(plain) if one.end() <= last]
    return _kept(plain, ends[-1] if ends else None)


def _kept(plain: str, end: int | None) -> str:
    """The text up to `end`, and that there is more; without an end, two signs without digits."""
    if end is None:
        end = 0
        while end < min(2, len(plain)) and plain[end].isalpha():
            end += 1
    kept = plain[:end]
    return kept if kept == plain else kept + CUT


_ROAD_LATIN = re.compile(
    r"\b(street|st|road|rd|avenue|ave|lane|ln|boulevard|blvd|drive|way|highway|hutong|alley"
    r"|village|square)\b\.?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"\d+(st|nd|rd|th)", re.IGNORECASE)
_WITH_DIGIT = re.compile(r"\S*\d\S*")
_HOUSE_LATIN = re.compile(
    r"\b(flat|apt|apartment|unit|room|rm|suite|floor|block|building|bldg|tower|no|house|gate"
    r"|entrance)\b\.?",
    re.IGNORECASE,
)


def _address_latin(plain: str) -> str:
    """The road without its number and what follows it: ** Apricot Street, Willow Bend."""
    parts = [part.strip() for part in plain.removeprefix(CUT).split(",")]
    parts = [part for part in parts if part]
    begin = next((i for i, part in enumerate(parts) if _ROAD_LATIN.search(part)), None)
    if plain.startswith(CUT):  # cut off before: what is left is road and area
        begin = 0
    elif begin is None:
        if len(parts) < 2:
            return _kept(plain, None)
        begin = len(parts) - 1
    kept = ", ".join(filter(None, (_without_house(part) for part in parts[begin:])))
    kept = kept[:KEPT_OF_ADDRESS].rstrip(" ,")
    if not kept:
        return CUT
    return kept if kept == plain else f"{CUT} {kept}"


def _without_house(part: str) -> str:
    words = [
        word
        for word in part.split()
        if _ORDINAL.fullmatch(word)
        or not (_WITH_DIGIT.fullmatch(word) or _HOUSE_LATIN.fullmatch(word) or word == "#")
    ]
    return " ".join(words)


_NUMBER_IN_TEXT = re.compile(r"[+＋]?[(（]?\d(?:[\s\-–—.()（）]{0,2}\d){6,}[xX]?")
_SPELT_NUMBER = re.compile(r"[零〇一二三四五六七八九幺两]{7,}")
_ROOM_IN_TEXT = re.compile(
    r"(?:[A-Za-z]|\d+|[一二三四五六七八九十]{1,3})(?=\s*(?:号楼|栋|幢|单元|室))"
)


def mask_text(text: str) -> str:
    """Free text: phone, account and identity numbers, houses and rooms inside it are hidden."""
    found = _NUMBER_IN_TEXT.sub(lambda one: _number(one.group()), text)
    return _ROOM_IN_TEXT.sub("*", _SPELT_NUMBER.sub(STARS, found))


def _number(written: str) -> str:
    if len(_digits(written)) > _LONGEST_PHONE or written[-1] in "xX":
        return STARS * 2
    return mask_phone(written)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What somebody may see of personal data: all of it in clear, or masks. None stays None."""

    clear: bool

    @staticmethod
    def of(rights: Collection[Right]) -> "Eyes":
        """Those of somebody with these function rights."""
        return CLEAR if Right.PERSONAL_VIEW in rights else MASKED

    def name(self, value: str | None) -> str | None:
        return self._seen(value, mask_name)

    def phone(self, value: str | None) -> str | None:
        return self._seen(value, mask_phone)

    def address(self, value: str | None) -> str | None:
        return self._seen(value, mask_address)

    def text(self, value: str | None) -> str | None:
        return self._seen(value, mask_text)

    def _seen(self, value: str | None, mask: Callable[[str], str]) -> str | None:
        return value if self.clear or value is None else mask(value)


CLEAR = Eyes(clear=True)
MASKED = Eyes(clear=False)
