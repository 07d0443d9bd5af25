"""People of the units, and when they are on duty. Both are edited as data; who changed what is in
the log as `organisation.…` facts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Member(Base):
    """A person of a unit, with or without a login. At most one leader of each rank per unit."""

    __tablename__ = "member"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "unit_id"], ["unit.org_id", "unit.id"]),
        ForeignKeyConstraint(["org_id", "user_id"], ["app_user.org_id", "app_user.id"]),
        CheckConstraint("leader_rank IN (1, 2)", name="leader_rank"),
        Index("ix_member_unit", "org_id", "unit_id"),
        Index("uq_member_staff_number", "org_id", "staff_number", unique=True),
        Index(
            "uq_member_leader",
            "org_id",
            "unit_id",
            "leader_rank",
            unique=True,
            postgresql_where=text("active AND leader_rank IS NOT NULL"),
        ),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    name: Mapped[str]
    staff_number: Mapped[str]
    phone: Mapped[str | None] = mapped_column(comment="duty phone, E.164")
    trades: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    voltage_classes: Mapped[list[str]] = mapped_column(
        default=list, server_default=text("'[]'::jsonb"), comment="kV"
    )
    leader_rank: Mapped[int | None] = mapped_column(
        SmallInteger, comment="1 or 2: who is telephoned first"
    )
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class Shift(Base):
    """When a member, or a whole unit, is on duty: from `starts_at` up to, not with, `ends_at`."""

    __tablename__ = "shift"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "unit_id"], ["unit.org_id", "unit.id"]),
        ForeignKeyConstraint(["org_id", "member_id"], ["member.org_id", "member.id"]),
        CheckConstraint("kind IN ('day','night','early','late','standby')", name="kind"),
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_shift_unit", "org_id", "unit_id", "ends_at"),
        Index("ix_shift_member", "org_id", "member_id", "ends_at"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    member_id: Mapped[UUID | None] = mapped_column(comment="null: the whole unit")
    kind: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
