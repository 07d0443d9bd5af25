"""open legs of calls are found at once"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_call_leg_open",
        "call_leg",
        ["placed_at"],
        postgresql_where=sa.text("state <> 'ended' AND carrier_call IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_call_leg_open", "call_leg")
