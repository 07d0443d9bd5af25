"""anomalies in a queue, reviews of breaches with appeals, rulings and files"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _anomalies()
    _reviews()
    _files()


def _org() -> sa.Column[int]:
    return sa.Column("org_id", sa.BigInteger(), nullable=False)


def _anomalies() -> None:
    op.create_table(
        "sla_anomaly",
        _org(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False, comment="segment or point"),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("amount_s", sa.Float(), nullable=False),
        sa.Column("stamp_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True, comment="why it is so: a code"),
        sa.Column("words", sa.String(), nullable=True, comment="why it is so; never in an event"),
        sa.CheckConstraint(
            "state IN ('open','resolved','explained')", name=op.f("ck_sla_anomaly_state")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "case_id"],
            ["sla_case.org_id", "sla_case.id"],
            name=op.f("fk_sla_anomaly_org_id_sla_case"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_sla_anomaly")),
    )
    op.create_index("ix_sla_anomaly_case", "sla_anomaly", ["org_id", "case_id"])
    op.create_index(
        "ix_sla_anomaly_open",
        "sla_anomaly",
        ["org_id", "opened_at"],
        postgresql_where=sa.text("state = 'open'"),
    )


def _reviews() -> None:
    op.create_table(
        "review",
        _org(),
        sa.Column("id", sa.Uuid(), nullable=False, comment="that of the breach's timer"),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("limit_s", sa.Float(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True, comment="centre or crew: its id"),
        sa.Column(
            "cause", sa.String(), nullable=True, comment="segment or interval that took the time"
        ),
        sa.Column("state", sa.String(), nullable=False, comment="open, appealed, ruled"),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("appealed_at", MOMENT, nullable=True),
        sa.Column("appealed_by", sa.Uuid(), nullable=True),
        sa.Column("appeal_reason", sa.String(), nullable=True),
        sa.Column("ruled_at", MOMENT, nullable=True),
        sa.Column("ruled_by", sa.Uuid(), nullable=True),
        sa.Column("ruling", sa.String(), nullable=True, comment="upheld, waived, reattributed"),
        sa.Column("waived_s", sa.Float(), nullable=False, server_default=sa.text("0")),
        sa.Column("ruled_party", sa.String(), nullable=True),
        sa.Column("ruled_unit", sa.String(), nullable=True),
        sa.Column("files", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("appeal_words", sa.String(), nullable=True),
        sa.Column("ruling_words", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "order_id"],
            ["orders.org_id", "orders.id"],
            name=op.f("fk_review_org_id_orders"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_order", "review", ["org_id", "order_id"])
    op.create_index("ix_review_due", "review", ["org_id", "due_at"])


def _files() -> None:
    op.create_table(
        "review_attachment",
        _org(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("attached_at", MOMENT, nullable=False),
        sa.Column("attached_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "review_id"],
            ["review.org_id", "review.id"],
            name=op.f("fk_review_attachment_org_id_review"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "digest"],
            ["attachment_content.org_id", "attachment_content.digest"],
            name=op.f("fk_review_attachment_org_id_attachment_content"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_review_attachment")),
    )
    op.create_index("ix_review_attachment_review", "review_attachment", ["org_id", "review_id"])


def downgrade() -> None:
    for table in ("review_attachment", "review", "sla_anomaly"):
        op.drop_table(table)
