"""trips, stops and ignition of vehicles; fences"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = "'trip','stop','silence','ignition_on','ignition_off'"
PURPOSES = "'base','depot','zone','no_go','customer_site','other'"


def upgrade() -> None:
    op.create_table(
        "movement",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        *(
            sa.Column(name, sa.Double(), nullable=False)
            for name in (
                "lat",
                "lon",
                "end_lat",
                "end_lon",
                "distance_m",
                "moving_s",
                "idle_s",
                "unseen_s",
                "longest_gap_s",
                "start_unsure_s",
                "end_unsure_s",
            )
        ),
        sa.Column("told_at", MOMENT, nullable=False, comment="Time of the fix that showed it."),
        sa.Column("revised_at", MOMENT, nullable=True, comment="Corrected by late positions."),
        sa.Column("resume", JSONB(), nullable=True, comment="What was remembered then."),
        sa.PrimaryKeyConstraint(
            "org_id", "vehicle_id", "kind", "started_at", name=op.f("pk_movement")
        ),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_movement_kind")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_movement_order")),
    )
    op.create_index("ix_movement_told", "movement", ["org_id", "vehicle_id", "told_at"])
    op.create_index("ix_movement_ended", "movement", ["org_id", "vehicle_id", "ended_at"])
    op.create_table(
        "fence",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column(
            "shape", JSONB(), nullable=False, comment="As gps.shapes writes it, degrees WGS-84."
        ),
        sa.Column("unit_id", sa.Uuid(), nullable=True, comment="Centre; none: all centres."),
        sa.Column("vehicle_ids", JSONB(), nullable=True, comment="None: all of the centre's."),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
        sa.Column(
            "edition",
            sa.BigInteger(),
            nullable=False,
            comment="Of all fences of the organisation, at its last change.",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "unit_id"], ["unit.org_id", "unit.id"], name=op.f("fk_fence_org_id_unit")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_fence")),
        sa.CheckConstraint(f"purpose IN ({PURPOSES})", name=op.f("ck_fence_purpose")),
    )
    op.create_index("uq_fence_code", "fence", ["org_id", "code"], unique=True)
    op.create_index("ix_fence_edition", "fence", ["org_id", "edition"])


def downgrade() -> None:
    op.drop_table("fence")
    op.drop_table("movement")
