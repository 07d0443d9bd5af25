"""an index of its own for the sample of the search index"""

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_search_entry_sample",
        "search_entry",
        ["tokens"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=text("tokens @@ '~'::tsquery"),
    )


def downgrade() -> None:
    op.drop_index("ix_search_entry_sample", "search_entry")
