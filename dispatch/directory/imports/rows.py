"""Which column of a file is what, and from its cells to a row of values. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import FieldError, Problem
from dispatch.directory.imports.cells import Bad, clean, fold, no_formula
from dispatch.directory.imports.kinds import Kind
from dispatch.directory.imports.quality import (
    Finding,
    Ground,
    extension_lost,
    judge,
    outline_mended,
)

REJECT = "reject_"
"""How the columns begin that the rejects file adds; read back, they say nothing."""


class HeaderWrong(Problem):
    """The first row does not say which column is what; `errors` names each column."""

    status = 422
    code = "header_wrong"
    zh = "表头有误：{summary_zh}"
    en = "The header is wrong: {summary}"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            errors=errors,
            summary="; ".join(f"{one.field}: {one.message}" for one in errors),
            summary_zh="；".join(f"{one.field}：{one.sentence('zh')}" for one in errors),
        )


@dataclass(frozen=True, slots=True)
class Header:
    """`places`: column name → position in the file. `ignored`: headers that no column has."""

    width: int
    places: Mapping[str, int]
    ignored: tuple[str, ...]


def read_header(kind: Kind, header: Sequence[str]) -> Header:
    """Raises HeaderWrong naming what is missing or there twice."""
    known = {fold(word): one.name for one in kind.columns for word in one.headers}
    named = [known.get(fold(word)) for word in header]
    errors = []
    for name, times in Counter(name for name in named if name).items():
        if times > 1:
            errors.append(_wrong(kind, name, "is there twice", "出现了两次"))
    errors += [
        _wrong(kind, one.name, "is missing", "缺少")
        for one in kind.columns
        if one.required and one.name not in named
    ]
    if errors:
        raise HeaderWrong(errors)
    return Header(
        len(header),
        {name: place for place, name in enumerate(named) if name},
        tuple(
            word.strip()
            for word, name in zip(header, named, strict=True)
            if name is None and word.strip() and not fold(word).startswith(fold(REJECT))
        ),
    )


def _wrong(kind: Kind, name: str, en: str, zh: str) -> FieldError:
    column = kind.column(name)
    return FieldError(f"{column.headers[0]} / {name}", en, zh)


class RowReader:
    """Reads rows of one file. Values come in the order of the kind's columns."""

    def __init__(self, kind: Kind, header: Header, ground: Ground) -> None:
        self._kind, self._header, self._ground = kind, header, ground
        self._columns = [
            (one.name, header.places[one.name], one)
            for one in kind.columns
            if one.name in header.places
        ]

    def read(
        self, number: int, record: Sequence[str]
    ) -> tuple[tuple[Any, ...] | None, list[Finding]]:
        """The row and everything that was found; of a refused row, what could be read of it.

        None for a row that has other columns than the header.
        """
        if len(record) != self._header.width:
            return None, [
                Finding(number, "", "column_count", str(len(record)), str(self._header.width))
            ]
        row: dict[str, Any] = {}
        found: list[Finding] = []
        refused = False
        for name, place, column in self._columns:
            text = clean(record[place])
            if not text:
                row[name] = column.default
                if column.required:
                    found.append(Finding(number, name, "required"))
                    refused = True
                continue
            try:
                no_formula(text)
                row[name] = column.parse(text)
            except Bad as bad:
                found.append(Finding(number, name, bad.rule, text[:200], bad.other))
                refused = True
                continue
            if name == "outline" and outline_mended(text):
                found.append(Finding(number, name, "outline_mended"))
            if self._kind.code == "phones" and name == "number" and extension_lost(text):
                found.append(Finding(number, name, "phone_extension", text[:200]))
        if not refused:
            for field, rule, value, other in judge(self._kind.code, row, self._ground):
                found.append(Finding(number, field, rule, str(value), str(other)))
        return tuple(row.get(one.name) for one in self._kind.columns), found
