"""Rows of the index from what the directory's tables hold."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from psycopg import Cursor

from core.settings import settings
from dispatch.directory.rules import country_code
from dispatch.directory.search import sources
from dispatch.directory.search.forms import (
    IMPORTANT,
    SAMPLE,
    Row,
    digits_of,
    in_sample,
    place_words,
    region_mark,
    vector,
)
from dispatch.directory.search.sources import CustomerSource, PremiseSource, ThingSource

ENTRY_COLUMNS = ("org_id", "id", "kind", "importance", "number", "region_ids", "words", "tokens")
THING_COLUMNS = ("org_id", "id", "kind", "number", "words", "tokens")


def entries(
    cur: Cursor[Any],
    org_id: int,
    places: set[str],
    customer_ids: list[UUID] | None = None,
    premise_ids: list[UUID] | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Rows of customers, important ones first, then of premises; adds their address words."""
    country = country_code(settings().phone_region)
    for one in sources.customers(cur, org_id, customer_ids):
        for address in one.addresses:
            places |= place_words(address)
        yield _customer(org_id, one, country)
    for premise in sources.premises(cur, org_id, premise_ids):
        places |= place_words(premise.address_zh)
        yield _premise(org_id, premise)


def _customer(org_id: int, one: CustomerSource, country: str) -> tuple[Any, ...]:
    row = Row()
    row.add("name", one.name_zh)
    row.add("name_en", one.name_en)
    row.add("account", one.number)
    for phone in one.phones:
        row.add("phone", digits_of(phone, country))
    for meter in one.meters:
        row.add("meter", meter)
    for address in one.addresses:
        row.add("address", address)
    for address in one.addresses_en:
        row.add("address_en", address)
    for code in one.codes:
        row.add("code", code)
    important = one.importance != "ordinary"
    return _entry(org_id, one.id, "customer", one.importance, one.number, one.regions, row,
                  important=important)  # fmt: skip


def _premise(org_id: int, one: PremiseSource) -> tuple[Any, ...]:
    row = Row()
    row.add("address", one.address_zh)
    row.add("address_en", one.address_en)
    row.add("code", one.code)
    regions = [one.region_id] if one.region_id else []
    return _entry(org_id, one.id, "premise", "ordinary", one.code or "", regions, row)


def _entry(
    org_id: int,
    id_: UUID,
    kind: str,
    importance: str,
    number: str,
    regions: list[UUID],
    row: Row,
    *,
    important: bool = False,
) -> tuple[Any, ...]:
    row.marks.extend(region_mark(region.hex) for region in regions)
    if important:
        row.marks.append(IMPORTANT)
    elif in_sample(id_.int):
        row.marks.append(SAMPLE)
    vector_ = vector(row.tokens or {"-"})
    listed = "{" + ",".join(region.hex for region in regions) + "}"
    return org_id, id_, kind, importance, number, listed, row.words, vector_


def things(
    cur: Cursor[Any], org_id: int, ids: list[UUID] | None = None
) -> Iterator[tuple[Any, ...]]:
    """Rows of regions, devices and units."""
    country = country_code(settings().phone_region)
    return (_thing(org_id, one, country) for one in sources.things(cur, org_id, ids))


def _thing(org_id: int, one: ThingSource, country: str) -> tuple[Any, ...]:
    row = Row()
    row.add("name", one.name_zh)
    row.add("name_en", one.name_en)
    row.add("code", one.code)
    if one.phone:
        row.add("phone", digits_of(one.phone, country))
    row.marks.append("#" + one.kind)
    if in_sample(one.id.int):
        row.marks.append(SAMPLE)
    return org_id, one.id, one.kind, one.code, row.words, vector(row.tokens)
