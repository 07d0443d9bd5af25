"""All queries of a search. Candidates come from the inverted indexes, never from a whole table."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.directory.search.models import IN_SAMPLE
from dispatch.directory.search.query import Word, patterns

SCAN = 1_000
"""Rows that are looked at for one question, at most."""


class Question(NamedTuple):
    """A statement and its values."""

    statement: str
    values: Mapping[str, Any]


@contextmanager
def only_indexes(session: Session) -> Iterator[None]:
    """Within it statements use indexes by way of bitmaps, and nothing else.

    The planner guesses that two common words have many rows in common and reads the table for
    them; where they have none it would read all of it. With one way left nothing is planned anew
    for each fragment.
    """
    fetch(session, _ONLY, {"value": "off", "plan": "force_generic_plan"})
    yield
    fetch(session, _ONLY, {"value": "on", "plan": "auto"})


_ONLY = (
    "SELECT set_config('enable_seqscan', %(value)s, true),"
    " set_config('enable_indexscan', %(value)s, true),"
    " set_config('enable_indexonlyscan', %(value)s, true),"
    " set_config('plan_cache_mode', %(plan)s, true)"
)


def ask(session: Session, question: Question) -> list[tuple[Any, ...]]:
    """Rows of a question."""
    return fetch(session, *question)


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


class Candidates(NamedTuple):
    """Rows, and whether there may be more of them."""

    rows: list[Candidate]
    more: bool


def entries(
    org_id: int,
    wanted: str,
    words: Sequence[Word],
    most: int,
    scope: Collection[UUID] | None = None,
    *,
    sample: bool = False,
) -> Question:
    """Customers and premises for a tsquery that hold the words.

    `scope`: regions, None for all. `sample`: only of the sample, which has an index of its own.
    """
    conditions, values = _conditions(words, regions=True)
    if scope is not None:
        conditions.append("region_ids && %(scope)s::uuid[]")
        values["scope"] = list(scope)
    return _question(
        "SELECT id, kind, importance, number, region_ids, words, row_number() OVER () AS place"
        " FROM search_entry",
        conditions,
        {**values, "org_id": org_id, "wanted": wanted, "most": most},
        also=f" AND {IN_SAMPLE}" if sample else "",
    )


_THINGS = (
    "SELECT id, kind, 'ordinary' AS importance, number, '{}'::uuid[] AS region_ids, words,"
    " row_number() OVER () AS place FROM search_thing"
)


def things(org_id: int, wanted: str, words: Sequence[Word], most: int) -> Question:
    """Regions, devices and units for a tsquery that hold all the words."""
    conditions, values = _conditions(words, regions=False)
    return _question(
        _THINGS, conditions, {**values, "org_id": org_id, "wanted": wanted, "most": most}
    )


def regions(org_id: int, wanted: str, words: Sequence[Word], most: int) -> Question:
    """Regions for a tsquery that hold one of the words."""
    either = [pattern for word in words for pattern in patterns(word)]
    values = {"org_id": org_id, "wanted": wanted, "most": most, "like0": either}
    return _question(_THINGS, ["words LIKE ANY (%(like0)s::text[])"], values)


def _question(
    select: str, conditions: Iterable[str], values: dict[str, Any], also: str = ""
) -> Question:
    """As soon as there are enough no more rows are read; the last that may be read is given
    anyway.
    """
    where = " AND ".join(conditions) or "true"
    statement = (
        f"SELECT *, {where} FROM ({select}"  # noqa: S608 - no word of anybody's is in it
        f" WHERE org_id = %(org_id)s AND tokens @@ CAST(%(wanted)s AS tsquery){also}"
        f" LIMIT {SCAN}) c WHERE ({where}) OR place = {SCAN} LIMIT %(most)s"
    )
    return Question(statement, values)


def candidates(rows: Sequence[tuple[Any, ...]], most: int) -> Candidates:
    """Those among the rows of a question that asked for `most`."""
    more = len(rows) == most or any(row[6] == SCAN for row in rows)
    return Candidates([Candidate(*row[:6]) for row in rows if row[7]], more)


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


def places(org_id: int, latin: str, most: int) -> Question:
    """Names in addresses that are read like this: whole first, then those that begin so."""
    query = _PLACES_LONG if len(latin) > 2 else _PLACES_SHORT
    values = {"org_id": org_id, "exact": latin, "latin": latin + "%", "most": most}
    return Question(query, values)


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
