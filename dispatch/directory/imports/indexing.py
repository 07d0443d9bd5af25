"""After rows are written: what anybody may search for is found again."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from dispatch.directory.imports.kinds import Kind
from dispatch.directory.imports.staging import STAGE
from dispatch.directory.search.refresh import MANY, refresh, refresh_things

_CUSTOMERS = {
    "customers": f"SELECT c.id FROM {STAGE} s JOIN customer c ON c.org_id = :org "
    "AND c.number = s.number",
    "phones": f"SELECT DISTINCT c.id FROM {STAGE} s JOIN customer c ON c.org_id = :org "
    "AND c.number = s.customer",
    "service_points": f"SELECT DISTINCT c.id FROM {STAGE} s JOIN customer c ON c.org_id = :org "
    "AND c.number = s.customer",
    "premises": f"SELECT DISTINCT k.customer_id FROM {STAGE} s JOIN premise p "
    "ON p.org_id = :org AND p.code = s.code JOIN service_point k ON k.org_id = :org "
    "AND k.premise_id = p.id",
}
_THINGS = {
    "regions": f"SELECT t.id FROM {STAGE} s JOIN region t ON t.org_id = :org AND t.code = s.code",
    "nodes": f"SELECT t.id FROM {STAGE} s JOIN network_node t "
    "ON t.org_id = :org AND t.code = s.code",
}


def make_findable(session: Session, org_id: int, kind: Kind, *, changed: bool) -> None:
    """Make the search index fit the rows of the stage, in the caller's transaction.

    `changed`: known rows were changed; a region's new name is part of every address in it.
    """
    if kind.code in _CUSTOMERS:
        ids = _some(session, org_id, _CUSTOMERS[kind.code])
        refresh(session, org_id, ids)
    elif kind.code == "regions" and changed:
        refresh(session, org_id)
    else:
        refresh_things(session, org_id, _some(session, org_id, _THINGS[kind.code]))


def _some(session: Session, org_id: int, query: str) -> list[UUID] | None:
    """The ids; None where there are so many that all is made anew."""
    found = session.scalars(text(f"{query} LIMIT {MANY + 1}"), {"org": org_id}).all()
    return None if len(found) > MANY else list(found)
