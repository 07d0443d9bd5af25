"""policies and calendars of the service levels, in versions"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sla_policy",
        *_version(),
        sa.Column(
            "effective_from", sa.DateTime(timezone=True), nullable=True, comment="empty: always"
        ),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True, comment="of doubtful figures"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True, comment="empty: it came with Paidan"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "code", "version", name=op.f("pk_sla_policy")),
    )
    op.create_table(
        "sla_calendar",
        *_version(),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "code", "version", name=op.f("pk_sla_calendar")),
    )
    op.create_table(
        "sla_book",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_sla_book")),
    )
    op.execute(
        """
        CREATE FUNCTION sla_version_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND (NEW.org_id, NEW.code, NEW.version, NEW.document)
                = (OLD.org_id, OLD.code, OLD.version, OLD.document) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'a version of a policy or calendar is kept as it is: % refused', TG_OP;
        END $$
        """
    )
    for table in ("sla_policy", "sla_calendar"):
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION sla_version_is_kept()"
        )


def _version() -> list[sa.Column[object]]:
    return [
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
    ]


def downgrade() -> None:
    for table in ("sla_book", "sla_calendar", "sla_policy"):
        op.drop_table(table)
    op.execute("DROP FUNCTION sla_version_is_kept")
