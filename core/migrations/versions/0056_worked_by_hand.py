"""who works on a call-back that was tried in vain"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "callback",
        sa.Column(
            "worked_by", sa.Uuid(), comment="Who sees to one that has failed; for a bounded time."
        ),
    )
    op.add_column("callback", sa.Column("worked_at", sa.DateTime(timezone=True)))
    op.create_foreign_key(
        op.f("fk_callback_org_id_app_user"),
        "callback",
        "app_user",
        ["org_id", "worked_by"],
        ["org_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_callback_worked"),
        "callback",
        "worked_by IS NULL OR (state = 'failed' AND worked_at IS NOT NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_callback_worked"), "callback")
    op.drop_constraint(op.f("fk_callback_org_id_app_user"), "callback")
    op.drop_column("callback", "worked_at")
    op.drop_column("callback", "worked_by")
