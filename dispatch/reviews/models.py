"""Tables of reviews: the projection, the words, the files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Review(Base):
    """`dispatch.reviews.rules.ReviewState`, and what was said; words are never in events."""

    __tablename__ = "review"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "case_id"], ["sla_case.org_id", "sla_case.id"]),
        Index("ix_review_case", "org_id", "case_id"),
        Index("ix_review_due", "org_id", "due_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="that of the breach's timer")
    case_id: Mapped[UUID] = mapped_column(comment="the order or ticket")
    code: Mapped[str]
    subject_id: Mapped[UUID]
    limit_s: Mapped[float]
    due_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    party: Mapped[str]
    unit: Mapped[str | None] = mapped_column(comment="centre or crew: its id")
    cause: Mapped[str | None] = mapped_column(comment="segment or interval that took the time")
    state: Mapped[str] = mapped_column(comment="open, appealed, ruled")
    withdrawn_at: Mapped[datetime | None]
    appealed_at: Mapped[datetime | None]
    appealed_by: Mapped[UUID | None]
    appeal_reason: Mapped[str | None]
    ruled_at: Mapped[datetime | None]
    ruled_by: Mapped[UUID | None]
    ruling: Mapped[str | None] = mapped_column(comment="upheld, waived, reattributed")
    waived_s: Mapped[float] = mapped_column(server_default=text("0"))
    ruled_party: Mapped[str | None]
    ruled_unit: Mapped[str | None]
    files: Mapped[int] = mapped_column(server_default=text("0"))
    appeal_words: Mapped[str | None]
    ruling_words: Mapped[str | None]


class ReviewAttachment(Base):
    """A file that somebody put beside an appeal; its bytes are in attachment_content."""

    __tablename__ = "review_attachment"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "review_id"], ["review.org_id", "review.id"]),
        ForeignKeyConstraint(
            ["org_id", "digest"], ["attachment_content.org_id", "attachment_content.digest"]
        ),
        Index("ix_review_attachment_review", "org_id", "review_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID]
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[str]
    attached_at: Mapped[datetime]
    attached_by: Mapped[UUID | None]
