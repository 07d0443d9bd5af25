"""Use cases: logins. A new password is told once and kept nowhere but as its hash."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import events as ev
from core.auth import hash_password
from core.clock import real_now
from core.errors import InvalidField, NotFound
from core.ids import new_id
from core.models import LoginSession, Unit, User
from core.rights import Role
from core.uow import UnitOfWork
from dispatch.roster import repository
from dispatch.roster.changes import SOURCE, LastAdministrator, apply, demand_version

HOMES: dict[Role, tuple[str, ...]] = {
    Role.DISPATCHER: ("centre",),
    Role.CREW: ("crew",),
    Role.AGENT: ("hotline", "department"),
    Role.SHIFT_LEAD: ("hotline", "department"),
    Role.SUPERVISOR: ("hotline", "centre", "department"),
    Role.ADMINISTRATOR: ("hotline", "centre", "department"),
}
"""Kinds of unit where each role works: what a centre or crew may see follows from the unit."""


@dataclass(frozen=True, slots=True)
class UserValues:
    """A login. `role`: one of `core.rights.Role`."""

    login: str
    name: str
    role: Role
    unit_id: UUID


def create_user(uow: UnitOfWork, values: UserValues) -> tuple[UUID, str]:
    """A new login. Returns its id and the password, which is told this once."""
    repository.lock_organisation(uow.session, uow.org_id)
    _demand_free_login(uow.session, None, values.login)
    _demand_home(uow.session, uow.org_id, values)
    password = new_password()
    user = User(
        org_id=uow.org_id,
        id=new_id(),
        login=values.login,
        name=values.name,
        password_hash=hash_password(password),
        role=values.role.value,
        unit_id=values.unit_id,
        active=True,
        version=1,
    )
    uow.session.add(user)
    _record(uow, user, "created")
    return user.id, password


def change_user(uow: UnitOfWork, user_id: UUID, values: UserValues, version: int) -> None:
    """Name, login, role, unit. Another role or unit ends the sessions: they hold the old rights."""
    repository.lock_organisation(uow.session, uow.org_id)
    user = user_of(uow.session, uow.org_id, user_id)
    demand_version(uow.session, user, version)
    _demand_free_login(uow.session, user_id, values.login)
    _demand_home(uow.session, uow.org_id, values)
    if values.role is not Role.ADMINISTRATOR:
        _demand_another_administrator(uow.session, user)

    what = apply(
        user,
        {
            "login": values.login,
            "name": values.name,
            "role": values.role.value,
            "unit_id": values.unit_id,
        },
    )
    if {"role", "unit_id"} & set(what.split()):
        end_sessions(uow, user_id)
    if what:
        _record(uow, user, what)


def set_active(
    uow: UnitOfWork, user_id: UUID, *, active: bool, version: int, reason: str | None = None
) -> None:
    """Out of use, at once on every screen, or back."""
    repository.lock_organisation(uow.session, uow.org_id)
    user = user_of(uow.session, uow.org_id, user_id)
    demand_version(uow.session, user, version)
    if not active:
        _demand_another_administrator(uow.session, user)
    if what := apply(user, {"active": active}):
        if not active:
            end_sessions(uow, user_id)
        _record(uow, user, what, reason)


def reset_password(uow: UnitOfWork, user_id: UUID, version: int) -> str:
    """A new password, told this once; all sessions of the login end."""
    repository.lock_organisation(uow.session, uow.org_id)
    user = user_of(uow.session, uow.org_id, user_id)
    demand_version(uow.session, user, version)
    password = new_password()
    user.password_hash = hash_password(password)
    user.failed_logins, user.locked_until = 0, None
    user.version += 1
    end_sessions(uow, user_id)
    _record(uow, user, "password")
    return password


def new_password() -> str:
    """Sixteen random characters, 96 bits."""
    return secrets.token_urlsafe(12)


def end_sessions(uow: UnitOfWork, user_id: UUID) -> None:
    """Cookies and live connections of a login stop working."""
    uow.session.execute(
        update(LoginSession)
        .where(
            LoginSession.org_id == uow.org_id,
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
        )
        .values(ended_at=real_now())
    )


def user_of(session: Session, org_id: int, user_id: UUID) -> User:
    found = session.get(User, (org_id, user_id))
    if found is None:
        raise NotFound(what="user", id=user_id)
    return found


def _demand_free_login(session: Session, user_id: UUID | None, login: str) -> None:
    """Logins are unique over all organisations."""
    query = select(User.id).where(func.lower(User.login) == login.lower())
    if any(id_ != user_id for id_ in session.scalars(query)):
        raise InvalidField("body.login", "is taken", "已被使用")


def _demand_home(session: Session, org_id: int, values: UserValues) -> None:
    unit = session.get(Unit, (org_id, values.unit_id))
    if unit is None:
        raise InvalidField("body.unit_id", "there is no such unit", "没有此单位")
    if not unit.active:
        raise InvalidField("body.unit_id", f"{unit.name_en} is out of use", f"{unit.name_zh}已停用")
    if unit.kind not in HOMES[values.role]:
        raise InvalidField(
            "body.unit_id",
            f"this role does not work at {unit.name_en}",
            f"该角色不在{unit.name_zh}这类单位工作",
        )


def _demand_another_administrator(session: Session, user: User) -> None:
    if user.role != Role.ADMINISTRATOR.value or not user.active:
        return
    query = select(func.count()).where(
        User.org_id == user.org_id,
        User.role == Role.ADMINISTRATOR.value,
        User.active,
        User.id != user.id,
    )
    if session.execute(query).scalar_one() == 0:
        raise LastAdministrator


def _record(uow: UnitOfWork, user: User, what: str, reason: str | None = None) -> None:
    uow.session.flush()
    fact = ev.OrganisationUserChanged(
        version=user.version,
        what=what,
        role=user.role,
        unit_id=user.unit_id,
        active=user.active,
        reason=reason,
    )
    uow.emit(user.id, fact, source=SOURCE)
