"""What a generated city is made of: values, no behaviour. `api/demo/city.py` tells the contract."""

from dataclasses import dataclass

LatLon = tuple[float, float]
"""A point: latitude, longitude in degrees, WGS-84."""


@dataclass(frozen=True, slots=True)
class District:
    """`outline`: ring of points, closed (first = last). `centre`: code of the repair centre."""

    code: str
    name_zh: str
    name_en: str
    centre: str
    area_class: str
    outline: tuple[LatLon, ...]


@dataclass(frozen=True, slots=True)
class Street:
    """A named line. `kind`: ring, avenue, street, lane; `limit_kmh`: what vehicles drive there."""

    name_zh: str
    name_en: str
    kind: str
    limit_kmh: int
    line: tuple[LatLon, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A repair centre, its `code` east, west or south, on a street."""

    code: str
    name_zh: str
    name_en: str
    at: LatLon


@dataclass(frozen=True, slots=True)
class Device:
    """A node of the network. `kind`: substation, feeder, section, transformer.

    `parent`: code of the device that feeds it, None for substations. `at` is None for feeders and
    sections, which are lines.
    """

    code: str
    kind: str
    parent: str | None
    name_zh: str
    name_en: str
    at: LatLon | None


@dataclass(frozen=True, slots=True)
class Feeder:
    """The lines of a 10 kV feeder along the streets."""

    code: str
    lines: tuple[tuple[LatLon, ...], ...]


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a meter. `kind`: household, shop, or that of a landmark; `phone`: E.164."""

    number: str
    kind: str
    name_zh: str
    name_en: str
    importance: str
    phone: str
    address_zh: str
    address_en: str
    district: str
    area_class: str
    at: LatLon
    transformer: str
    meter: str


@dataclass(frozen=True, slots=True)
class Green:
    """Water or a park. `kind`: river, lake, park; `outline` closed."""

    kind: str
    name_zh: str
    name_en: str
    outline: tuple[LatLon, ...]
