"""Streets, landmarks and regions by the words of an address: pure.

An address in words is looked up largest part first, as Chinese addresses are written: region,
street, number. A street that runs through several regions is cut to the region that was named.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from dispatch.places.rules import Candidate, half_length_m, radius_of_area, uncertainty_of

STREETS = ("street", "ring")
METRES_PER_DEGREE = 111_195.0
MOST = 6
_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+\s*号|#\s*\d+|^\d+\s|\s\d+$|No\.?\s*\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the map that has a name in both languages. Geometry in degrees, lon/lat."""

    name_zh: str
    name_en: str
    kind: str
    geometry: BaseGeometry
    code: str = ""
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """What the base map and the regions name."""

    regions: Sequence[Named] = ()
    streets: Sequence[Named] = ()
    landmarks: Sequence[Named] = field(default=())


def plain(text: str) -> str:
    """Words for comparing: no white space, no case, full-width digits and letters made plain."""
    narrow = "".join(
        chr(ord(sign) - 0xFEE0) if 0xFF01 <= ord(sign) <= 0xFF5E else sign for sign in text
    )
    return _SPACES.sub("", narrow).casefold()


def gazetteer(
    document: Mapping[str, Any], regions: Iterable[tuple[UUID, str, str, str, Any]]
) -> Gazetteer:
    """From a base map (GeoJSON) and regions as (id, code, zh, en, outline). Bad shapes are left."""
    streets: list[Named] = []
    landmarks: list[Named] = []
    for feature in document.get("features", ()):
        said = feature.get("properties", {})
        layer = said.get("layer")
        if layer not in (*STREETS, "landmark") or not said.get("name_zh"):
            continue
        geometry = _shape(feature.get("geometry"))
        if geometry is not None:
            one = Named(said["name_zh"], said.get("name_en", ""), layer, geometry)
            (landmarks if layer == "landmark" else streets).append(one)
    outlined = [
        Named(zh, en, "region", geometry, code, id_)
        for id_, code, zh, en, outline in regions
        if (geometry := _shape(outline)) is not None
    ]
    return Gazetteer(outlined, streets, landmarks)


def _shape(outline: Any) -> BaseGeometry | None:
    try:
        found = shape(outline)
        return None if found.is_empty else found
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError):
        return None


def named_in(text: str, book: Gazetteer) -> list[Candidate]:
    """Places that an address in words may mean, the most exact first."""
    words = plain(text)
    if len(words) < 2:
        return []
    regions = _named(words, book.regions)
    found = [_point(one, regions) for one in _named(words, book.landmarks)[:MOST]]
    streets = _named(words, book.streets)
    found += [place for one in streets[:MOST] if (place := _street(one, regions, words))]
    if not found:
        found = [_region(one) for one in regions[:MOST]]
    return found


def _named(words: str, things: Sequence[Named]) -> list[Named]:
    """Those whose name the words contain, longest name first; else those that contain the words."""
    inside = [one for one in things if _contains(words, one)]
    if inside:
        kept = [one for one in inside if not _part_of_another(one, inside, words)]
        return sorted(kept, key=lambda one: -len(one.name_zh))
    return [one for one in things if any(words in name for name in _names(one))]


def _names(one: Named) -> list[str]:
    """Its names for comparing; a region also by its bare name: 龙湾 for 龙湾区."""
    names = [plain(one.name_zh), plain(one.name_en)]
    if one.kind == "region":
        names += [name[:-1] for name in names[:1] if len(name) > 2 and name[-1] in "区县市镇"]
    return [name for name in names if len(name) > 1]


def _contains(words: str, one: Named) -> bool:
    named = any(name in words for name in _names(one))
    return named or bool(one.code and words == one.code.casefold())


def _part_of_another(one: Named, others: Sequence[Named], words: str) -> bool:
    """景山 lies within 景山前街: where the longer name is said, the shorter is not."""
    mine = [name for name in _names(one) if name in words]
    longer = {
        name
        for other in others
        if other is not one
        for name in _names(other)
        if any(own != name and own in name for own in mine)
    }
    rest = words
    for name in sorted(longer, key=len, reverse=True):
        rest = rest.replace(name, " ")
    return bool(mine) and not any(name in rest for name in mine)


def _point(one: Named, regions: Sequence[Named]) -> Candidate:
    at = one.geometry.representative_point()
    return Candidate(
        lat=at.y,
        lon=at.x,
        source="landmark",
        uncertainty_m=uncertainty_of("landmark"),
        label_zh=one.name_zh,
        label_en=one.name_en,
        why_zh=f"地标 {one.name_zh}",
        why_en=f"landmark {one.name_en}",
        rank=0 if not regions or any(r.geometry.covers(at) for r in regions) else 1,
        region_id=_holding(at, regions),
    )


def _street(one: Named, regions: Sequence[Named], words: str) -> Candidate | None:
    """The middle of a street, of its part in the region that was named where one was."""
    line, region = one.geometry, None
    for each in regions:
        part = one.geometry.intersection(each.geometry)
        if not part.is_empty:
            line, region = part, each
            break
    if region is None and regions:
        return None
    middle = nearest_points(line, line.centroid)[0]
    numbered = bool(_NUMBER.search(words))
    where_zh = f"{region.name_zh} " if region else ""
    where_en = f", {region.name_en}" if region else ""
    return Candidate(
        lat=middle.y,
        lon=middle.x,
        source="street",
        uncertainty_m=half_length_m(_length_m(line, middle.y)),
        label_zh=f"{where_zh}{one.name_zh}",
        label_en=f"{one.name_en}{where_en}",
        why_zh=f"道路 {one.name_zh}{'，门牌不详' if numbered else ''}",
        why_en=f"street {one.name_en}{', the number is not known' if numbered else ''}",
        rank=1,
        region_id=region.id if region else None,
    )


def _region(one: Named) -> Candidate:
    at = one.geometry.representative_point()
    square = one.geometry.area * METRES_PER_DEGREE**2 * math.cos(math.radians(at.y))
    return Candidate(
        lat=at.y,
        lon=at.x,
        source="region",
        uncertainty_m=radius_of_area(square),
        label_zh=one.name_zh,
        label_en=one.name_en,
        why_zh=f"区域 {one.name_zh}",
        why_en=f"region {one.name_en}",
        rank=2,
        region_id=one.id,
    )


def _length_m(line: BaseGeometry, lat: float) -> float:
    """Length in metres of a line in degrees, by the diagonal of its box: a winding road is no
    longer a doubt than its ends."""
    west, south, east, north = line.bounds
    wide = (east - west) * math.cos(math.radians(lat))
    return math.hypot(wide, north - south) * METRES_PER_DEGREE


def _holding(at: BaseGeometry, regions: Sequence[Named]) -> UUID | None:
    return next((one.id for one in regions if one.geometry.covers(at)), None)
