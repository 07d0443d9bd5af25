"""What the index is made of: queries over the directory's tables, for any number of rows."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

_BATCH = 10_000


class CustomerSource(NamedTuple):
    id: UUID
    number: str
    name_zh: str
    name_en: str | None
    importance: str
    phones: list[str]
    meters: list[str]
    addresses: list[str]
    addresses_en: list[str]
    codes: list[str]
    regions: list[UUID]


class PremiseSource(NamedTuple):
    id: UUID
    code: str | None
    address_zh: str
    address_en: str | None
    region_id: UUID | None


class ThingSource(NamedTuple):
    id: UUID
    kind: str
    code: str
    name_zh: str
    name_en: str
    phone: str | None


_CUSTOMERS = """
WITH phones AS (
    SELECT customer_id, array_agg(number ORDER BY position, number) AS numbers
    FROM customer_phone WHERE org_id = %(org)s {of_them} GROUP BY customer_id
), points AS (
    SELECT s.customer_id, array_agg(s.meter ORDER BY s.meter) AS meters,
           array_agg(DISTINCT p.address_zh) AS addresses,
           array_agg(DISTINCT p.address_en) FILTER (WHERE p.address_en IS NOT NULL) AS english,
           array_agg(DISTINCT p.code) FILTER (WHERE p.code IS NOT NULL) AS codes,
           array_agg(DISTINCT p.region_id) FILTER (WHERE p.region_id IS NOT NULL) AS regions
    FROM service_point s JOIN premise p ON p.org_id = s.org_id AND p.id = s.premise_id
    WHERE s.org_id = %(org)s {of_them} GROUP BY s.customer_id
)
SELECT c.id, c.number, c.name_zh, c.name_en, c.importance,
       coalesce(phones.numbers, '{{}}'), coalesce(points.meters, '{{}}'),
       coalesce(points.addresses, '{{}}'), coalesce(points.english, '{{}}'),
       coalesce(points.codes, '{{}}'), coalesce(points.regions, '{{}}')
FROM customer c
LEFT JOIN phones ON phones.customer_id = c.id
LEFT JOIN points ON points.customer_id = c.id
WHERE c.org_id = %(org)s {them}
ORDER BY c.importance = 'ordinary', c.number
"""
# A premise of exactly one customer is found as that customer.
_PREMISES = """
SELECT p.id, p.code, p.address_zh, p.address_en, p.region_id
FROM premise p
LEFT JOIN (
    SELECT premise_id, count(DISTINCT customer_id) AS customers
    FROM service_point WHERE org_id = %(org)s {of_them} GROUP BY premise_id
) s ON s.premise_id = p.id
WHERE p.org_id = %(org)s {them} AND s.customers IS DISTINCT FROM 1
ORDER BY p.id
"""
_THINGS = """
SELECT id, 'region', code, name_zh, name_en, NULL FROM region
WHERE org_id = %(org)s {them}
UNION ALL
SELECT id, kind, code, name_zh, name_en, NULL FROM network_node
WHERE org_id = %(org)s {them}
UNION ALL
SELECT id, 'unit', code, name_zh, name_en, phone FROM unit
WHERE org_id = %(org)s AND active {them}
"""


def customers(
    cur: Cursor[Any], org_id: int, customer_ids: list[UUID] | None = None
) -> Iterator[CustomerSource]:
    """All customers or these, with all that they are found by: important ones first."""
    some = customer_ids is not None
    statement = _CUSTOMERS.format(
        of_them="AND customer_id = ANY(%(ids)s)" if some else "",
        them="AND c.id = ANY(%(ids)s)" if some else "",
    )
    values = {"org": org_id, "ids": customer_ids}
    return map(CustomerSource._make, _stream(cur, statement, values))


def premises(
    cur: Cursor[Any], org_id: int, premise_ids: list[UUID] | None = None
) -> Iterator[PremiseSource]:
    """Those of all premises, or of these, that are not just one customer's."""
    some = premise_ids is not None
    statement = _PREMISES.format(
        of_them="AND premise_id = ANY(%(ids)s)" if some else "",
        them="AND p.id = ANY(%(ids)s)" if some else "",
    )
    values = {"org": org_id, "ids": premise_ids}
    return map(PremiseSource._make, _stream(cur, statement, values))


def premises_of(cur: Cursor[Any], org_id: int, customer_ids: list[UUID]) -> list[UUID]:
    cur.execute(
        "SELECT DISTINCT premise_id FROM service_point WHERE org_id = %s AND customer_id = ANY(%s)",
        (org_id, customer_ids),
    )
    return [row[0] for row in cur.fetchall()]


def things(cur: Cursor[Any], org_id: int, ids: list[UUID] | None = None) -> Iterator[ThingSource]:
    """All regions, devices of the network and active units, or these."""
    statement = _THINGS.format(them="AND id = ANY(%(ids)s)" if ids is not None else "")
    return map(ThingSource._make, _stream(cur, statement, {"org": org_id, "ids": ids}))


def _stream(cur: Cursor[Any], statement: str, values: dict[str, Any]) -> Iterator[TupleRow]:
    """Row by row from a cursor on the server: a million customers do not lie in memory."""
    cur.execute("SET LOCAL cursor_tuple_fraction = 1")  # all of them will be fetched
    with cur.connection.cursor(name="search_source") as source:
        source.itersize = _BATCH
        source.execute(statement, values)
        yield from source
