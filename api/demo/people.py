"""Members of the demo city's units, their leaders and their shifts; kept planned at every start."""

import random
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.demo.names import person
from api.demo.staff import HOTLINE, TEAMS, Post, staff
from core.models import Unit, User
from dispatch.roster.first import Recruit, add_people, has_people, keep_planned

TEAM_SIZE = 4
DESK_SIZE = 2
PHONES = "+86164001"
"""In the range of the customers' phones, which no operator has."""


def add_roster(session: Session, org_id: int, seed: int, now: datetime) -> None:
    """People where there are none yet, and shifts for the coming weeks."""
    if not has_people(session, org_id):
        _add_people(session, org_id, seed)
    keep_planned(session, org_id, now)


def _add_people(session: Session, org_id: int, seed: int) -> None:
    dice = random.Random(f"roster {seed}")  # noqa: S311 - names, not secrets
    units = session.scalars(
        select(Unit)
        .where(Unit.org_id == org_id, Unit.kind.in_(("hotline", "centre", "crew")))
        .order_by(Unit.code)
    ).all()
    centres = tuple(unit.code for unit in units if unit.kind == "centre")
    posts = {post.login: post for post in staff(centres)}
    logins = session.scalars(select(User).where(User.org_id == org_id, User.active)).all()
    phones = (f"{PHONES}{number:05d}" for number in range(1, 100_000))
    for unit in units:
        known = [
            (posts[user.login], user)
            for user in sorted(logins, key=lambda one: one.login)
            if user.unit_id == unit.id and user.login in posts
        ]
        add_people(session, org_id, unit.id, list(_recruits(unit, known, phones, dice)))


def _recruits(
    unit: Unit, known: list[tuple[Post, User]], phones: Iterator[str], dice: random.Random
) -> Iterator[Recruit]:
    """The simulated staff first, then others, half by day and half by night."""
    team = next((one for one in TEAMS if unit.code.endswith(f"-{one.number}")), None)
    crew = unit.kind == "crew" and team is not None
    size = TEAM_SIZE if unit.kind == "crew" else DESK_SIZE
    names: list[tuple[str, UUID | None]] = [(post.name, user.id) for post, user in known]
    while len(names) < size:
        zh, en = person(dice)
        names.append((f"{zh} {en}", None))
    leading = unit.code != HOTLINE
    for place, (name, user_id) in enumerate(names):
        yield Recruit(
            name=name,
            staff_number=unit.code,
            team=place % 2,
            rank=place + 1 if leading and place < 2 else None,
            phone=next(phones),
            user_id=user_id,
            trades=(team.trade,) if crew and team else (),
            voltage_classes=team.voltage_classes if crew and team else (),
        )
