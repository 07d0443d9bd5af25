"""Calls of crews for help."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class HelpCall(Base):
    """One call for help; folded from `help.*` events. Somebody took note of it (`seen`), and in the
    end somebody said that it is over."""

    __tablename__ = "help_call"
    __table_args__ = (
        CheckConstraint("source IN ('key','alarm','phone')", name="source"),
        Index(
            "ix_help_call_open", "org_id", "called_at", postgresql_where=text("ended_at IS NULL")
        ),
        Index("ix_help_call_crew", "org_id", "crew_id", "last_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    crew_id: Mapped[UUID | None]
    centre_id: Mapped[UUID | None] = mapped_column(comment="of the crew, when it called")
    vehicle_id: Mapped[UUID | None]
    order_id: Mapped[UUID | None] = mapped_column(comment="that the crew is at")
    source: Mapped[str] = mapped_column(comment="key, alarm, phone")
    called_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    seen_at: Mapped[datetime | None] = mapped_column(comment="somebody took note")
    seen_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    outcome: Mapped[str | None] = mapped_column(comment="helped, mistake")
