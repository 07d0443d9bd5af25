"""what is expected of promises that run"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sla_forecast",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("expected_at", MOMENT, nullable=True),
        sa.Column("sd_s", sa.Float(), nullable=True),
        sa.Column(
            "journey", sa.String(), nullable=True, comment="whose word the journey's time is"
        ),
        sa.Column(
            "travel_s", sa.Float(), nullable=True, comment="of the journey, when it was estimated"
        ),
        sa.Column("unknown", sa.String(), nullable=True, comment="why there is no probability"),
        sa.Column("optimistic", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column(
            "spender", sa.String(), nullable=True, comment="segment or interval that took most"
        ),
        sa.Column("responsible", sa.String(), nullable=True),
        sa.Column("over_s", sa.Float(), nullable=True),
        sa.Column("standing", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column(
            "reason", sa.Float(), nullable=True, comment="the probability that began the alert"
        ),
        sa.CheckConstraint(
            "level IN ('calm','risk','unknown')", name=op.f("ck_sla_forecast_level")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "id"],
            ["sla_case.org_id", "sla_case.id"],
            name=op.f("fk_sla_forecast_org_id_sla_case"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_sla_forecast")),
    )
    op.create_index(
        "ix_sla_forecast_next",
        "sla_forecast",
        ["next_at"],
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("sla_forecast")
