"""notices to many; commands that are held; why a number wants no messages"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0049"
down_revision = "0042"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _campaigns()
    _recipients()
    op.add_column(
        "carrier_command",
        sa.Column(
            "held",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="Not now, until it is let go.",
        ),
    )
    op.add_column(
        "suppression",
        sa.Column("reason", sa.String(), comment="in the words of the agent who began it"),
    )
    op.create_index(
        "ix_message_queued",
        "message",
        ["org_id", "campaign_id"],
        postgresql_where=sa.text("campaign_id IS NOT NULL AND state = 'queued'"),
    )


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("importances", JSONB(), nullable=False, comment="empty: all customers"),
        sa.Column("reason", sa.String(), nullable=False, comment="why, in the words of who asked"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), comment="why it ended so"),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("expires_at", AT, nullable=False, comment="of no use any more after it"),
        sa.Column("written_to", sa.Uuid(), comment="the last customer looked at"),
        sa.Column("written_at", AT, comment="all recipients are known"),
        sa.Column("settled_at", AT, comment="nothing more of it can go out"),
        _count("recipients"),
        _count("excluded"),
        _count("numberless"),
        sa.CheckConstraint("scope IN ('order','node','region')", name="ck_campaign_scope"),
        sa.CheckConstraint(
            "state IN ('draft','running','paused','cancelled','done')", name="ck_campaign_state"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "asked_by"],
            ["app_user.org_id", "app_user.id"],
            name="fk_campaign_org_id_app_user",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_campaign"),
    )
    op.create_index("ix_campaign_asked_at", "campaign", ["org_id", "asked_at"])
    op.create_index(
        "ix_campaign_unsettled",
        "campaign",
        ["org_id", "id"],
        postgresql_where=sa.text("started_at IS NOT NULL AND settled_at IS NULL"),
    )


def _recipients() -> None:
    op.create_table(
        "campaign_recipient",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column(
            "rank", sa.SmallInteger(), nullable=False, comment="0: important customers come first"
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), comment="why it was left out"),
        sa.Column("message_id", sa.Uuid()),
        sa.CheckConstraint(
            "state IN ('waiting','asked','excluded','cancelled')",
            name="ck_campaign_recipient_state",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "campaign_id"],
            ["campaign.org_id", "campaign.id"],
            name="fk_campaign_recipient_org_id_campaign",
        ),
        sa.PrimaryKeyConstraint("org_id", "campaign_id", "number", name="pk_campaign_recipient"),
    )
    op.create_index(
        "ix_campaign_recipient_waiting",
        "campaign_recipient",
        ["org_id", "campaign_id", "rank", "number"],
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_index("ix_message_queued", "message")
    op.drop_column("suppression", "reason")
    op.drop_column("carrier_command", "held")
    op.drop_table("campaign_recipient")
    op.drop_table("campaign")
