"""Attempts to tell a crew that a device of its vehicle is silent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class SilenceNotice(Base):
    """One attempt over one channel, and what became of it.

    One that goes out of the house has the id of its outbox row: a job that runs twice sends once.
    """

    __tablename__ = "silence_notice"
    __table_args__ = (
        CheckConstraint("channel IN ('screen','sms')", name="channel"),
        CheckConstraint(
            "state IN ('waiting','sending','sent','failed','unavailable','cancelled')",
            name="state",
        ),
        Index("ix_silence_notice_device", "org_id", "device_id"),
        Index("ix_silence_notice_sending", "org_id", postgresql_where=text("state = 'sending'")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="the outbox row's, if it has one")
    vehicle_id: Mapped[UUID]
    device_id: Mapped[UUID]
    crew_id: Mapped[UUID]
    member_id: Mapped[UUID | None]
    channel: Mapped[str]
    attempt: Mapped[int] = mapped_column(Integer)
    state: Mapped[str]
    reason: Mapped[str | None] = mapped_column(comment="why it was not sent")
    silent_since: Mapped[datetime]
    asked_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    sending_at: Mapped[datetime | None] = mapped_column(
        comment="real time, while a worker is at it"
    )
    ended_at: Mapped[datetime | None]
