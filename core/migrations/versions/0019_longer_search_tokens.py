"""pieces of three signs and longer digits in the search index: it is made anew at the next start"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM search_thing")


def downgrade() -> None:
    op.execute("DELETE FROM search_thing")
