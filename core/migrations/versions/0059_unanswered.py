"""since when the carrier does not answer"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "carrier_command",
        sa.Column(
            "unanswered_since",
            sa.DateTime(timezone=True),
            comment="Since when the carrier answers nothing, this command among it.",
        ),
    )


def downgrade() -> None:
    op.drop_column("carrier_command", "unanswered_since")
