"""From a row of an export to an order and its assignments: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

from core.coordinates import convert
from core.eventlog import CODE
from dispatch.history.mapping import AssignmentColumns, MapFile
from dispatch.history.times import BadCell, TimeReader


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order of another system. Times are UTC; `place` is free text and stays out of events."""

    id: UUID
    number: str
    centre: str
    area_class: str
    points: Mapping[str, datetime]
    lat: float | None
    lon: float | None
    place: str | None
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class PastAssignment:
    """An assignment of another system."""

    id: UUID
    order_id: UUID
    unit: str
    attempt: int
    points: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class PastRow:
    """What one row says. `names`: code → text as written, where the text is no code."""

    order: PastOrder
    assignments: tuple[PastAssignment, ...]
    names: Mapping[str, str]


def order_id(org_id: int, system: str, number: str) -> UUID:
    """The same order always gets the same id, however often and from whichever file it comes."""
    return uuid5(NAMESPACE_URL, f"paidan:{org_id}:{system}:{number}")


def code_of(text: str) -> str:
    """The text itself where it may stand in an event, else a code made from it."""
    if CODE.fullmatch(text):
        return text
    return "n-" + sha256(text.encode()).hexdigest()[:16]


class RowReader:
    """Reads rows by a map. `read` raises BadCell with the first thing that is wrong."""

    def __init__(self, mapping: MapFile, org_id: int, now: datetime) -> None:
        self._map = mapping
        self._org_id = org_id
        self._times = TimeReader(mapping.source, now)
        self._order_columns = mapping.points.columns()
        self._empty = frozenset(("", *mapping.source.empty))

    def read(self, row: Mapping[str, str]) -> PastRow:
        names: dict[str, str] = {}
        number = self._text(row, self._map.order.number)
        if number is None:
            raise BadCell(self._map.order.number, "no_number", "the order has no number")
        if not CODE.fullmatch(number):
            reason = f"{number!r} is not a number of letters, digits and _.:/+#@ - up to 80"
            raise BadCell(self._map.order.number, "bad_number", reason)
        id_ = order_id(self._org_id, self._map.source.system, number)
        points = self._points(row, self._order_columns)
        assignments = tuple(
            one
            for index, columns in enumerate(self._map.assignment)
            if (one := self._assignment(row, columns, id_, index + 1, names)) is not None
        )
        every = [*points.values(), *(at for one in assignments for at in one.points.values())]
        if not every:
            raise BadCell(self._map.order.number, "no_time", "the row has no time for any point")
        lat, lon = self._coordinates(row)
        order = PastOrder(
            id=id_,
            number=number,
            centre=self._centre(row, names),
            area_class=self._map.order.area_class or "unknown",
            points=points,
            lat=lat,
            lon=lon,
            place=", ".join(t for c in self._map.order.place if (t := self._text(row, c))) or None,
            filed_at=points.get("A") or min(every),
        )
        return PastRow(order, assignments, names)

    def _text(self, row: Mapping[str, str], column: str | None) -> str | None:
        if column is None:
            return None
        text = row[column].strip()
        return None if text in self._empty else text

    def _points(self, row: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, datetime]:
        found = {}
        for point, column in columns.items():
            text = self._text(row, column)
            if text is not None:
                found[point] = self._times.read(text, column)
        return found

    def _code(self, text: str, names: dict[str, str]) -> str:
        code = code_of(text)
        if code != text:
            names[code] = text
        return code

    def _centre(self, row: Mapping[str, str], names: dict[str, str]) -> str:
        text = self._map.order.centre_is or self._text(row, self._map.order.centre)
        return self._code(text, names) if text else ""

    def _assignment(
        self,
        row: Mapping[str, str],
        columns: AssignmentColumns,
        order: UUID,
        position: int,
        names: dict[str, str],
    ) -> PastAssignment | None:
        points = self._points(row, columns.columns())
        if not points:
            return None
        text = columns.unit_is or self._text(row, columns.unit)
        unit = self._code(text, names) if text else ""
        attempt = position
        if (written := self._text(row, columns.attempt)) is not None:
            if not written.isascii() or not written.isdigit() or len(written) > 6:
                raise BadCell(columns.attempt or "", "bad_attempt", f"{written!r} is no count")
            attempt = int(written)
        return PastAssignment(uuid5(order, f"{unit}#{attempt}"), order, unit, attempt, points)

    def _coordinates(self, row: Mapping[str, str]) -> tuple[float | None, float | None]:
        """WGS-84 degrees; both or none. 0, 0 is what systems write for "not known"."""
        lat = self._number(row, self._map.order.lat, 90)
        lon = self._number(row, self._map.order.lon, 180)
        if lat is None or lon is None or (lat == 0 and lon == 0):
            return None, None
        return convert(lat, lon, given=self._map.order.datum, wanted="wgs84")

    def _number(self, row: Mapping[str, str], column: str | None, limit: float) -> float | None:
        text = self._text(row, column)
        if text is None or column is None:
            return None
        try:
            value = float(text)
        except ValueError as error:
            raise BadCell(column, "bad_coordinate", f"{text!r} is not a number") from error
        if not -limit <= value <= limit:
            raise BadCell(column, "bad_coordinate", f"{text!r} is not within ±{limit:g} degrees")
        return value
