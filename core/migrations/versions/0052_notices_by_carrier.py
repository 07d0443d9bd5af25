"""notices that the carrier has are found at once"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0046"
branch_labels = None
depends_on = None

SENDING = sa.text("state = 'sending'")


def upgrade() -> None:
    op.create_index("ix_notice_sending", "notice", ["org_id"], postgresql_where=SENDING)
    op.create_index(
        "ix_silence_notice_sending", "silence_notice", ["org_id"], postgresql_where=SENDING
    )


def downgrade() -> None:
    op.drop_index("ix_silence_notice_sending", "silence_notice")
    op.drop_index("ix_notice_sending", "notice")
