"""messages that leave the house, who wants none, crews called after"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _messages()
    _wishes()
    _crews()


def _organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["org_id"], ["organisation.id"], name=f"fk_{table}_org_id_organisation"
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), comment="what is said once: a second ask finds it"),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column(
            "version", sa.String(), nullable=False, comment="of the template: hash of its texts"
        ),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("to_number", sa.String()),
        sa.Column("values", JSONB()),
        sa.Column("words", sa.String(), comment="as sent"),
        sa.Column("segments", sa.SmallInteger(), nullable=False),
        sa.Column("about", sa.String(), nullable=False, comment="order, assignment, notice, ..."),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid()),
        sa.Column("expected_at", AT, comment="the time that it promises"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), comment="why it ended so"),
        sa.Column("carrier", sa.String()),
        sa.Column("carrier_ref", sa.String()),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("sent_at", AT),
        sa.Column("ended_at", AT),
        sa.CheckConstraint(
            "state IN ('queued','accepted','scheduled','sending','sent','delivered','undelivered','failed','refused','cancelled','unknown')",
            name="ck_message_state",
        ),
        sa.CheckConstraint("channel IN ('sms')", name="ck_message_channel"),
        _organisation("message"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_message"),
    )
    op.create_index("uq_message_key", "message", ["org_id", "key"], unique=True)
    op.create_index("ix_message_about", "message", ["org_id", "about", "about_id"])
    op.create_index("ix_message_asked_at", "message", ["org_id", "asked_at"])
    op.create_index(
        "uq_message_recipient",
        "message",
        ["org_id", "campaign_id", "to_number"],
        unique=True,
        postgresql_where=sa.text("campaign_id IS NOT NULL"),
    )


def _wishes() -> None:
    op.create_table(
        "suppression",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("by_user", sa.Uuid()),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Uuid()),
        sa.CheckConstraint("scope IN ('notice','marketing')", name="ck_suppression_scope"),
        sa.CheckConstraint("source IN ('word','agent')", name="ck_suppression_source"),
        _organisation("suppression"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_suppression"),
    )
    op.create_index(
        "uq_suppression_number",
        "suppression",
        ["org_id", "number", "scope"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "number_language",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("since", AT, nullable=False),
        _organisation("number_language"),
        sa.PrimaryKeyConstraint("org_id", "number", name="pk_number_language"),
    )


def _crews() -> None:
    op.create_table(
        "crew_reach",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), comment="the short message, once asked for"),
        sa.Column("calls", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("command_id", sa.Uuid(), comment="of the last call"),
        sa.Column("heard_at", AT, comment="somebody picked up"),
        sa.Column("due_at", AT, nullable=False, comment="when the next step is looked at"),
        sa.Column("ended_at", AT),
        sa.Column("outcome", sa.String(), comment="accepted, returned, received, over, unreached"),
        sa.ForeignKeyConstraint(
            ["org_id", "assignment_id"],
            ["assignment.org_id", "assignment.id"],
            name="fk_crew_reach_org_id_assignment",
        ),
        sa.PrimaryKeyConstraint("org_id", "assignment_id", name="pk_crew_reach"),
    )
    op.create_index(
        "ix_crew_reach_due", "crew_reach", ["due_at"], postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    for table in ("crew_reach", "number_language", "suppression", "message"):
        op.drop_table(table)
