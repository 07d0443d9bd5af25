"""The table of holds: a projection of their streams, and the words beside them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Hold(Base):
    """`dispatch.holds.rules.HoldState`, and what was said; words are never in events."""

    __tablename__ = "hold"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "order_id"], ["orders.org_id", "orders.id"]),
        Index("ix_hold_order", "org_id", "order_id"),
        Index(
            "uq_hold_open",
            "org_id",
            "order_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND state <> 'refused'"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    assignment_id: Mapped[UUID | None]
    kind: Mapped[str]
    responsible: Mapped[str]
    state: Mapped[str] = mapped_column(comment="requested, approved, refused")
    asked_role: Mapped[str]
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    begun_at: Mapped[datetime]
    most_s: Mapped[float | None] = mapped_column(comment="seconds it may last")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(comment="why it was refused: a code")
    ended_at: Mapped[datetime | None]
    how: Mapped[str | None] = mapped_column(comment="crew, desk, cap, went_on, over")
    words: Mapped[str | None] = mapped_column(comment="of who asked")
    decision_words: Mapped[str | None] = mapped_column(comment="of who decided")
