"""Make the index of the directory fit its tables again: of some customers, of things, or whole."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import text
from sqlalchemy.orm import Session

from dispatch.directory.search import parts, rows, sources
from dispatch.directory.search.forms import plain
from dispatch.directory.search.models import IN_SAMPLE
from dispatch.directory.search.readings import initials, readings

MANY = 20_000
"""From so many customers on it is quicker to make all anew."""


def refresh(session: Session, org_id: int, customer_ids: Collection[UUID] | None = None) -> int:
    """Make the index fit the directory again, in the caller's transaction; returns rows written.

    `customer_ids`: whose facts, phones, meters or premises changed; None: everything, also
    regions, network and units. Call it after the change, before the commit.
    """
    session.flush()
    if customer_ids is not None and len(customer_ids) <= MANY:
        return _refresh_some(_cursor(session), org_id, list(customer_ids))
    cur = _cursor(session)
    places: set[str] = set()
    found = rows.entries(cur, org_id, places)
    count = parts.rebuild(cur, "search_entry", rows.ENTRY_COLUMNS, org_id, found, partial=IN_SAMPLE)
    _learn_places(cur, org_id, places)
    return count + refresh_things(session, org_id)


def refresh_things(session: Session, org_id: int, ids: Collection[UUID] | None = None) -> int:
    """The same for these regions, devices of the network and units; None: for all of them."""
    session.flush()
    cur = _cursor(session)
    if ids is None:
        found = rows.things(cur, org_id)
        return parts.rebuild(cur, "search_thing", rows.THING_COLUMNS, org_id, found)
    if not ids:
        return 0
    some = list(ids)
    found = rows.things(cur, org_id, some)
    return parts.replace(cur, "search_thing", rows.THING_COLUMNS, org_id, some, found)


def ensure_index(session: Session) -> int:
    """Make the index of every organisation that has none: one of before, or a new one."""
    missing = text(
        "SELECT id FROM organisation o WHERE NOT EXISTS"
        " (SELECT FROM search_thing s WHERE s.org_id = o.id) ORDER BY id"
    )
    return sum(refresh(session, org_id) for org_id in session.scalars(missing).all())


def _cursor(session: Session) -> Cursor[Any]:
    """The driver's own cursor, for COPY, in the session's transaction."""
    cursor: Cursor[Any] = session.connection().connection.cursor()  # type: ignore[assignment]
    return cursor


def _refresh_some(cur: Cursor[Any], org_id: int, customer_ids: list[UUID]) -> int:
    """The rows of these customers, and of the premises that they are supplied at."""
    if not customer_ids:
        return 0
    premises = sources.premises_of(cur, org_id, customer_ids)
    places: set[str] = set()
    found = rows.entries(cur, org_id, places, customer_ids, premises)
    ids = [*customer_ids, *premises]
    count = parts.replace(cur, "search_entry", rows.ENTRY_COLUMNS, org_id, ids, found)
    _learn_places(cur, org_id, places)
    return count


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
