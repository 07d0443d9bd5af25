"""What a device does otherwise than its standard says: its clock's zone, its map system. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.coordinates import Datum, convert
from gps.fix import Fix

STEP_MIN = 15
"""All zones of the earth lie on quarters of an hour."""

SLACK = timedelta(seconds=90)
"""How far from a quarter a clock and the way of a message may be."""

STEADY = timedelta(seconds=20)
"""How far apart the offsets of one clock are. What was kept and sent later varies by more."""

LONG_ENOUGH = timedelta(seconds=60)
ENOUGH = 5
"""So many live positions over so long a time before a clock is judged."""

WEST_MIN, EAST_MIN = -12 * 60, 14 * 60

_OFFSET = re.compile(r"^([+-])(\d{2}):([0-5]\d)$")


class Quirks(NamedTuple):
    """`time_zone`: a name, or an offset like +05:30; None: the standard's. `model`: what makes its
    messages mean something else, where the protocol knows such models.
    """

    time_zone: str | None = None
    datum: Datum = "wgs84"
    model: str = ""


def zone_of(name: str | None, usual: tzinfo) -> tzinfo:
    """The zone of that name or offset; `usual` for None. ValueError where there is none."""
    if name is None:
        return usual
    if found := _OFFSET.match(name):
        sign = -1 if found[1] == "-" else 1
        minutes = sign * (int(found[2]) * 60 + int(found[3]))
        if not WEST_MIN <= minutes <= EAST_MIN:
            raise ValueError(f"no zone of the earth: {name}")
        return timezone(timedelta(minutes=minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"no such time zone: {name}") from error


def put_right(fix: Fix, quirks: Quirks, usual: tzinfo) -> Fix:
    """A fix that was read with the `usual` zone and as WGS-84, as this device meant it."""
    lat, lon = convert(fix.lat, fix.lon, given=quirks.datum, wanted="wgs84")
    fix_at = fix.fix_at
    if fix_at is not None and quirks.time_zone is not None:
        said = fix_at.astimezone(usual).replace(tzinfo=zone_of(quirks.time_zone, usual))
        fix_at = said.astimezone(UTC)
    return replace(fix, lat=lat, lon=lon, fix_at=fix_at)


@dataclass(slots=True)
class ClockWatch:
    """Looks whether the clock of one connection is a whole number of quarters off ours.

    `off_min`: minutes behind ours; 0: right; None: not known. Positions that were kept while there
    was no signal must not be shown to it, nor does it matter much: their offsets are not steady.
    """

    off_min: int | None = None
    _told: int | None = None
    _base: timedelta = timedelta(0)
    _since: datetime | None = None
    _seen: int = 0

    def look(self, fix_at: datetime, received_at: datetime) -> None:
        """One live position."""
        behind = received_at - fix_at
        if self._since is None or abs(behind - self._base) > STEADY:
            self._base, self._since, self._seen = behind, received_at, 1
            return
        self._seen += 1
        if self._seen >= ENOUGH and received_at - self._since >= LONG_ENOUGH:
            self.off_min = quarters(self._base)

    def news(self) -> bool:
        """Whether `off_min` is another than when this was last asked."""
        told, self._told = self._told, self.off_min
        return self.off_min is not None and self.off_min != told


def quarters(behind: timedelta) -> int | None:
    """`behind` as whole quarters of an hour, in minutes; None where it is between two of them."""
    minutes = round(behind / timedelta(minutes=STEP_MIN)) * STEP_MIN
    near = abs(behind - timedelta(minutes=minutes)) <= SLACK
    return minutes if near and abs(minutes) <= EAST_MIN - WEST_MIN else None


def zone_for(off_min: int, now: datetime, current: tzinfo) -> str | None:
    """The zone that a clock read in `current` and `off_min` minutes behind is set to.

    None where no place on earth has it.
    """
    offset = now.astimezone(current).utcoffset() or timedelta(0)
    minutes = round(offset / timedelta(minutes=1)) - off_min
    if not WEST_MIN <= minutes <= EAST_MIN:
        return None
    if minutes == 0:
        return "UTC"
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
