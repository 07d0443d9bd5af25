"""Notices to many: the wish, and each number that is to get it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Campaign(Base):
    """One text to all customers of a scope. Its words are in the row, its course in facts."""

    __tablename__ = "campaign"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "asked_by"], ["app_user.org_id", "app_user.id"]),
        CheckConstraint("scope IN ('order','node','region')", name="scope"),
        CheckConstraint(
            "state IN ('draft','running','paused','cancelled','done')",
            name="state",
        ),
        Index("ix_campaign_asked_at", "org_id", "asked_at"),
        Index(
            "ix_campaign_unsettled",
            "org_id",
            "id",
            postgresql_where=text("started_at IS NOT NULL AND settled_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    template: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    scope: Mapped[str]
    scope_id: Mapped[UUID]
    importances: Mapped[list[str]] = mapped_column(JSONB, comment="empty: all customers")
    reason: Mapped[str] = mapped_column(comment="why, in the words of who asked")
    state: Mapped[str]
    code: Mapped[str | None] = mapped_column(comment="why it ended so")
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(comment="of no use any more after it")
    written_to: Mapped[UUID | None] = mapped_column(comment="the last customer looked at")
    written_at: Mapped[datetime | None] = mapped_column(comment="all recipients are known")
    settled_at: Mapped[datetime | None] = mapped_column(comment="nothing more of it can go out")
    recipients: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    excluded: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    numberless: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class CampaignRecipient(Base):
    """A number in a campaign, once. `waiting`: its message is not asked for yet."""

    __tablename__ = "campaign_recipient"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "campaign_id"], ["campaign.org_id", "campaign.id"]),
        CheckConstraint("state IN ('waiting','asked','excluded','cancelled')", name="state"),
        Index(
            "ix_campaign_recipient_waiting",
            "org_id",
            "campaign_id",
            "rank",
            "number",
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID | None]
    rank: Mapped[int] = mapped_column(SmallInteger, comment="0: important customers come first")
    state: Mapped[str]
    reason: Mapped[str | None] = mapped_column(comment="why it was left out")
    message_id: Mapped[UUID | None]
