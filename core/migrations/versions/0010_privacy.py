"""ids of phones, notes on customers, who looked at personal data and why"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "customer_phone",
        sa.Column(
            "id",
            sa.Uuid(),
            nullable=False,
            server_default=sa.text("gen_random_uuid()"),
            comment="names the phone in addresses and events, where its number may not be",
        ),
    )
    op.create_index("uq_customer_phone_id", "customer_phone", ["org_id", "id"], unique=True)
    _customer_note()
    _unmasking()


def _customer_note() -> None:
    op.create_table(
        "customer_note",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True)),
        sa.Column("hidden_by", sa.Uuid()),
        sa.Column("hidden_why", sa.String()),
        sa.ForeignKeyConstraint(
            ["org_id", "customer_id"],
            ["customer.org_id", "customer.id"],
            name=op.f("fk_customer_note_org_id_customer"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "author_id"],
            ["app_user.org_id", "app_user.id"],
            name=op.f("fk_customer_note_org_id_app_user"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_customer_note")),
    )
    op.create_index(
        "ix_customer_note_customer", "customer_note", ["org_id", "customer_id", "noted_at"]
    )


def _unmasking() -> None:
    op.create_table(
        "unmasking",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words", sa.String(), comment="why, in the words of who looked"),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["app_user.org_id", "app_user.id"],
            name=op.f("fk_unmasking_org_id_app_user"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_unmasking")),
    )
    op.create_index("ix_unmasking_at", "unmasking", ["org_id", "at"])
    op.create_index("ix_unmasking_user", "unmasking", ["org_id", "user_id", "at"])


def downgrade() -> None:
    op.drop_table("unmasking")
    op.drop_table("customer_note")
    op.drop_index("uq_customer_phone_id", "customer_phone")
    op.drop_column("customer_phone", "id")
