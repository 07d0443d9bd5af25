"""Reading export files: plain or gzip CSV, UTF-8, UTF-16 or GB 18030, row by row."""

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
    zh = "文件 {file} 无法读取：{reason_zh}"
    en = "The file {file} cannot be read: {reason}"

    def __init__(self, *, file: str, reason: str, reason_zh: str) -> None:
        super().__init__(file=file, reason=reason, reason_zh=reason_zh)
        self._reasons = reason, reason_zh

    def of(self, file: str) -> "FileUnreadable":
        """The same about a file that the user calls `file`."""
        reason, reason_zh = self._reasons
        return FileUnreadable(file=file, reason=reason, reason_zh=reason_zh)


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
    mark or every other byte is mostly 0, UTF-8 if all of it is, else GB 18030.

    Raises FileUnreadable; OSError where the file is not there.
    """
    digest = sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = encoding != "gb18030"
    first = b""
    try:
        with _bytes(path) as content:
            while block := content.read(_BLOCK):
                first = first or block
                digest.update(block)
                if is_utf8:
                    try:
                        utf8.decode(block)
                    except UnicodeDecodeError:
                        is_utf8 = False
    except (EOFError, gzip.BadGzipFile) as error:
        raise FileUnreadable(
            file=path.name, reason=str(error), reason_zh="压缩包已损坏或不完整"
        ) from error
    chosen = encoding
    if encoding == "auto":
        chosen = _utf16(first) or ("utf-8" if is_utf8 else "gb18030")
    chosen = "utf-8-sig" if chosen == "utf-8" else chosen
    rows = sum(1 for _ in records(path, chosen, delimiter)) - 1
    if rows < 0:
        raise FileUnreadable(file=path.name, reason="it is empty", reason_zh="文件是空的")
    return Export(path, digest.hexdigest(), chosen, rows)


def _utf16(first: bytes) -> str | None:
    """Which UTF-16 the file is, by its mark, else by the zero bytes of its commas and digits."""
    if first[:2] in _UTF16:
        return "utf-16"
    high, low = first[0::2].count(0), first[1::2].count(0)
    few, many = sorted((high, low))
    if many < 4 or many * 20 < len(first) or few * 10 > many:
        return None
    return "utf-16-le" if low > high else "utf-16-be"


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
            code = encoding.removesuffix("-sig")
            raise FileUnreadable(
                file=path.name, reason=f"it is not text in {code}", reason_zh=f"不是 {code} 文本"
            ) from error
        except csv.Error as error:
            raise FileUnreadable(
                file=path.name, reason=str(error), reason_zh=f"不是 CSV（{error}）"
            ) from error
