"""Crews and their vehicles. A crew is a unit of the organisation with a trade."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text, true
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Crew(Base):
    """What dispatch knows of a crew; `id` is the id of its unit."""

    __tablename__ = "crew"
    __table_args__ = (ForeignKeyConstraint(["org_id", "id"], ["unit.org_id", "unit.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    trade: Mapped[str]
    away_reason: Mapped[str | None]
    away_since: Mapped[datetime | None]
    away_until: Mapped[datetime | None]
    away_note: Mapped[str | None] = mapped_column(comment="Free text; never in an event.")
    stand_in_id: Mapped[UUID | None] = mapped_column(comment="who takes its work")
    overdue_since: Mapped[datetime | None]
    voltage_classes: Mapped[list[str]] = mapped_column(
        default=list,
        server_default=text("'[]'::jsonb"),
        comment="kV; empty: whatever its trade takes.",
    )


class Vehicle(Base):
    """A crew's vehicle."""

    __tablename__ = "vehicle"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "crew_id"], ["crew.org_id", "crew.id"]),
        Index("ix_vehicle_crew", "org_id", "crew_id"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    plate: Mapped[str]
    crew_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
