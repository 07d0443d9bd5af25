"""Opening an import file: CSV (UTF-8 or GB 18030, also gzipped) or XLSX, row by row.

A workbook's first sheet is written out as CSV once: all that follows knows one form.
"""

import csv
import tempfile
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from dispatch.history.reading import Export, FileUnreadable, look_through, records

MAX_UNPACKED = 2_000_000_000
"""Bytes that a workbook may unpack to."""
_DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened file. `header`: its first row; `rows`: how many follow, blank ones not counted."""

    export: Export
    delimiter: str
    header: list[str]

    @property
    def digest(self) -> str:
        return self.export.digest

    @property
    def rows(self) -> int:
        return self.export.rows

    def records(self) -> Generator[tuple[int, list[str]], None, None]:
        """(row number as a spreadsheet counts, cells); the header and blank rows are left out."""
        every = records(self.export.path, self.export.encoding, self.delimiter, keep_blank=True)
        for number, record in enumerate(every, start=1):
            if number > 1 and any(cell.strip() for cell in record):
                yield number, record


@contextmanager
def open_sheet(path: Path, name: str) -> Iterator[Sheet]:
    """`name`: what the user calls the file. Raises FileUnreadable."""
    with tempfile.TemporaryDirectory(prefix="paidan-import-") as folder:
        if zipfile.is_zipfile(path):
            unpacked = Path(folder) / "sheet.csv"
            _unpack(path, name, unpacked)
            path = unpacked
        yield _open(path, name)


def _open(path: Path, name: str) -> Sheet:
    try:
        export = look_through(path, "auto", ",")
        delimiter = _delimiter(export)
        first = records(path, export.encoding, delimiter, keep_blank=True)
        header = next(first, [])
        first.close()
    except FileUnreadable as error:
        raise FileUnreadable(file=name, reason=error.params["reason"]) from error
    rows = sum(
        1
        for record in records(path, export.encoding, delimiter)
        if any(cell.strip() for cell in record)
    )
    counted = Export(path, export.digest, export.encoding, max(0, rows - 1))
    return Sheet(counted, delimiter, header)


def _delimiter(export: Export) -> str:
    """What the first line has most of."""
    first = records(export.path, export.encoding, "\x1f")
    line = "".join(next(first, [""]))
    first.close()
    return max(_DELIMITERS, key=line.count)


def _unpack(path: Path, name: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                raise FileUnreadable(file=name, reason="it unpacks to more than 2 GB")
        with catch_warnings(), target.open("w", encoding="utf-8", newline="") as text:
            simplefilter("ignore")  # styles that the library does not know
            book = load_workbook(path, read_only=True, data_only=True)
            try:
                out = csv.writer(text)
                for cells in book.worksheets[0].iter_rows(values_only=True):
                    out.writerow([_text(cell) for cell in cells])
            finally:
                book.close()
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, IndexError) as error:
        raise FileUnreadable(file=name, reason=f"no workbook: {error}") from error


def _text(cell: Any) -> str:
    """A cell as a person would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(cell)
