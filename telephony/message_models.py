"""Messages that leave the house, and who wants none."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from telephony.delivery import STATES

SCOPES = ("notice", "marketing")


class Message(Base):
    """One short message to one number. Number, values and words can be erased; the rest stays.

    Its command has its id as subject: however often a worker dies, it is sent once.
    """

    __tablename__ = "message"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        CheckConstraint("state IN ('" + "','".join(STATES) + "')", name="state"),
        CheckConstraint("channel IN ('sms')", name="channel"),
        Index("uq_message_key", "org_id", "key", unique=True),
        Index("ix_message_about", "org_id", "about", "about_id"),
        Index("ix_message_asked_at", "org_id", "asked_at"),
        Index(
            "ix_message_queued",
            "org_id",
            "campaign_id",
            postgresql_where=text("campaign_id IS NOT NULL AND state = 'queued'"),
        ),
        Index(
            "uq_message_recipient",
            "org_id",
            "campaign_id",
            "to_number",
            unique=True,
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(comment="what is said once: a second ask finds it")
    template: Mapped[str]
    version: Mapped[str] = mapped_column(comment="of the template: hash of its texts")
    category: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    to_number: Mapped[str | None]
    values: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    words: Mapped[str | None] = mapped_column(comment="as sent")
    segments: Mapped[int] = mapped_column(SmallInteger)
    about: Mapped[str] = mapped_column(comment="order, assignment, notice, ...")
    about_id: Mapped[UUID]
    campaign_id: Mapped[UUID | None]
    expected_at: Mapped[datetime | None] = mapped_column(comment="the time that it promises")
    state: Mapped[str]
    code: Mapped[str | None] = mapped_column(comment="why it ended so")
    carrier: Mapped[str | None]
    carrier_ref: Mapped[str | None]
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Suppression(Base):
    """A number that gets no more of a scope, until it is lifted."""

    __tablename__ = "suppression"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        CheckConstraint("scope IN ('notice','marketing')", name="scope"),
        CheckConstraint("source IN ('word','agent')", name="source"),
        Index(
            "uq_suppression_number",
            "org_id",
            "number",
            "scope",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    scope: Mapped[str]
    source: Mapped[str]
    reason: Mapped[str | None] = mapped_column(comment="in the words of the agent who began it")
    since: Mapped[datetime]
    by_user: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class NumberLanguage(Base):
    """The language that whoever answers a number wants."""

    __tablename__ = "number_language"
    __table_args__ = (ForeignKeyConstraint(["org_id"], ["organisation.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]
    since: Mapped[datetime]
