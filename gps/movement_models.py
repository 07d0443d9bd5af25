"""Tables of what vehicles did, and of fences."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKeyConstraint, Index, true
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

PURPOSES = ("base", "depot", "zone", "no_go", "customer_site", "other")


class MovementRow(Base):
    """Something that a vehicle did and that is over (`gps.movements.Movement`).

    `resume`: what was remembered of the vehicle right then; late fixes are put in from there.
    """

    __tablename__ = "movement"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('trip','stop','silence','ignition_on','ignition_off')", name="kind"
        ),
        CheckConstraint("ended_at >= started_at", name="order"),
        Index("ix_movement_told", "org_id", "vehicle_id", "told_at"),
        Index("ix_movement_ended", "org_id", "vehicle_id", "ended_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    vehicle_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
    lat: Mapped[float] = mapped_column(Double)
    lon: Mapped[float] = mapped_column(Double)
    end_lat: Mapped[float] = mapped_column(Double)
    end_lon: Mapped[float] = mapped_column(Double)
    distance_m: Mapped[float] = mapped_column(Double)
    moving_s: Mapped[float] = mapped_column(Double)
    idle_s: Mapped[float] = mapped_column(Double)
    unseen_s: Mapped[float] = mapped_column(Double)
    longest_gap_s: Mapped[float] = mapped_column(Double)
    start_unsure_s: Mapped[float] = mapped_column(Double)
    end_unsure_s: Mapped[float] = mapped_column(Double)
    told_at: Mapped[datetime] = mapped_column(comment="Time of the fix that showed it.")
    revised_at: Mapped[datetime | None] = mapped_column(comment="Corrected by late positions.")
    resume: Mapped[Any | None] = mapped_column(
        JSONB(none_as_null=True), comment="What was remembered then."
    )


class Fence(Base):
    """A drawn place that vehicles enter, leave and cross."""

    __tablename__ = "fence"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "unit_id"], ["unit.org_id", "unit.id"]),
        CheckConstraint(
            "purpose IN ('base','depot','zone','no_go','customer_site','other')", name="purpose"
        ),
        Index("uq_fence_code", "org_id", "code", unique=True),
        Index("ix_fence_edition", "org_id", "edition"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    purpose: Mapped[str]
    shape: Mapped[dict[str, Any]] = mapped_column(
        comment="As gps.shapes writes it, degrees WGS-84."
    )
    unit_id: Mapped[UUID | None] = mapped_column(comment="Centre; none: all centres.")
    vehicle_ids: Mapped[list[str] | None] = mapped_column(
        JSONB(none_as_null=True), comment="None: all of the centre's."
    )
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    edition: Mapped[int] = mapped_column(
        comment="Of all fences of the organisation, at its last change."
    )
