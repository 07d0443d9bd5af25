"""search"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("importance", sa.String(), nullable=False),
        sa.Column(
            "number",
            sa.String(),
            nullable=False,
            comment="account number or premise code: order of hits",
        ),
        sa.Column("region_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("tokens", TSVECTOR(), nullable=False),
        _made(),
        sa.CheckConstraint("kind IN ('customer','premise')", name=op.f("ck_search_entry_kind")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_search_entry")),
        postgresql_partition_by="LIST (org_id)",
    )
    _tokens("search_entry")
    # Organisations that have no part of their own yet.
    op.execute("CREATE TABLE search_entry_rest PARTITION OF search_entry DEFAULT")
    op.create_table(
        "search_thing",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False, comment="its code: order of hits"),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("tokens", TSVECTOR(), nullable=False),
        _made(),
        sa.CheckConstraint(
            "kind IN ('region','substation','feeder','section','transformer','pole','cabinet',"
            "'unit')",
            name=op.f("ck_search_thing_kind"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_search_thing")),
        postgresql_partition_by="LIST (org_id)",
    )
    _tokens("search_thing")
    op.execute("CREATE TABLE search_thing_rest PARTITION OF search_thing DEFAULT")
    op.create_table(
        "search_place",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pinyin", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "pinyin", "word", name=op.f("pk_search_place")),
    )
    for column in ("pinyin", "initials"):
        op.create_index(
            f"ix_search_place_{column}",
            "search_place",
            ["org_id", column],
            postgresql_ops={column: "text_pattern_ops"},
        )


def _made() -> sa.Column[int]:
    return sa.Column(
        "made",
        sa.BigInteger(),
        server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
        nullable=False,
        comment="transaction that wrote it",
    )


def _tokens(table: str) -> None:
    op.create_index(
        f"ix_{table}_tokens",
        table,
        ["tokens"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )


def downgrade() -> None:
    for table in ("search_place", "search_thing", "search_entry"):
        op.drop_table(table)
