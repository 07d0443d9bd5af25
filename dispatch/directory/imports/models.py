"""Import runs, what they found, and the files they read. Files and findings hold personal data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

STATES = ("queued", "checking", "writing", "indexing", "done", "cancelled", "failed")
ENDED = ("done", "cancelled", "failed")


class ImportRun(Base):
    """One file, imported or tried out. Counts are of its rows.

    `rows_done`: rows read while checking, rows written while writing.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        CheckConstraint("state IN ('" + "','".join(STATES) + "')", name="state"),
        Index("ix_import_run_created_at", "org_id", "created_at"),
        Index("ix_import_run_file", "org_id", "file_digest"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    dry_run: Mapped[bool]
    file_name: Mapped[str]
    file_digest: Mapped[str] = mapped_column(comment="SHA-256 of the bytes, hex")
    file_bytes: Mapped[int]
    kept: Mapped[bool] = mapped_column(comment="the file is in import_file, so a worker can go on")
    header: Mapped[list[str]] = mapped_column(comment="columns that were recognised")
    ignored: Mapped[list[str]] = mapped_column(comment="headers that were not")
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    rows_done: Mapped[int] = mapped_column(default=0, server_default="0")
    added: Mapped[int] = mapped_column(default=0, server_default="0")
    changed: Mapped[int] = mapped_column(default=0, server_default="0")
    same: Mapped[int] = mapped_column(default=0, server_default="0")
    rejected: Mapped[int] = mapped_column(default=0, server_default="0")
    warned: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_by: Mapped[UUID | None]
    cancel_asked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    failure_zh: Mapped[str | None]
    failure_en: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(comment="last sign of life, real time")
    finished_at: Mapped[datetime | None]


class ImportProblem(Base):
    """A rule that a row breaks. `row` counts as a spreadsheet does: the header is row 1."""

    __tablename__ = "import_problem"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "run_id"], ["import_run.org_id", "import_run.id"], ondelete="CASCADE"
        ),
        CheckConstraint("level IN ('error','warning')", name="level"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str]
    value: Mapped[str]
    other: Mapped[str]


class ImportFile(Base):
    """A file in pieces of a megabyte, by its digest: a dry run and the import share it."""

    __tablename__ = "import_file"
    __table_args__ = (ForeignKeyConstraint(["org_id"], ["organisation.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]
