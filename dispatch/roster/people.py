"""Use cases: members of a unit. A centre's dispatcher keeps those of its own centre."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import events as ev
from core.errors import InvalidField, NotFound
from core.identity import Access
from core.ids import new_id
from core.models import Unit, User
from core.rights import Scope
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.directory.rules import e164
from dispatch.roster import repository
from dispatch.roster.changes import SOURCE, apply, demand_version
from dispatch.roster.models import Member

FIELDS = ("unit_id", "user_id", "name", "staff_number", "phone", "leader_rank", "active")
CODES = ("trades", "voltage_classes")


@dataclass(frozen=True, slots=True)
class MemberValues:
    """A person of a unit. `phone` in any format; `leader_rank` 1 or 2, who is telephoned first."""

    unit_id: UUID
    name: str
    staff_number: str
    phone: str | None = None
    user_id: UUID | None = None
    trades: tuple[str, ...] = ()
    voltage_classes: tuple[str, ...] = ()
    leader_rank: int | None = None
    active: bool = True


def add_member(uow: UnitOfWork, values: MemberValues, access: Access) -> UUID:
    """A new person. Raises InvalidField naming what is taken or missing."""
    repository.lock_organisation(uow.session, uow.org_id)
    wanted = _checked(uow.session, uow.org_id, None, values, access)
    member = Member(org_id=uow.org_id, id=new_id(), version=1, **wanted)
    uow.session.add(member)
    _record(uow, member, "created")
    return member.id


def change_member(
    uow: UnitOfWork, member_id: UUID, values: MemberValues, version: int, access: Access
) -> None:
    """All of it at once, of the version that was seen."""
    repository.lock_organisation(uow.session, uow.org_id)
    member = member_of(uow.session, uow.org_id, member_id, access)
    demand_version(uow.session, member, version)
    wanted = _checked(uow.session, uow.org_id, member_id, values, access)
    if what := apply(member, wanted):
        _record(uow, member, what)


def member_of(session: Session, org_id: int, member_id: UUID, access: Access) -> Member:
    """A member of a unit that `access` may see; NotFound otherwise."""
    found = session.get(Member, (org_id, member_id))
    unit = session.get(Unit, (org_id, found.unit_id)) if found else None
    if found is None or unit is None or not repository.sees(access, unit):
        raise NotFound(what="member", id=member_id)
    return found


def own_unit(session: Session, org_id: int, unit_id: UUID, access: Access) -> Unit:
    """A unit whose roster `access` may keep; InvalidField otherwise."""
    unit = session.get(Unit, (org_id, unit_id))
    if unit is None or not repository.sees(access, unit):
        raise InvalidField("body.unit_id", "there is no such unit of yours", "没有此单位或不属于您")
    if not unit.active:
        raise InvalidField("body.unit_id", f"{unit.name_en} is out of use", f"{unit.name_zh}已停用")
    return unit


def phone_of(phone: str | None, field: str = "body.phone") -> str | None:
    """A phone number as E.164; InvalidField where it cannot be one."""
    if not phone:
        return None
    found = e164(phone, settings().phone_region)
    if found is None:
        raise InvalidField(field, "this is no phone number", "不是电话号码")
    return found


def _checked(
    session: Session, org_id: int, member_id: UUID | None, values: MemberValues, access: Access
) -> dict[str, object]:
    unit = own_unit(session, org_id, values.unit_id, access)
    _demand_free_number(session, org_id, member_id, values.staff_number)
    if values.active:
        _demand_free_rank(session, member_id, unit, values.leader_rank)
    if values.user_id is not None:
        _demand_login(session, org_id, values.user_id, access)
    wanted: dict[str, object] = {name: getattr(values, name) for name in FIELDS}
    wanted |= {name: list(getattr(values, name)) for name in CODES}
    return wanted | {"phone": phone_of(values.phone)}


def _demand_free_number(session: Session, org_id: int, member_id: UUID | None, number: str) -> None:
    query = select(Member).where(
        Member.org_id == org_id, func.lower(Member.staff_number) == number.lower()
    )
    for other in session.scalars(query):
        if other.id != member_id:
            raise InvalidField(
                "body.staff_number", f"{other.name} has this number", f"{other.name}已用此工号"
            )


def _demand_free_rank(
    session: Session, member_id: UUID | None, unit: Unit, rank: int | None
) -> None:
    if rank is None:
        return
    query = select(Member).where(
        Member.org_id == unit.org_id,
        Member.unit_id == unit.id,
        Member.leader_rank == rank,
        Member.active,
    )
    for other in session.scalars(query):
        if other.id != member_id:
            raise InvalidField(
                "body.leader_rank",
                f"{other.name} is leader {rank} of {unit.name_en}",
                f"{other.name}已是{unit.name_zh}第{rank}负责人",
            )


def _demand_login(session: Session, org_id: int, user_id: UUID, access: Access) -> None:
    user = session.get(User, (org_id, user_id))
    unit = session.get(Unit, (org_id, user.unit_id)) if user else None
    if unit is None or (access.scope is not Scope.ALL and not repository.sees(access, unit)):
        raise InvalidField("body.user_id", "there is no such login", "没有此账号")


def _record(uow: UnitOfWork, member: Member, what: str) -> None:
    uow.session.flush()
    fact = ev.OrganisationMemberChanged(
        version=member.version,
        what=what,
        unit_id=member.unit_id,
        leader_rank=member.leader_rank,
        active=member.active,
    )
    uow.emit(member.id, fact, source=SOURCE)
