"""Queries of fences."""

from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.rights import Scope
from gps.movement_models import Fence


def fences(session: Session, org_id: int, access: Access) -> list[Fence]:
    """Fences that `access` may see, by code: those for all, and a centre its own."""
    query = select(Fence).where(Fence.org_id == org_id).order_by(Fence.code)
    if access.scope is not Scope.ALL:
        query = query.where(or_(Fence.unit_id.is_(None), Fence.unit_id == access.unit_id))
    return list(session.scalars(query))


def fence_of(session: Session, org_id: int, fence_id: UUID, access: Access) -> Fence:
    """NotFound where there is none, or it is another centre's."""
    found = session.get(Fence, (org_id, fence_id))
    everything = access.scope is Scope.ALL
    if found is None or not (everything or found.unit_id in (None, access.unit_id)):
        raise NotFound(what="fence", id=fence_id)
    return found


def fence_with(session: Session, org_id: int, code: str) -> Fence | None:
    query = select(Fence).where(Fence.org_id == org_id, Fence.code == code)
    return session.scalars(query).one_or_none()


def next_edition(session: Session, org_id: int) -> int:
    """Of all fences of the organisation; the caller holds its lock."""
    newest = select(func.max(Fence.edition)).where(Fence.org_id == org_id)
    return (session.execute(newest).scalar() or 0) + 1


def renew_of_centres(session: Session, org_id: int) -> None:
    """The fences of centres are for other vehicles now; the gateways read them again."""
    centres = (Fence.org_id == org_id, Fence.unit_id.is_not(None), Fence.vehicle_ids.is_(None))
    if session.scalars(select(Fence.id).where(*centres).limit(1)).first() is not None:
        edition = next_edition(session, org_id)
        session.execute(update(Fence).where(*centres).values(edition=edition))
