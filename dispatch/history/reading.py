"""Reading export files: plain or gzip CSV, UTF-8 or GB 18030, row by row."""

import codecs
import csv
import gzip
import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import Problem

_BLOCK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
csv.field_size_limit(_BLOCK)


class FileUnreadable(Problem):
    status = 422
    code = "file_unreadable"
    zh = "文件 {file} 无法读取：{reason}"
    en = "The file {file} cannot be read: {reason}"


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was looked through once: its digest, encoding and number of data rows."""

    path: Path
    digest: str
    encoding: str
    rows: int


@contextmanager
def _bytes(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw


def look_through(path: Path, encoding: str, delimiter: str) -> Export:
    """Digest of the content, its encoding and rows. `auto`: UTF-16 where the file begins with its
    mark, UTF-8 if all of it is, else GB 18030.

    Raises FileUnreadable; OSError where the file is not there.
    """
    digest = sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = encoding != "gb18030"
    mark = b""
    try:
        with _bytes(path) as content:
            while block := content.read(_BLOCK):
                mark = mark or block[:2]
                digest.update(block)
                if is_utf8:
                    try:
                        utf8.decode(block)
                    except UnicodeDecodeError:
                        is_utf8 = False
    except (EOFError, gzip.BadGzipFile) as error:
        raise FileUnreadable(file=path.name, reason=str(error)) from error
    chosen = encoding
    if encoding == "auto":
        chosen = "utf-16" if mark in _UTF16 else "utf-8" if is_utf8 else "gb18030"
    chosen = "utf-8-sig" if chosen == "utf-8" else chosen
    rows = sum(1 for _ in records(path, chosen, delimiter)) - 1
    if rows < 0:
        raise FileUnreadable(file=path.name, reason="it is empty")
    return Export(path, digest.hexdigest(), chosen, rows)


def records(
    path: Path, encoding: str, delimiter: str, *, keep_blank: bool = False
) -> Generator[list[str], None, None]:
    """All records, the header first; blank lines are left out unless kept, as empty lists.

    Raises FileUnreadable.
    """
    with (
        _bytes(path) as content,
        io.TextIOWrapper(content, encoding=encoding, newline="") as text,
    ):
        try:
            every = csv.reader(text, delimiter=delimiter)
            yield from (record for record in every if record or keep_blank)
        except UnicodeError as error:
            reason = f"it is not text in {encoding.removesuffix('-sig')}"
            raise FileUnreadable(file=path.name, reason=reason) from error
        except csv.Error as error:
            raise FileUnreadable(file=path.name, reason=str(error)) from error
