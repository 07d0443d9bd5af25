"""what terminals tell of themselves, their quirks, contested identities, positions of strangers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

EMPTY = sa.text("'{}'::jsonb")
NONE = sa.text("'[]'::jsonb")


def upgrade() -> None:
    _device_columns()
    op.add_column("stranger", sa.Column("told", JSONB(), nullable=False, server_default=EMPTY))
    op.add_column("stranger", sa.Column("address", sa.String()))
    op.add_column("stranger", sa.Column("auth_code", sa.String()))
    op.add_column("stranger", sa.Column("ignored_at", sa.DateTime(timezone=True)))
    op.add_column("stranger", sa.Column("ignored_by", sa.Uuid()))
    _contests()
    _quarantine()


def _device_columns() -> None:
    op.add_column(
        "device",
        sa.Column("time_zone", sa.String(), comment="Of its clock; none: that of the settings."),
    )
    op.add_column(
        "device",
        sa.Column(
            "datum",
            sa.String(),
            nullable=False,
            server_default="wgs84",
            comment="Map system of the positions that it sends.",
        ),
    )
    op.create_check_constraint(
        op.f("ck_device_datum"), "device", "datum IN ('wgs84','gcj02','bd09')"
    )
    op.add_column("device", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "device",
        sa.Column(
            "told",
            JSONB(),
            nullable=False,
            server_default=EMPTY,
            comment="What it said of itself when it registered and logged in.",
        ),
    )
    op.add_column(
        "device", sa.Column("address", sa.String(), comment="Where it connected from last.")
    )
    op.add_column(
        "device",
        sa.Column(
            "clock_off_min",
            sa.SmallInteger(),
            comment="Minutes that its live positions are constantly behind our clock.",
        ),
    )
    op.add_column(
        "device",
        sa.Column(
            "takeovers",
            JSONB(),
            nullable=False,
            server_default=NONE,
            comment="Of its connection while the older one was alive: the last few.",
        ),
    )


def _contests() -> None:
    op.create_table(
        "device_contest",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("claim", JSONB(), nullable=False, server_default=EMPTY),
        sa.Column("addresses", JSONB(), nullable=False, server_default=NONE),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.Uuid()),
        sa.Column("ruling", sa.String()),
        sa.CheckConstraint(
            "kind IN ('hardware','takeover','code','foreign')",
            name=op.f("ck_device_contest_kind"),
        ),
        sa.CheckConstraint(
            "ruling IN ('replaced','dismissed')", name=op.f("ck_device_contest_ruling")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "device_id"],
            ["device.org_id", "device.id"],
            name=op.f("fk_device_contest_org_id_device"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_device_contest")),
    )
    op.create_index(
        "uq_device_contest_open",
        "device_contest",
        ["org_id", "device_id", "kind"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine_fix",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("fix_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint(
            "org_id", "protocol", "identity", "fix_at", name=op.f("pk_quarantine_fix")
        ),
    )


def downgrade() -> None:
    op.drop_table("quarantine_fix")
    op.drop_table("device_contest")
    for name in ("ignored_by", "ignored_at", "auth_code", "address", "told"):
        op.drop_column("stranger", name)
    op.drop_constraint(op.f("ck_device_datum"), "device", type_="check")
    for name in ("takeovers", "clock_off_min", "address", "told", "note", "datum", "time_zone"):
        op.drop_column("device", name)
