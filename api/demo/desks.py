"""Desks of the demo city that anybody may take, while the demo is on."""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.demo.staff import DOINGS, GUESTS
from core import auth
from core.db import session_factory
from core.errors import Problem
from core.identity import Principal
from core.models import Organisation, User
from core.settings import settings


class NoDemoDesk(Problem):
    """The demo is off, or this is no desk of it that people may take."""

    status = 404
    code = "no_demo_desk"
    zh = "演示城市未开启，或没有这个演示岗位。"
    en = "The demo city is off, or has no such desk."


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk as the login page offers it: who one is there, what one does, on which page."""

    login: str
    role: str
    name_zh: str
    name_en: str
    what_zh: str
    what_en: str
    page: str


def desks(session: Session) -> list[Desk]:
    """All desks that may be entered now."""
    if not settings().demo:
        return []
    open_ones = {user.login for user in session.scalars(_guests()).all()}
    return [
        Desk(
            login=post.login,
            role=post.role.value,
            name_zh=post.name_zh,
            name_en=post.name_en,
            what_zh=DOINGS[post.role].zh,
            what_en=DOINGS[post.role].en,
            page=DOINGS[post.role].page,
        )
        for post in GUESTS
        if post.login in open_ones
    ]


def enter(login: str) -> tuple[str, Principal]:
    """Log in at a desk. Returns (cookie token, principal). Raises NoDemoDesk."""
    if not settings().demo:
        raise NoDemoDesk
    with session_factory()() as session:
        user = session.scalars(_guests().where(User.login == login)).one_or_none()
        if user is None:
            raise NoDemoDesk
        opened = auth.let_in(session, user)
        session.commit()
    return opened


def _guests() -> Select[User]:
    """Accounts for people, in a demo organisation only; never simulated staff."""
    return (
        select(User)
        .join(Organisation, Organisation.id == User.org_id)
        .where(Organisation.demo, User.active, User.login.in_([post.login for post in GUESTS]))
    )
