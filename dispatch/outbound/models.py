"""How far a crew has been called after."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class CrewReach(Base):
    """How far a crew has been told of an order that it does not take, beside its screens."""

    __tablename__ = "crew_reach"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "assignment_id"], ["assignment.org_id", "assignment.id"]),
        Index("ix_crew_reach_due", "due_at", postgresql_where=text("ended_at IS NULL")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID | None] = mapped_column(comment="the short message, once asked for")
    calls: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    command_id: Mapped[UUID | None] = mapped_column(comment="of the last call")
    heard_at: Mapped[datetime | None] = mapped_column(comment="somebody picked up")
    due_at: Mapped[datetime] = mapped_column(comment="when the next step is looked at")
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(
        comment="accepted, returned, received, over, unreached"
    )
