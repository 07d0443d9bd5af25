"""accounts, capacities, phones and codes of the directory; duty phones of units"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NODE_KINDS = "'substation','feeder','section','transformer'"
CUSTOMER = {
    "account_state": "'active','in_arrears','suspended','closed'",
    "category": "'residential','commercial','industrial','agricultural','public'",
    "voltage": "'0.4','10','35','110'",
}


def upgrade() -> None:
    op.add_column("unit", sa.Column("phone", sa.String(), comment="duty phone of the desk, E.164"))
    op.add_column(
        "unit",
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
    )
    op.add_column("region", sa.Column("parent_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_region_org_id_region"),
        "region",
        "region",
        ["org_id", "parent_id"],
        ["org_id", "id"],
    )
    op.add_column(
        "premise",
        sa.Column("code", sa.String(), comment="the premise's number in the utility's books"),
    )
    op.create_index("uq_premise_code", "premise", ["org_id", "code"], unique=True)
    _node_kinds(NODE_KINDS + ",'pole','cabinet'")
    _customer()
    op.add_column(
        "customer_phone", sa.Column("used_by", sa.String(), nullable=False, server_default="owner")
    )
    op.create_check_constraint(
        op.f("ck_customer_phone_used_by"),
        "customer_phone",
        "used_by IN ('owner','electrician','duty_room','tenant','other')",
    )
    op.add_column(
        "customer_phone",
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="order of calling",
        ),
    )


def _customer() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("account_state", sa.String(), nullable=False, server_default="active"),
        sa.Column("category", sa.String(), nullable=False, server_default="residential"),
        sa.Column("voltage", sa.String(), nullable=False, server_default="0.4", comment="kV"),
        sa.Column("contract_kva", sa.Double(), comment="合同容量"),
        sa.Column("running_kva", sa.Double(), comment="运行容量"),
        sa.Column("commissioned_on", sa.Date(), comment="first supply"),
    )
    for column in columns:
        op.add_column("customer", column)
    for name, values in CUSTOMER.items():
        op.create_check_constraint(op.f(f"ck_customer_{name}"), "customer", f"{name} IN ({values})")


def _node_kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_network_node_kind"), "network_node", type_="check")
    op.create_check_constraint(op.f("ck_network_node_kind"), "network_node", f"kind IN ({kinds})")


def downgrade() -> None:
    op.drop_column("customer_phone", "position")
    op.drop_column("customer_phone", "used_by")
    for name in ("commissioned_on", "running_kva", "contract_kva", *reversed(CUSTOMER)):
        op.drop_column("customer", name)
    _node_kinds(NODE_KINDS)
    op.drop_index("uq_premise_code", "premise")
    op.drop_column("premise", "code")
    op.drop_column("region", "parent_id")
    op.drop_column("unit", "active")
    op.drop_column("unit", "phone")
