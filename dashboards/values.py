"""How the rows of the screens write times and ids."""

from datetime import datetime
from uuid import UUID


def iso(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z, or None."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def text(id_: UUID | None) -> str | None:
    """The id as a string, or None."""
    return str(id_) if id_ else None
