"""members, shifts; the centre above each unit; voltage classes and stand-ins of crews"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

VERSIONED = ("unit", "app_user", "vehicle", "device")
CENTRE_OF_NEW = """
CREATE FUNCTION unit_centre() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.centre_id := CASE WHEN NEW.kind = 'centre' THEN NEW.id ELSE (
    SELECT centre_id FROM unit WHERE org_id = NEW.org_id AND id = NEW.parent_id) END;
  RETURN NEW;
END $$
"""
CENTRE_OF_ALL = """
WITH RECURSIVE tree AS (
  SELECT org_id, id, CASE WHEN kind = 'centre' THEN id END AS centre_id
  FROM unit WHERE parent_id IS NULL
  UNION ALL
  SELECT u.org_id, u.id, CASE WHEN u.kind = 'centre' THEN u.id ELSE t.centre_id END
  FROM unit u JOIN tree t ON t.org_id = u.org_id AND t.id = u.parent_id)
UPDATE unit SET centre_id = tree.centre_id FROM tree
WHERE tree.org_id = unit.org_id AND tree.id = unit.id
"""


def upgrade() -> None:
    for table in VERSIONED:
        column = sa.Column("version", sa.BigInteger(), nullable=False, server_default="1")
        op.add_column(table, column)
    op.add_column(
        "unit",
        sa.Column("centre_id", sa.Uuid(), comment="The centre at or above it; kept by a trigger."),
    )
    op.create_index("ix_unit_centre", "unit", ["org_id", "centre_id"])
    op.execute(CENTRE_OF_NEW)
    op.execute(
        "CREATE TRIGGER unit_centre BEFORE INSERT OR UPDATE OF parent_id, kind ON unit "
        "FOR EACH ROW EXECUTE FUNCTION unit_centre()"
    )
    op.execute(CENTRE_OF_ALL)
    op.add_column("crew", _codes("voltage_classes", "kV; empty: whatever its trade takes."))
    op.add_column("crew", sa.Column("stand_in_id", sa.Uuid(), comment="who takes its work"))
    op.add_column("crew", sa.Column("overdue_since", sa.DateTime(timezone=True)))
    _members()
    _shifts()


def _codes(name: str, comment: str | None = None) -> sa.Column[Any]:
    empty = sa.text("'[]'::jsonb")
    return sa.Column(
        name, postgresql.JSONB(), nullable=False, server_default=empty, comment=comment
    )


def _members() -> None:
    op.create_table(
        "member",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("staff_number", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), comment="duty phone, E.164"),
        _codes("trades"),
        _codes("voltage_classes", "kV"),
        sa.Column("leader_rank", sa.SmallInteger(), comment="1 or 2: who is telephoned first"),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"),
        sa.CheckConstraint("leader_rank IN (1, 2)", name=op.f("ck_member_leader_rank")),
        sa.ForeignKeyConstraint(
            ["org_id", "unit_id"], ["unit.org_id", "unit.id"], name=op.f("fk_member_org_id_unit")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["app_user.org_id", "app_user.id"],
            name=op.f("fk_member_org_id_app_user"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_member")),
    )
    op.create_index("ix_member_unit", "member", ["org_id", "unit_id"])
    op.create_index("uq_member_staff_number", "member", ["org_id", "staff_number"], unique=True)
    op.create_index(
        "uq_member_leader",
        "member",
        ["org_id", "unit_id", "leader_rank"],
        unique=True,
        postgresql_where=sa.text("active AND leader_rank IS NOT NULL"),
    )


def _shifts() -> None:
    op.create_table(
        "shift",
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), comment="null: the whole unit"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"),
        sa.CheckConstraint(
            "kind IN ('day','night','early','late','standby')", name=op.f("ck_shift_kind")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shift_span")),
        sa.ForeignKeyConstraint(
            ["org_id", "unit_id"], ["unit.org_id", "unit.id"], name=op.f("fk_shift_org_id_unit")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "member_id"],
            ["member.org_id", "member.id"],
            name=op.f("fk_shift_org_id_member"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_shift")),
    )
    op.create_index("ix_shift_unit", "shift", ["org_id", "unit_id", "ends_at"])
    op.create_index("ix_shift_member", "shift", ["org_id", "member_id", "ends_at"])


def downgrade() -> None:
    op.drop_table("shift")
    op.drop_table("member")
    for name in ("overdue_since", "stand_in_id", "voltage_classes"):
        op.drop_column("crew", name)
    op.execute("DROP TRIGGER unit_centre ON unit")
    op.execute("DROP FUNCTION unit_centre()")
    op.drop_index("ix_unit_centre", "unit")
    op.drop_column("unit", "centre_id")
    for table in VERSIONED:
        op.drop_column(table, "version")
