"""how far what runs has been judged anew after a calendar's new version"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sla_calendar",
        sa.Column(
            "cases",
            sa.BigInteger(),
            nullable=True,
            comment="to be judged anew when it came; null: nobody has counted them yet",
        ),
    )
    op.add_column(
        "sla_calendar",
        sa.Column("judged", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "sla_calendar",
        sa.Column("reached", sa.Uuid(), nullable=True, comment="the last case judged anew"),
    )
    op.add_column("sla_calendar", sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sla_calendar SET cases = 0, judged_at = created_at")


def downgrade() -> None:
    for name in ("judged_at", "reached", "judged", "cases"):
        op.drop_column("sla_calendar", name)
