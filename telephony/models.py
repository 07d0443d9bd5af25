"""Tables of telephony: calls, stays in queues, the evidence, the organisation's numbers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Call(Base):
    """One telephone contact. Numbers of callers are kept here and nowhere else in telephony."""

    __tablename__ = "call"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        ForeignKeyConstraint(["org_id", "taken_by"], ["app_user.org_id", "app_user.id"]),
        CheckConstraint("state IN ('opened','ringing','in-progress','ended')", name="state"),
        CheckConstraint(
            "stage IN ('ringing','menu','queued','offered','talking','held','ended')", name="stage"
        ),
        Index("uq_call_carrier_call", "carrier", "carrier_call", unique=True),
        Index("ix_call_opened_at", "org_id", "opened_at"),
        Index("ix_call_open", "org_id", "opened_at", postgresql_where=text("state <> 'ended'")),
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
    stage: Mapped[str] = mapped_column(default="ringing")
    language: Mapped[str | None] = mapped_column(comment="Of the caller, BCP 47.")
    queue: Mapped[str | None] = mapped_column(comment="The last queue it came to.")
    outcome: Mapped[str | None] = mapped_column(comment="What became of it, once it has ended.")
    left_in: Mapped[str | None] = mapped_column(comment="The stage in which the caller gave up.")
    short: Mapped[bool | None] = mapped_column(comment="Given up too soon for anybody to answer.")
    queued_at: Mapped[datetime | None]
    bridged_at: Mapped[datetime | None] = mapped_column(
        comment="An agent and the caller first heard each other."
    )
    hung_up_at: Mapped[datetime | None] = mapped_column(
        comment="The earliest moment that evidence gives for the end."
    )
    hung_up_by: Mapped[str | None]
    wait_s: Mapped[float | None]
    ring_s: Mapped[float | None]
    talk_s: Mapped[float | None]
    held_s: Mapped[float | None]
    transfers: Mapped[int | None] = mapped_column(SmallInteger)


class QueueStay(Base):
    """A caller's stay in one queue: waiting while `left_at` is empty."""

    __tablename__ = "queue_stay"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "call_id"], ["call.org_id", "call.id"]),
        Index(
            "ix_queue_stay_waiting",
            "org_id",
            "queue",
            "entered_at",
            postgresql_where=text("left_at IS NULL"),
        ),
        Index("ix_queue_stay_entered", "org_id", "entered_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, comment="1 is the call's first."
    )
    queue: Mapped[str]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(
        comment="bridged, hangup, leave, moved, full or failed."
    )
    priority: Mapped[int] = mapped_column(SmallInteger, comment="The higher, the sooner.")
    language: Mapped[str]
    skills: Mapped[list[str]] = mapped_column(JSONB, comment="Codes; an agent needs all of them.")


class CarrierEventRow(Base):
    """A report of the carrier, once however often it was delivered; without personal data."""

    __tablename__ = "carrier_event"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "call_id"], ["call.org_id", "call.id"]),
        Index("uq_carrier_event_dedup_key", "org_id", "carrier", "dedup_key", unique=True),
        Index("ix_carrier_event_call", "org_id", "call_id"),
        Index("ix_carrier_event_received", "org_id", "received_at"),
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
    at: Mapped[datetime | None] = mapped_column(comment="The carrier's time.")
    told: Mapped[dict[str, Any] | None] = mapped_column(
        comment="What it says, in words that no carrier coined."
    )


class UntoldReport(Base):
    """A report of the carrier that is taken and not told yet; gone once its call's rows have it.

    Whose it is may not be known before it is told, so it belongs to no organisation.
    """

    __tablename__ = "untold_report"
    __table_args__ = (Index("ix_untold_report_call", "carrier_call"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    taken_at: Mapped[datetime]
    carrier_call: Mapped[str]
    event: Mapped[dict[str, Any]] = mapped_column(
        comment="The report, numbers included: until it is told."
    )
    logged: Mapped[bool] = mapped_column(
        server_default=text("false"),
        comment="It was answered with a document, and is in the log already.",
    )
    opened: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Its call began with it."
    )
    decided: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB, comment="What our flow decided when it answered."
    )
    failed_at: Mapped[datetime | None] = mapped_column(comment="Set aside; somebody must look.")
    failure: Mapped[str | None]


class EmergencyAnnouncement(Base):
    """Words that every caller hears first, from when a supervisor turns them on until off."""

    __tablename__ = "emergency_announcement"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "began_by"], ["app_user.org_id", "app_user.id"]),
        ForeignKeyConstraint(
            ["org_id", "ended_by"],
            ["app_user.org_id", "app_user.id"],
            name="fk_emergency_announcement_ended_by_app_user",
        ),
        Index(
            "uq_emergency_announcement_on",
            "org_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    began_at: Mapped[datetime]
    began_by: Mapped[UUID]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class PhoneNumber(Base):
    """A number that callers dial, and whose it is until it is withdrawn."""

    __tablename__ = "phone_number"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        Index(
            "uq_phone_number_number",
            "number",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(comment="E.164, e.g. +861095598.")
    label: Mapped[str]
    registered_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
