"""Who is on duty: what routing, alarms and screens ask.

A unit whose roster says nothing about a moment (no shifts at all, before the first, after the end
of the last) counts as on duty, and says so (`always`): a roster that was forgotten stops no order.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import NotFound
from dispatch.roster import repository
from dispatch.roster.rules import OnDuty, duty


def on_duty(session: Session, org_id: int, unit_id: UUID, at: datetime) -> OnDuty:
    """Who is on duty in this unit at `at` (aware). Raises NotFound."""
    posts = repository.posts(session, org_id, at)
    if unit_id not in posts:
        raise NotFound(what="unit", id=unit_id)
    return duty(posts, unit_id, at)


def all_on_duty(session: Session, org_id: int, at: datetime) -> dict[UUID, OnDuty]:
    """The same for every unit of the organisation, in four statements."""
    posts = repository.posts(session, org_id, at)
    return {unit_id: duty(posts, unit_id, at) for unit_id in posts}
