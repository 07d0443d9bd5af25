"""The routing table, its settings, and when the system releases an order by itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from dispatch.directory.models import AREA_CLASSES

PLAN_STATES = ("waiting", "stuck", "released", "withdrawn")


class RoutingRow(Base):
    """One row of the table: what is empty holds for all."""

    __tablename__ = "routing_row"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "centre_id"], ["unit.org_id", "unit.id"]),
        ForeignKeyConstraint(["org_id", "region_id"], ["region.org_id", "region.id"]),
        CheckConstraint("area_class IN ('" + "','".join(AREA_CLASSES) + "')", name="area_class"),
        CheckConstraint("(from_minute IS NULL) = (to_minute IS NULL)", name="hours"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    region_id: Mapped[UUID | None]
    device: Mapped[str | None]
    fault_code: Mapped[str | None]
    area_class: Mapped[str | None]
    centre_id: Mapped[UUID]
    trade: Mapped[str]
    from_minute: Mapped[int | None] = mapped_column(comment="duty hours: local minute")
    to_minute: Mapped[int | None] = mapped_column(comment="up to, not with")
    weekdays: Mapped[str] = mapped_column(comment="1 Monday … 7 Sunday")
    version: Mapped[int]


class RoutingStandIn(Base):
    """Who takes what a row's own centre cannot: the first of them that is on duty."""

    __tablename__ = "routing_stand_in"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "row_id"], ["routing_row.org_id", "routing_row.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["org_id", "centre_id"], ["unit.org_id", "unit.id"]),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID]
    trade: Mapped[str]


class RoutingSettings(Base):
    """What an organisation has decided; without a row the defaults of `rules.Settings` hold."""

    __tablename__ = "routing_settings"
    __table_args__ = (ForeignKeyConstraint(["org_id"], ["organisation.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    release_after_s: Mapped[float | None] = mapped_column(comment="null: never by the system")
    desk_grace_s: Mapped[float]
    version: Mapped[int]


class ReleasePlan(Base):
    """When the system releases an order that no lead has touched. `id` is the order's."""

    __tablename__ = "release_plan"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "id"], ["orders.org_id", "orders.id"]),
        CheckConstraint("state IN ('" + "','".join(PLAN_STATES) + "')", name="state"),
        Index("ix_release_plan_due", "next_try_at", postgresql_where=text("ended_at IS NULL")),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="the order")
    state: Mapped[str]
    due_at: Mapped[datetime]
    stuck_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
