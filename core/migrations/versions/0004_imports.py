"""runs of directory imports, what they found, the files they read"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = "'queued','checking','writing','indexing','done','cancelled','failed'"
COUNTS = ("rows", "rows_done", "added", "changed", "same", "rejected", "warned")


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.create_table(
        "import_run",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_digest", sa.String(), nullable=False, comment="SHA-256 of the bytes, hex"),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "kept",
            sa.Boolean(),
            nullable=False,
            comment="the file is in import_file, so a worker can go on",
        ),
        sa.Column("header", JSONB(), nullable=False, comment="columns that were recognised"),
        sa.Column("ignored", JSONB(), nullable=False, comment="headers that were not"),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in COUNTS),
        sa.Column("asked_by", sa.Uuid()),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("failure_zh", sa.String()),
        sa.Column("failure_en", sa.String()),
        sa.Column("created_at", at, nullable=False),
        sa.Column("started_at", at),
        sa.Column("seen_at", at, nullable=False, comment="last sign of life, real time"),
        sa.Column("finished_at", at),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_import_run")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_import_run_org_id_organisation")
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_import_run_state")),
    )
    op.create_index("ix_import_run_created_at", "import_run", ["org_id", "created_at"])
    op.create_index("ix_import_run_file", "import_run", ["org_id", "file_digest"])
    op.create_table(
        "import_problem",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("field", "rule", "level", "value", "other")
        ),
        sa.PrimaryKeyConstraint(
            "org_id", "run_id", "row", "field", "rule", name=op.f("pk_import_problem")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "run_id"],
            ["import_run.org_id", "import_run.id"],
            name=op.f("fk_import_problem_org_id_import_run"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("level IN ('error','warning')", name=op.f("ck_import_problem_level")),
    )
    op.create_table(
        "import_file",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "digest", "position", name=op.f("pk_import_file")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_import_file_org_id_organisation")
        ),
    )


def downgrade() -> None:
    op.drop_table("import_file")
    op.drop_table("import_problem")
    op.drop_table("import_run")
