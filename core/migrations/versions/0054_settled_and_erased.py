"""call-backs that a person has given up, and why a person had a recording erased"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0052"
branch_labels = None
depends_on = None

BEFORE = "'waiting','dialling','talking','done','failed','cancelled'"


def upgrade() -> None:
    _states(f"{BEFORE},'given_up'")
    op.add_column("recording", sa.Column("gone_words", sa.String()))


def downgrade() -> None:
    op.drop_column("recording", "gone_words")
    op.execute("UPDATE callback SET state = 'failed' WHERE state = 'given_up'")
    _states(BEFORE)


def _states(known: str) -> None:
    for name in ("ck_callback_state", "ck_callback_ck_callback_state"):  # as 0035 had named it
        op.execute(f"ALTER TABLE callback DROP CONSTRAINT IF EXISTS {name}")
    op.create_check_constraint(op.f("ck_callback_state"), "callback", f"state IN ({known})")
