"""phones of crews send positions: whose login a phone last sent under"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "device",
        sa.Column(
            "user_id",
            sa.Uuid(),
            nullable=True,
            comment="Of a phone: whose login it last sent under.",
        ),
    )
    op.create_foreign_key(
        op.f("fk_device_org_id_app_user"),
        "device",
        "app_user",
        ["org_id", "user_id"],
        ["org_id", "id"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_device_org_id_app_user"), "device", type_="foreignkey")
    op.drop_column("device", "user_id")
