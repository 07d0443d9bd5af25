"""open calls are found without looking through those that have ended"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_call_open",
        "call",
        ["org_id", "opened_at"],
        postgresql_where=sa.text("state <> 'ended'"),
    )


def downgrade() -> None:
    op.drop_index("ix_call_open", table_name="call")
