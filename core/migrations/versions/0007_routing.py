"""routing table, automatic release, presence of desks"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AREAS = "'urban','rural','remote'"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _routing_rows()
    _settings()
    _release_plan()
    _desks()


def _key(name: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("org_id", *columns, name=op.f(f"pk_{name}"))


def _unit(name: str, column: str, to: str = "unit") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["org_id", column], [f"{to}.org_id", f"{to}.id"], name=op.f(f"fk_{name}_org_id_{to}")
    )


def _org() -> sa.Column[int]:
    return sa.Column("org_id", sa.BigInteger(), nullable=False)


def _routing_rows() -> None:
    op.create_table(
        "routing_row",
        _org(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=True),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("fault_code", sa.String(), nullable=True),
        sa.Column("area_class", sa.String(), nullable=True),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("trade", sa.String(), nullable=False),
        sa.Column(
            "from_minute", sa.BigInteger(), nullable=True, comment="duty hours: local minute"
        ),
        sa.Column("to_minute", sa.BigInteger(), nullable=True, comment="up to, not with"),
        sa.Column("weekdays", sa.String(), nullable=False, comment="1 Monday … 7 Sunday"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"area_class IN ({AREAS})", name=op.f("ck_routing_row_area_class")),
        sa.CheckConstraint(
            "(from_minute IS NULL) = (to_minute IS NULL)", name=op.f("ck_routing_row_hours")
        ),
        _unit("routing_row", "centre_id"),
        _unit("routing_row", "region_id", "region"),
        _key("routing_row", "id"),
    )
    op.create_table(
        "routing_stand_in",
        _org(),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("trade", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "row_id"],
            ["routing_row.org_id", "routing_row.id"],
            name=op.f("fk_routing_stand_in_org_id_routing_row"),
            ondelete="CASCADE",
        ),
        _unit("routing_stand_in", "centre_id"),
        _key("routing_stand_in", "row_id", "position"),
    )


def _settings() -> None:
    op.create_table(
        "routing_settings",
        _org(),
        sa.Column(
            "release_after_s", sa.Double(), nullable=True, comment="null: never by the system"
        ),
        sa.Column("desk_grace_s", sa.Double(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_routing_settings_org_id_organisation")
        ),
        _key("routing_settings"),
    )


def _release_plan() -> None:
    op.create_table(
        "release_plan",
        _org(),
        sa.Column("id", sa.Uuid(), nullable=False, comment="the order"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("stuck_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting','stuck','released','withdrawn')",
            name=op.f("ck_release_plan_state"),
        ),
        _unit("release_plan", "id", "orders"),
        _key("release_plan", "id"),
    )
    op.create_index(
        "ix_release_plan_due",
        "release_plan",
        ["next_try_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _desks() -> None:
    op.create_table(
        "desk",
        _org(),
        sa.Column("id", sa.Uuid(), nullable=False, comment="the unit"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        _unit("desk", "id"),
        _key("desk", "id"),
    )
    op.create_table(
        "desk_closing",
        _org(),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=True),
        _unit("desk_closing", "unit_id"),
        _key("desk_closing", "unit_id", "start"),
    )
    op.create_table(
        "desk_lease",
        _org(),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("here_since", MOMENT, nullable=False, comment="business time"),
        sa.Column("settled_at", MOMENT, nullable=False, comment="real: from then on it counts"),
        sa.Column("gone_at", MOMENT, nullable=True, comment="business time"),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("until", MOMENT, nullable=False, comment="real: the lease ends"),
        _unit("desk_lease", "unit_id"),
        _key("desk_lease", "unit_id", "process_id"),
    )


def downgrade() -> None:
    for name in (
        "desk_lease",
        "desk_closing",
        "desk",
        "release_plan",
        "routing_settings",
        "routing_stand_in",
        "routing_row",
    ):
        op.drop_table(name)
