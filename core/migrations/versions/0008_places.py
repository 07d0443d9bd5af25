"""places: what an order's point was found from, and what crews propose to correct"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LOCATION = (
    ("order_id", sa.Uuid(), "whose place it is; empty: of an imported order"),
    ("premise_id", sa.Uuid(), "what the point was found from"),
    ("node_id", sa.Uuid(), "what the point was found from"),
    ("note", sa.String(), "the crew's words; never in an event"),
)


def upgrade() -> None:
    for name, kind, comment in LOCATION:
        op.add_column("location", sa.Column(name, kind, comment=comment))
    op.create_index("ix_location_order", "location", ["org_id", "order_id"])
    op.create_index("ix_location_at", "location", ["org_id", "lat", "lon"])
    op.create_index("ix_network_node_at", "network_node", ["org_id", "lat", "lon"])
    op.create_table(
        "place_proposal",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False, comment="premise or node"),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "location_id", sa.Uuid(), nullable=False, comment="the crew's point, and its note"
        ),
        sa.Column("old_lat", sa.Double()),
        sa.Column("old_lon", sa.Double()),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("uncertainty_m", sa.Double(), nullable=False),
        sa.Column("distance_m", sa.Double(), comment="None: the directory had no point"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("reason", sa.String(), comment="why refused: a code"),
        sa.CheckConstraint("subject IN ('premise','node')", name=op.f("ck_place_proposal_subject")),
        sa.CheckConstraint(
            "state IN ('open','accepted','refused','superseded')",
            name=op.f("ck_place_proposal_state"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "order_id"],
            ["orders.org_id", "orders.id"],
            name=op.f("fk_place_proposal_org_id_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_place_proposal_org_id_location"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_place_proposal")),
    )
    op.create_index(
        "uq_place_proposal_open",
        "place_proposal",
        ["org_id", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_place_proposal_state", "place_proposal", ["org_id", "state", "made_at"])


def downgrade() -> None:
    op.drop_table("place_proposal")
    op.drop_index("ix_network_node_at", "network_node")
    op.drop_index("ix_location_at", "location")
    op.drop_index("ix_location_order", "location")
    for name, _, _ in reversed(LOCATION):
        op.drop_column("location", name)
