"""Queries of calls for help."""

from dataclasses import asdict, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.rights import Scope
from dispatch.help.models import HelpCall
from dispatch.help.rules import HelpState

FIELDS = tuple(field.name for field in fields(HelpState))


def help_state(row: HelpCall) -> HelpState:
    return HelpState(**{name: getattr(row, name) for name in FIELDS})


def save(session: Session, org_id: int, state: HelpState) -> None:
    session.merge(HelpCall(org_id=org_id, **asdict(state)))
    session.flush()


def locked(session: Session, org_id: int, help_id: UUID, access: Access) -> HelpCall:
    """One call, locked. NotFound where there is none, or it is not of `access`."""
    row = session.get(HelpCall, (org_id, help_id), with_for_update=True)
    mine = row is not None and (
        access.scope is Scope.ALL
        or (access.scope is Scope.CENTRE and row.centre_id == access.unit_id)
        or (access.scope is Scope.CREW and row.crew_id == access.unit_id)
    )
    if row is None or not mine:
        raise NotFound(what="help", id=help_id)
    return row


def last_of(
    session: Session, org_id: int, crew_id: UUID | None, vehicle_id: UUID | None
) -> HelpCall | None:
    """The newest call of a crew, or of a vehicle that has none; locked."""
    query = select(HelpCall).where(HelpCall.org_id == org_id)
    if crew_id is not None:
        query = query.where(HelpCall.crew_id == crew_id)
    else:
        query = query.where(HelpCall.crew_id.is_(None), HelpCall.vehicle_id == vehicle_id)
    newest = query.order_by(HelpCall.last_at.desc(), HelpCall.id).limit(1).with_for_update()
    return session.scalars(newest.execution_options(populate_existing=True)).first()


def open_or_of(
    session: Session, org_id: int, ids: list[UUID] | None = None, since: datetime | None = None
) -> list[HelpCall]:
    """Calls that nobody has ended; or these; or those since a moment. Oldest first."""
    query = select(HelpCall).where(HelpCall.org_id == org_id)
    if ids is not None:
        query = query.where(HelpCall.id.in_(ids))
    elif since is not None:
        query = query.where(HelpCall.last_at >= since)
    else:
        query = query.where(HelpCall.ended_at.is_(None))
    return list(session.scalars(query.order_by(HelpCall.called_at, HelpCall.id)))
