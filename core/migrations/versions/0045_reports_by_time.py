"""the carrier's reports by when they came"""

from alembic import op

revision = "0045"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_carrier_event_received", "carrier_event", ["org_id", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_carrier_event_received", "carrier_event")
