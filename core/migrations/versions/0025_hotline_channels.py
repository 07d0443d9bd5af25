"""requests that another public hotline hands over have channels of their own"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
CHECK = "ck_ticket_channel"


def upgrade() -> None:
    op.drop_constraint(op.f(CHECK), "ticket", type_="check")
    op.create_check_constraint(
        op.f(CHECK), "ticket", "channel IN ('phone','web','sms','api','12345','12398')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f(CHECK), "ticket", type_="check")
    op.create_check_constraint(op.f(CHECK), "ticket", "channel IN ('phone','web','sms','api')")
