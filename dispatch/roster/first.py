"""People and shifts of a generated organisation: two teams per unit that relieve each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.ids import new_id
from core.settings import settings
from dispatch.roster.models import Member, Shift
from dispatch.roster.rules import weekly

WEEKS = 3
AHEAD = timedelta(days=7)
TEAMS = (("day", time(8), time(20)), ("night", time(20), time(8)))
EVERY_DAY = range(7)


@dataclass(frozen=True, slots=True)
class Recruit:
    """Somebody to begin with. `rank` 1 or 2: leader; `team`: position in `TEAMS`."""

    name: str
    staff_number: str
    team: int
    rank: int | None = None
    phone: str | None = None
    user_id: UUID | None = None
    trades: tuple[str, ...] = ()
    voltage_classes: tuple[str, ...] = ()


def add_people(session: Session, org_id: int, unit_id: UUID, recruits: Sequence[Recruit]) -> None:
    """Members of a unit, without shifts yet."""
    rows = [
        {
            "org_id": org_id,
            "id": new_id(),
            "unit_id": unit_id,
            "user_id": one.user_id,
            "name": one.name,
            "staff_number": f"{one.staff_number}-{'DN'[one.team]}{number}",
            "phone": one.phone,
            "trades": list(one.trades),
            "voltage_classes": list(one.voltage_classes),
            "leader_rank": one.rank,
        }
        for number, one in enumerate(recruits, start=1)
    ]
    if rows:
        session.execute(insert(Member), rows)


def has_people(session: Session, org_id: int) -> bool:
    query = select(Member.id).where(Member.org_id == org_id)
    return session.execute(query.limit(1)).first() is not None


def keep_planned(session: Session, org_id: int, now: datetime) -> int:
    """Plan `WEEKS` around the clock from yesterday on, for units whose roster ends within a week.

    Members whose number names the night team have nights, all others days. Returns how many shifts
    were planned.
    """
    last = select(Shift.unit_id, func.max(Shift.ends_at)).where(Shift.org_id == org_id)
    ends = {row[0]: row[1] for row in session.execute(last.group_by(Shift.unit_id))}
    query = select(Member).where(Member.org_id == org_id, Member.active)
    zone = ZoneInfo(settings().timezone)
    rows: list[dict[str, Any]] = []
    for member in session.scalars(query.order_by(Member.staff_number)):
        end = ends.get(member.unit_id)
        if end is not None and end > now + AHEAD:
            continue
        # The day after the last night began; a roster that ran out long ago begins yesterday.
        yesterday = now.astimezone(zone).date() - timedelta(days=1)
        first = max(yesterday, end.astimezone(zone).date()) if end else yesterday
        rows += [row for row in _weeks(member, first, zone) if not end or row["starts_at"] >= end]
    if rows:
        session.execute(insert(Shift), rows)
    return len(rows)


def _weeks(member: Member, first: date, zone: ZoneInfo) -> list[dict[str, Any]]:
    night = member.staff_number.rpartition("-")[2].startswith("N")
    kind, begins, ends = TEAMS[night]
    last = first + timedelta(weeks=WEEKS)
    return [
        {
            "org_id": member.org_id,
            "id": new_id(),
            "unit_id": member.unit_id,
            "member_id": member.id,
            "kind": kind,
            "starts_at": span.start,
            "ends_at": span.end,
        }
        for span in weekly(EVERY_DAY, begins, ends, first, last, zone)
    ]
