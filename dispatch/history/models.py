"""Tables of the history import: how far each file is, and words that are no codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class HistoryImport(Base):
    """One file read by one map. `id` derives from both, so the same pair is the same import."""

    __tablename__ = "history_import"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    system: Mapped[str]
    file_name: Mapped[str]
    file_digest: Mapped[str]
    map_digest: Mapped[str]
    rows: Mapped[int] = mapped_column(comment="data rows of the file")
    rows_done: Mapped[int]
    orders_added: Mapped[int]
    assignments_added: Mapped[int]
    known: Mapped[int] = mapped_column(comment="assignments that were there already")
    differing: Mapped[int] = mapped_column(comment="rows with other A, B, C than their order has")
    rejected: Mapped[int]
    rejects_path: Mapped[str]
    rejects_bytes: Mapped[int] = mapped_column(comment="length of the rejects file at rows_done")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class HistoryName(Base):
    """Centre and unit names of other systems that may not stand in events, by their code."""

    __tablename__ = "history_name"

    org_id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
