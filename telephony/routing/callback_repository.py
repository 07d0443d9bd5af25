"""All queries of call-backs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from telephony.models import Call
from telephony.routing.models import Callback, Offer

OPEN = ("waiting", "dialling", "talking")
DEFAULT_CARRIER = "twilio"


def open_of(session: Session, org_id: int, number: str) -> UUID | None:
    """The one that is open for a number."""
    query = select(Callback.id).where(
        Callback.org_id == org_id, Callback.number == number, Callback.state.in_(OPEN)
    )
    return session.scalar(query)


def in_vain(session: Session, org_id: int, number: str, taken_since: datetime) -> list[Callback]:
    """Those of a number that were tried in vain, locked; not those that a person took up since."""
    query = select(Callback).where(
        Callback.org_id == org_id,
        Callback.number == number,
        Callback.state == "failed",
        Callback.worked_at.is_(None) | (Callback.worked_at <= taken_since),
    )
    again = {"populate_existing": True}
    return list(session.scalars(query.with_for_update(), execution_options=again))


def add(session: Session, row: Callback) -> bool:
    """Add it, unless one was opened for the number at the same moment."""
    values = {column.key: getattr(row, column.key) for column in Callback.__table__.columns}
    made = insert(Callback).values(values).on_conflict_do_nothing().returning(Callback.id)
    return session.scalar(made) is not None


def locked(session: Session, org_id: int, callback_id: UUID) -> Callback | None:
    return session.get(
        Callback, (org_id, callback_id), with_for_update=True, populate_existing=True
    )


def now_locked(session: Session, org_id: int, callback_id: UUID) -> Callback | None:
    """The one that waits still, locked, if nobody else holds it."""
    query = select(Callback).where(
        Callback.org_id == org_id, Callback.id == callback_id, Callback.state == "waiting"
    )
    return session.scalars(
        query.with_for_update(skip_locked=True), execution_options={"populate_existing": True}
    ).one_or_none()


def due(session: Session, org_id: int, now: datetime) -> Sequence[Callback]:
    """Those whose time has come, and for whom no agent is reserved."""
    offered = exists().where(
        Offer.org_id == org_id, Offer.callback_id == Callback.id, Offer.ended_at.is_(None)
    )
    query = select(Callback).where(
        Callback.org_id == org_id, Callback.state == "waiting", Callback.next_at <= now
    )
    return session.scalars(query.where(~offered)).all()


def under_way(session: Session, org_id: int) -> Sequence[Callback]:
    """Those that an agent is calling or speaking with, locked if nobody else holds them."""
    query = select(Callback).where(
        Callback.org_id == org_id, Callback.state.in_(("dialling", "talking"))
    )
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def carrier_of(session: Session, org_id: int, call_id: UUID | None) -> str:
    """The carrier by which the customer had called."""
    found = session.get(Call, (org_id, call_id)) if call_id else None
    return found.carrier if found else DEFAULT_CARRIER


def listed(
    session: Session, org_id: int, states: Sequence[str], limit: int | None
) -> Sequence[Callback]:
    """Those in these states, the place in the queue first; all of them without a limit."""
    query = select(Callback).where(Callback.org_id == org_id, Callback.state.in_(states))
    return session.scalars(query.order_by(Callback.since, Callback.id).limit(limit)).all()
