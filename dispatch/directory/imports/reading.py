"""Opening an import file: CSV (UTF-8, UTF-16 or GB 18030, also gzipped) or XLSX, row by row.

A workbook's first sheet is written out as CSV once: all that follows knows one form.
"""

import csv
import re
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

from dispatch.directory.imports.cells import without_nul
from dispatch.history.reading import Export, FileUnreadable, look_through, records

MAX_UNPACKED = 2_000_000_000
"""Bytes that a workbook may unpack to."""
_DELIMITERS = (",", "\t", ";")
_BLOCK = 1 << 20
_FORMULA = re.compile(rb"<f[ />]")
_ZEROS = re.compile(r"0{2,}")


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
        if zipfile.is_zipfile(path) or _begins(path) == b"PK":
            unpacked = Path(folder) / "sheet.csv"
            _unpack(path, name, unpacked)
            path = unpacked
        yield _open(path, name)


def _begins(path: Path) -> bytes:
    with path.open("rb") as content:
        return content.read(2)


def _open(path: Path, name: str) -> Sheet:
    try:
        export = look_through(path, "auto", ",")
        delimiter = _delimiter(export)
        first = records(path, export.encoding, delimiter, keep_blank=True)
        header = [without_nul(cell) for cell in next(first, [])]
        first.close()
    except FileUnreadable as error:
        raise error.of(name) from error
    rows = sum(
        1
        for record in records(path, export.encoding, delimiter)
        if any(cell.strip() for cell in record)
    )
    if rows < 2:
        raise FileUnreadable(
            file=name,
            reason="there are no rows below the header",
            reason_zh="表头下面没有数据行",
        )
    counted = Export(path, export.digest, export.encoding, rows - 1)
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
                raise FileUnreadable(
                    file=name, reason="it unpacks to more than 2 GB", reason_zh="解压后超过 2 GB"
                )
            formulas = _has_formulas(packed)
        with catch_warnings(), target.open("w", encoding="utf-8", newline="") as text:
            simplefilter("ignore")  # styles that the library does not know
            out = csv.writer(text)
            with _first_sheet(path, values=True) as sheet:
                if not formulas:
                    out.writerows([_text(cell) for cell in row] for row in sheet.iter_rows())
                    return
                with _first_sheet(path, values=False) as written:
                    for row, formula in zip(sheet.iter_rows(), written.iter_rows(), strict=True):
                        out.writerow(map(_text_or_formula, row, formula))
    except (
        zipfile.BadZipFile,
        ParseError,
        KeyError,
        IndexError,
        ValueError,
    ) as error:
        raise FileUnreadable(
            file=name, reason=f"no workbook: {error}", reason_zh=f"不是可用的工作簿（{error}）"
        ) from error


@contextmanager
def _first_sheet(path: Path, *, values: bool) -> Iterator[Any]:
    """`values`: what formulas came to, else the formulas."""
    from openpyxl import load_workbook  # half a second, for those only who bring a workbook

    with path.open("rb") as content:  # an uploaded file's own name may end in anything
        book = load_workbook(content, read_only=True, data_only=values)
        try:
            yield book.worksheets[0]
        finally:
            book.close()


def _has_formulas(packed: zipfile.ZipFile) -> bool:
    for name in packed.namelist():
        if not name.startswith("xl/worksheets/"):
            continue
        with packed.open(name) as sheet:
            before = b""
            while block := sheet.read(_BLOCK):
                if _FORMULA.search(before + block):
                    return True
                before = block[-3:]
    return False


def _text_or_formula(cell: Any, formula: Any) -> str:
    """A formula that was never worked out stays in sight: no rule takes it for an empty cell."""
    return _text(cell) or str(formula.value or "")


def _text(cell: Any) -> str:
    """A cell as a person sees it: a number whose format is 0000000000 keeps its leading zeros."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and value == int(value) and abs(value) < 1e15:
        zeros = _ZEROS.fullmatch(cell.number_format)
        return str(int(value)).zfill(len(zeros[0]) if zeros else 0)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)
