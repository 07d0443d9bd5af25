"""tickets with a life of their own: guides, merges, relations, files, chase-ups, follow-ups"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATES = "'open','ordered','merged','transferred','returned','answered','follow_up','closed'"
WHEN = sa.DateTime(timezone=True)
TICKET = (["org_id", "ticket_id"], ["ticket.org_id", "ticket.id"])
# Tickets of before get number and state from what became of them; their events say neither.
NUMBERS = """
UPDATE ticket SET number = numbered.number FROM (
    SELECT org_id, id, 'T' || day || '-' || lpad(
        row_number() OVER (PARTITION BY org_id, day ORDER BY filed_at, id)::text, 4, '0'
    ) AS number
    FROM (SELECT *, to_char(filed_at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') AS day FROM ticket) t
) numbered
WHERE ticket.org_id = numbered.org_id AND ticket.id = numbered.id
"""
COUNTERS = """
INSERT INTO counter (org_id, name, value)
SELECT org_id, 'ticket:' || substr(number, 2, 8), count(*) FROM ticket
GROUP BY org_id, substr(number, 2, 8)
ON CONFLICT (org_id, name) DO UPDATE SET value = EXCLUDED.value
"""
ORDERED = """
UPDATE ticket SET order_id = o.id,
    state = CASE WHEN o.state = 'closed' THEN 'closed' ELSE 'ordered' END
FROM order_ticket ot JOIN orders o ON o.org_id = ot.org_id AND o.id = ot.order_id
WHERE ot.org_id = ticket.org_id AND ot.ticket_id = ticket.id
"""


def upgrade() -> None:
    for column in _ticket_columns():
        op.add_column("ticket", column)
    op.execute(NUMBERS)
    op.execute(COUNTERS)
    op.execute(ORDERED)
    op.create_check_constraint(op.f("ck_ticket_state"), "ticket", f"state IN ({STATES})")
    op.create_index("uq_ticket_number", "ticket", ["org_id", "number"], unique=True)
    op.create_index("ix_ticket_filed_at", "ticket", ["org_id", "filed_at"])
    op.create_index(
        "ix_ticket_open",
        "ticket",
        ["org_id", "state"],
        postgresql_where=sa.text("state <> 'closed'"),
    )
    _orders()
    _beside_tickets()
    _attachments()
    _chase_ups()
    _follow_ups()


def _ticket_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("number", sa.String()),
        sa.Column("state", sa.String(), nullable=False, server_default="open"),
        sa.Column("filed_by", sa.Uuid(), comment="the agent; empty for other channels"),
        sa.Column("due_at", WHEN, comment="when an answer is due"),
        sa.Column("unit_id", sa.Uuid(), comment="who has it since the last transfer"),
        sa.Column("order_id", sa.Uuid(), comment="the order it shares now"),
        sa.Column("left_order_id", sa.Uuid(), comment="the order that a merge left"),
        sa.Column(
            "left_closed",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="the merge closed that order",
        ),
        sa.Column("state_before", sa.String(), comment="what a merge found"),
        sa.Column("guide_code", sa.String()),
        sa.Column("guide_version", sa.BigInteger()),
        sa.Column("guided_urgency", sa.BigInteger()),
        sa.Column("guided_trade", sa.String()),
        sa.Column("customer_side", sa.String(), comment="cause behind the meter, a code"),
        sa.Column("answered_at", WHEN),
        sa.Column("reopened_at", WHEN),
        sa.Column("closed_at", WHEN),
        sa.Column("closed_how", sa.String()),
    )


def _order_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("parent_id", sa.Uuid(), comment="the order that this one follows on"),
        sa.Column("relation", sa.String(), comment="how it follows on that one"),
        sa.Column("appointment_at", WHEN),
        sa.Column("begins_at", WHEN, comment="kept for later until then"),
        sa.Column("chase_ups", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )


def _orders() -> None:
    for column in _order_columns():
        op.add_column("orders", column)
    op.create_index(
        "ix_orders_parent",
        "orders",
        ["org_id", "parent_id"],
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.add_column(
        "order_ticket",
        sa.Column(
            "clock",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("true"),
            comment="the ticket's A is the order's; an order that follows on has its own",
        ),
    )


def _table(name: str, *parts: Any, key: tuple[str, ...] = ("org_id", "id")) -> None:
    op.create_table(
        name,
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        *parts,
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    )


def _of_ticket(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(*TICKET, name=op.f(f"fk_{name}_org_id_ticket"))


def _beside_tickets() -> None:
    _table(
        "ticket_answer",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        _of_ticket("ticket_answer"),
        key=("org_id", "ticket_id", "position"),
    )
    _table(
        "ticket_relation",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        _of_ticket("ticket_relation"),
        sa.ForeignKeyConstraint(
            ["org_id", "other_id"],
            ["ticket.org_id", "ticket.id"],
            name="fk_ticket_relation_other_id_ticket",
        ),
        sa.CheckConstraint(
            "relation IN ('same_cause','follow_up_of','see_also')",
            name=op.f("ck_ticket_relation_relation"),
        ),
        key=("org_id", "ticket_id", "other_id"),
    )
    op.create_index("ix_ticket_relation_other", "ticket_relation", ["org_id", "other_id"])
    _table(
        "ticket_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        _of_ticket("ticket_note"),
    )
    op.create_index("ix_ticket_note_ticket", "ticket_note", ["org_id", "ticket_id"])
    _table(
        "ticket_submission",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="the sender's own id of it"),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column(
            "origin", sa.String(), nullable=False, comment="keyed digest of the address or number"
        ),
        sa.Column("at", WHEN, nullable=False, comment="real time; for the limit per hour"),
        _of_ticket("ticket_submission"),
        key=("org_id", "channel", "key"),
    )
    op.create_index("ix_ticket_submission_origin", "ticket_submission", ["org_id", "origin", "at"])


def _attachments() -> None:
    _table(
        "attachment_content",
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256, hex"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        key=("org_id", "digest"),
    )
    _table(
        "ticket_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column(
            "name",
            sa.String(),
            nullable=False,
            comment="as the file was called; may tell of a person",
        ),
        sa.Column(
            "content_type",
            sa.String(),
            nullable=False,
            comment="found in the content, not as claimed",
        ),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("attached_at", WHEN, nullable=False),
        sa.Column("attached_by", sa.Uuid()),
        sa.Column("hidden_at", WHEN),
        _of_ticket("ticket_attachment"),
        sa.ForeignKeyConstraint(
            ["org_id", "digest"],
            ["attachment_content.org_id", "attachment_content.digest"],
            name=op.f("fk_ticket_attachment_org_id_attachment_content"),
        ),
    )
    op.create_index("ix_ticket_attachment_ticket", "ticket_attachment", ["org_id", "ticket_id"])


def _chase_ups() -> None:
    _table(
        "chase_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid()),
        sa.Column("ticket_id", sa.Uuid()),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("by", sa.Uuid()),
        sa.Column("words", sa.String()),
        sa.ForeignKeyConstraint(
            ["org_id", "order_id"],
            ["orders.org_id", "orders.id"],
            name=op.f("fk_chase_up_org_id_orders"),
        ),
    )
    op.create_index("ix_chase_up_order", "chase_up", ["org_id", "order_id"])
    op.create_index(
        "uq_chase_up_call",
        "chase_up",
        ["org_id", "order_id", "call_id"],
        unique=True,
        postgresql_where=sa.text("call_id IS NOT NULL"),
    )


def _follow_ups() -> None:
    _table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", WHEN, nullable=False),
        sa.Column("due_at", WHEN, nullable=False),
        sa.Column("next_at", WHEN, comment="the next try, not before"),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.Uuid()),
        sa.Column("claimed_at", WHEN),
        sa.Column("outcome", sa.String()),
        sa.Column("satisfaction", sa.String()),
        sa.Column("complaint_id", sa.Uuid()),
        sa.Column("ended_at", WHEN),
        _of_ticket("follow_up"),
        sa.CheckConstraint(
            "state IN ('open','claimed','done','dropped')", name=op.f("ck_follow_up_state")
        ),
    )
    live = sa.text("state IN ('open','claimed')")
    op.create_index(
        "uq_follow_up_live",
        "follow_up",
        ["org_id", "ticket_id"],
        unique=True,
        postgresql_where=live,
    )
    op.create_index("ix_follow_up_due", "follow_up", ["org_id", "due_at"], postgresql_where=live)
    _table(
        "follow_up_try",
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("by", sa.Uuid()),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("satisfaction", sa.String()),
        sa.Column("words", sa.String()),
        sa.ForeignKeyConstraint(
            ["org_id", "follow_up_id"],
            ["follow_up.org_id", "follow_up.id"],
            name=op.f("fk_follow_up_try_org_id_follow_up"),
        ),
        key=("org_id", "follow_up_id", "attempt"),
    )


def downgrade() -> None:
    for table in (
        "follow_up_try",
        "follow_up",
        "chase_up",
        "ticket_attachment",
        "attachment_content",
        "ticket_submission",
        "ticket_note",
        "ticket_relation",
        "ticket_answer",
    ):
        op.drop_table(table)
    op.drop_column("order_ticket", "clock")
    op.drop_index("ix_orders_parent", "orders")
    for order_column in reversed(_order_columns()):
        op.drop_column("orders", order_column.name)
    for index in ("ix_ticket_open", "ix_ticket_filed_at", "uq_ticket_number"):
        op.drop_index(index, "ticket")
    op.drop_constraint(op.f("ck_ticket_state"), "ticket", type_="check")
    for column in reversed(_ticket_columns()):
        op.drop_column("ticket", column.name)
