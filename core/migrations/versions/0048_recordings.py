"""recordings of calls, and who has listened to them"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0049"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
OPEN = "state IN ('asked','in-progress','paused')"


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("leg_id", sa.Uuid(), comment="The telephone that is recorded."),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "basis",
            sa.String(),
            nullable=False,
            comment="announced, agreed; left: the caller left it.",
        ),
        sa.Column("queue", sa.String()),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("carrier_recording", sa.String(), comment="The carrier's id."),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column(
            "begun_at", AT, nullable=False, comment="The carrier's time, else when asked for."
        ),
        sa.Column("seconds", sa.BigInteger()),
        sa.Column("channels", sa.SmallInteger(), nullable=False),
        sa.Column("paused_until", AT, comment="When a pause ends by itself."),
        sa.Column("act", sa.String(), comment="What the carrier was asked for last."),
        sa.Column("command_id", sa.Uuid(), comment="By which command; null: it has ended."),
        sa.Column("code", sa.String(), comment="Why something failed."),
        sa.Column("again_at", AT, comment="When a failed erasure is repeated."),
        sa.Column("kept_by", sa.Uuid(), comment="Who has put it out of retention."),
        sa.Column("kept_at", AT),
        sa.Column("kept_why", sa.String()),
        sa.Column("gone_why", sa.String(), comment="retention or person."),
        sa.Column("gone_by", sa.Uuid()),
        sa.Column("gone_at", AT, comment="When the carrier had erased it."),
        sa.CheckConstraint("kind IN ('conversation','message')", name="ck_recording_kind"),
        sa.CheckConstraint(
            "state IN ('asked','in-progress','paused','ready','absent','failed','expired','deleted')",
            name="ck_recording_state",
        ),
        sa.CheckConstraint("wanted IN ('on','paused','off')", name="ck_recording_wanted"),
        sa.ForeignKeyConstraint(
            ["org_id", "call_id"], ["call.org_id", "call.id"], name="fk_recording_org_id_call"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_recording"),
    )
    _indexes()
    op.create_table(
        "recording_access",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "recording_id"],
            ["recording.org_id", "recording.id"],
            name="fk_recording_access_org_id_recording",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["app_user.org_id", "app_user.id"],
            name="fk_recording_access_org_id_app_user",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_recording_access"),
    )
    op.create_index(
        "ix_recording_access_recording", "recording_access", ["org_id", "recording_id", "at"]
    )
    op.create_index("ix_recording_access_at", "recording_access", ["org_id", "at"])


def _indexes() -> None:
    op.create_index(
        "uq_recording_open",
        "recording",
        ["org_id", "call_id"],
        unique=True,
        postgresql_where=sa.text(f"kind = 'conversation' AND {OPEN}"),
    )
    op.create_index(
        "uq_recording_carrier",
        "recording",
        ["carrier", "carrier_recording"],
        unique=True,
        postgresql_where=sa.text("carrier_recording IS NOT NULL"),
    )
    op.create_index("ix_recording_call", "recording", ["org_id", "call_id"])
    op.create_index(
        "ix_recording_work",
        "recording",
        ["org_id", "state"],
        postgresql_where=sa.text("state IN ('asked','in-progress','paused','expired')"),
    )
    op.create_index(
        "ix_recording_ready",
        "recording",
        ["org_id", "begun_at"],
        postgresql_where=sa.text("state = 'ready'"),
    )


def downgrade() -> None:
    op.drop_table("recording_access")
    op.drop_table("recording")
