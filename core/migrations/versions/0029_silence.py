"""silence"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _positions()
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "gps_listening",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.String(),
            nullable=False,
            comment="Of the devices that it takes positions of.",
        ),
        sa.Column("since", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("said_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.CheckConstraint("kind IN ('terminal','phone')", name=op.f("ck_gps_listening_kind")),
        sa.PrimaryKeyConstraint("org_id", "gateway", name=op.f("pk_gps_listening")),
    )
    op.create_table(
        "silence_notice",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="the outbox row's, if it has one"),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("crew_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True, comment="why it was not sent"),
        sa.Column("silent_since", moment, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "sending_at", moment, nullable=True, comment="real time, while a worker is at it"
        ),
        sa.Column("ended_at", moment, nullable=True),
        sa.CheckConstraint("channel IN ('screen','sms')", name=op.f("ck_silence_notice_channel")),
        sa.CheckConstraint(
            "state IN ('waiting','sending','sent','failed','unavailable','cancelled')",
            name=op.f("ck_silence_notice_state"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_silence_notice")),
    )
    op.create_index("ix_silence_notice_device", "silence_notice", ["org_id", "device_id"])


def _positions() -> None:
    moment = sa.DateTime(timezone=True)
    table = "vehicle_position"
    op.add_column(
        table,
        sa.Column(
            "rhythm",
            JSONB(),
            nullable=False,
            server_default=sa.text("'{}'::jsonb"),
            comment="Of each device that sends for it, by its id.",
        ),
    )
    op.add_column(
        table,
        sa.Column(
            "quiet_at",
            moment,
            nullable=True,
            comment="Without another word the position counts as unknown from then on.",
        ),
    )
    op.execute("UPDATE vehicle_position SET quiet_at = received_at + interval '5 minutes'")
    op.alter_column(table, "quiet_at", nullable=False)
    op.add_column(
        table,
        sa.Column("due_at", moment, nullable=True, comment="When the sweep has to look at it."),
    )
    op.add_column(
        table,
        sa.Column(
            "silent_since",
            moment,
            nullable=True,
            comment="Its silence is on record; when it was last seen.",
        ),
    )
    op.add_column(
        table,
        sa.Column(
            "silent_on_duty", sa.Boolean(), nullable=True, comment="Its crew was on duty then."
        ),
    )


def downgrade() -> None:
    op.drop_table("silence_notice")
    op.drop_table("gps_listening")
    for name in ("silent_on_duty", "silent_since", "due_at", "quiet_at", "rhythm"):
        op.drop_column("vehicle_position", name)
