"""All queries of policies and calendars in versions."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sla.models import SlaBook, SlaCalendar, SlaPolicy


def revision(session: Session, org_id: int) -> int:
    """How often an organisation's policies and calendars have changed."""
    found = session.scalar(select(SlaBook.revision).where(SlaBook.org_id == org_id))
    return found or 0


def bump_revision(session: Session, org_id: int) -> None:
    """Count a change; until the commit nobody else makes one."""
    first = insert(SlaBook).values(org_id=org_id, revision=1)
    later = first.on_conflict_do_update(
        index_elements=[SlaBook.org_id], set_={"revision": SlaBook.revision + 1}
    )
    session.execute(later)


def policies(session: Session, org_id: int) -> list[SlaPolicy]:
    """All versions that are kept as rows."""
    query = select(SlaPolicy).where(SlaPolicy.org_id == org_id)
    return list(session.scalars(query.order_by(SlaPolicy.code, SlaPolicy.version)))


def policy(session: Session, org_id: int, code: str, version: int) -> SlaPolicy | None:
    return session.get(SlaPolicy, (org_id, code, version))


def calendars(session: Session, org_id: int) -> list[SlaCalendar]:
    """All versions of all calendars of one's own."""
    query = select(SlaCalendar).where(SlaCalendar.org_id == org_id)
    return list(session.scalars(query.order_by(SlaCalendar.code, SlaCalendar.version)))
