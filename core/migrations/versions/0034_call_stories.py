"""call stories: stages, outcomes, stays in queues, emergency announcements"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def _of_calls() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("stage", sa.String(), nullable=False, server_default="ringing"),
        sa.Column("language", sa.String(), comment="Of the caller, BCP 47."),
        sa.Column("queue", sa.String(), comment="The last queue it came to."),
        sa.Column("outcome", sa.String(), comment="What became of it, once it has ended."),
        sa.Column("left_in", sa.String(), comment="The stage in which the caller gave up."),
        sa.Column("short", sa.Boolean(), comment="Given up too soon for anybody to answer."),
        sa.Column("queued_at", AT),
        sa.Column("bridged_at", AT, comment="An agent and the caller first heard each other."),
        sa.Column("hung_up_at", AT, comment="The earliest moment that evidence gives for the end."),
        sa.Column("hung_up_by", sa.String()),
        sa.Column("wait_s", sa.Double()),
        sa.Column("ring_s", sa.Double()),
        sa.Column("talk_s", sa.Double()),
        sa.Column("held_s", sa.Double()),
        sa.Column("transfers", sa.SmallInteger()),
    )


def upgrade() -> None:
    for column in _of_calls():
        op.add_column("call", column)
    op.execute("UPDATE call SET stage = 'ended' WHERE state = 'ended'")
    op.alter_column("call", "stage", server_default=None)
    op.create_check_constraint(
        "ck_call_stage",
        "call",
        "stage IN ('ringing','menu','queued','offered','talking','held','ended')",
    )
    op.add_column("carrier_event", sa.Column("at", AT, comment="The carrier's time."))
    op.add_column(
        "carrier_event",
        sa.Column("told", JSONB(), comment="What it says, in words that no carrier coined."),
    )
    _stays()
    _announcements()


def _stays() -> None:
    op.create_table(
        "queue_stay",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="1 is the call's first."),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("entered_at", AT, nullable=False),
        sa.Column("left_at", AT),
        sa.Column("result", sa.String(), comment="bridged, hangup, leave, moved, full or failed."),
        sa.Column("priority", sa.SmallInteger(), nullable=False, comment="The higher, the sooner."),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("skills", JSONB(), nullable=False, comment="Codes; an agent needs all of them."),
        sa.ForeignKeyConstraint(
            ["org_id", "call_id"], ["call.org_id", "call.id"], name="fk_queue_stay_org_id_call"
        ),
        sa.PrimaryKeyConstraint("org_id", "call_id", "number", name="pk_queue_stay"),
    )
    op.create_index(
        "ix_queue_stay_waiting",
        "queue_stay",
        ["org_id", "queue", "entered_at"],
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index("ix_queue_stay_entered", "queue_stay", ["org_id", "entered_at"])


def _announcements() -> None:
    op.create_table(
        "emergency_announcement",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("zh", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("began_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["org_id", "began_by"],
            ["app_user.org_id", "app_user.id"],
            name="fk_emergency_announcement_org_id_app_user",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "ended_by"],
            ["app_user.org_id", "app_user.id"],
            name="fk_emergency_announcement_ended_by_app_user",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_emergency_announcement"),
    )
    op.create_index(
        "uq_emergency_announcement_on",
        "emergency_announcement",
        ["org_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("emergency_announcement")
    op.drop_table("queue_stay")
    op.drop_column("carrier_event", "told")
    op.drop_column("carrier_event", "at")
    op.drop_constraint("ck_call_stage", "call")
    for column in _of_calls():
        op.drop_column("call", column.name)
