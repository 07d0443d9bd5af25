"""what our flow decided with an answer waits beside the report"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0053"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "untold_report",
        sa.Column(
            "decided",
            postgresql.JSONB(),
            nullable=True,
            comment="What our flow decided when it answered.",
        ),
    )


def downgrade() -> None:
    op.drop_column("untold_report", "decided")
