"""Tickets: what a customer asked for. Names, phones and words live here, never in events."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from dispatch.directory.models import Customer

KINDS = (
    "fault_repair",
    "enquiry",
    "complaint",
    "report",
    "opinion",
    "suggestion",
    "service_request",
    "praise",
)
CHANNELS = ("phone", "web", "sms", "api")


class Ticket(Base):
    """One request. `clock_started_at` is point A; it is unknown while the caller talks."""

    __tablename__ = "ticket"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "customer_id"], [Customer.org_id, Customer.id]),
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("channel IN ('" + "','".join(CHANNELS) + "')", name="channel"),
        Index("ix_ticket_call", "org_id", "call_id"),
        Index("ix_ticket_customer", "org_id", "customer_id", "filed_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    channel: Mapped[str]
    call_id: Mapped[UUID | None]
    filed_at: Mapped[datetime]
    clock_started_at: Mapped[datetime | None]
    caller_name: Mapped[str | None]
    caller_phone: Mapped[str | None]
    description: Mapped[str | None]
    customer_id: Mapped[UUID | None] = mapped_column(comment="Whose account it is about.")
