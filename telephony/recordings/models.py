"""Recordings at the carrier, and who has listened to them. What was said is kept there only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

_CALL = (["org_id", "call_id"], ["call.org_id", "call.id"])


class Recording(Base):
    """One recording: of a conversation, or a message that a caller left.

    `wanted` is what people and policy ask for, `state` what the carrier has done; the recorder
    brings the second to the first.
    """

    __tablename__ = "recording"
    __table_args__ = (
        ForeignKeyConstraint(*_CALL),
        CheckConstraint("kind IN ('conversation','message')", name="kind"),
        CheckConstraint(
            "state IN ('asked','in-progress','paused','ready','absent','failed','expired',"
            "'deleted')",
            name="state",
        ),
        CheckConstraint("wanted IN ('on','paused','off')", name="wanted"),
        Index(
            "uq_recording_open",
            "org_id",
            "call_id",
            unique=True,
            postgresql_where=text(
                "kind = 'conversation' AND state IN ('asked','in-progress','paused')"
            ),
        ),
        Index(
            "uq_recording_carrier",
            "carrier",
            "carrier_recording",
            unique=True,
            postgresql_where=text("carrier_recording IS NOT NULL"),
        ),
        Index("ix_recording_call", "org_id", "call_id"),
        Index(
            "ix_recording_work",
            "org_id",
            "state",
            postgresql_where=text("state IN ('asked','in-progress','paused','expired')"),
        ),
        Index("ix_recording_ready", "org_id", "begun_at", postgresql_where=text("state = 'ready'")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID]
    leg_id: Mapped[UUID | None] = mapped_column(comment="The telephone that is recorded.")
    kind: Mapped[str]
    basis: Mapped[str] = mapped_column(comment="announced, agreed; left: the caller left it.")
    queue: Mapped[str | None]
    carrier: Mapped[str]
    carrier_recording: Mapped[str | None] = mapped_column(comment="The carrier's id.")
    state: Mapped[str]
    wanted: Mapped[str]
    begun_at: Mapped[datetime] = mapped_column(comment="The carrier's time, else when asked for.")
    seconds: Mapped[int | None]
    channels: Mapped[int] = mapped_column(SmallInteger)
    paused_until: Mapped[datetime | None] = mapped_column(comment="When a pause ends by itself.")
    act: Mapped[str | None] = mapped_column(comment="What the carrier was asked for last.")
    command_id: Mapped[UUID | None] = mapped_column(comment="By which command; null: it has ended.")
    code: Mapped[str | None] = mapped_column(comment="Why something failed.")
    again_at: Mapped[datetime | None] = mapped_column(comment="When a failed erasure is repeated.")
    kept_by: Mapped[UUID | None] = mapped_column(comment="Who has put it out of retention.")
    kept_at: Mapped[datetime | None]
    kept_why: Mapped[str | None]
    gone_why: Mapped[str | None] = mapped_column(comment="retention or person.")
    gone_words: Mapped[str | None]
    gone_by: Mapped[UUID | None]
    gone_at: Mapped[datetime | None] = mapped_column(comment="When the carrier had erased it.")


class RecordingAccess(Base):
    """Somebody listened: who, when, why. Audio is given under an access only."""

    __tablename__ = "recording_access"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "recording_id"], ["recording.org_id", "recording.id"]),
        ForeignKeyConstraint(["org_id", "user_id"], ["app_user.org_id", "app_user.id"]),
        Index("ix_recording_access_recording", "org_id", "recording_id", "at"),
        Index("ix_recording_access_at", "org_id", "at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    recording_id: Mapped[UUID]
    user_id: Mapped[UUID]
    at: Mapped[datetime]
    reason: Mapped[str]
