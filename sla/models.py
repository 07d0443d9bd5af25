"""Tables of the service levels: one case per order, one row per deadline."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class SlaCase(Base):
    """An order under its policy; it keeps the version that it began under. `id` is the order's."""

    __tablename__ = "sla_case"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    policy: Mapped[str]
    policy_version: Mapped[int]
    opened_at: Mapped[datetime]


class SlaTimer(Base):
    """A deadline. `due_at` is null while the clock is held (queued, detour)."""

    __tablename__ = "sla_timer"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "case_id"], ["sla_case.org_id", "sla_case.id"]),
        CheckConstraint("kind IN ('breach','alarm')", name="kind"),
        Index("uq_sla_timer_subject", "org_id", "case_id", "code", "subject_id", unique=True),
        Index(
            "ix_sla_timer_due",
            "due_at",
            postgresql_where=text("fired_at IS NULL AND stopped_at IS NULL"),
        ),
        Index(
            "ix_sla_timer_fired",
            "org_id",
            "fired_at",
            postgresql_where=text("fired_at IS NOT NULL AND withdrawn_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    code: Mapped[str]
    kind: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(comment="Order, centre hop or assignment.")
    starts_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    limit_s: Mapped[float]
    stopped_at: Mapped[datetime | None]
    fired_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
