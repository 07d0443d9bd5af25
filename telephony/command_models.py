"""What the carrier is asked to do: one row per wish, kept until it has ended."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class CarrierCommand(Base):
    """A wish that `paidan dial` carries out once. A leg that it places has its id.

    It is written in the transaction that decides it. Before the carrier is asked, the try is
    written down (`sending`); a try whose end nobody knows is `unsure` and looked up first.
    """

    __tablename__ = "carrier_command"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        CheckConstraint(
            "kind IN ('place_call','redirect','hang_up','take_from_queue','hold','mode','remove',"
            "'record','delete_recording','send_message')",
            name="kind",
        ),
        CheckConstraint(
            "state IN ('waiting','sending','unsure','done','failed','cancelled','expired')",
            name="state",
        ),
        Index(
            "ix_carrier_command_due",
            "priority",
            "due_at",
            postgresql_where=text("state IN ('waiting','sending','unsure')"),
        ),
        Index("ix_carrier_command_call", "org_id", "call_id"),
        Index("ix_carrier_command_subject", "org_id", "purpose", "subject_id"),
        Index(
            "ix_carrier_command_ref",
            "carrier",
            "carrier_ref",
            postgresql_where=text("carrier_ref IS NOT NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    call_id: Mapped[UUID | None] = mapped_column(comment="The call that it is about.")
    leg_id: Mapped[UUID | None] = mapped_column(comment="The leg that it is about.")
    purpose: Mapped[str] = mapped_column(comment="Who asked, and who answers for its legs.")
    subject_id: Mapped[UUID | None] = mapped_column(comment="What it is for: a person, a notice.")
    to_number: Mapped[str | None]
    from_number: Mapped[str | None]
    params: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    priority: Mapped[int] = mapped_column(SmallInteger, comment="0: somebody waits; 9: a mass.")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(comment="Of no use any more after it.")
    held: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Not now, until it is let go."
    )
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    tried_at: Mapped[datetime | None] = mapped_column(comment="Real time of the last try.")
    unanswered_since: Mapped[datetime | None] = mapped_column(
        comment="Since when the carrier answers nothing, this command among it."
    )
    carrier: Mapped[str | None]
    carrier_ref: Mapped[str | None] = mapped_column(comment="The carrier's id of what came of it.")
    failure: Mapped[str | None] = mapped_column(comment="A code; never personal data.")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
