"""taps beside GPS, drawn sites, calls for help"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name, comment in (
        ("lat", "of a tap: where the phone was, WGS-84"),
        ("lon", None),
        ("accuracy_m", None),
    ):
        op.add_column("stamp", sa.Column(name, sa.Double(), nullable=True, comment=comment))
    op.add_column(
        "sla_anomaly",
        sa.Column("amount_m", sa.Double(), nullable=True, comment="by how many metres"),
    )
    op.add_column(
        "location",
        sa.Column(
            "shape", JSONB(), nullable=True, comment="the site as drawn; empty: by uncertainty"
        ),
    )
    op.add_column(
        "gps_watch",
        sa.Column("shape", JSONB(), nullable=True, comment="the site as drawn; else the circle"),
    )
    _calls_for_help()
    _purposes("'order','recall','menu','help'")
    _about("assignment_id IS NOT NULL OR form = 'menu' OR purpose = 'help'")


def _calls_for_help() -> None:
    op.create_table(
        "help_call",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("crew_id", sa.Uuid(), nullable=True),
        sa.Column("centre_id", sa.Uuid(), nullable=True, comment="of the crew, when it called"),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True, comment="that the crew is at"),
        sa.Column("source", sa.String(), nullable=False, comment="key, alarm, phone"),
        sa.Column("called_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True, comment="somebody took note"),
        sa.Column("seen_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True, comment="helped, mistake"),
        sa.CheckConstraint("source IN ('key','alarm','phone')", name=op.f("ck_help_call_source")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_help_call")),
    )
    op.create_index(
        "ix_help_call_open",
        "help_call",
        ["org_id", "called_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_help_call_crew", "help_call", ["org_id", "crew_id", "last_at"])


def downgrade() -> None:
    op.execute("DELETE FROM terminal_message WHERE purpose = 'help'")
    _about("assignment_id IS NOT NULL OR form = 'menu'")
    _purposes("'order','recall','menu'")
    op.drop_table("help_call")
    op.drop_column("gps_watch", "shape")
    op.drop_column("location", "shape")
    op.drop_column("sla_anomaly", "amount_m")
    for name in ("accuracy_m", "lon", "lat"):
        op.drop_column("stamp", name)


def _purposes(names: str) -> None:
    op.drop_constraint(op.f("ck_terminal_message_purpose"), "terminal_message", type_="check")
    op.create_check_constraint(
        op.f("ck_terminal_message_purpose"), "terminal_message", f"purpose IN ({names})"
    )


def _about(what: str) -> None:
    op.drop_constraint(op.f("ck_terminal_message_about"), "terminal_message", type_="check")
    op.create_check_constraint(op.f("ck_terminal_message_about"), "terminal_message", what)
