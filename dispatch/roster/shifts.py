"""Use cases: shifts of members and whole units, one by one or by a week's pattern."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import events as ev
from core.errors import InvalidField, NotFound
from core.identity import Access
from core.ids import new_id
from core.models import Unit
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.roster import repository
from dispatch.roster.changes import SOURCE, ShiftOverlaps, apply, demand_version, span_words
from dispatch.roster.models import Member, Shift
from dispatch.roster.people import own_unit
from dispatch.roster.rules import LONGEST, Span, first_overlap, weekly

MOST = 800
"""Shifts that one pattern may make: a year of a member's, or two weeks of a big unit's."""


@dataclass(frozen=True, slots=True)
class ShiftValues:
    """A shift of `member_id`, or of the whole unit without one. Both times aware."""

    unit_id: UUID
    member_id: UUID | None
    kind: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Pattern:
    """A week that repeats from `first` to `last`, both with. `weekdays`: 0 is Monday.

    `begins`, `ends` by the operator's clock; an end not after the beginning is of the next day.
    Without `member_ids` it is of the whole unit.
    """

    unit_id: UUID
    member_ids: tuple[UUID, ...]
    kind: str
    weekdays: tuple[int, ...]
    begins: time
    ends: time
    first: date
    last: date


def add_shift(uow: UnitOfWork, values: ShiftValues, access: Access) -> UUID:
    """Plan a shift. Raises ShiftOverlaps, which names whose and from when to when."""
    repository.lock_organisation(uow.session, uow.org_id)
    unit = own_unit(uow.session, uow.org_id, values.unit_id, access)
    member = _member(uow.session, unit, values.member_id)
    span = _span(values)
    _demand_free(uow.session, unit, member, [span])
    return _add(uow, unit, member, values.kind, span)


def add_pattern(uow: UnitOfWork, pattern: Pattern, access: Access) -> list[UUID]:
    """Plan all shifts of a pattern, or none where one overlaps. Returns their ids."""
    repository.lock_organisation(uow.session, uow.org_id)
    unit = own_unit(uow.session, uow.org_id, pattern.unit_id, access)
    if pattern.last < pattern.first:
        raise InvalidField("body.last", "lies before the first day", "早于开始日期")
    who = [_member(uow.session, unit, id_) for id_ in pattern.member_ids] or [None]
    if ((pattern.last - pattern.first).days + 1) * len(who) > MOST:
        raise InvalidField(
            "body.last", f"makes more than {MOST} shifts at once", f"一次最多生成 {MOST} 个班次"
        )
    spans = list(
        weekly(
            pattern.weekdays,
            pattern.begins,
            pattern.ends,
            pattern.first,
            pattern.last,
            ZoneInfo(settings().timezone),
        )
    )
    if not spans:
        raise InvalidField(
            "body.weekdays", "none of these days is in the period", "期间内没有这些日子"
        )

    for member in who:
        _demand_free(uow.session, unit, member, spans)
    return [_add(uow, unit, member, pattern.kind, span) for member in who for span in spans]


def change_shift(
    uow: UnitOfWork, shift_id: UUID, values: ShiftValues, version: int, access: Access
) -> None:
    """Other times or another kind; whose shift it is stays."""
    repository.lock_organisation(uow.session, uow.org_id)
    shift = shift_of(uow.session, uow.org_id, shift_id, access)
    demand_version(uow.session, shift, version)
    unit = own_unit(uow.session, uow.org_id, shift.unit_id, access)
    if (values.unit_id, values.member_id) != (shift.unit_id, shift.member_id):
        raise InvalidField(
            "body.member_id", "whose shift it is stays", "班次不能换人，请删除后另排"
        )
    span = _span(values)
    member = uow.session.get(Member, (uow.org_id, shift.member_id)) if shift.member_id else None
    _demand_free(uow.session, unit, member, [span], but=shift_id)

    times = {"kind": values.kind, "starts_at": span.start, "ends_at": span.end}
    if what := apply(shift, times):
        _record(uow, shift, what)


def remove_shift(uow: UnitOfWork, shift_id: UUID, version: int, access: Access) -> None:
    """Take a shift off the roster; the log keeps that it was there."""
    repository.lock_organisation(uow.session, uow.org_id)
    shift = shift_of(uow.session, uow.org_id, shift_id, access)
    demand_version(uow.session, shift, version)
    shift.version += 1
    _record(uow, shift, "removed")
    uow.session.delete(shift)


def shift_of(session: Session, org_id: int, shift_id: UUID, access: Access) -> Shift:
    """A shift of a unit that `access` may see; NotFound otherwise."""
    found = session.get(Shift, (org_id, shift_id))
    unit = session.get(Unit, (org_id, found.unit_id)) if found else None
    if found is None or unit is None or not repository.sees(access, unit):
        raise NotFound(what="shift", id=shift_id)
    return found


def _member(session: Session, unit: Unit, member_id: UUID | None) -> Member | None:
    if member_id is None:
        return None
    found = session.get(Member, (unit.org_id, member_id))
    if found is None or found.unit_id != unit.id or not found.active:
        raise InvalidField(
            "body.member_id", f"is no member of {unit.name_en}", f"不是{unit.name_zh}的人员"
        )
    return found


def _span(values: ShiftValues) -> Span:
    if values.ends_at <= values.starts_at:
        raise InvalidField("body.ends_at", "lies before the beginning", "早于开始时间")
    if values.ends_at - values.starts_at > LONGEST:
        raise InvalidField("body.ends_at", "longer than 48 hours", "班次不能超过 48 小时")
    return Span(values.starts_at, values.ends_at)


def _demand_free(
    session: Session,
    unit: Unit,
    member: Member | None,
    spans: Sequence[Span],
    but: UUID | None = None,
) -> None:
    """None of `spans` may overlap another of them or what is planned for the same."""
    whole = Span(min(one.start for one in spans), max(one.end for one in spans))
    who = member.id if member else unit.id
    planned = [
        Span(one.starts_at, one.ends_at)
        for one in repository.shifts_of(session, unit.org_id, who, whole)
        if one.id != but
    ]
    clash = first_overlap([*spans, *planned])
    if clash is None:
        return
    both = [*spans, *planned]
    new, old = sorted(clash)
    raise ShiftOverlaps(
        who_zh=member.name if member else unit.name_zh,
        who_en=member.name if member else unit.name_en,
        ours=span_words(both[new].start, both[new].end),
        theirs=span_words(both[old].start, both[old].end),
    )


def _add(uow: UnitOfWork, unit: Unit, member: Member | None, kind: str, span: Span) -> UUID:
    shift = Shift(
        org_id=uow.org_id,
        id=new_id(),
        unit_id=unit.id,
        member_id=member.id if member else None,
        kind=kind,
        starts_at=span.start,
        ends_at=span.end,
        version=1,
    )
    uow.session.add(shift)
    _record(uow, shift, "created")
    return shift.id


def _record(uow: UnitOfWork, shift: Shift, what: str) -> None:
    fact = ev.OrganisationShiftChanged(
        version=shift.version,
        what=what,
        unit_id=shift.unit_id,
        member_id=shift.member_id,
        kind=shift.kind,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
    )
    uow.emit(shift.id, fact, source=SOURCE)
