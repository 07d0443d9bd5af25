"""All queries of the service levels."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from sla.models import SlaCase, SlaTimer

_OPEN = (SlaTimer.fired_at.is_(None), SlaTimer.stopped_at.is_(None))


def case_locked(session: Session, org_id: int, case_id: UUID) -> SlaCase | None:
    """The case, locked: whoever holds it may append to its stream."""
    query = select(SlaCase).where(SlaCase.org_id == org_id, SlaCase.id == case_id)
    return session.scalars(query.with_for_update()).one_or_none()


def timers_of(session: Session, org_id: int, case_ids: Sequence[UUID]) -> list[SlaTimer]:
    """All timers of these cases, by deadline."""
    query = (
        select(SlaTimer)
        .where(SlaTimer.org_id == org_id, SlaTimer.case_id.in_(case_ids))
        .order_by(SlaTimer.due_at, SlaTimer.id)
    )
    return list(session.scalars(query))


def timer(session: Session, org_id: int, timer_id: UUID) -> SlaTimer | None:
    return session.get(SlaTimer, (org_id, timer_id))


def organisations_due(session: Session, now: datetime) -> list[int]:
    """Organisations with a timer that is due."""
    query = select(SlaTimer.org_id).where(*_OPEN, SlaTimer.due_at < now).distinct()
    return list(session.scalars(query.order_by(SlaTimer.org_id)))


def claim_due(session: Session, org_id: int, now: datetime, limit: int) -> list[SlaTimer]:
    """Due timers of cases that nobody else holds; the cases stay locked until the commit."""
    due = exists().where(
        SlaTimer.org_id == SlaCase.org_id,
        SlaTimer.case_id == SlaCase.id,
        *_OPEN,
        SlaTimer.due_at < now,
    )
    claim = select(SlaCase.id).where(SlaCase.org_id == org_id, due).limit(limit)
    cases = list(session.scalars(claim.with_for_update(skip_locked=True)))
    if not cases:
        return []
    query = (
        select(SlaTimer)
        .where(
            SlaTimer.org_id == org_id,
            SlaTimer.case_id.in_(cases),
            *_OPEN,
            SlaTimer.due_at < now,
        )
        .order_by(SlaTimer.due_at, SlaTimer.id)
    )
    return list(session.scalars(query))


def next_due(session: Session) -> datetime | None:
    """The earliest deadline of all that still run; None where there is none."""
    return session.scalar(select(func.min(SlaTimer.due_at)).where(*_OPEN))
