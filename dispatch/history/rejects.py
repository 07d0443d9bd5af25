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

    There is no file while nothing was refused. `reject_row` counts as a spreadsheet does: the
    header is row 1.
    """

    def __init__(self, path: Path, header: Sequence[str], length: int) -> None:
        self._path, self._header, self._length = path, header, length
        self._lines: list[list[str]] = []

    def __enter__(self) -> Self:
        size = self._path.stat().st_size if self._path.exists() else 0
        self._length = min(self._length, size)
        if self._length:
            os.truncate(self._path, self._length)
        else:
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Every flush has closed the file."""

    def write(self, row: int, bad: BadCell, cells: Sequence[str]) -> None:
        self._lines.append([str(row), bad.field, bad.rule, bad.reason, *cells])

    def flush(self) -> int:
        """Bring the lines to the disk; the length of the file."""
        if not self._lines:
            return self._length
        lines = self._lines if self._length else [[*COLUMNS, *self._header], *self._lines]
        with self._path.open("a", encoding="utf-8", newline="") as text:
            csv.writer(text).writerows(lines)
            text.flush()
            os.fsync(text.fileno())
            self._length = text.tell()
        self._lines = []
        return self._length
