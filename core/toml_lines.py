"""In which line of a TOML text a key stands: pure. The text is valid: it has been read before."""

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([A-Za-z0-9_-]+))\s*')
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE = re.compile(r"[^,\]}#\n]+")


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The line (from 1) of a key or element, or of the nearest thing around it that is written."""
    lines = _Reader(text).lines
    whole = tuple(path)
    for size in range(len(whole), 0, -1):
        if whole[:size] in lines:
            return lines[whole[:size]]
    return None


def values_of(text: str) -> dict[Path, tuple[int, int]]:
    """Where the value of each key stands: from its first character to behind its last."""
    return _Reader(text).values


class _Reader:
    """Walks once over the text."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self.values: dict[Path, tuple[int, int]] = {}
        self._text = text
        self._at = 0
        self._tables: dict[Path, int] = {}
        table: Path = ()
        while self._skip() < len(text):
            if text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self) -> int:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _note(self, path: Path, at: int) -> None:
        self.lines.setdefault(path, self._text.count("\n", 0, at) + 1)

    def _key(self) -> Path:
        """A key with its dots."""
        parts: list[str] = []
        while found := _KEY.match(self._text, self._at):
            parts.append(next(one for one in found.groups() if one is not None))
            self._at = found.end()
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return tuple(parts)

    def _header(self) -> Path:
        begun = self._at
        many = self._text.startswith("[[", begun)
        self._at += 2 if many else 1
        path: Path = ()
        key = self._key()
        for depth, part in enumerate(key):
            path = (*path, part)
            last = depth == len(key) - 1
            if many and last:
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                self._note(path, begun)
                path = (*path, self._tables[path])
        self._note(path, begun)
        self._at = self._text.index("]]" if many else "]", self._at) + (2 if many else 1)
        return path

    def _pair(self, table: Path) -> None:
        begun = self._at
        path = table + self._key()
        self._note(path, begun)
        self._at += 1  # =
        value = self._skip()
        self._value(path)
        self.values[path] = (value, self._at)

    def _value(self, path: Path) -> None:
        sign = self._text[self._skip()]
        if sign == "{":
            self._list(path, "}", keyed=True)
        elif sign == "[":
            self._list(path, "]", keyed=False)
        else:
            kind = _STRING if sign in "\"'" else _BARE
            found = kind.match(self._text, self._at)
            self._at = found.end() if found else self._at + 1

    def _list(self, path: Path, end: str, *, keyed: bool) -> None:
        self._at += 1
        place = 0
        while self._text[self._skip()] != end:
            if self._text[self._at] == ",":
                self._at += 1
            elif keyed:
                self._pair(path)
            else:
                self._note((*path, place), self._at)
                self._value((*path, place))
                place += 1
        self._at += 1
