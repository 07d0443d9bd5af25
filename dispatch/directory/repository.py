"""All queries of the directory."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.directory.models import BaseMap


def save_map(session: Session, org_id: int, digest: str, document: dict[str, Any]) -> None:
    """Replace the organisation's base map."""
    values = {"digest": digest, "document": document}
    statement = insert(BaseMap).values(org_id=org_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id"], set_=values))
