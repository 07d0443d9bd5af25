"""Rules of the directory, pure: what a phone number is, which outline holds a point."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import phonenumbers
from shapely.errors import ShapelyError
from shapely.geometry import Point, shape

Key = TypeVar("Key")


def e164(number: str, region: str) -> str | None:
    """A phone number as E.164 (`+8616412345678`); None where it cannot be one.

    `region`: ISO 3166 code of the country whose numbers are written without a country code.
    Whether the number was ever given to somebody is not asked.
    """
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country_code(region: str) -> str:
    """The digits that numbers of a country (ISO 3166) begin with abroad: 86 for CN."""
    return str(phonenumbers.country_code_for_region(region))


def spellings(number: str) -> set[str]:
    """Ways in which agents write down an E.164 number: with and without country code."""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    digits = "".join(sign for sign in national if sign.isdigit())
    return {number, number.removeprefix("+"), national, digits}


def holding(
    outlines: Iterable[tuple[Key, Mapping[str, Any] | None]], lat: float, lon: float
) -> Key | None:
    """The first of the outlines (GeoJSON, WGS-84) that holds a point in degrees, border included.

    An outline that is none holds nothing.
    """
    point = Point(lon, lat)
    for key, outline in outlines:
        if outline is None:
            continue
        try:
            found = shape(outline).covers(point)
        except (ShapelyError, AttributeError, KeyError, TypeError, ValueError):
            continue
        if found:
            return key
    return None
