"""One cell of an import file becomes one value, or the name of the rule that it breaks. Pure.

A parser takes the cleaned text (never empty) and gives the value; it raises `Bad`.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from shapely import make_valid
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.wkt import loads as from_wkt

from dispatch.directory.rules import e164

Value = str | int | float | bool | date | None
Parser = Callable[[str], Any]

MAX_CODE = 80
MAX_TEXT = 300
_CODE = re.compile(r"[\w.:/+#@()-]{1,80}")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9_.:/+#@()-]{1,80}")
_MANGLED = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_NUMBER = re.compile(r"[+-]?(\d+(,\d{3})*(\.\d+)?|\.\d+)")
_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|x|#|-|,)\s*\d{1,6}\s*$", re.IGNORECASE)
_BETWEEN_PHONES = re.compile(r"[,，;；/、\s]+")
_MOBILE_CN = re.compile(r"1[3-9]\d{9}")


class Bad(Exception):
    """The cell breaks a rule. `other`: what the rule's sentence names beside the cell."""

    def __init__(self, rule: str, other: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.other = other


def clean(cell: str) -> str:
    """Without blanks around, and without what keeps spreadsheets from reading a number."""
    text = cell.strip()
    if text[:1] in ("=", "'"):
        if text.startswith('="') and text.endswith('"'):
            text = text[2:-1].strip()
        elif text.startswith("'"):
            text = text[1:].strip()
    return text


def without_nul(text: str) -> str:
    """With a visible mark where a NUL stands: the database keeps none."""
    return text.replace("\x00", "\ufffd")


def no_formula(text: str) -> None:
    """Raises Bad where a spreadsheet left a formula instead of what it comes to."""
    if text.startswith("="):
        raise Bad("formula")


def code(text: str) -> str:
    """A number or code in the utility's books: letters, digits and `_.:/+#@()-`, no blanks."""
    if not _PLAIN_CODE.fullmatch(text):
        text = unicodedata.normalize("NFKC", text)
        if not _CODE.fullmatch(text):
            raise Bad("bad_code")
    if "+" in text and _MANGLED.fullmatch(text):
        raise Bad("mangled_number")
    return text


def words(text: str) -> str:
    """Free text of one line."""
    if len(text) > MAX_TEXT:
        raise Bad("too_long", str(MAX_TEXT))
    if _CONTROL.search(text):
        raise Bad("bad_text")
    return text


def choice(known: Mapping[str, str]) -> Parser:
    """One of a few. `known`: the word as written, folded, → its code."""
    listed = " ".join(dict.fromkeys(known.values()))

    def parse(text: str) -> str:
        found = known.get(text) or known.get(fold(text))
        if found is None:
            raise Bad("unknown_choice", listed)
        return found

    return parse


def fold(text: str) -> str:
    """Capitals, width, blanks and marks do not tell words or headers apart."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[^\w.]|_", "", plain)


def number(text: str) -> float:
    """A finite number; thousands may be set apart by commas."""
    if not _NUMBER.fullmatch(text):
        raise Bad("bad_number")
    value = float(text.replace(",", ""))
    if not math.isfinite(value) or abs(value) > 1e12:
        raise Bad("bad_number")
    return value


def capacity(text: str) -> float:
    """kVA; a unit behind the number is allowed."""
    return number(re.sub(r"(?i)\s*kva$", "", text))


def whole(text: str) -> int:
    """A small whole number from 0 on."""
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        raise Bad("bad_number")
    return int(text)


def latitude(text: str) -> float:
    """WGS-84 degrees. A latitude that could only be a longitude tells of swapped columns."""
    value = _degrees(text)
    if abs(value) > 90:
        raise Bad("coordinates_swapped" if abs(value) <= 180 else "coordinate_range")
    return value


def longitude(text: str) -> float:
    """WGS-84 degrees."""
    value = _degrees(text)
    if abs(value) > 180:
        raise Bad("coordinate_range")
    return value


def _degrees(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Bad("bad_number") from None
    if not math.isfinite(value):
        raise Bad("bad_number")
    return value


def day(text: str) -> date:
    """A date: 2020-01-31, 2020/1/31, 20200131, 2020年1月31日."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise Bad("bad_date")
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        raise Bad("bad_date") from None


_YES = {"true", "yes", "y", "1", "是", "已核实", "已验证", "verified"}
_NO = {"false", "no", "n", "0", "否", "未核实", "未验证", "unverified"}


def yes_or_no(text: str) -> bool:
    """是/否, yes/no, 1/0."""
    word = fold(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Bad("unknown_choice", "yes no")


def without_extension(text: str) -> str:
    """A number without the digits that are dialled after it: 010-62345678转801."""
    return _EXTENSION.sub("", unicodedata.normalize("NFKC", text))


def phone(region: str) -> Parser:
    """A phone as E.164; `region` is the country of numbers without a country code."""

    def parse(text: str) -> str:
        if _MANGLED.fullmatch(text):
            raise Bad("mangled_number")
        if region == "CN" and _MOBILE_CN.fullmatch(text):  # most are; the library is slow
            return f"+86{text}"
        found = e164(text, region) or e164(without_extension(text), region)
        if found is not None:
            return found
        parts = [one for one in _BETWEEN_PHONES.split(text) if one.strip()]
        if len(parts) > 1 and all(e164(without_extension(one), region) for one in parts):
            raise Bad("several_phones")
        raise Bad("phone_impossible", region)

    return parse


def outline(text: str) -> str:
    """A region's outline as GeoJSON text: from GeoJSON (geometry or feature) or WKT, WGS-84."""
    try:
        drawn = _drawn(text)
        if not drawn.is_valid:
            drawn = make_valid(drawn)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise Bad("bad_outline") from None
    parts = [part for part in getattr(drawn, "geoms", [drawn]) if "Polygon" in part.geom_type]
    if not parts or drawn.is_empty:
        raise Bad("bad_outline")
    west, south, east, north = drawn.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Bad("coordinate_range")
    if len(parts) == 1 and parts[0].geom_type == "Polygon":
        whole_shape = parts[0]
    else:
        whole_shape = shape({"type": "MultiPolygon", "coordinates": _polygons(parts)})
    return json.dumps(mapping(whole_shape), separators=(",", ":"))


def _polygons(parts: list[Any]) -> list[Any]:
    singles = [one for part in parts for one in getattr(part, "geoms", [part])]
    return [mapping(one)["coordinates"] for one in singles if one.geom_type == "Polygon"]


def _drawn(text: str) -> Any:
    if text.startswith("{"):
        document = json.loads(text)
        return shape(document.get("geometry") or document)
    return from_wkt(text)


def is_broken_outline(text: str) -> bool:
    """Does the outline as written cross itself? `outline` has mended it."""
    try:
        return not _drawn(text).is_valid
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return False
