"""Answers of the API about imports of the directory."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

KindCode = Literal["regions", "nodes", "premises", "customers", "phones", "service_points"]
State = Literal["queued", "checking", "writing", "indexing", "done", "cancelled", "failed"]
Level = Literal["error", "warning"]


class ImportChoice(BaseModel):
    """A word that a cell may have, and the Chinese for it; either is taken."""

    code: str
    zh: str


class ImportColumn(BaseModel):
    """A column of an import file. The first header is the template's in Chinese, then English."""

    name: str
    headers: list[str]
    required: bool
    choices: list[ImportChoice]
    hint_zh: str
    hint_en: str


class ImportKind(BaseModel):
    code: KindCode
    name_zh: str
    name_en: str
    key: list[str] = Field(description="Columns that say which row it is.")
    columns: list[ImportColumn]


class ImportRule(BaseModel):
    """A data-quality rule. In the sentences `{value}` is the cell, `{other}` what it is held to."""

    code: str
    level: Level
    zh: str
    en: str


class ImportReference(BaseModel):
    kinds: list[ImportKind]
    rules: list[ImportRule]
    max_mb: int


class ImportRunRow(BaseModel):
    """One file, imported or tried out. Counts are of its rows."""

    id: UUID
    kind: KindCode
    state: State
    silent: bool = Field(
        description="Begun, not ended, and without a sign of life for 90 s. A kept file is taken "
        "up again by itself; one of the command line is not."
    )
    dry_run: bool
    file_name: str
    file_bytes: int
    kept: bool = Field(description="The file is kept: it can be imported, its rejects downloaded.")
    mine: bool = Field(description="Uploaded by you.")
    asked_by: str | None = Field(description="Name of who uploaded it; null: the command line.")
    header: list[str] = Field(description="Columns that were recognised.")
    ignored: list[str] = Field(description="Headers that no column has.")
    rows: int
    rows_done: int = Field(description="Rows checked while checking, written while writing.")
    added: int
    changed: int
    same: int
    rejected: int
    warned: int = Field(description="Rows that are kept, with a warning.")
    cancel_asked: bool
    failure: str | None = Field(description="Why it failed, in the reader's language.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ImportProblemCount(BaseModel):
    level: Level
    rule: str
    field: str
    rows: int


class ImportProblemRow(BaseModel):
    """`row` counts as a spreadsheet does: the header is row 1."""

    row: int
    field: str
    rule: str
    level: Level
    value: str = Field(description="The cell; `•••` where it is personal and not yours to see.")
    sentence: str = Field(description="What is wrong, in the reader's language.")


class ImportProblems(BaseModel):
    counts: list[ImportProblemCount]
    rows: list[ImportProblemRow]
    next: int | None = Field(description="`after` of the next page; null: there is none.")
