"""the hotline's numbers are registered and withdrawn by people"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("phone_number", sa.Column("id", sa.Uuid()))
    op.add_column("phone_number", sa.Column("registered_at", sa.DateTime(timezone=True)))
    op.add_column("phone_number", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE phone_number SET id = gen_random_uuid(), registered_at = now()")
    op.alter_column("phone_number", "id", nullable=False)
    op.alter_column("phone_number", "registered_at", nullable=False)
    _key("id", "withdrawn_at IS NULL")


def downgrade() -> None:
    op.execute("DELETE FROM phone_number WHERE withdrawn_at IS NOT NULL")
    _key("number", None)
    for column in ("withdrawn_at", "registered_at", "id"):
        op.drop_column("phone_number", column)


def _key(column: str, where: str | None) -> None:
    op.drop_constraint("pk_phone_number", "phone_number", type_="primary")
    op.create_primary_key("pk_phone_number", "phone_number", ["org_id", column])
    op.drop_index("uq_phone_number_number", "phone_number")
    op.create_index(
        "uq_phone_number_number",
        "phone_number",
        ["number"],
        unique=True,
        postgresql_where=sa.text(where) if where else None,
    )
