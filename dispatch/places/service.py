"""Use cases of places: where may it be, what is known near by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import read_session
from core.errors import InvalidField
from dispatch.directory import repository as directory
from dispatch.directory.models import NetworkNode, Premise
from dispatch.directory.rules import holding
from dispatch.directory.search.service import premises_at
from dispatch.places import repository
from dispatch.places.gazetteer import Gazetteer, gazetteer, named_in
from dispatch.places.geocoding import Geocoder, geocoder
from dispatch.places.rules import Candidate, best_first, uncertainty_of
from gps.fix import distance_m

MOST = 8
GOOD_ENOUGH_M = 150.0
"""With a place of one's own as sure as that no geocoder is asked."""
_NODE_NEAR_M = 80.0
_POINT_KINDS = ("pole", "cabinet", "transformer", "substation")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a place is asked by: one of these. A pin is WGS-84."""

    text: str | None = None
    premise_id: UUID | None = None
    meter: str | None = None
    node: str | None = None
    pin: tuple[float, float] | None = None


def locate(org_id: int, asked: Asked, ask: Geocoder | None = None) -> list[Candidate]:
    """Places that may be meant, the best first; empty where none is known.

    No transaction is open while a geocoder is asked.
    """
    with read_session() as session:
        regions = repository.outlines(session, org_id)
        found = _own(session, org_id, asked)
    if asked.text and not any(one.uncertainty_m <= GOOD_ENOUGH_M for one in found):
        found += _geocoded(asked.text, ask or geocoder())
    outlined = [(id_, outline) for id_, *_, outline in regions]
    return [_in_region(one, outlined) for one in best_first(_each_once(found))[:MOST]]


def _own(session: Session, org_id: int, asked: Asked) -> list[Candidate]:
    if asked.pin is not None:
        return [_pinned(session, org_id, *asked.pin)]
    if asked.premise_id is not None:
        premise = repository.premise(session, org_id, asked.premise_id)
        if premise is None:
            raise InvalidField("query.premise", "there is no such premise", "没有此用电地址")
        return _at_premise(premise, "premise", "用电地址", "premise")
    if asked.meter is not None:
        row = repository.point_of_meter(session, org_id, asked.meter.strip())
        if row is None:
            return []
        return _at_premise(row[1], "meter", f"电表 {asked.meter}", f"meter {asked.meter}")
    if asked.node is not None:
        node = repository.node_of_code(session, org_id, asked.node.strip())
        return _at_node(session, org_id, node) if node else []
    return _by_words(session, org_id, (asked.text or "").strip())


def _by_words(session: Session, org_id: int, text: str) -> list[Candidate]:
    """By exact number first, then by the names in it."""
    node = repository.node_of_code(session, org_id, text)
    found = _at_node(session, org_id, node) if node else []
    for point, premise, customer in repository.points_by(session, org_id, text, MOST):
        if point.meter == text:
            found += _at_premise(premise, "meter", f"电表 {text}", f"meter {text}")
        elif customer.number == text:
            found += _at_premise(premise, "meter", f"户号 {text}", f"account {text}", customer.id)
        else:
            found += _at_premise(premise, "premise", f"用电地址编号 {text}", f"premise {text}")
    if found:
        return found
    for premise_id in premises_at(session, org_id, text, MOST) if _is_address(text) else ():
        home = repository.premise(session, org_id, premise_id)
        if home is not None:
            found += _at_premise(home, "premise", "用电地址", "address of a premise")
    return found + named_in(text, _book(session, org_id))


def _is_address(text: str) -> bool:
    """A house is said, not just a name that a street, a shop and a hundred people share."""
    return any(sign.isdigit() for sign in text) and not text.isdecimal()


def _at_premise(
    premise: Premise, source: str, why_zh: str, why_en: str, customer_id: UUID | None = None
) -> list[Candidate]:
    if premise.lat is None or premise.lon is None:
        return []
    return [
        Candidate(
            lat=premise.lat,
            lon=premise.lon,
            source=source,
            uncertainty_m=uncertainty_of(source, premise.area_class),
            label_zh=premise.address_zh,
            label_en=premise.address_en or premise.address_zh,
            why_zh=why_zh,
            why_en=why_en,
            region_id=premise.region_id,
            premise_id=premise.id,
            customer_id=customer_id,
        )
    ]


def _at_node(session: Session, org_id: int, node: NetworkNode) -> list[Candidate]:
    """A device at its point; a line without one in the middle of what hangs on it."""
    lat, lon, told = node.lat, node.lon, None
    if lat is None or lon is None:
        extent = repository.extent_below(session, org_id, node.id)
        if extent is None:
            return []
        lat, lon, south, west, north, east = extent
        told = max(uncertainty_of(node.kind), distance_m(south, west, north, east) / 2)
    return [
        Candidate(
            lat=lat,
            lon=lon,
            source=node.kind,
            uncertainty_m=uncertainty_of(node.kind, told_m=told),
            label_zh=node.name_zh,
            label_en=node.name_en,
            why_zh=f"编号 {node.code}",
            why_en=f"number {node.code}",
            node_id=node.id,
        )
    ]


def _pinned(session: Session, org_id: int, lat: float, lon: float) -> Candidate:
    """A point that somebody showed, named by the device beside it where there is one."""
    near = repository.nodes_near(session, org_id, lat, lon, _NODE_NEAR_M, 50)
    placed = [
        (distance_m(lat, lon, one.lat, one.lon), one)
        for one in near
        if one.kind in _POINT_KINDS and one.lat is not None and one.lon is not None
    ]
    beside = min(placed, key=lambda pair: pair[0], default=None)
    label = f"{lat:.5f}, {lon:.5f}"
    zh = f"{beside[1].name_zh}旁" if beside and beside[0] <= _NODE_NEAR_M else label
    en = f"beside {beside[1].name_en}" if beside and beside[0] <= _NODE_NEAR_M else label
    return Candidate(
        lat=lat,
        lon=lon,
        source="map_pin",
        uncertainty_m=uncertainty_of("map_pin"),
        label_zh=zh,
        label_en=en,
        why_zh="地图点选",
        why_en="pinned on the map",
    )


def _geocoded(text: str, ask: Geocoder) -> list[Candidate]:
    return [
        Candidate(
            lat=one.lat,
            lon=one.lon,
            source="geocoder",
            uncertainty_m=one.uncertainty_m,
            label_zh=one.label or text,
            label_en=one.label or text,
            why_zh=f"地名服务 {ask.name}",
            why_en=f"geocoder {ask.name}",
            rank=1,
        )
        for one in ask.find(text)
    ]


def _each_once(found: Iterable[Candidate]) -> list[Candidate]:
    kept: dict[tuple[Any, ...], Candidate] = {}
    for one in found:
        kept.setdefault((round(one.lat, 5), round(one.lon, 5), one.label_zh), one)
    return list(kept.values())


def _in_region(one: Candidate, outlined: Sequence[tuple[UUID, Any]]) -> Candidate:
    if one.region_id is not None:
        return one
    return replace(one, region_id=holding(outlined, one.lat, one.lon))


def _book(session: Session, org_id: int) -> Gazetteer:
    """Names of the ground map and the regions, read anew where either changed."""
    regions = repository.outlines(session, org_id)
    digest = directory.map_digest(session, org_id)
    known = tuple(
        (str(id_), code, zh, en, hash(str(shape))) for id_, code, zh, en, shape in regions
    )
    key = (org_id, digest, known)
    book = _BOOKS.get(key)
    if book is None:
        base = directory.base_map(session, org_id)
        book = gazetteer(base.document if base else {}, regions)
        if len(_BOOKS) >= _MOST_BOOKS:  # another thread may empty it at the same moment
            _BOOKS.clear()
        _BOOKS[key] = book
    return book


_BOOKS: dict[tuple[Any, ...], Gazetteer] = {}
_MOST_BOOKS = 8
