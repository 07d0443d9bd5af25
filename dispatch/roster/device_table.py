"""A table of devices: its columns, and what each row would do. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, NamedTuple
from uuid import UUID

from dispatch.directory.imports import cells
from dispatch.directory.imports.cells import Bad
from dispatch.directory.imports.kinds import Column, Kind
from dispatch.directory.imports.quality import Finding
from dispatch.directory.imports.rows import Header
from gps.quirks import zone_of

_DATUMS = {"wgs84": "wgs84", "gcj02": "gcj02", "bd09": "bd09"}
KIND = Kind(
    "devices",
    "设备",
    "Devices",
    "device",
    ("identity",),
    (
        Column("identity", ("设备号", "identity", "terminal", "终端号"), cells.code, required=True),
        Column("vehicle_id", ("车牌", "plate", "vehicle", "车牌号"), cells.words),
        Column("time_zone", ("时区", "time_zone", "time zone"), cells.code),
        Column("datum", ("坐标系", "datum"), cells.choice(_DATUMS), default="wgs84"),
        Column("code", ("鉴权码", "code", "authentication code"), cells.words),
        Column("note", ("备注", "note"), cells.words, default=""),
    ),
)
_CODE = re.compile(r"[!-~]{4,64}")


class RowProblem(NamedTuple):
    """Why a row was refused. `row` counts as a spreadsheet does: the header is row 1."""

    row: int
    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A device as it is. `mine`: of this organisation; the rest is told of those only."""

    mine: bool
    id: UUID
    version: int = 1
    kind: str = "terminal"
    code: str | None = None
    values: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One row, understood. `known`: None for a new device; `values` all that a device has then;
    `code` where it is to be set.
    """

    identity: str
    known: Standing | None
    values: Mapping[str, object]
    code: str | None

    @property
    def what(self) -> str:
        if self.known is None:
            return "added"
        same = self.code is None and self.values == self.known.values
        return "same" if same else "changed"


def bare(plate: str) -> str:
    """A plate without what is written in it for the eye."""
    return re.sub(r"[\s·.\-]", "", unicodedata.normalize("NFKC", plate)).upper()


class Table:
    """Judges the rows of one file, in order. `devices` by identity, `vehicles` by bare plate."""

    def __init__(
        self, header: Header, devices: Mapping[str, Standing], vehicles: Mapping[str, UUID]
    ) -> None:
        self._header, self._devices, self._vehicles = header, devices, vehicles
        self._seen: set[str] = set()

    def judge(self, number: int, record: Sequence[str]) -> Step | list[RowProblem]:
        """What the row would do, or all that is wrong with it."""
        told, wrong = read_cells(self._header, number, record)
        if wrong:
            return wrong
        wrong = [RowProblem(number, *one) for one in self._wrong(told)]
        if wrong:
            return wrong
        identity = digits(told["identity"])
        self._seen.add(identity)
        known = self._devices.get(identity)
        values: dict[str, object] = {"vehicle_id": None, "time_zone": None}
        values |= {"datum": "wgs84", "note": "", **(known.values or {} if known else {})}
        values |= {name: told[name] for name in values if name in told}
        if plate := told.get("vehicle_id"):
            values["vehicle_id"] = self._vehicles[bare(plate)]
        code = told.get("code")
        return Step(identity, known, values, None if known and code == known.code else code)

    def _wrong(self, told: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        found = []
        identity = digits(told["identity"])
        known = self._devices.get(identity)
        if not (identity.isascii() and identity.isdigit() and len(identity) <= 20):
            found.append(("identity", "设备号是最多 20 位数字", "an identity is up to 20 digits"))
        elif identity in self._seen:
            found.append(("identity", "表中已有此设备号", "the table has this identity already"))
        elif known is not None and not known.mine:
            found.append(("identity", "已有此设备号", "another device has this identity"))
        plate = told.get("vehicle_id")
        if plate and bare(plate) not in self._vehicles:
            found.append(("vehicle_id", "没有此在用车辆", "there is no such vehicle in use"))
        if not _is_zone(told.get("time_zone")):
            found.append(("time_zone", "没有此时区", "there is no such time zone"))
        if told.get("code") and not _CODE.fullmatch(told["code"]):
            found.append(
                ("code", "鉴权码是 4 到 64 个西文字符", "a code is 4 to 64 letters, digits, signs")
            )
        return found


def digits(identity: str) -> str:
    """Leading zeros do not count."""
    return identity.lstrip("0") or "0"


def read_cells(
    header: Header, number: int, record: Sequence[str]
) -> tuple[dict[str, Any], list[RowProblem]]:
    """Values of the columns that the file has; an empty cell is the default."""
    if len(record) != header.width:
        return {}, [
            _problem(Finding(number, "", "column_count", str(len(record)), str(header.width)))
        ]
    told: dict[str, Any] = {}
    wrong = []
    for column in KIND.columns:
        if column.name not in header.places:
            continue
        cell = cells.clean(record[header.places[column.name]])
        if not cell:
            told[column.name] = column.default
            if column.required:
                wrong.append(_problem(Finding(number, column.name, "required")))
            continue
        try:
            cells.no_formula(cell)
            told[column.name] = column.parse(cell)
        except Bad as bad:
            wrong.append(_problem(Finding(number, column.name, bad.rule, cell[:80], bad.other)))
    return told, wrong


def _problem(found: Finding) -> RowProblem:
    return RowProblem(found.row, found.field, found.sentence("zh"), found.sentence("en"))


def _is_zone(name: str | None) -> bool:
    try:
        zone_of(name or None, UTC)
    except ValueError:
        return False
    return True
