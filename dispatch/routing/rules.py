"""Which centre and trade an order goes to: pure.

The table is data: region × what failed × area class → centre and trade, with duty hours and
stand-ins. The most specific row that fits decides (a written row before one that follows from the
districts; then the nearer region, the fault, the device class, the area class), of equals the
one that stands higher. Where its centre cannot take the order, the row's stand-ins are asked in
turn, then the next row. Where nobody is left the answer is nobody, never a guess.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

ANY = "any"
WEEK = "1234567"
DAY_MINUTES = 24 * 60

Answer = Literal["yes", "off_duty", "no_trade"]
OnDuty = Callable[[UUID, str], Answer]
Code = Literal["row", "off_hours", "off_duty", "no_trade", "stand_in", "no_row", "nobody"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What an organisation decides. `release_after_s` None: the system never releases."""

    release_after_s: float | None = 90.0
    desk_grace_s: float = 5.0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A centre and the trade that goes there."""

    centre_id: UUID
    trade: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row; what is None holds for all.

    Duty hours are local minutes of the day, `[from, to)`; `to` at or before `from` is the next
    morning, which belongs to the weekday it began on. `district`: not written by anybody, it
    follows from the directory.
    """

    id: UUID
    position: int
    centre_id: UUID
    trade: str
    region_id: UUID | None = None
    device: str | None = None
    fault_code: str | None = None
    area_class: str | None = None
    from_minute: int | None = None
    to_minute: int | None = None
    weekdays: str = WEEK
    stand_ins: tuple[Target, ...] = ()
    version: int = 1
    district: bool = False

    @property
    def always(self) -> bool:
        """Whether its own centre takes orders round the clock."""
        return self.from_minute is None and set(self.weekdays) >= set(WEEK)


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be routed. `regions`: the one that holds the place, then those around it.

    `trade`: what the order asks for, where somebody has said so; it takes the place of the row's.
    """

    regions: tuple[UUID, ...]
    fault_code: str
    device: str | None
    area_class: str
    trade: str | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """One step of the decision: the row that was looked at, and who was asked."""

    code: Code
    row: Row | None = None
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Where it goes, and why. `centre_id` None: nobody can take it."""

    centre_id: UUID | None
    trade: str
    row: Row | None
    why: tuple[Because, ...]


def route(rows: Sequence[Row], case: Case, at: datetime, on_duty: OnDuty) -> Choice:
    """The choice for `case` at `at`, which is aware and in local time."""
    why: list[Because] = []
    for row in fitting(rows, case):
        for target, because in _asked(row, case, at):
            if because == "off_hours":
                why.append(Because("off_hours", row, target))
                continue
            answer = on_duty(target.centre_id, target.trade)
            if answer == "yes":
                why.append(Because(because, row, target))
                return Choice(target.centre_id, target.trade, row, tuple(why))
            why.append(Because(answer, row, target))
    why.append(Because("nobody" if why else "no_row"))
    return Choice(None, case.trade or ANY, None, tuple(why))


def _asked(row: Row, case: Case, at: datetime) -> Iterator[tuple[Target, Code]]:
    asked_for = case.trade if case.trade and case.trade != ANY else row.trade
    own = Target(row.centre_id, asked_for)
    yield own, "row" if in_hours(row, at) else "off_hours"
    for stand_in in row.stand_ins:
        yield stand_in, "stand_in"


def fitting(rows: Sequence[Row], case: Case) -> list[Row]:
    """The rows that speak of this case, the one that decides first."""
    return sorted(
        (row for row in rows if fits(row, case)),
        key=lambda row: (row.district, *specificity(row, case), row.position, str(row.id)),
    )


def fits(row: Row, case: Case) -> bool:
    """Whether everything that the row names is so."""
    return (
        (row.region_id is None or row.region_id in case.regions)
        and row.fault_code in (None, case.fault_code)
        and row.device in (None, case.device)
        and row.area_class in (None, case.area_class)
    )


def specificity(row: Row, case: Case) -> tuple[int, int, int, int]:
    """The smaller, the more specific."""
    nearness = case.regions.index(row.region_id) if row.region_id else len(case.regions)
    return (
        nearness,
        int(row.fault_code is None),
        int(row.device is None),
        int(row.area_class is None),
    )


def in_hours(row: Row, at: datetime) -> bool:
    """Whether `at` (local) lies in the duty hours of the row's own centre."""
    today, yesterday = str(at.isoweekday()), str((at.isoweekday() + 5) % 7 + 1)
    if row.from_minute is None or row.to_minute is None:
        return today in row.weekdays
    minute = at.hour * 60 + at.minute
    if row.from_minute < row.to_minute:
        return today in row.weekdays and row.from_minute <= minute < row.to_minute
    return (today in row.weekdays and minute >= row.from_minute) or (
        yesterday in row.weekdays and minute < row.to_minute
    )


@dataclass(frozen=True, slots=True)
class District:
    """A region of the directory. `regions`: itself, then those around it."""

    id: UUID
    regions: tuple[UUID, ...]
    centre_id: UUID | None


def district_rows(
    districts: Sequence[District], devices: Sequence[tuple[str, str]], centres: Sequence[UUID] = ()
) -> list[Row]:
    """What follows from the directory: each district's centre repairs whatever fails there.

    `devices`: class → trade. A centre with nobody of that trade gets the order all the same, for
    any of its crews. Where the utility has one centre, that one has every place.
    """
    rows: list[Row] = []
    homes: list[tuple[UUID | None, UUID]] = [
        (one.id, one.centre_id) for one in districts if one.centre_id is not None
    ]
    if len(centres) == 1:
        homes.append((None, centres[0]))
    for region_id, centre_id in homes:
        for device, trade in (*devices, (None, ANY)):
            rows.append(
                Row(
                    id=uuid5(region_id or centre_id, device or ANY),
                    position=len(rows),
                    centre_id=centre_id,
                    trade=trade,
                    region_id=region_id,
                    device=device,
                    stand_ins=() if trade == ANY else (Target(centre_id, ANY),),
                    district=True,
                )
            )
    return rows


@dataclass(frozen=True, slots=True)
class Gap:
    """A case that reaches nobody, at `at` (local) or, where that is None, ever."""

    region_id: UUID | None
    fault_code: str
    area_class: str
    at: datetime | None


def gaps(
    rows: Sequence[Row],
    districts: Sequence[District],
    faults: Sequence[tuple[str, str | None]],
    area_classes: Sequence[str],
    week: datetime,
    can: OnDuty,
) -> list[Gap]:
    """What reaches nobody in the week that begins at `week` (local, a Monday at 0:00).

    `faults`: code → device class. `can` says who could take an order, whatever the roster: gaps
    are those of the table. Places in no district are looked at too.
    """
    places: list[tuple[UUID | None, tuple[UUID, ...]]] = [
        (one.id, one.regions) for one in districts
    ]
    found = []
    for region_id, regions in (*places, (None, ())):
        for fault, device in faults:
            for area in area_classes:
                case = Case(regions, fault, device, area)
                hole = _hole(fitting(rows, case), case, week, can)
                if hole is not False:
                    found.append(Gap(region_id, fault, area, hole))
    return found


def _hole(
    rows: Sequence[Row], case: Case, week: datetime, can: OnDuty
) -> datetime | Literal[False] | None:
    """False: somebody at every time; None: nobody, ever; else the first moment without anybody."""
    moments = [week]
    if not all(row.always for row in rows):
        edges = {0} | {
            minute
            for row in rows
            for minute in (row.from_minute, row.to_minute)
            if minute is not None
        }
        moments = [
            week + timedelta(days=day, minutes=minute)
            for day in range(7)
            for minute in sorted(edge % DAY_MINUTES for edge in edges)
        ]
    nobody = [at for at in moments if route(rows, case, at, can).centre_id is None]
    if not nobody:
        return False
    return None if len(nobody) == len(moments) else nobody[0]
