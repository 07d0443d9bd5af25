"""Queries of units, members and shifts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.models import Organisation, Unit
from core.rights import Scope
from dispatch.roster.models import Member, Shift
from dispatch.roster.rules import Person, Planned, Post, Span


def lock_organisation(session: Session, org_id: int) -> None:
    """One change of the organisation at a time: rings, doubles and the last of a kind are seen."""
    query = select(Organisation.id).where(Organisation.id == org_id)
    session.execute(query.with_for_update(key_share=True))


def units(session: Session, org_id: int, access: Access) -> list[Unit]:
    """All units that `access` may see, by code; a centre sees itself and what is below it."""
    query = select(Unit).where(Unit.org_id == org_id).order_by(Unit.code)
    if access.scope is not Scope.ALL:
        query = query.where(Unit.centre_id == access.unit_id)
    return list(session.scalars(query))


def unit_of(session: Session, org_id: int, unit_id: UUID, access: Access) -> Unit:
    """A unit that `access` may see; NotFound otherwise."""
    found = session.get(Unit, (org_id, unit_id))
    if found is None or not sees(access, found):
        raise NotFound(what="unit", id=unit_id)
    return found


def below(session: Session, top: Unit) -> list[Unit]:
    """A unit and all that stand below it, parents first."""
    children = defaultdict(list)
    query = select(Unit).where(Unit.org_id == top.org_id, Unit.parent_id.is_not(None))
    for unit in session.scalars(query.order_by(Unit.code)):
        children[unit.parent_id].append(unit)
    found = [top]
    for unit in found:  # grows while it is walked
        found += children[unit.id]
    return found


def sees(access: Access, unit: Unit) -> bool:
    """Whether a unit is of the records that `access` opens."""
    return access.scope is Scope.ALL or unit.centre_id == access.unit_id


def posts(session: Session, org_id: int, at: datetime) -> dict[UUID, Post]:
    """Every unit with its people and its roster around `at`."""
    people = _people(session, org_id)
    rosters = _rosters(session, org_id)
    current = defaultdict(list)
    for shift in session.scalars(
        select(Shift).where(Shift.org_id == org_id, Shift.starts_at <= at, Shift.ends_at > at)
    ):
        current[shift.unit_id].append(planned(shift))
    return {
        unit.id: Post(
            unit_id=unit.id,
            parent_id=unit.parent_id,
            active=unit.active,
            phone=unit.phone,
            people=tuple(people[unit.id]),
            roster=rosters.get(unit.id),
            current=tuple(sorted(current[unit.id], key=lambda one: one.span.start)),
        )
        for unit in session.scalars(select(Unit).where(Unit.org_id == org_id))
    }


def planned(shift: Shift) -> Planned:
    span = Span(shift.starts_at, shift.ends_at)
    return Planned(shift.unit_id, shift.member_id, span, shift.kind)


def _people(session: Session, org_id: int) -> dict[UUID, list[Person]]:
    query = select(Member).where(Member.org_id == org_id, Member.active)
    found = defaultdict(list)
    for one in session.scalars(query.order_by(Member.staff_number)):
        found[one.unit_id].append(person(one))
    return found


def person(one: Member) -> Person:
    return Person(
        id=one.id,
        unit_id=one.unit_id,
        name=one.name,
        phone=one.phone,
        trades=tuple(one.trades),
        voltage_classes=tuple(one.voltage_classes),
        leader_rank=one.leader_rank,
        user_id=one.user_id,
    )


def _rosters(session: Session, org_id: int) -> dict[UUID, Span]:
    query = (
        select(Shift.unit_id, func.min(Shift.starts_at), func.max(Shift.ends_at))
        .where(Shift.org_id == org_id)
        .group_by(Shift.unit_id)
    )
    return {unit_id: Span(first, last) for unit_id, first, last in session.execute(query)}


def members(session: Session, org_id: int, unit_ids: Iterable[UUID]) -> list[Member]:
    """Members of these units: leaders first, then by staff number."""
    query = select(Member).where(Member.org_id == org_id, Member.unit_id.in_(list(unit_ids)))
    order = (Member.active.desc(), Member.leader_rank.nulls_last(), Member.staff_number)
    return list(session.scalars(query.order_by(*order)))


def shifts(session: Session, org_id: int, unit_ids: Iterable[UUID], span: Span) -> list[Shift]:
    """Shifts of these units that touch `span`, by beginning."""
    query = select(Shift).where(
        Shift.org_id == org_id,
        Shift.unit_id.in_(list(unit_ids)),
        Shift.starts_at < span.end,
        Shift.ends_at > span.start,
    )
    return list(session.scalars(query.order_by(Shift.starts_at, Shift.id)))


def shifts_of(session: Session, org_id: int, who: UUID, span: Span) -> list[Shift]:
    """Shifts that touch `span` of a member, or of a whole unit, whichever `who` is the id of."""
    query = select(Shift).where(
        Shift.org_id == org_id,
        (Shift.member_id == who) | ((Shift.unit_id == who) & Shift.member_id.is_(None)),
        Shift.starts_at < span.end,
        Shift.ends_at > span.start,
    )
    return list(session.scalars(query.order_by(Shift.starts_at)))
