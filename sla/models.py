"""Tables of the service levels: policies, calendars, one case per order, one row per deadline."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class SlaPolicy(Base):
    """One version of a policy: its text never changes (a trigger sees to it)."""

    __tablename__ = "sla_policy"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    effective_from: Mapped[datetime | None] = mapped_column(comment="empty: always")
    enabled: Mapped[bool]
    confirmed_by: Mapped[UUID | None] = mapped_column(comment="of doubtful figures")
    confirmed_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(comment="empty: it came with Paidan")
    created_at: Mapped[datetime]
    note: Mapped[str | None]


class SlaCalendar(Base):
    """One version of a calendar; the newest holds. `cases` to `judged_at`: how far what runs has
    been judged anew since it came.
    """

    __tablename__ = "sla_calendar"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    note: Mapped[str | None]
    cases: Mapped[int | None] = mapped_column(
        comment="to be judged anew when it came; null: nobody has counted them yet"
    )
    judged: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    reached: Mapped[UUID | None] = mapped_column(comment="the last case judged anew")
    judged_at: Mapped[datetime | None]


class SlaBook(Base):
    """Counts the changes of an organisation's policies and calendars, so that processes notice."""

    __tablename__ = "sla_book"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]


class SlaCase(Base):
    """An order or ticket under its policy; it keeps the version that it began under, and the facts
    that limits depend on as they were then. `id` is the order's or ticket's.
    """

    __tablename__ = "sla_case"
    __table_args__ = (CheckConstraint("subject IN ('order','ticket')", name="subject"),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    policy: Mapped[str]
    policy_version: Mapped[int]
    opened_at: Mapped[datetime]
    subject: Mapped[str] = mapped_column(default="order", server_default="order")
    customer_class: Mapped[str | None]
    fault_class: Mapped[str | None]
    kind: Mapped[str | None]
    channel: Mapped[str | None]


class SlaLadder(Base):
    """An escalation ladder that is, or was, climbed for one timer.

    `steps`: how many were taken. `due_at`: when the next one is; null behind the last, or once it
    ended.
    """

    __tablename__ = "sla_ladder"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "case_id"], ["sla_case.org_id", "sla_case.id"]),
        Index("ix_sla_ladder_case", "org_id", "case_id"),
        Index(
            "uq_sla_ladder_climbed",
            "org_id",
            "timer_id",
            "ladder",
            "occasion",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_sla_ladder_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    timer_id: Mapped[UUID]
    ladder: Mapped[str]
    occasion: Mapped[str] = mapped_column(comment="alarm, breach, warning, risk")
    began_at: Mapped[datetime]
    steps: Mapped[int]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cause: Mapped[str | None]


class SlaForecast(Base):
    """What the screens show of a promise that runs, and when it is looked at again. `id`: the case.

    `level` null: nothing runs. `standing`, `changed_at`, `reason`: the alert and what began it.
    """

    __tablename__ = "sla_forecast"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "id"], ["sla_case.org_id", "sla_case.id"]),
        CheckConstraint("level IN ('calm','risk','unknown')", name="level"),
        Index("ix_sla_forecast_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    next_at: Mapped[datetime | None]
    level: Mapped[str | None]
    probability: Mapped[float | None]
    expected_at: Mapped[datetime | None]
    sd_s: Mapped[float | None]
    journey: Mapped[str | None] = mapped_column(comment="whose word the journey's time is")
    travel_s: Mapped[float | None] = mapped_column(comment="of the journey, when it was estimated")
    unknown: Mapped[str | None] = mapped_column(comment="why there is no probability")
    optimistic: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    spender: Mapped[str | None] = mapped_column(comment="segment or interval that took most")
    responsible: Mapped[str | None]
    over_s: Mapped[float | None]
    standing: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    changed_at: Mapped[datetime | None]
    reason: Mapped[float | None] = mapped_column(comment="the probability that began the alert")


class SlaTimer(Base):
    """A deadline. `due_at` is null while the clock is held (queued, detour)."""

    __tablename__ = "sla_timer"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "case_id"], ["sla_case.org_id", "sla_case.id"]),
        CheckConstraint("kind IN ('breach','alarm')", name="kind"),
        Index("uq_sla_timer_subject", "org_id", "case_id", "code", "subject_id", unique=True),
        Index(
            "ix_sla_timer_due",
            "org_id",
            "due_at",
            postgresql_where=text("fired_at IS NULL AND stopped_at IS NULL"),
        ),
        Index(
            "ix_sla_timer_fired",
            "org_id",
            "fired_at",
            postgresql_where=text("fired_at IS NOT NULL AND withdrawn_at IS NULL"),
        ),
        Index(
            "ix_sla_timer_not_shown",
            "org_id",
            "due_at",
            postgresql_where=text("fired_at IS NOT NULL AND NOT shown"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    code: Mapped[str]
    kind: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(comment="Order, centre hop or assignment.")
    starts_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    limit_s: Mapped[float]
    stopped_at: Mapped[datetime | None]
    fired_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    armed_at: Mapped[datetime] = mapped_column(comment="since when this deadline is known")
    clock_step: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="the last step of the clock before that"
    )
    late_s: Mapped[float | None] = mapped_column(
        comment="fired so much later than it could have been: the system's own delay"
    )
    shown: Mapped[bool] = mapped_column(
        default=True,
        server_default=text("true"),
        comment="the live screens have been told that it fired",
    )


class ClockStep(Base):
    """The clock was set back: timers that were armed before it run so much longer."""

    __tablename__ = "clock_step"

    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    noticed_at: Mapped[datetime] = mapped_column(comment="business time, after the step")
    back_s: Mapped[float] = mapped_column(comment="seconds of business time")


class SlaAnomaly(Base):
    """Something that cannot be, until it is put right or explained."""

    __tablename__ = "sla_anomaly"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "case_id"], ["sla_case.org_id", "sla_case.id"]),
        CheckConstraint("state IN ('open','resolved','explained')", name="state"),
        Index("ix_sla_anomaly_case", "org_id", "case_id"),
        Index(
            "ix_sla_anomaly_open", "org_id", "opened_at", postgresql_where=text("state = 'open'")
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    kind: Mapped[str]
    code: Mapped[str] = mapped_column(comment="segment or point")
    subject_id: Mapped[UUID]
    amount_s: Mapped[float]
    amount_m: Mapped[float | None] = mapped_column(comment="by how many metres")
    stamp_id: Mapped[UUID | None]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(comment="why it is so: a code")
    words: Mapped[str | None] = mapped_column(comment="why it is so; never in an event")
