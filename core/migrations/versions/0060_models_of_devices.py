"""the model of a device, where its messages depend on it"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "device",
        sa.Column(
            "model",
            sa.String(),
            server_default=sa.text("''"),
            nullable=False,
            comment="Where its protocol reads the messages of some models otherwise.",
        ),
    )


def downgrade() -> None:
    op.drop_column("device", "model")
