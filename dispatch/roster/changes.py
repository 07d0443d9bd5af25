"""What all changes of the organisation share: of the version that was seen, and on record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.models import Event, User
from core.settings import settings

SOURCE = "dispatcher"
STREAM = "organisation"


class ChangedMeanwhile(Conflict):
    """Somebody else changed it since the version that this change was made for."""

    code = "changed_meanwhile"
    zh = "{who_zh}已于 {at} 修改过（现为第 {version} 版），请看过新内容再改。"
    en = "{who_en} changed it at {at} (version {version} now); look again before you change it."


class StillInUse(Conflict):
    """It cannot be taken out of use; `what_*` names what still hangs on it."""

    code = "still_in_use"
    zh = "{name_zh}还不能停用：{what_zh}。"
    en = "{name_en} cannot be taken out of use yet: {what_en}."


class LastAdministrator(Conflict):
    code = "last_administrator"
    zh = "这是最后一个管理员账号，不能停用或改为其他角色。"
    en = "This is the last administrator; it cannot be deactivated or given another role."


class ShiftOverlaps(Conflict):
    """`who`: whose shifts; `ours`, `theirs`: from when to when, local time."""

    code = "shift_overlaps"
    zh = "{who_zh} {ours} 与已排的班次 {theirs} 重叠。"
    en = "{who_en}: {ours} overlaps the shift {theirs} that is planned already."


class Versioned(Protocol):
    """A row that is changed by the version that was seen."""

    org_id: Any
    id: Any
    version: Any


def demand_version(session: Session, row: Versioned, seen: int) -> None:
    """Refuse a change that was made for another version; says who changed it, and when."""
    if row.version == seen:
        return
    query = (
        select(Event.actor_id, Event.recorded_at)
        .where(Event.org_id == row.org_id, Event.stream == STREAM, Event.stream_id == row.id)
        .order_by(Event.seq.desc())
        .limit(1)
    )
    last = session.execute(query).one_or_none()
    name = name_of(session, row.org_id, last.actor_id) if last else None
    raise ChangedMeanwhile(
        who_zh=name or "系统",
        who_en=name or "The system",
        at=local(last.recorded_at) if last else "–",
        version=row.version,
    )


def name_of(session: Session, org_id: int, user_id: UUID | None) -> str | None:
    found = session.get(User, (org_id, user_id)) if user_id else None
    return found.name if found else None


def apply(row: Versioned, values: Mapping[str, Any]) -> str:
    """Set what differs and count the version up. Returns the names of what changed, or ''."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.version += 1
    return " ".join(changed)


def local(at: datetime) -> str:
    """Day and time of day in the operator's zone."""
    return at.astimezone(ZoneInfo(settings().timezone)).strftime("%m-%d %H:%M")


def span_words(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when, local time; the day once where both are of one day."""
    zone = ZoneInfo(settings().timezone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    form = "%H:%M" if start.date() == end.date() else "%m-%d %H:%M"
    return f"{start:%m-%d %H:%M}–{end.strftime(form)}"
