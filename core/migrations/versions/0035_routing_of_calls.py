"""agents, what they are offered, the calls they are in, and call-backs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _callback()
    _agent()
    _agent_call()
    _agent_skill()
    _agent_span()
    _offer()


def _callback() -> None:
    op.create_table(
        "callback",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "number", sa.String(), nullable=False, comment="E.164. Once open for each number."
        ),
        sa.Column(
            "hotline",
            sa.String(),
            nullable=False,
            comment="Our number that the customer had dialled.",
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("since", AT, nullable=False, comment="The place in the queue that is kept."),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("from_call_id", sa.Uuid(), nullable=True, comment="The call that it came from."),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_at", AT, nullable=True),
        sa.Column(
            "call_id", sa.Uuid(), nullable=True, comment="The call of the present or last try."
        ),
        sa.Column("leg_id", sa.Uuid(), nullable=True, comment="The customer's phone in it."),
        sa.Column("ended_at", AT, nullable=True),
        sa.CheckConstraint("reason IN ('asked','abandoned','missed')", name="ck_callback_reason"),
        sa.CheckConstraint(
            "state IN ('waiting','dialling','talking','done','failed','cancelled')",
            name="ck_callback_state",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_callback_org_id_organisation"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_callback"),
    )
    op.create_index("ix_callback_asked", "callback", ["org_id", "asked_at"])
    op.create_index("ix_callback_state", "callback", ["org_id", "state", "next_at"])
    op.create_index(
        "uq_callback_open",
        "callback",
        ["org_id", "number"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting','dialling','talking')"),
    )


def _agent() -> None:
    op.create_table(
        "agent",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("since", AT, nullable=False),
        sa.Column("idle_since", AT, nullable=False, comment="Longest idle is served first."),
        sa.Column("until", AT, nullable=True, comment="When after-call work ends."),
        sa.Column(
            "call_id", sa.Uuid(), nullable=True, comment="Reserved for, in, or worked on after."
        ),
        sa.Column(
            "next_state", sa.String(), nullable=True, comment="Asked for, once the call is over."
        ),
        sa.Column("next_reason", sa.String(), nullable=True),
        sa.Column(
            "extended_s",
            sa.Double(),
            server_default="0",
            nullable=False,
            comment="Of after-call work.",
        ),
        sa.Column(
            "endpoint", sa.String(), nullable=True, comment="What rings: E.164, sip: or client:."
        ),
        sa.Column(
            "languages",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('offline','available','reserved','on_call','wrap_up','break')",
            name="ck_agent_state",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["app_user.org_id", "app_user.id"],
            name="fk_agent_org_id_app_user",
        ),
        sa.PrimaryKeyConstraint("org_id", "user_id", name="pk_agent"),
    )
    op.create_index("ix_agent_state", "agent", ["org_id", "state"])


def _agent_call() -> None:
    op.create_table(
        "agent_call",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column(
            "leg_id",
            sa.Uuid(),
            nullable=False,
            comment="The agent's phone; another after a parking.",
        ),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column(
            "left_by",
            sa.String(),
            nullable=True,
            comment="over, hung_up, dropped (before anybody spoke), passed_on or released.",
        ),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.CheckConstraint("part IN ('main','consulted')", name="ck_agent_call_part"),
        sa.CheckConstraint("state IN ('active','parked','ended')", name="ck_agent_call_state"),
        sa.ForeignKeyConstraint(
            ["org_id", "call_id"], ["call.org_id", "call.id"], name="fk_agent_call_org_id_call"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["agent.org_id", "agent.user_id"],
            name="fk_agent_call_org_id_agent",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_agent_call"),
    )
    op.create_index("ix_agent_call_call", "agent_call", ["org_id", "call_id"])
    op.create_index("ix_agent_call_user", "agent_call", ["org_id", "user_id", "began_at"])
    op.create_index(
        "uq_agent_call_active",
        "agent_call",
        ["org_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )


def _agent_skill() -> None:
    op.create_table(
        "agent_skill",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name="ck_agent_skill_level"),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["agent.org_id", "agent.user_id"],
            name="fk_agent_skill_org_id_agent",
        ),
        sa.PrimaryKeyConstraint("org_id", "user_id", "skill", name="pk_agent_skill"),
    )


def _agent_span() -> None:
    op.create_table(
        "agent_span",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["agent.org_id", "agent.user_id"],
            name="fk_agent_span_org_id_agent",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_agent_span"),
    )
    op.create_index("ix_agent_span_began", "agent_span", ["org_id", "began_at"])
    op.create_index(
        "uq_agent_span_open",
        "agent_span",
        ["org_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _offer() -> None:
    op.create_table(
        "offer",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(), nullable=True, comment="Whose needs the agent met."),
        sa.Column("callback_id", sa.Uuid(), nullable=True),
        sa.Column("leg_id", sa.Uuid(), nullable=False, comment="The agent's phone."),
        sa.Column("offered_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('caller','callback','transfer','consult','resume')", name="ck_offer_kind"
        ),
        sa.CheckConstraint(
            "outcome IN ('accepted','declined','no_answer','failed','left','withdrawn')",
            name="ck_offer_outcome",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "call_id"], ["call.org_id", "call.id"], name="fk_offer_org_id_call"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"], ["agent.org_id", "agent.user_id"], name="fk_offer_org_id_agent"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_offer"),
    )
    op.create_index("ix_offer_leg", "offer", ["org_id", "leg_id"])
    op.create_index("ix_offer_offered", "offer", ["org_id", "offered_at"])
    op.create_index(
        "uq_offer_agent",
        "offer",
        ["org_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_offer_call",
        "offer",
        ["org_id", "call_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("offer", "agent_span", "agent_skill", "agent_call", "agent", "callback"):
        op.drop_table(table)
