"""days of positions that are thinned or dropped"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0059"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ALSO = """
CREATE FUNCTION fix_also() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I SELECT $1.* ON CONFLICT DO NOTHING', TG_ARGV[0]) USING NEW;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "fix_day",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("thinned_at", MOMENT, nullable=True),
        sa.Column("thinned_s", sa.Integer(), nullable=True),
        sa.Column("dropped_at", MOMENT, nullable=True),
        sa.Column(
            "fixes_before",
            sa.BigInteger(),
            nullable=False,
            comment="When it was first thinned or dropped.",
        ),
        sa.Column("fixes", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "day", name=op.f("pk_fix_day")),
    )
    op.execute(ALSO)


def downgrade() -> None:
    op.execute("DROP FUNCTION fix_also() CASCADE")
    op.drop_table("fix_day")
