"""Tables of devices, positions, watches and messages to terminals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    true,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Device(Base):
    """A terminal or phone that sends positions. Its identity is unique over all organisations."""

    __tablename__ = "device"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        CheckConstraint("kind IN ('terminal','phone')", name="kind"),
        Index("uq_device_identity", "protocol", "identity", unique=True),
        Index("ix_device_vehicle", "org_id", "vehicle_id"),
        Index("ix_device_gateway", "gateway", postgresql_where=sql("gateway IS NOT NULL")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    protocol: Mapped[str]
    identity: Mapped[str] = mapped_column(comment="Digits of the terminal, no leading zeros.")
    vehicle_id: Mapped[UUID | None]
    auth_code: Mapped[str | None] = mapped_column(comment="Given at registration.")
    registered_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    gateway: Mapped[str | None] = mapped_column(comment="Process that holds its connection.")
    capability: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=1, server_default=sql("1"))


class Stranger(Base):
    """An identity that knocked and is not known. `org_id` is 0: it belongs to nobody yet."""

    __tablename__ = "stranger"

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    protocol: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    tries: Mapped[int]


class FixRow(Base):
    """One stored position; partitioned by UTC day of `fix_at` (`gps.repository` makes the days)."""

    __tablename__ = "fix"
    __table_args__ = (
        Index("ix_fix_vehicle", "org_id", "vehicle_id", "fix_at"),
        {"postgresql_partition_by": "RANGE (fix_at)"},
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    fix_at: Mapped[datetime] = mapped_column(primary_key=True)
    vehicle_id: Mapped[UUID | None]
    lat: Mapped[float] = mapped_column(Double)
    lon: Mapped[float] = mapped_column(Double)
    speed_kmh: Mapped[float] = mapped_column(Double)
    course_deg: Mapped[int] = mapped_column(SmallInteger)
    altitude_m: Mapped[int] = mapped_column(Integer)
    alarm_bits: Mapped[int]
    status_bits: Mapped[int]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    serial: Mapped[int] = mapped_column(Integer)
    flags: Mapped[str] = mapped_column(comment="`ok`, or the rule that set the fix aside.")


class VehiclePosition(Base):
    """Latest counted fix of a vehicle. `motion` holds what the filters must remember."""

    __tablename__ = "vehicle_position"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    vehicle_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    fix_at: Mapped[datetime]
    received_at: Mapped[datetime]
    lat: Mapped[float] = mapped_column(Double)
    lon: Mapped[float] = mapped_column(Double)
    speed_kmh: Mapped[float] = mapped_column(Double)
    course_deg: Mapped[int] = mapped_column(SmallInteger)
    motion: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))


class Watch(Base):
    """A vehicle is watched for leaving towards, and reaching, the site of an assignment."""

    __tablename__ = "gps_watch"
    __table_args__ = (
        Index("uq_gps_watch_assignment", "org_id", "assignment_id", unique=True),
        Index(
            "ix_gps_watch_open",
            "org_id",
            "vehicle_id",
            postgresql_where=sql("closed_at IS NULL AND arrived_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    vehicle_id: Mapped[UUID]
    assignment_id: Mapped[UUID]
    lat: Mapped[float] = mapped_column(Double)
    lon: Mapped[float] = mapped_column(Double)
    radius_m: Mapped[float] = mapped_column(Double)
    created_at: Mapped[datetime]
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    motion: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    closed_at: Mapped[datetime | None]


class TerminalMessage(Base):
    """A text for a vehicle's terminal (0x8300) and what became of it."""

    __tablename__ = "terminal_message"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "device_id"], ["device.org_id", "device.id"]),
        CheckConstraint("purpose IN ('order','recall')", name="purpose"),
        CheckConstraint("status IN ('queued','sent','acked','failed','cancelled')", name="status"),
        Index("ix_terminal_message_assignment", "org_id", "assignment_id"),
        Index(
            "ix_terminal_message_due",
            "device_id",
            "next_attempt_at",
            postgresql_where=sql("status IN ('queued','sent')"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    assignment_id: Mapped[UUID]
    purpose: Mapped[str]
    text: Mapped[str]
    status: Mapped[str]
    serials: Mapped[list[Any]] = mapped_column(
        JSONB, server_default=sql("'[]'::jsonb"), comment="Serials of each sending, in order."
    )
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    next_attempt_at: Mapped[datetime]
    created_at: Mapped[datetime]
    acked_at: Mapped[datetime | None]
    cause: Mapped[str | None]
