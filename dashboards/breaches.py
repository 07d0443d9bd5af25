"""Breaches with their reviews, and anomalies: lists for supervisors, one review in full.

Raw and adjusted figures stand side by side: `over_s` is what the stamps say, `adjusted_over_s` what
is left of it after the ruling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from core.identity import Access
from core.models import Unit, User
from core.rights import Scope
from dashboards.order_page import order_page
from dashboards.values import iso, text
from dispatch.orders.models import Order, Stamp
from dispatch.reviews import repository
from dispatch.reviews.models import Review
from dispatch.reviews.rules import adjusted_s
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
    order_id: UUID | None = None


def breaches(session: Session, org_id: int, access: Access, wanted: Wanted) -> dict[str, Any]:
    """The newest breaches first, with counts over all of the period."""
    query = _matching(session, org_id, access, wanted)
    rows = session.execute(
        _of_state(query, wanted.state).order_by(Review.due_at.desc(), Review.id).limit(MOST)
    )
    counted = {
        name: session.scalar(_of_state(query, name).with_only_columns(func.count()))
        for name in ("running", "breached", "open", "appealed", "ruled", "withdrawn")
    }
    return {
        "rows": [review_row(review, timer, order) for review, timer, order in rows],
        "counts": {**counted, "anomalies": anomaly_count(session, org_id, access)},
        "most": MOST,
    }


def _matching(
    session: Session, org_id: int, access: Access, wanted: Wanted
) -> Select[Any, Any, Any]:
    query: Select[Any, Any, Any] = (
        select(Review, SlaTimer, Order)
        .join(SlaTimer, and_(SlaTimer.org_id == Review.org_id, SlaTimer.id == Review.id))
        .join(Order, and_(Order.org_id == Review.org_id, Order.id == Review.order_id))
        .where(Review.org_id == org_id, Review.due_at >= wanted.start, Review.due_at < wanted.end)
    )
    if wanted.code is not None:
        query = query.where(Review.code == wanted.code)
    if wanted.order_id is not None:
        query = query.where(Review.order_id == wanted.order_id)
    for unit_id in (wanted.unit, access.unit_id if access.scope is not Scope.ALL else None):
        if unit_id is not None:
            units = _units_of(session, org_id, unit_id)
            query = query.where(or_(Order.centre_id == unit_id, Review.unit.in_(units)))
    return query


def _of_state(query: Select[Any, Any, Any], state: str | None) -> Select[Any, Any, Any]:
    there = Review.withdrawn_at.is_(None)
    if state == "withdrawn":
        return query.where(~there)
    if state == "running":
        return query.where(there, SlaTimer.stopped_at.is_(None))
    if state == "breached":
        return query.where(there)
    if state in ("open", "appealed", "ruled"):
        return query.where(there, Review.state == state)
    return query


def _units_of(session: Session, org_id: int, unit_id: UUID) -> list[str]:
    crews = select(Unit.id).where(Unit.org_id == org_id, Unit.centre_id == unit_id)
    return [str(unit_id), *map(str, session.scalars(crews))]


def review_row(review: Review, timer: SlaTimer, order: Order) -> dict[str, Any]:
    """One breach. `over_s` is null while it runs: the screen counts from `due_at`."""
    over = None
    if timer.stopped_at is not None:
        over = max((timer.stopped_at - review.due_at).total_seconds(), 0.0)
    waived = review.waived_s
    return {
        "id": str(review.id),
        "order_id": str(order.id),
        "number": order.number,
        "order_state": order.state,
        "centre_id": text(order.centre_id),
        "code": review.code,
        "limit_s": review.limit_s,
        "due_at": iso(review.due_at),
        "opened_at": iso(review.opened_at),
        "stopped_at": iso(timer.stopped_at),
        "withdrawn_at": iso(review.withdrawn_at),
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
        "waived_s": waived,
        "ruled_party": review.ruled_party,
        "ruled_unit": review.ruled_unit,
        "files": review.files,
    }


def _adjusted(review: Review, over: float | None) -> float | None:
    if over is None:
        return None
    return 0.0 if review.withdrawn_at is not None else adjusted_s(over, review.waived_s)


def review_page(session: Session, org_id: int, review_id: UUID, now: datetime) -> dict[str, Any]:
    """A review with what was said, its files, and the whole order as evidence. Raises NotFound."""
    review = repository.get(session, org_id, review_id)
    timer = session.get_one(SlaTimer, (org_id, review_id))
    order = session.get_one(Order, (org_id, review.order_id))
    others = repository.reviews_of(session, org_id, [order.id])
    names = _names(session, org_id, (review.appealed_by, review.ruled_by))
    row = review_row(review, timer, order)
    return {
        "review": {
            **row,
            "appealed_by": names.get(review.appealed_by) if review.appealed_by else None,
            "appeal_words": review.appeal_words,
            "ruled_by": names.get(review.ruled_by) if review.ruled_by else None,
            "ruling_words": review.ruling_words,
            "attachments": [
                {
                    "id": str(one.id),
                    "name": one.name,
                    "content_type": one.content_type,
                    "size": one.size,
                    "attached_at": iso(one.attached_at),
                }
                for one in repository.files_of(session, org_id, review_id)
            ],
        },
        "others": [
            {"id": str(one.id), "code": one.code, "withdrawn_at": iso(one.withdrawn_at)}
            for one in others
            if one.id != review_id
        ],
        "anomalies": _anomalies(session, org_id, EVERY, order.id),
        "page": order_page(session, org_id, order.id, now),
    }


def _names(session: Session, org_id: int, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = [one for one in ids if one is not None]
    rows = session.execute(
        select(User.id, User.name).where(User.org_id == org_id, User.id.in_(wanted))
    )
    return dict(rows.all())


EVERY = Access(Scope.ALL)


def anomalies(session: Session, org_id: int, access: Access) -> list[dict[str, Any]]:
    """The queue: what nobody has put right or explained, the oldest first."""
    return _anomalies(session, org_id, access, None)


def anomaly_count(session: Session, org_id: int, access: Access) -> int:
    query = _open(org_id, access, None)
    return session.scalar(query.with_only_columns(func.count())) or 0


def _open(org_id: int, access: Access, order_id: UUID | None) -> Select[Any, Any, Any]:
    query: Select[Any, Any, Any] = (
        select(SlaAnomaly, Order, Stamp)
        .join(Order, and_(Order.org_id == SlaAnomaly.org_id, Order.id == SlaAnomaly.case_id))
        .outerjoin(Stamp, and_(Stamp.org_id == SlaAnomaly.org_id, Stamp.id == SlaAnomaly.stamp_id))
        .where(SlaAnomaly.org_id == org_id)
    )
    query = (
        query.where(SlaAnomaly.state == "open")
        if order_id is None
        else query.where(SlaAnomaly.case_id == order_id)
    )
    if access.scope is not Scope.ALL:
        query = query.where(Order.centre_id == access.unit_id)
    return query


def _anomalies(
    session: Session, org_id: int, access: Access, order_id: UUID | None
) -> list[dict[str, Any]]:
    query = _open(org_id, access, order_id).order_by(SlaAnomaly.opened_at, SlaAnomaly.id)
    found: Sequence[Any] = session.execute(query.limit(MOST)).all()
    return [_anomaly(row, order, stamp) for row, order, stamp in found]


def _anomaly(row: SlaAnomaly, order: Order, stamp: Stamp | None) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "order_id": str(order.id),
        "number": order.number,
        "centre_id": text(order.centre_id),
        "kind": row.kind,
        "code": row.code,
        "subject_id": str(row.subject_id),
        "amount_s": row.amount_s,
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
