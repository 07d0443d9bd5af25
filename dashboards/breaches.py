"""Breaches with their reviews, and anomalies: lists for supervisors, one review in full.

Raw and adjusted figures stand side by side: `over_s` is what the stamps say, `adjusted_over_s` what
is left of it after the ruling.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.models import Unit, User
from core.rights import Scope
from dashboards.order_page import order_page
from dashboards.ticket_page import ticket_page
from dashboards.values import iso, text
from dispatch.orders.models import Order, Stamp
from dispatch.privacy.masking import Eyes
from dispatch.reviews import repository
from dispatch.reviews.models import Review, ReviewAttachment
from dispatch.reviews.rules import adjusted_s
from dispatch.tickets.models import Ticket
from sla.models import SlaAnomaly, SlaTimer

MOST = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which breaches: those whose deadline lies in [start, end). `unit`: a centre with its crews,
    or a crew."""

    start: datetime
    end: datetime
    unit: UUID | None = None
    code: str | None = None
    state: str | None = None
    case_id: UUID | None = None


def breaches(session: Session, org_id: int, access: Access, wanted: Wanted) -> dict[str, Any]:
    """The newest breaches first, with counts over all of the period."""
    query = _matching(session, org_id, access, wanted)
    rows = session.execute(
        query.where(*_IN_LIST.get(wanted.state or "", ()))
        .order_by(Review.due_at.desc(), Review.id)
        .limit(MOST)
    ).all()
    counts = (func.count().filter(*where).label(name) for name, where in _IN_LIST.items())
    counted = session.execute(query.with_only_columns(*counts)).one()
    return {
        "rows": [review_row(*row) for row in rows],
        "counts": {**counted._asdict(), "anomalies": anomaly_count(session, org_id, access)},
        "most": MOST,
    }


_THERE = Review.withdrawn_at.is_(None)
_IN_LIST: Mapping[str, tuple[ColumnElement[bool], ...]] = {
    "running": (_THERE, SlaTimer.stopped_at.is_(None)),
    "breached": (_THERE,),
    "open": (_THERE, Review.state == "open"),
    "appealed": (_THERE, Review.state == "appealed"),
    "ruled": (_THERE, Review.state == "ruled"),
    "withdrawn": (~_THERE,),
}
"""Each list, by what its reviews have in common."""


def every_review(org_id: int) -> Select[Any, Any, Any, Any]:
    """Reviews with their timer and their order or ticket."""
    return (
        select(Review, SlaTimer, Order, Ticket)
        .join(SlaTimer, and_(SlaTimer.org_id == Review.org_id, SlaTimer.id == Review.id))
        .outerjoin(Order, and_(Order.org_id == Review.org_id, Order.id == Review.case_id))
        .outerjoin(Ticket, and_(Ticket.org_id == Review.org_id, Ticket.id == Review.case_id))
        .where(Review.org_id == org_id)
    )


def _matching(
    session: Session, org_id: int, access: Access, wanted: Wanted
) -> Select[Any, Any, Any, Any]:
    query = every_review(org_id).where(Review.due_at >= wanted.start, Review.due_at < wanted.end)
    if wanted.code is not None:
        query = query.where(Review.code == wanted.code)
    if wanted.case_id is not None:
        query = query.where(Review.case_id == wanted.case_id)
    for unit_id in (wanted.unit, access.unit_id if access.scope is not Scope.ALL else None):
        if unit_id is not None:
            units = _units_of(session, org_id, unit_id)
            query = query.where(
                or_(
                    Order.centre_id == unit_id,
                    Ticket.unit_id.in_(units),
                    Review.unit.in_(map(str, units)),
                    Review.ruled_unit.in_(map(str, units)),
                )
            )
    return query


def _units_of(session: Session, org_id: int, unit_id: UUID) -> list[UUID]:
    """A unit with those that belong to it."""
    mine = select(Unit.id).where(Unit.org_id == org_id, Unit.centre_id == unit_id)
    return [unit_id, *session.scalars(mine)]


def review_row(
    review: Review, timer: SlaTimer, order: Order | None, ticket: Ticket | None
) -> dict[str, Any]:
    """One breach. `over_s` is null while it runs: the screen counts from `due_at`. Of one that was
    withdrawn it is what had been seen of it by then.
    """
    over = None
    ends = [at for at in (timer.stopped_at, review.withdrawn_at) if at is not None]
    if ends:
        over = max((min(ends) - review.due_at).total_seconds(), 0.0)
    about = order or ticket
    assert about is not None  # a case is an order's or a ticket's
    return {
        "id": str(review.id),
        "order_id": str(order.id) if order else None,
        "ticket_id": str(ticket.id) if ticket else None,
        "number": about.number,
        "holder_id": text(order.centre_id if order else ticket.unit_id if ticket else None),
        "code": review.code,
        "limit_s": review.limit_s,
        "due_at": iso(review.due_at),
        "opened_at": iso(review.opened_at),
        "stopped_at": iso(timer.stopped_at),
        "withdrawn_at": iso(review.withdrawn_at),
        "late_s": timer.late_s,
        "over_s": over,
        "adjusted_over_s": _adjusted(review, over),
        "party": review.party,
        "unit": review.unit,
        "cause": review.cause,
        "state": review.state,
        "appealed_at": iso(review.appealed_at),
        "appeal_reason": review.appeal_reason,
        "ruled_at": iso(review.ruled_at),
        "ruling": review.ruling,
        "waived_s": review.waived_s,
        "ruled_party": review.ruled_party,
        "ruled_unit": review.ruled_unit,
        "files": review.files,
    }


def _adjusted(review: Review, over: float | None) -> float | None:
    if over is None:
        return None
    return 0.0 if review.withdrawn_at is not None else adjusted_s(over, review.waived_s)


def review_page(
    session: Session, org_id: int, review_id: UUID, now: datetime, eyes: Eyes
) -> dict[str, Any]:
    """A review with what was said, its files, and as evidence the whole order, or the ticket.

    Raises NotFound.
    """
    found = session.execute(every_review(org_id).where(Review.id == review_id)).one_or_none()
    if found is None:
        raise NotFound(what="review", id=review_id)
    review, _, order, ticket = found
    names = _names(session, org_id, (review.appealed_by, review.ruled_by))
    files = repository.files_of(session, org_id, review_id)
    return {
        "review": {
            **review_row(*found),
            "appealed_by": names.get(review.appealed_by) if review.appealed_by else None,
            "appeal_words": review.appeal_words,
            "ruled_by": names.get(review.ruled_by) if review.ruled_by else None,
            "ruling_words": review.ruling_words,
            "attachments": [_file(one) for one in files],
        },
        "others": [
            {"id": str(one.id), "code": one.code, "withdrawn_at": iso(one.withdrawn_at)}
            for one in repository.reviews_of(session, org_id, [review.case_id])
            if one.id != review_id
        ],
        "anomalies": odd_of(session, org_id, [review.case_id]),
        "page": order_page(session, org_id, order.id, now) if order else None,
        "ticket": ticket_page(session, org_id, ticket.id, eyes) if ticket else None,
    }


def _file(one: ReviewAttachment) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "content_type": one.content_type,
        "size": one.size,
        "attached_at": iso(one.attached_at),
    }


def _names(session: Session, org_id: int, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = [one for one in ids if one is not None]
    rows = session.execute(
        select(User.id, User.name).where(User.org_id == org_id, User.id.in_(wanted))
    )
    return dict(rows.all())


def every_anomaly(org_id: int) -> Select[Any, Any, Any]:
    """Anomalies with their order and the stamp that they are about."""
    return (
        select(SlaAnomaly, Order, Stamp)
        .join(Order, and_(Order.org_id == SlaAnomaly.org_id, Order.id == SlaAnomaly.case_id))
        .outerjoin(Stamp, and_(Stamp.org_id == SlaAnomaly.org_id, Stamp.id == SlaAnomaly.stamp_id))
        .where(SlaAnomaly.org_id == org_id)
    )


def _queue(org_id: int, access: Access) -> Select[Any, Any, Any]:
    query = every_anomaly(org_id).where(SlaAnomaly.state == "open")
    return query if access.scope is Scope.ALL else query.where(Order.centre_id == access.unit_id)


def anomalies(session: Session, org_id: int, access: Access) -> list[dict[str, Any]]:
    """The queue: what nobody has put right or explained, the oldest first."""
    query = _queue(org_id, access)
    found = session.execute(query.order_by(SlaAnomaly.opened_at, SlaAnomaly.id).limit(MOST))
    return [anomaly_row(*row) for row in found]


def anomaly_count(session: Session, org_id: int, access: Access) -> int:
    query = _queue(org_id, access)
    return session.scalar(query.with_only_columns(func.count())) or 0


def odd_of(session: Session, org_id: int, order_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """All anomalies of these orders, put right and explained ones included, the oldest first."""
    query = every_anomaly(org_id).where(SlaAnomaly.case_id.in_(order_ids))
    found = session.execute(query.order_by(SlaAnomaly.opened_at, SlaAnomaly.id))
    return [anomaly_row(*row) for row in found]


def anomaly_row(row: SlaAnomaly, order: Order, stamp: Stamp | None) -> dict[str, Any]:
    """One thing that cannot be, with what its stamp says."""
    return {
        "id": str(row.id),
        "order_id": str(order.id),
        "number": order.number,
        "centre_id": text(order.centre_id),
        "kind": row.kind,
        "code": row.code,
        "subject_id": str(row.subject_id),
        "amount_s": row.amount_s,
        "amount_m": row.amount_m,
        "state": row.state,
        "opened_at": iso(row.opened_at),
        "closed_at": iso(row.closed_at),
        "reason": row.reason,
        "stamp": None
        if stamp is None
        else {
            "at": iso(stamp.at),
            "recorded_at": iso(stamp.recorded_at),
            "source": stamp.source,
            "assignment_id": text(stamp.assignment_id),
        },
    }
