"""Attempts to tell somebody something, one row per channel of a step."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

STATES = ("waiting", "sending", "sent", "answered", "failed", "unavailable", "cancelled")


class Notice(Base):
    """One message to a desk or a person over one channel, and what became of it.

    One that goes out of the house has the id of its outbox row: a job that runs twice sends once.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting','sending','sent','answered','failed','unavailable','cancelled')",
            name="state",
        ),
        Index("ix_notice_ladder", "org_id", "ladder_id"),
        Index("ix_notice_sending", "org_id", postgresql_where=text("state = 'sending'")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="the outbox row's, if it has one")
    case_id: Mapped[UUID] = mapped_column(comment="the order or ticket")
    timer_id: Mapped[UUID | None]
    ladder_id: Mapped[UUID | None]
    step: Mapped[int | None] = mapped_column(comment="of the ladder, from 1")
    code: Mapped[str] = mapped_column(comment="of the segment or timer")
    text_code: Mapped[str | None] = mapped_column(
        comment="code of the text, such as not_accepted.2"
    )
    channel: Mapped[str]
    recipient: Mapped[str | None]
    unit_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    state: Mapped[str]
    reason: Mapped[str | None] = mapped_column(comment="why it was not sent")
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    reached: Mapped[list[str]] = mapped_column(
        default=list, server_default=text("'[]'::jsonb"), comment="addresses that have it, by place"
    )
    asked_at: Mapped[datetime]
    sending_at: Mapped[datetime | None] = mapped_column(
        comment="real time, while a worker is at it"
    )
    ended_at: Mapped[datetime | None]
