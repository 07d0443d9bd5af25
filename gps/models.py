"""Tables of devices, positions, watches and messages to terminals."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    REAL,
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
        ForeignKeyConstraint(["org_id", "user_id"], ["app_user.org_id", "app_user.id"]),
        CheckConstraint("kind IN ('terminal','phone')", name="kind"),
        CheckConstraint("datum IN ('wgs84','gcj02','bd09')", name="datum"),
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
    user_id: Mapped[UUID | None] = mapped_column(
        comment="Of a phone: whose login it last sent under."
    )
    auth_code: Mapped[str | None] = mapped_column(comment="Given at registration.")
    registered_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    gateway: Mapped[str | None] = mapped_column(comment="Process that holds its connection.")
    next_serial: Mapped[int] = mapped_column(
        Integer,
        server_default=sql("0"),
        comment="Of the next message to the terminal, modulo 2^16.",
    )
    capability: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    time_zone: Mapped[str | None] = mapped_column(
        comment="Of its clock; none: that of the settings."
    )
    datum: Mapped[str] = mapped_column(
        default="wgs84",
        server_default=sql("'wgs84'"),
        comment="Map system of the positions that it sends.",
    )
    model: Mapped[str] = mapped_column(
        default="",
        server_default=sql("''"),
        comment="Where its protocol reads the messages of some models otherwise.",
    )
    note: Mapped[str] = mapped_column(default="", server_default=sql("''"))
    told: Mapped[dict[str, Any]] = mapped_column(
        default=dict,
        server_default=sql("'{}'::jsonb"),
        comment="What it said of itself when it registered and logged in.",
    )
    address: Mapped[str | None] = mapped_column(comment="Where it connected from last.")
    clock_off_min: Mapped[int | None] = mapped_column(
        SmallInteger, comment="Minutes that its live positions are constantly behind our clock."
    )
    takeovers: Mapped[list[Any]] = mapped_column(
        JSONB,
        default=list,
        server_default=sql("'[]'::jsonb"),
        comment="Of its connection while the older one was alive: the last few.",
    )


class DeviceContest(Base):
    """Somebody else speaks with a device's identity. One open row per device and kind.

    `claim`: what the other one said of itself; `ruling` of the administrator who closed it.
    """

    __tablename__ = "device_contest"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "device_id"], ["device.org_id", "device.id"]),
        CheckConstraint("kind IN ('hardware','takeover','code','foreign')", name="kind"),
        CheckConstraint("ruling IN ('replaced','dismissed')", name="ruling"),
        Index(
            "uq_device_contest_open",
            "org_id",
            "device_id",
            "kind",
            unique=True,
            postgresql_where=sql("closed_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID]
    kind: Mapped[str]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(Integer)
    claim: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    addresses: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'::jsonb"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    ruling: Mapped[str | None]


class Stranger(Base):
    """An identity that knocked and is not known. `org_id` is 0: it belongs to nobody yet.

    `auth_code`: given to it in quarantine. `ignored_at`: refused for good, until undone.
    """

    __tablename__ = "stranger"

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    protocol: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    tries: Mapped[int]
    told: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    address: Mapped[str | None]
    auth_code: Mapped[str | None]
    ignored_at: Mapped[datetime | None]
    ignored_by: Mapped[UUID | None]


class QuarantineFix(Base):
    """A position of a stranger, kept apart until the stranger is made known. `org_id` is 0."""

    __tablename__ = "quarantine_fix"

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    protocol: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    fix_at: Mapped[datetime] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)


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
    ignition: Mapped[bool | None]
    accuracy_m: Mapped[float | None] = mapped_column(REAL)
    flags: Mapped[str] = mapped_column(comment="`ok`, or the rule that set the fix aside.")


class FixDay(Base):
    """What became of a UTC day of `fix` later (`gps.retention`). `org_id` is 0: it is of all.

    `thinned_s`: one position of a device in so many seconds stays. `held`: number of spans that
    were kept in full, as evidence; `dropped_at`: all the rest is gone.
    """

    __tablename__ = "fix_day"

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    thinned_at: Mapped[datetime | None]
    thinned_s: Mapped[int | None] = mapped_column(Integer)
    dropped_at: Mapped[datetime | None]
    fixes_before: Mapped[int] = mapped_column(comment="When it was first thinned or dropped.")
    fixes: Mapped[int]
    held: Mapped[int] = mapped_column(Integer)


class DroppedFix(Base):
    """Fixes of a device that a rule kept out of storage on a UTC day; the last in full."""

    __tablename__ = "fix_dropped"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "device_id"], ["device.org_id", "device.id"]),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    fixes: Mapped[int]
    last_received_at: Mapped[datetime]
    last_fix_at: Mapped[datetime | None]
    last_lat: Mapped[float] = mapped_column(Double)
    last_lon: Mapped[float] = mapped_column(Double)


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
    rhythm: Mapped[dict[str, Any]] = mapped_column(
        server_default=sql("'{}'::jsonb"), comment="Of each device that sends for it, by its id."
    )
    quiet_at: Mapped[datetime] = mapped_column(
        comment="Without another word the position counts as unknown from then on."
    )
    due_at: Mapped[datetime | None] = mapped_column(comment="When the sweep has to look at it.")
    silent_since: Mapped[datetime | None] = mapped_column(
        comment="Its silence is on record; when it was last seen."
    )
    silent_on_duty: Mapped[bool | None] = mapped_column(comment="Its crew was on duty then.")


class Listening(Base):
    """That a gateway takes positions, as it says itself. `org_id` is 0: it serves all.

    `since`, `seen_at`, `ended_at` are business time, `said_at` is real.
    """

    __tablename__ = "gps_listening"
    __table_args__ = (CheckConstraint("kind IN ('terminal','phone')", name="kind"),)

    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    gateway: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(comment="Of the devices that it takes positions of.")
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    said_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Watch(Base):
    """A vehicle is watched for leaving towards, and reaching, the site of an assignment."""

    __tablename__ = "gps_watch"
    __table_args__ = (
        Index("uq_gps_watch_assignment", "org_id", "assignment_id", unique=True),
        Index(
            "ix_gps_watch_open",
            "org_id",
            "vehicle_id",
            postgresql_where=sql("closed_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    vehicle_id: Mapped[UUID]
    assignment_id: Mapped[UUID]
    lat: Mapped[float] = mapped_column(Double)
    lon: Mapped[float] = mapped_column(Double)
    radius_m: Mapped[float] = mapped_column(Double)
    shape: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the site as drawn; else the circle"
    )
    created_at: Mapped[datetime]
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    motion: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    closed_at: Mapped[datetime | None]


class TerminalMessage(Base):
    """A text, question or menu for a vehicle's terminal and what became of it."""

    __tablename__ = "terminal_message"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "device_id"], ["device.org_id", "device.id"]),
        CheckConstraint("purpose IN ('order','recall','menu','help')", name="purpose"),
        CheckConstraint("form IN ('text','question','menu')", name="form"),
        CheckConstraint(
            "assignment_id IS NOT NULL OR form = 'menu' OR purpose = 'help'", name="about"
        ),
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
    assignment_id: Mapped[UUID | None]
    purpose: Mapped[str]
    form: Mapped[str] = mapped_column(server_default=sql("'text'"))
    text: Mapped[str]
    status: Mapped[str]
    serials: Mapped[list[Any]] = mapped_column(
        JSONB, server_default=sql("'[]'::jsonb"), comment="Serials of each sending, in order."
    )
    confirmed: Mapped[list[Any]] = mapped_column(
        JSONB, server_default=sql("'[]'::jsonb"), comment="Serials that the terminal has confirmed."
    )
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    next_attempt_at: Mapped[datetime]
    created_at: Mapped[datetime]
    acked_at: Mapped[datetime | None]
    cause: Mapped[str | None]
