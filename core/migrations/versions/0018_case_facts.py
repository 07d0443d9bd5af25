"""cases of tickets, and the facts that the limits of a case depend on"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
FACTS = ("customer_class", "fault_class", "kind", "channel")


def upgrade() -> None:
    op.add_column(
        "sla_case", sa.Column("subject", sa.String(), nullable=False, server_default="order")
    )
    for name in FACTS:
        op.add_column("sla_case", sa.Column(name, sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_sla_case_subject"), "sla_case", "subject IN ('order','ticket')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_sla_case_subject"), "sla_case")
    for name in ("subject", *FACTS):
        op.drop_column("sla_case", name)
