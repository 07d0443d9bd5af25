"""Make the index of the directory again: of some customers, of the things, or of all.

`refresh` of some customers replaces their rows. Of all it builds the organisation's partition anew
beside the old one; searches wait only while it takes its place, until the caller's commit. What was
changed meanwhile is carried over.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from psycopg import Cursor, sql
from sqlalchemy.orm import Session

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
    plain,
    region_mark,
    vector,
)
from dispatch.directory.search.readings import initials, readings
from dispatch.directory.search.sources import CustomerSource, PremiseSource, ThingSource

ENTRY_COLUMNS = ("org_id", "id", "kind", "importance", "number", "region_ids", "words", "tokens")
THING_COLUMNS = ("org_id", "id", "kind", "number", "words", "tokens")
# Two editors of one customer: the second waits here and overwrites.
_REPLACE = sql.SQL(
    "INSERT INTO search_entry ({0}) VALUES ({1}) ON CONFLICT (org_id, id) DO UPDATE SET {2},"
    " made = (pg_current_xact_id()::text)::bigint"
).format(
    sql.SQL(", ").join(map(sql.Identifier, ENTRY_COLUMNS)),
    sql.SQL(", ").join(sql.Placeholder() for _ in ENTRY_COLUMNS),
    sql.SQL(", ").join(
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(one)) for one in ENTRY_COLUMNS[2:]
    ),
)
MANY = 20_000
"""From so many customers on it is quicker to make all anew."""
_BATCH = 10_000
_LOCK = 7_245_005


def refresh(session: Session, org_id: int, customer_ids: Collection[UUID] | None = None) -> int:
    """Make the index fit the directory again, in the caller's transaction; returns rows written.

    `customer_ids`: whose facts, phones, meters or premises changed; None: everything, also
    regions, network and units. Call it after the change, before the commit.
    """
    session.flush()
    if customer_ids is None or len(customer_ids) > MANY:
        return refresh_things(session, org_id) + _rebuild(session, org_id)
    if not customer_ids:
        return 0
    return _replace(_cursor(session), org_id, list(customer_ids))


def refresh_things(session: Session, org_id: int) -> int:
    """The same for regions, network and units, after any of them was changed."""
    session.flush()
    cur = _cursor(session)
    # Two at once would both insert what both removed.
    cur.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, org_id))
    cur.execute("DELETE FROM search_thing WHERE org_id = %s", (org_id,))
    things = sources.things(cur, org_id)
    return _copy(cur, "search_thing", THING_COLUMNS, (_thing(org_id, one) for one in things))


def _cursor(session: Session) -> Cursor[Any]:
    """The driver's own cursor, for COPY, in the session's transaction."""
    cursor: Cursor[Any] = session.connection().connection.cursor()  # type: ignore[assignment]
    return cursor


def _replace(cur: Cursor[Any], org_id: int, customer_ids: list[UUID]) -> int:
    """The rows of these customers, and of the premises that they are supplied at."""
    premises = sources.premises_of(cur, org_id, customer_ids)
    cur.execute(
        "DELETE FROM search_entry WHERE org_id = %s AND id = ANY(%s)",
        (org_id, [*customer_ids, *premises]),
    )
    places: set[str] = set()
    rows = list(_entries(cur, org_id, places, customer_ids, premises))
    cur.executemany(_REPLACE, rows)
    _learn_places(cur, org_id, places)
    return len(rows)


def _rebuild(session: Session, org_id: int) -> int:
    """A new partition with everything, which then takes the old one's place."""
    cur = _cursor(session)
    cur.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, org_id))
    cur.execute("SELECT pg_current_snapshot()::text, pg_current_xact_id()::text")
    snapshot, number = cur.fetchone() or ("", "")
    new = sql.Identifier(f"search_entry_p{org_id}_{number}")
    cur.execute(
        sql.SQL("CREATE TABLE {} (LIKE search_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        .format(new)
    )  # fmt: skip
    places: set[str] = set()
    count = _copy(cur, new, ENTRY_COLUMNS, _entries(cur, org_id, places))
    cur.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cur.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (org_id, id)").format(new))
    cur.execute(
        sql.SQL("CREATE INDEX ON {} USING gin (tokens) WITH (fastupdate = off)").format(new)
    )
    cur.execute(sql.SQL("ANALYZE {} (org_id, id, kind)").format(new))
    _learn_places(cur, org_id, places)
    _take_place(cur, org_id, new, snapshot)
    return count


def _take_place(cur: Cursor[Any], org_id: int, new: sql.Identifier, snapshot: str) -> None:
    """From here on searches wait, for milliseconds: until the caller's commit."""
    cur.execute("LOCK TABLE search_entry IN ACCESS EXCLUSIVE MODE")
    cur.execute(
        sql.SQL(
            "WITH late AS (SELECT * FROM search_entry WHERE org_id = %(org)s"
            " AND NOT pg_visible_in_snapshot(made::text::xid8, %(snapshot)s::pg_snapshot)),"
            " gone AS (DELETE FROM {0} WHERE id IN (SELECT id FROM late))"
            " SELECT count(*) FROM late"
        ).format(new),
        {"org": org_id, "snapshot": snapshot},
    )
    cur.execute(
        sql.SQL(
            "INSERT INTO {} SELECT * FROM search_entry WHERE org_id = %(org)s"
            " AND NOT pg_visible_in_snapshot(made::text::xid8, %(snapshot)s::pg_snapshot)"
            " ON CONFLICT DO NOTHING"
        ).format(new),
        {"org": org_id, "snapshot": snapshot},
    )
    cur.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'search_entry'::regclass AND c.relname LIKE %s",
        (f"search\\_entry\\_p{org_id}\\_%",),
    )
    for (old,) in cur.fetchall():
        cur.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(old)))
    cur.execute("DELETE FROM search_entry_rest WHERE org_id = %s", (org_id,))
    cur.execute(
        sql.SQL("ALTER TABLE search_entry ATTACH PARTITION {} FOR VALUES IN ({})").format(
            new, sql.Literal(org_id)
        )
    )


def _entries(
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


def _thing(org_id: int, one: ThingSource) -> tuple[Any, ...]:
    row = Row()
    row.add("name", one.name_zh)
    row.add("name_en", one.name_en)
    row.add("code", one.code)
    if one.phone:
        row.add("phone", digits_of(one.phone, country_code(settings().phone_region)))
    row.marks.append("#" + one.kind)
    return org_id, one.id, one.kind, one.code, row.words, vector(row.tokens)


def _learn_places(cur: Cursor[Any], org_id: int, places: Iterable[str]) -> None:
    """Names out of addresses by how they are read; one that is in none any more does no harm."""
    rows = sorted(
        {("".join(way), word, initials(way)) for word in places for way in readings(plain(word))}
    )
    cur.execute(
        "INSERT INTO search_place (org_id, pinyin, word, initials)"
        " SELECT %s, unnest(%s::text[]), unnest(%s::text[]), unnest(%s::text[])"
        " ON CONFLICT DO NOTHING",
        (org_id, *([row[column] for row in rows] for column in range(3))),
    )


def _copy(
    cur: Cursor[Any],
    table: str | sql.Identifier,
    columns: tuple[str, ...],
    rows: Iterable[tuple[Any, ...]],
) -> int:
    """COPY in batches: between them the connection fetches more of what the rows are made of."""
    name = sql.Identifier(table) if isinstance(table, str) else table
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        name, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        with cur.connection.cursor() as writer, writer.copy(statement) as copy:
            for row in batch:
                copy.write_row(row)
        count += len(batch)
    return count
