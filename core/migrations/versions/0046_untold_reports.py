"""the carrier's reports that are taken and not told yet"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0046"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "untold_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carrier_call", sa.String(), nullable=False),
        sa.Column(
            "event",
            postgresql.JSONB(),
            nullable=False,
            comment="The report, numbers included: until it is told.",
        ),
        sa.Column(
            "logged",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="It was answered with a document, and is in the log already.",
        ),
        sa.Column(
            "opened",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Its call began with it.",
        ),
        sa.Column(
            "failed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Set aside; somebody must look.",
        ),
        sa.Column("failure", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_untold_report"),
    )
    op.create_index("ix_untold_report_call", "untold_report", ["carrier_call"])


def downgrade() -> None:
    op.drop_table("untold_report")
