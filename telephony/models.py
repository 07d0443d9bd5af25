"""Tables of telephony: calls, the carrier's reports, the organisation's numbers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Call(Base):
    """One telephone contact. Numbers of callers are kept here and nowhere else in telephony."""

    __tablename__ = "call"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        ForeignKeyConstraint(["org_id", "taken_by"], ["app_user.org_id", "app_user.id"]),
        CheckConstraint("state IN ('opened','ringing','in-progress','ended')", name="state"),
        Index("uq_call_carrier_call", "carrier", "carrier_call", unique=True),
        Index("ix_call_opened_at", "org_id", "opened_at"),
        Index("ix_call_from_number", "org_id", "from_number", "opened_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str]
    carrier_call: Mapped[str] = mapped_column(comment="The carrier's own id of the call.")
    direction: Mapped[str]
    from_number: Mapped[str] = mapped_column(comment="As the carrier says it; may be blank.")
    to_number: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(comment="Point A.")
    end_state: Mapped[str | None]
    evidence: Mapped[str | None]
    uncertainty_s: Mapped[float | None]
    taken_by: Mapped[UUID | None] = mapped_column(comment="The agent whose call it is.")
    taken_at: Mapped[datetime | None]


class CarrierEventRow(Base):
    """A report of the carrier, once however often it was delivered; without personal data."""

    __tablename__ = "carrier_event"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "call_id"], ["call.org_id", "call.id"]),
        Index("uq_carrier_event_dedup_key", "org_id", "carrier", "dedup_key", unique=True),
        Index("ix_carrier_event_call", "org_id", "call_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID]
    carrier: Mapped[str]
    carrier_call: Mapped[str]
    kind: Mapped[str]
    dedup_key: Mapped[str]
    received_at: Mapped[datetime]
    params: Mapped[dict[str, Any]]


class PhoneNumber(Base):
    """A number that callers dial, and whose it is."""

    __tablename__ = "phone_number"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        Index("uq_phone_number_number", "number", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True, comment="E.164, e.g. +861095598.")
    label: Mapped[str]
