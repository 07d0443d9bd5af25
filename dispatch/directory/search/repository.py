"""All queries of a search. Candidates come from the inverted indexes, never from a whole table."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.directory.search.query import Word, patterns

SCAN = 1_000
"""Rows that are looked at for one question, at most."""


def fetch(session: Session, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement, by the driver itself: a dozen of them make one answer."""
    cursor = session.connection().connection.cursor()
    cursor.execute(statement, values)
    return list(cursor.fetchall())


class Candidate(NamedTuple):
    """A row of the index. `regions` is empty for things."""

    id: UUID
    kind: str
    importance: str
    number: str
    regions: list[UUID]
    words: str


def only_indexes(session: Session, *, on: bool) -> None:
    """For the statements that follow in this transaction: inverted indexes and nothing else.

    The planner guesses that two common words have many rows in common and reads the table for
    them; where they have none it would read all of it.
    """
    value = "off" if on else "on"
    fetch(session, _ONLY, {"value": value})


_ONLY = (
    "SELECT set_config('enable_seqscan', %(value)s, true),"
    " set_config('enable_indexscan', %(value)s, true),"
    " set_config('enable_indexonlyscan', %(value)s, true)"
)


def entries(
    session: Session,
    org_id: int,
    wanted: str,
    words: Sequence[Word],
    most: int,
    scope: Collection[UUID] | None = None,
) -> tuple[list[Candidate], bool]:
    """Customers and premises for a tsquery that hold the words; whether there may be more.

    `scope`: regions, None for all.
    """
    conditions, values = _conditions(words, regions=True)
    if scope is not None:
        conditions.append("region_ids && %(scope)s::uuid[]")
        values["scope"] = list(scope)
    return _rows(
        session,
        "SELECT id, kind, importance, number, region_ids, words, row_number() OVER () AS place"
        " FROM search_entry",
        conditions,
        {**values, "org_id": org_id, "wanted": wanted, "most": most},
    )


_THINGS = (
    "SELECT id, kind, 'ordinary' AS importance, number, '{}'::uuid[] AS region_ids, words,"
    " row_number() OVER () AS place FROM search_thing"
)


def things(
    session: Session, org_id: int, wanted: str, words: Sequence[Word], most: int
) -> tuple[list[Candidate], bool]:
    """Regions, devices and units for a tsquery that hold all the words."""
    conditions, values = _conditions(words, regions=False)
    return _rows(
        session,
        _THINGS,
        conditions,
        {**values, "org_id": org_id, "wanted": wanted, "most": most},
    )


def regions(
    session: Session, org_id: int, wanted: str, words: Sequence[Word], most: int
) -> list[Candidate]:
    """Regions for a tsquery that hold one of the words."""
    either = [pattern for word in words for pattern in patterns(word)]
    values = {"org_id": org_id, "wanted": wanted, "most": most, "like0": either}
    return _rows(session, _THINGS, ["words LIKE ANY (%(like0)s::text[])"], values)[0]


def _rows(
    session: Session, select: str, conditions: Iterable[str], values: dict[str, Any]
) -> tuple[list[Candidate], bool]:
    """The candidates, and whether there may be more of them.

    As soon as there are enough no more rows are read; the last that may be read is given anyway.
    """
    where = " AND ".join(conditions) or "true"
    statement = (
        f"SELECT *, {where} FROM ({select}"  # noqa: S608
        " WHERE org_id = %(org_id)s AND tokens @@ CAST(%(wanted)s AS tsquery)"
        f" LIMIT {SCAN}) c WHERE ({where}) OR place = {SCAN} LIMIT %(most)s"
    )
    found = fetch(session, statement, values)
    more = len(found) == values["most"] or any(row[6] == SCAN for row in found)
    return [Candidate(*row[:6]) for row in found if row[7]], more


def _conditions(words: Sequence[Word], *, regions: bool) -> tuple[list[str], dict[str, Any]]:
    """SQL that a row holds each word."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for number, word in enumerate(words):
        values[f"like{number}"] = patterns(word)
        condition = f"words LIKE ANY (%(like{number})s::text[])"
        if regions and word.regions:
            values[f"regions{number}"] = list(word.regions)
            condition = f"({condition} OR region_ids && %(regions{number})s::uuid[])"
        conditions.append(condition)
    return conditions, values


def places(session: Session, org_id: int, latin: str, most: int) -> list[str]:
    """Names in addresses that are read like this: whole first, then those that begin so."""
    query = _PLACES_LONG if len(latin) > 2 else _PLACES_SHORT
    values = {"org_id": org_id, "exact": latin, "latin": latin + "%", "most": most}
    found = fetch(session, query, values)
    return list(dict.fromkeys(row[0] for row in found))[:most]


_EXACT = (
    "(SELECT word FROM search_place WHERE org_id = %(org_id)s AND {} = %(exact)s LIMIT %(most)s)"
)
_BEGINS = (
    "(SELECT word FROM search_place WHERE org_id = %(org_id)s AND {} LIKE %(latin)s LIMIT %(most)s)"
)
_PLACES_SHORT = " UNION ALL ".join((_EXACT.format("initials"), _BEGINS.format("initials")))
_PLACES_LONG = " UNION ALL ".join(
    (
        _EXACT.format("initials"),
        _EXACT.format("pinyin"),
        _BEGINS.format("pinyin"),
        _BEGINS.format("initials"),
    )
)


def regions_of_centre(session: Session, org_id: int, centre_id: UUID) -> list[UUID]:
    rows = fetch(session, _OF_CENTRE, {"org_id": org_id, "centre_id": centre_id})
    return [row[0] for row in rows]


_OF_CENTRE = "SELECT id FROM region WHERE org_id = %(org_id)s AND centre_id = %(centre_id)s"
