"""Queries of escalations: who supervises, which unit is the hotline, what was tried."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Unit, User
from core.rights import Role
from dispatch.escalation.rules import Chosen
from dispatch.notices.models import Notice
from dispatch.notices.port import SOUND
from dispatch.roster.models import Member
from dispatch.roster.repository import person
from dispatch.roster.rules import OnDuty
from sla.models import SlaLadder


def hotline(session: Session, org_id: int) -> UUID | None:
    """The unit that sends orders to the centres."""
    query = select(Unit.id).where(Unit.org_id == org_id, Unit.kind == "hotline", Unit.active)
    return session.scalars(query.order_by(Unit.code).limit(1)).first()


def supervisors(
    session: Session, org_id: int, duty: Mapping[UUID, OnDuty]
) -> list[tuple[Chosen, UUID]]:
    """Supervisors on duty with their user ids: by their own shifts, else by those of their unit."""
    query = (
        select(User, Member)
        .outerjoin(
            Member, (Member.org_id == User.org_id) & (Member.user_id == User.id) & Member.active
        )
        .where(User.org_id == org_id, User.role == Role.SUPERVISOR, User.active)
        .order_by(User.login)
    )
    found = []
    for user, joined in session.execute(query):
        member: Member | None = joined  # of an outer join
        unit = duty.get(member.unit_id if member else user.unit_id)
        if unit is None or not unit.on_duty:
            continue
        if member is None:
            found.append((Chosen(user.unit_id, None), user.id))
        elif any(one.id == member.id for one in unit.members):
            found.append((Chosen(member.unit_id, person(member)), user.id))
    return found


def on_roster(session: Session, org_id: int, user_id: UUID | None) -> bool:
    """Whether a login belongs to a member whose shifts are known."""
    query = select(Member.id).where(Member.org_id == org_id, Member.user_id == user_id)
    return user_id is not None and session.scalars(query.limit(1)).first() is not None


def told(session: Session, org_id: int, ladder_id: UUID) -> set[UUID]:
    """Members whom a ladder told already."""
    query = select(Notice.member_id).where(Notice.org_id == org_id, Notice.ladder_id == ladder_id)
    return {one for one in session.scalars(query) if one is not None}


def notices_of(
    session: Session, org_id: int, ladder_ids: Sequence[UUID]
) -> Mapping[UUID, list[Notice]]:
    """What was tried for these ladders, oldest first."""
    query = select(Notice).where(Notice.org_id == org_id, Notice.ladder_id.in_(ladder_ids))
    return grouped(session.scalars(query.order_by(Notice.asked_at, Notice.step, Notice.id)))


def sounding(session: Session, org_id: int, order_ids: Iterable[UUID]) -> dict[UUID, list[Notice]]:
    """Of each order, what a ladder that still stands lets somebody hear, oldest first."""
    query = (
        select(Notice)
        .join(SlaLadder, (SlaLadder.org_id == Notice.org_id) & (SlaLadder.id == Notice.ladder_id))
        .where(
            SlaLadder.org_id == org_id,
            SlaLadder.case_id.in_(list(order_ids)),
            SlaLadder.ended_at.is_(None),
            Notice.channel == SOUND,
            Notice.state == "sent",
        )
        .order_by(Notice.asked_at, Notice.id)
    )
    found: dict[UUID, list[Notice]] = defaultdict(list)
    for one in session.scalars(query):
        found[one.case_id].append(one)
    return found


def grouped(notices: Iterable[Notice]) -> dict[UUID, list[Notice]]:
    found: dict[UUID, list[Notice]] = defaultdict(list)
    for one in notices:
        if one.ladder_id is not None:
            found[one.ladder_id].append(one)
    return found
