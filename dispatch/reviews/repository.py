"""All queries of reviews."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFound
from dispatch.reviews.models import Review, ReviewAttachment
from dispatch.reviews.rules import ReviewState

FIELDS = tuple(ReviewState.__dataclass_fields__)


def review_state(row: Review) -> ReviewState:
    """The state that rules work on."""
    return ReviewState(**{name: getattr(row, name) for name in FIELDS})


def reviews_of(session: Session, org_id: int, case_ids: Iterable[UUID]) -> list[Review]:
    """All reviews of these orders and tickets, by deadline."""
    query = (
        select(Review)
        .where(Review.org_id == org_id, Review.case_id.in_(list(case_ids)))
        .order_by(Review.due_at, Review.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def rulings_of(
    session: Session, org_id: int, order_ids: Iterable[UUID]
) -> dict[UUID, dict[tuple[str, UUID], ReviewState]]:
    """What was ruled on the breaches of each order, by code and subject; not the withdrawn ones."""
    found: dict[UUID, dict[tuple[str, UUID], ReviewState]] = defaultdict(dict)
    query = select(Review).where(
        Review.org_id == org_id,
        Review.case_id.in_(list(order_ids)),
        Review.state == "ruled",
        Review.withdrawn_at.is_(None),
    )
    for row in session.scalars(query):
        found[row.case_id][row.code, row.subject_id] = review_state(row)
    return found


def get(session: Session, org_id: int, review_id: UUID) -> Review:
    """Raises NotFound."""
    row = session.get(Review, (org_id, review_id), populate_existing=True)
    if row is None:
        raise NotFound(what="review", id=review_id)
    return row


def save(session: Session, org_id: int, state: ReviewState) -> None:
    """Write a review as `state` says; its words stay."""
    values = {"org_id": org_id, **asdict(state)}
    changes = {name: value for name, value in values.items() if name not in ("org_id", "id")}
    statement = insert(Review).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", "id"], set_=changes))


def files_of(session: Session, org_id: int, review_id: UUID) -> list[ReviewAttachment]:
    query = (
        select(ReviewAttachment)
        .where(ReviewAttachment.org_id == org_id, ReviewAttachment.review_id == review_id)
        .order_by(ReviewAttachment.attached_at, ReviewAttachment.id)
    )
    return list(session.scalars(query))
