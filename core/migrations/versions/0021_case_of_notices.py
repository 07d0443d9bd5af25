"""a notice is about an order or a ticket"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("notice", "order_id", new_column_name="case_id", comment="the order or ticket")


def downgrade() -> None:
    op.alter_column("notice", "case_id", new_column_name="order_id", comment=None)
