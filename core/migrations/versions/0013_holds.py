"""holds of an order's clocks"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("responsible", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="requested, approved, refused"),
        sa.Column("asked_role", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("most_s", sa.Float(), nullable=True, comment="seconds it may last"),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True, comment="why it was refused: a code"),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("how", sa.String(), nullable=True, comment="crew, desk, cap, went_on, over"),
        sa.Column("words", sa.String(), nullable=True, comment="of who asked"),
        sa.Column("decision_words", sa.String(), nullable=True, comment="of who decided"),
        sa.ForeignKeyConstraint(
            ["org_id", "order_id"],
            ["orders.org_id", "orders.id"],
            name=op.f("fk_hold_org_id_orders"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_order", "hold", ["org_id", "order_id"])
    op.create_index(
        "uq_hold_open",
        "hold",
        ["org_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND state <> 'refused'"),
    )


def downgrade() -> None:
    op.drop_table("hold")
