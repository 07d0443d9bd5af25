"""Legs of calls: each telephone that takes part, as the carrier tells it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

ROLES = ("caller", "agent", "third", "supervisor", "crew", "customer")


class CallLeg(Base):
    """One telephone in a call. The caller's has the id of its call, a placed one of its command."""

    __tablename__ = "call_leg"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "call_id"], ["call.org_id", "call.id"]),
        CheckConstraint(
            "role IN ('caller','agent','third','supervisor','crew','customer')", name="role"
        ),
        CheckConstraint("state IN ('placed','ringing','answered','ended')", name="state"),
        Index("ix_call_leg_call", "org_id", "call_id"),
        Index(
            "ix_call_leg_open",
            "placed_at",
            postgresql_where=text("state <> 'ended' AND carrier_call IS NOT NULL"),
        ),
        Index(
            "uq_call_leg_carrier_call",
            "carrier",
            "carrier_call",
            unique=True,
            postgresql_where=text("carrier_call IS NOT NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID]
    role: Mapped[str]
    purpose: Mapped[str] = mapped_column(comment="Who answers for what it hears.")
    subject_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None] = mapped_column(comment="The agent or supervisor.")
    carrier: Mapped[str]
    carrier_call: Mapped[str | None] = mapped_column(comment="None until the carrier has told it.")
    state: Mapped[str]
    placed_at: Mapped[datetime]
    ringing_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_state: Mapped[str | None]
    joined_at: Mapped[datetime | None] = mapped_column(comment="First in the conference.")
    left_at: Mapped[datetime | None] = mapped_column(comment="Last out of the conference.")
    held_since: Mapped[datetime | None]
    held_s: Mapped[float] = mapped_column(server_default="0", comment="Holds that are over.")
