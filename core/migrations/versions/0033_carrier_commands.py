"""what the carrier is asked to do, and the legs of calls"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('waiting','sending','unsure')")


def upgrade() -> None:
    _commands()
    _legs()


def _commands() -> None:
    op.create_table(
        "carrier_command",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("call_id", sa.Uuid(), comment="The call that it is about."),
        sa.Column("leg_id", sa.Uuid(), comment="The leg that it is about."),
        sa.Column(
            "purpose",
            sa.String(),
            nullable=False,
            comment="Who asked, and who answers for its legs.",
        ),
        sa.Column("subject_id", sa.Uuid(), comment="What it is for: a person, a notice."),
        sa.Column("to_number", sa.String()),
        sa.Column("from_number", sa.String()),
        sa.Column("params", JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column(
            "priority", sa.SmallInteger(), nullable=False, comment="0: somebody waits; 9: a mass."
        ),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("expires_at", AT, comment="Of no use any more after it."),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("tried_at", AT, comment="Real time of the last try."),
        sa.Column("carrier", sa.String()),
        sa.Column("carrier_ref", sa.String(), comment="The carrier's id of what came of it."),
        sa.Column("failure", sa.String(), comment="A code; never personal data."),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.CheckConstraint(
            "kind IN ('place_call','redirect','hang_up','take_from_queue','hold','mode','remove',"
            "'record','delete_recording','send_message')",
            name="ck_carrier_command_kind",
        ),
        sa.CheckConstraint(
            "state IN ('waiting','sending','unsure','done','failed','cancelled','expired')",
            name="ck_carrier_command_state",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_carrier_command_org_id_organisation"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_carrier_command"),
    )
    op.create_index(
        "ix_carrier_command_due", "carrier_command", ["priority", "due_at"], postgresql_where=OPEN
    )
    op.create_index("ix_carrier_command_call", "carrier_command", ["org_id", "call_id"])
    op.create_index(
        "ix_carrier_command_subject", "carrier_command", ["org_id", "purpose", "subject_id"]
    )
    op.create_index(
        "ix_carrier_command_ref",
        "carrier_command",
        ["carrier", "carrier_ref"],
        postgresql_where=sa.text("carrier_ref IS NOT NULL"),
    )


def _legs() -> None:
    op.create_table(
        "call_leg",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False, comment="Who answers for what it hears."),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("user_id", sa.Uuid(), comment="The agent or supervisor."),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("carrier_call", sa.String(), comment="None until the carrier has told it."),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("placed_at", AT, nullable=False),
        sa.Column("ringing_at", AT),
        sa.Column("answered_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("end_state", sa.String()),
        sa.Column("joined_at", AT, comment="First in the conference."),
        sa.Column("left_at", AT, comment="Last out of the conference."),
        sa.Column("held_since", AT),
        sa.Column(
            "held_s",
            sa.Double(),
            nullable=False,
            server_default="0",
            comment="Holds that are over.",
        ),
        sa.CheckConstraint(
            "role IN ('caller','agent','third','supervisor','crew','customer')",
            name="ck_call_leg_role",
        ),
        sa.CheckConstraint(
            "state IN ('placed','ringing','answered','ended')", name="ck_call_leg_state"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "call_id"], ["call.org_id", "call.id"], name="fk_call_leg_org_id_call"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_call_leg"),
    )
    op.create_index("ix_call_leg_call", "call_leg", ["org_id", "call_id"])
    op.create_index(
        "uq_call_leg_carrier_call",
        "call_leg",
        ["carrier", "carrier_call"],
        unique=True,
        postgresql_where=sa.text("carrier_call IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("call_leg")
    op.drop_table("carrier_command")
