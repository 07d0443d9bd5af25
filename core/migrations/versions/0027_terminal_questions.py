"""questions and menus for terminals; serials that outlive a connection"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "device",
        sa.Column(
            "next_serial",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="Of the next message to the terminal, modulo 2^16.",
        ),
    )
    op.add_column(
        "terminal_message",
        sa.Column("form", sa.String(), nullable=False, server_default="text"),
    )
    op.add_column(
        "terminal_message",
        sa.Column(
            "confirmed",
            JSONB(),
            nullable=False,
            server_default=sa.text("'[]'::jsonb"),
            comment="Serials that the terminal has confirmed.",
        ),
    )
    op.alter_column("terminal_message", "assignment_id", nullable=True)
    _purposes("'order','recall','menu'")
    op.create_check_constraint(
        op.f("ck_terminal_message_form"), "terminal_message", "form IN ('text','question','menu')"
    )
    op.create_check_constraint(
        op.f("ck_terminal_message_about"),
        "terminal_message",
        "assignment_id IS NOT NULL OR form = 'menu'",
    )


def downgrade() -> None:
    op.execute("DELETE FROM terminal_message WHERE form <> 'text'")
    op.drop_constraint(op.f("ck_terminal_message_about"), "terminal_message", type_="check")
    op.drop_constraint(op.f("ck_terminal_message_form"), "terminal_message", type_="check")
    _purposes("'order','recall'")
    op.alter_column("terminal_message", "assignment_id", nullable=False)
    op.drop_column("terminal_message", "confirmed")
    op.drop_column("terminal_message", "form")
    op.drop_column("device", "next_serial")


def _purposes(names: str) -> None:
    op.drop_constraint(op.f("ck_terminal_message_purpose"), "terminal_message", type_="check")
    op.create_check_constraint(
        op.f("ck_terminal_message_purpose"), "terminal_message", f"purpose IN ({names})"
    )
