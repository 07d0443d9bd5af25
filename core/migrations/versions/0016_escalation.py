"""escalation ladders, and what was tried on each of their steps"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATES = "state IN ('waiting','sending','sent','answered','failed','unavailable','cancelled')"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sla_ladder",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("timer_id", sa.Uuid(), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False, comment="alarm, breach, warning, risk"),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "case_id"],
            ["sla_case.org_id", "sla_case.id"],
            name=op.f("fk_sla_ladder_org_id_sla_case"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_sla_ladder")),
    )
    op.create_index("ix_sla_ladder_case", "sla_ladder", ["org_id", "case_id"])
    op.create_index(
        "uq_sla_ladder_climbed",
        "sla_ladder",
        ["org_id", "timer_id", "ladder", "occasion"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_sla_ladder_due",
        "sla_ladder",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.alter_column("notice", "id", comment="the outbox row's, if it has one")
    op.alter_column("notice", "code", comment="of the segment or timer")
    for column in (
        sa.Column("ladder_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=True, comment="of the ladder, from 1"),
        sa.Column(
            "text_code",
            sa.String(),
            nullable=True,
            comment="code of the text, such as not_accepted.2",
        ),
        sa.Column("recipient", sa.String(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False, server_default="sent"),
        sa.Column("reason", sa.String(), nullable=True, comment="why it was not sent"),
        sa.Column("tries", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column(
            "reached",
            postgresql.JSONB(),
            nullable=False,
            server_default=sa.text("'[]'::jsonb"),
            comment="addresses that have it, by place",
        ),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column(
            "sending_at", MOMENT, nullable=True, comment="real time, while a worker is at it"
        ),
    ):
        op.add_column("notice", column)
    op.alter_column("notice", "sent_at", new_column_name="ended_at", nullable=True)
    op.execute("UPDATE notice SET asked_at = ended_at")
    op.alter_column("notice", "asked_at", nullable=False)
    op.alter_column("notice", "state", server_default=None)
    op.create_check_constraint(op.f("ck_notice_state"), "notice", STATES)
    op.create_index("ix_notice_ladder", "notice", ["org_id", "ladder_id"])


def downgrade() -> None:
    op.drop_index("ix_notice_ladder", table_name="notice")
    op.drop_constraint(op.f("ck_notice_state"), "notice")
    op.execute("DELETE FROM notice WHERE ended_at IS NULL")
    op.alter_column("notice", "ended_at", new_column_name="sent_at", nullable=False)
    for name in (
        "sending_at", "asked_at", "reached", "tries", "reason", "state", "user_id", "member_id",
        "unit_id", "recipient", "text_code", "step", "ladder_id",
    ):  # fmt: skip
        op.drop_column("notice", name)
    op.drop_table("sla_ladder")
