"""The rejects file: every refused row as it was, with its number and what was wrong with it."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dispatch.history.times import BadCell

COLUMNS = ("reject_row", "reject_field", "reject_rule", "reject_reason")


class RejectsFile:
    """Appends to the file; on entry it is cut to `length` bytes, what the last commit vouched for.

    It is made with its first line; an import without refusals leaves none (and removes none that
    it did not write). `reject_row` counts as a spreadsheet does: the header is row 1.
    """

    def __init__(self, path: Path, header: Sequence[str], length: int) -> None:
        self._path, self._header, self._length = path, header, length
        self._handle: int | None = None
        self._lines: list[list[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def write(self, row: int, bad: BadCell, cells: Sequence[str]) -> None:
        self._lines.append([str(row), bad.field, bad.rule, bad.reason, *cells])

    def flush(self) -> int:
        """Bring the lines to the disk; the length of the file."""
        if not self._lines:
            return self._length
        lines = self._lines if self._length else [[*COLUMNS, *self._header], *self._lines]
        if self._handle is None:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            os.ftruncate(self._handle, self._length)
        with os.fdopen(os.dup(self._handle), "w", encoding="utf-8", newline="") as text:
            text.seek(self._length)
            csv.writer(text).writerows(lines)
            text.flush()
            os.fsync(text.fileno())
            self._length = text.tell()
        self._lines = []
        return self._length
