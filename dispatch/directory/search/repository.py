"""All queries of a search. Candidates come from the inverted indexes, never from a whole table."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from dispatch.directory.search.query import Word, patterns

SCAN = 1_000
"""Rows that are looked at for one question, at most."""


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
    session.execute(_ONLY, {"value": value})


_ONLY = text(
    "SELECT set_config('enable_seqscan', :value, true),"
    " set_config('enable_indexscan', :value, true),"
    " set_config('enable_indexonlyscan', :value, true)"
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
        conditions.append("region_ids && :scope")
        values["scope"] = list(scope)
    return _rows(
        session,
        "SELECT id, kind, importance, number, region_ids, words, row_number() OVER () AS place"
        " FROM search_entry",
        conditions,
        {**values, "org_id": org_id, "wanted": wanted, "most": most},
    )


def things(
    session: Session, org_id: int, wanted: str, words: Sequence[Word], most: int
) -> tuple[list[Candidate], bool]:
    """Regions, devices and units for a tsquery that hold all the words."""
    conditions, values = _conditions(words, regions=False)
    return _rows(
        session,
        "SELECT id, kind, 'ordinary' AS importance, number, '{}'::uuid[] AS region_ids, words,"
        " row_number() OVER () AS place FROM search_thing",
        conditions,
        {**values, "org_id": org_id, "wanted": wanted, "most": most},
    )


def _rows(
    session: Session, select: str, conditions: Iterable[str], values: dict[str, Any]
) -> tuple[list[Candidate], bool]:
    """The candidates, and whether there may be more of them.

    As soon as there are enough no more rows are read; the last that may be read is given anyway.
    """
    where = " AND ".join(conditions) or "true"
    statement = text(
        f"SELECT *, {where} FROM ({select}"  # noqa: S608
        " WHERE org_id = :org_id AND tokens @@ CAST(:wanted AS tsquery)"
        f" LIMIT {SCAN}) c WHERE ({where}) OR place = {SCAN} LIMIT :most"
    )
    typed = [bindparam(name, type_=_type(value)) for name, value in values.items()]
    found = session.execute(statement.bindparams(*typed), values).all()
    more = len(found) == values["most"] or any(row[6] == SCAN for row in found)
    return [Candidate(*row[:6]) for row in found if row[7]], more


def _type(value: Any) -> Any:
    if isinstance(value, list):
        return ARRAY(Uuid() if value and isinstance(value[0], UUID) else Text())
    return None


def _conditions(words: Sequence[Word], *, regions: bool) -> tuple[list[str], dict[str, Any]]:
    """SQL that a row holds each word."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for number, word in enumerate(words):
        values[f"like{number}"] = patterns(word)
        condition = f"words LIKE ANY (:like{number})"
        if regions and word.regions:
            values[f"regions{number}"] = list(word.regions)
            condition = f"({condition} OR region_ids && :regions{number})"
        conditions.append(condition)
    return conditions, values


def places(session: Session, org_id: int, latin: str, most: int) -> list[str]:
    """Names in addresses that are read like this: whole first, then those that begin so."""
    query = _PLACES_LONG if len(latin) > 2 else _PLACES_SHORT
    found = session.execute(
        query, {"org_id": org_id, "exact": latin, "latin": latin + "%", "most": most}
    )
    return list(dict.fromkeys(row[0] for row in found))[:most]


_EXACT = "(SELECT word FROM search_place WHERE org_id = :org_id AND {} = :exact LIMIT :most)"
_BEGINS = "(SELECT word FROM search_place WHERE org_id = :org_id AND {} LIKE :latin LIMIT :most)"
_PLACES_SHORT = text(" UNION ALL ".join((_EXACT.format("initials"), _BEGINS.format("initials"))))
_PLACES_LONG = text(
    " UNION ALL ".join(
        (
            _EXACT.format("initials"),
            _EXACT.format("pinyin"),
            _BEGINS.format("pinyin"),
            _BEGINS.format("initials"),
        )
    )
)


def regions_of_centre(session: Session, org_id: int, centre_id: UUID) -> list[UUID]:
    rows = session.execute(_OF_CENTRE, {"org_id": org_id, "centre_id": centre_id})
    return [row[0] for row in rows]


_OF_CENTRE = text("SELECT id FROM region WHERE org_id = :org_id AND centre_id = :centre_id")
