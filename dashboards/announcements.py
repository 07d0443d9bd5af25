"""Emergency announcements as screens see them. They are on the live topic `agents` while on."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import User
from dashboards.values import iso
from telephony.models import EmergencyAnnouncement


def on(session: Session, org_id: int, ids: Iterable[UUID] | None = None) -> list[dict[str, Any]]:
    """The one that callers hear now, if any; of these ids where some are given."""
    row = EmergencyAnnouncement
    query = _named(org_id).where(row.ended_at.is_(None))
    if ids is not None:
        query = query.where(row.id.in_(list(ids)))
    return [_row(found, name) for found, name in session.execute(query)]


def one(session: Session, org_id: int, announcement_id: UUID) -> dict[str, Any]:
    """One that is known to be there, on or off."""
    query = _named(org_id).where(EmergencyAnnouncement.id == announcement_id)
    found, name = session.execute(query).one()
    return _row(found, name)


def last(session: Session, org_id: int, limit: int) -> list[dict[str, Any]]:
    """Those that are off again, the newest first."""
    row = EmergencyAnnouncement
    query = _named(org_id).where(row.ended_at.is_not(None))
    query = query.order_by(row.ended_at.desc(), row.id.desc()).limit(limit)
    return [_row(found, name) for found, name in session.execute(query)]


def _named(org_id: int) -> Any:
    row = EmergencyAnnouncement
    author = (User.org_id == row.org_id) & (User.id == row.began_by)
    return select(row, User.name).join(User, author).where(row.org_id == org_id)


def _row(found: EmergencyAnnouncement, name: str) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "zh": found.zh,
        "en": found.en,
        "began_at": iso(found.began_at),
        "began_by": {"id": str(found.began_by), "name": name},
        "ended_at": iso(found.ended_at),
    }
