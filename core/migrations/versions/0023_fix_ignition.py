"""what a device says of its ignition and of its own accuracy"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fix", sa.Column("ignition", sa.Boolean(), nullable=True))
    op.add_column("fix", sa.Column("accuracy_m", sa.REAL(), nullable=True))
    _index("closed_at IS NULL")


def downgrade() -> None:
    _index("closed_at IS NULL AND arrived_at IS NULL")
    op.drop_column("fix", "accuracy_m")
    op.drop_column("fix", "ignition")


def _index(condition: str) -> None:
    op.drop_index("ix_gps_watch_open", "gps_watch")
    op.create_index(
        "ix_gps_watch_open",
        "gps_watch",
        ["org_id", "vehicle_id"],
        postgresql_where=sa.text(condition),
    )
