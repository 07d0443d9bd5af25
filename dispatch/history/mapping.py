"""The map file: which column of an export means what. docs/import.md describes every key."""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.coordinates import Datum
from core.errors import FieldError, Problem

ORDER_POINTS = ("A", "B", "C")
ASSIGNMENT_POINTS = ("D", "E", "F", "G", "H", "restored", "closed")


class MapInvalid(Problem):
    """A map file that cannot be used; `errors` names each key."""

    status = 422
    code = "map_invalid"
    zh = "映射文件 {file} 无效：{summary}"
    en = "The map file {file} is not valid: {summary}"


class ColumnsMissing(MapInvalid):
    """A data file without the columns that the map names; `errors` names each key of the map."""

    zh = "数据文件 {file} 与映射文件不符：{summary}"
    en = "The data file {file} does not fit the map: {summary}"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """The exporting system and how it writes.

    `timezone`: of times that carry no offset (IANA name). `formats`: `iso`, `unix` (seconds) or
    strptime patterns, tried in order. `twice`: an hour that comes twice (clocks set back) is taken
    as its earlier or later pass, or the row is rejected. `skipped`: a time that never was (clocks
    set forward) is rejected or moved by the change.
    """

    system: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")
    timezone: str
    formats: tuple[str, ...] = ("iso",)
    twice: Literal["earlier", "later", "reject"] = "earlier"
    skipped: Literal["reject", "shift"] = "reject"
    encoding: Literal["auto", "utf-8", "gb18030"] = "auto"
    delimiter: str = Field(",", min_length=1, max_length=1)
    empty: tuple[str, ...] = Field((), description="cell texts that mean nothing, such as NULL")

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name} is not a time zone") from error
        return name


class OrderColumns(_Part):
    """Columns of the order. `centre_is` is a constant in place of a column."""

    number: str
    centre: str | None = None
    centre_is: str | None = None
    place: tuple[str, ...] = ()
    lat: str | None = None
    lon: str | None = None
    datum: Datum = "wgs84"
    area_class: Literal["urban", "rural", "remote"] | None = None


class OrderPoints(_Part):
    """Columns of the points that belong to the order."""

    A: str | None = None
    B: str | None = None
    C: str | None = None

    def columns(self) -> dict[str, str]:
        return {p: c for p in ORDER_POINTS if (c := getattr(self, p))}


class AssignmentColumns(_Part):
    """One assignment that a row may hold. `unit_is` is a constant in place of a column."""

    unit: str | None = None
    unit_is: str | None = None
    attempt: str | None = None
    D: str | None = None
    E: str | None = None
    F: str | None = None
    G: str | None = None
    H: str | None = None
    restored: str | None = None
    closed: str | None = None

    def columns(self) -> dict[str, str]:
        return {p: c for p in ASSIGNMENT_POINTS if (c := getattr(self, p))}

    @model_validator(mode="after")
    def _one_unit(self) -> "AssignmentColumns":
        if (self.unit is None) == (self.unit_is is None):
            raise ValueError("give either unit (a column) or unit_is (a constant)")
        return self


class MapFile(_Part):
    """A complete map file."""

    source: Source
    order: OrderColumns
    points: OrderPoints = OrderPoints()
    assignment: tuple[AssignmentColumns, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "MapFile":
        if not self.points.columns() and not any(one.columns() for one in self.assignment):
            raise ValueError("no column is mapped to any point")
        if self.order.centre is not None and self.order.centre_is is not None:
            raise ValueError("give either order.centre (a column) or order.centre_is (a constant)")
        constants = [one.unit_is for one in self.assignment if one.unit_is is not None]
        if len(set(constants)) != len(constants):
            raise ValueError("two assignments of a row have the same unit_is")
        return self

    def all_columns(self) -> dict[str, str]:
        """Column name → the key of the map that names it."""
        order = self.order
        found = {
            column: f"order.{key}"
            for key in ("number", "centre", "lat", "lon")
            if (column := getattr(order, key))
        }
        found |= dict.fromkeys(order.place, "order.place")
        found |= {column: f"points.{point}" for point, column in self.points.columns().items()}
        for index, one in enumerate(self.assignment):
            key = f"assignment.{index}"
            found |= {column: f"{key}.{point}" for point, column in one.columns().items()}
            found |= {c: f"{key}.{k}" for k in ("unit", "attempt") if (c := getattr(one, k))}
        return found

    def check_header(self, header: list[str], file: str) -> None:
        """Raises ColumnsMissing naming every key whose column the file lacks, or has twice."""
        wrong = [
            FieldError(key, f"{header.count(column) or 'no'} column {column!r}")
            for column, key in self.all_columns().items()
            if header.count(column) != 1
        ]
        if wrong:
            summary = "; ".join(f"{one.field}: {one.message}" for one in wrong)
            raise ColumnsMissing(file=file, summary=summary, errors=wrong)


def parse_map(text: str, file: str) -> MapFile:
    """Read a map from TOML text; `file` is named in errors. Raises MapInvalid."""
    try:
        return MapFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MapInvalid(file=file, summary=str(error)) from error
    except ValidationError as error:
        found = [
            FieldError(".".join(str(part) for part in item["loc"]) or "map", item["msg"])
            for item in error.errors()
        ]
        summary = "; ".join(f"{one.field}: {one.message}" for one in found)
        raise MapInvalid(file=file, summary=summary, errors=found) from error


def load_map(path: Path) -> tuple[MapFile, str]:
    """The map and the SHA-256 of its meaning (comments and layout do not change it)."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise MapInvalid(file=path.name, summary="not UTF-8") from error
    mapping = parse_map(text, path.name)
    return mapping, sha256(mapping.model_dump_json().encode()).hexdigest()
