"""how many callers an agent took since a call-back"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "agent",
        sa.Column(
            "callers_since",
            sa.SmallInteger(),
            comment="Callers taken since a call-back, until they are enough for another.",
        ),
    )


def downgrade() -> None:
    op.drop_column("agent", "callers_since")
