"""Tables of the kernel. Every primary key begins with the organisation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Organisation(Base):
    """A tenant: one utility. Never mixed with another."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    demo: Mapped[bool] = mapped_column(
        default=False, server_default=text("false"), comment="A generated city; marked on screens."
    )
    created_at: Mapped[datetime]


class Unit(Base):
    """A node of the organisation's tree: hotline, centre, department or crew."""

    __tablename__ = "unit"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        ForeignKeyConstraint(["org_id", "parent_id"], ["unit.org_id", "unit.id"]),
        CheckConstraint("kind IN ('hotline','centre','department','crew')", name="kind"),
        Index("uq_unit_code", "org_id", "code", unique=True),
        Index("ix_unit_centre", "org_id", "centre_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    parent_id: Mapped[UUID | None]
    kind: Mapped[str]
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    site: Mapped[str] = mapped_column(comment="Code of the building; equal sites share an office.")
    phone: Mapped[str | None] = mapped_column(comment="duty phone of the desk, E.164")
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    centre_id: Mapped[UUID | None] = mapped_column(
        comment="The centre at or above it; kept by a trigger."
    )
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class User(Base):
    """A person who can log in. `role` is one of `core.rights.Role`."""

    __tablename__ = "app_user"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "unit_id"], ["unit.org_id", "unit.id"]),
        Index("uq_app_user_login", text("lower(login)"), unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    unit_id: Mapped[UUID]
    active: Mapped[bool] = mapped_column(default=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class LoginSession(Base):
    """A login. The cookie holds the token, this table only its SHA-256."""

    __tablename__ = "login_session"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "user_id"], ["app_user.org_id", "app_user.id"]),
        Index("uq_login_session_token", "token_hash", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Event(Base):
    """The log of facts. A trigger refuses UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_recorded_at", "org_id", "recorded_at"),
        Index("ix_event_type", "org_id", "type", "occurred_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    source: Mapped[str]
    payload: Mapped[dict[str, Any]]
    correlation_id: Mapped[str]
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


class EventDigest(Base):
    """Signed heads of all streams that moved on one UTC day; chained from day to day."""

    __tablename__ = "event_digest"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    heads: Mapped[dict[str, Any]] = mapped_column(comment="stream/id → [seq, hash]")
    prev_signature: Mapped[str]
    signature: Mapped[str]
    created_at: Mapped[datetime]


class Outbox(Base):
    """An effect that must happen after its transaction: a subscriber's turn or a job."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("kind IN ('subscriber','job')", name="kind"),
        Index(
            "ix_outbox_due",
            "due_at",
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    correlation_id: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(comment="Next try; moved on by leases and failures.")
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None] = mapped_column(comment="Given up; somebody must look.")
    last_error: Mapped[str | None]


class LiveTopic(Base):
    """The number of the last delta of a topic."""

    __tablename__ = "live_topic"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    head: Mapped[int]


class LiveDelta(Base):
    """One numbered change of one row of a live screen; null means that the row is gone."""

    __tablename__ = "live_delta"
    __table_args__ = (Index("ix_live_delta_recorded_at", "recorded_at"),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str]
    key: Mapped[str]
    value: Mapped[dict[str, Any] | None]
    recorded_at: Mapped[datetime]


class Idempotency(Base):
    """The answer given to a write, kept so that the same key gets the same answer."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("ix_idempotency_created_at", "created_at"),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    response: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class Counter(Base):
    """Gap-tolerant counters, such as order numbers of a day."""

    __tablename__ = "counter"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
