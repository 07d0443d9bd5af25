"""deadlines know since when they were known, and how late they fired; steps of the clock"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPEN = sa.text("fired_at IS NULL AND stopped_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "clock_step",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "noticed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="business time, after the step",
        ),
        sa.Column("back_s", sa.Float(), nullable=False, comment="seconds of business time"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_clock_step")),
    )
    op.add_column(
        "sla_timer",
        sa.Column(
            "armed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when this deadline is known",
        ),
    )
    op.execute("UPDATE sla_timer SET armed_at = starts_at")
    op.alter_column("sla_timer", "armed_at", nullable=False)
    op.add_column(
        "sla_timer",
        sa.Column(
            "clock_step",
            sa.BigInteger(),
            nullable=False,
            server_default=sa.text("0"),
            comment="the last step of the clock before that",
        ),
    )
    op.add_column(
        "sla_timer",
        sa.Column(
            "late_s",
            sa.Float(),
            nullable=True,
            comment="fired so much later than it could have been: the system's own delay",
        ),
    )
    op.add_column(
        "sla_timer",
        sa.Column(
            "shown",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("true"),
            comment="the live screens have been told that it fired",
        ),
    )
    op.drop_index("ix_sla_timer_due", table_name="sla_timer", postgresql_where=OPEN)
    op.create_index("ix_sla_timer_due", "sla_timer", ["org_id", "due_at"], postgresql_where=OPEN)
    op.create_index(
        "ix_sla_timer_not_shown",
        "sla_timer",
        ["org_id", "due_at"],
        postgresql_where=sa.text("fired_at IS NOT NULL AND NOT shown"),
    )


def downgrade() -> None:
    op.drop_index("ix_sla_timer_not_shown", table_name="sla_timer")
    op.drop_index("ix_sla_timer_due", table_name="sla_timer", postgresql_where=OPEN)
    op.create_index("ix_sla_timer_due", "sla_timer", ["due_at"], postgresql_where=OPEN)
    for column in ("shown", "late_s", "clock_step", "armed_at"):
        op.drop_column("sla_timer", column)
    op.drop_table("clock_step")
