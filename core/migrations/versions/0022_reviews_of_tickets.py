"""a breach of a ticket has a review too: a review is of a case"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("fk_review_org_id_orders"), "review", type_="foreignkey")
    op.drop_index("ix_review_order", "review")
    op.alter_column("review", "order_id", new_column_name="case_id")
    op.alter_column("review", "case_id", comment="the order or ticket")
    op.create_foreign_key(
        op.f("fk_review_org_id_sla_case"),
        "review",
        "sla_case",
        ["org_id", "case_id"],
        ["org_id", "id"],
    )
    op.create_index("ix_review_case", "review", ["org_id", "case_id"])


def downgrade() -> None:
    op.drop_index("ix_review_case", "review")
    op.drop_constraint(op.f("fk_review_org_id_sla_case"), "review", type_="foreignkey")
    op.alter_column("review", "case_id", comment=None)
    op.alter_column("review", "case_id", new_column_name="order_id")
    op.create_foreign_key(
        op.f("fk_review_org_id_orders"),
        "review",
        "orders",
        ["org_id", "order_id"],
        ["org_id", "id"],
    )
    op.create_index("ix_review_order", "review", ["org_id", "order_id"])
