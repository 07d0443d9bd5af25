"""what the filters keep out of storage, per device and day"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "fix_dropped",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("fixes", sa.BigInteger(), nullable=False),
        sa.Column("last_received_at", MOMENT, nullable=False),
        sa.Column("last_fix_at", MOMENT, nullable=True),
        sa.Column("last_lat", sa.Double(), nullable=False),
        sa.Column("last_lon", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "device_id"],
            ["device.org_id", "device.id"],
            name=op.f("fk_fix_dropped_org_id_device"),
        ),
        sa.PrimaryKeyConstraint(
            "org_id", "device_id", "day", "reason", name=op.f("pk_fix_dropped")
        ),
    )
    op.execute("UPDATE fix SET flags = 'outdated' WHERE flags = 'no_fix'")


def downgrade() -> None:
    op.execute("UPDATE fix SET flags = 'no_fix' WHERE flags = 'outdated'")
    op.drop_table("fix_dropped")
