"""Notices that were sent, one row per outbox id: a job that runs twice sends once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Notice(Base):
    """One message to a desk or a person. `channel`: log until a carrier is set up."""

    __tablename__ = "notice"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="the outbox row's id")
    order_id: Mapped[UUID]
    timer_id: Mapped[UUID | None]
    code: Mapped[str]
    channel: Mapped[str]
    sent_at: Mapped[datetime]
