"""Whether somebody sits at a unit's screens: leases of living processes, and what follows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Desk(Base):
    """The present state of a unit's desk, as its facts tell it. `id` is the unit's."""

    __tablename__ = "desk"
    __table_args__ = (ForeignKeyConstraint(["org_id", "id"], ["unit.org_id", "unit.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, comment="the unit")
    is_open: Mapped[bool]
    since: Mapped[datetime]
    cause: Mapped[str | None]
    on_duty: Mapped[bool]


class DeskClosing(Base):
    """A stretch in which the desk was on duty and closed; `end` is null while it lasts."""

    __tablename__ = "desk_closing"
    __table_args__ = (ForeignKeyConstraint(["org_id", "unit_id"], ["unit.org_id", "unit.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(primary_key=True)
    start: Mapped[datetime] = mapped_column(primary_key=True)
    end: Mapped[datetime | None]


class DeskLease(Base):
    """One API process says: clients of this unit are connected to me. Not a fact; it runs out."""

    __tablename__ = "desk_lease"
    __table_args__ = (ForeignKeyConstraint(["org_id", "unit_id"], ["unit.org_id", "unit.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(primary_key=True)
    process_id: Mapped[UUID] = mapped_column(primary_key=True)
    here_since: Mapped[datetime] = mapped_column(comment="business time")
    settled_at: Mapped[datetime] = mapped_column(comment="real: from then on it counts")
    gone_at: Mapped[datetime | None] = mapped_column(comment="business time")
    cause: Mapped[str | None]
    until: Mapped[datetime] = mapped_column(comment="real: the lease ends")
