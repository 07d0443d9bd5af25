"""The first organisation of an empty database: hotline, three centres, crews, people, vehicles.

Everything in it can be renamed later. Passwords are made at random, kept in `logins.txt` (mode
0600) of the data directory, and printed at each start.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth import hash_password
from core.clock import now
from core.db import session_factory
from core.ids import new_id
from core.models import Organisation, Unit, User
from core.rights import Role
from dispatch.crews.models import Crew, Vehicle
from dispatch.roster.first import Recruit, add_people, keep_planned
from gps.models import Device

ORG_ID = 1
CENTRES = (
    ("east", "城东报修中心", "East repair centre"),
    ("west", "城西报修中心", "West repair centre"),
    ("south", "城南报修中心", "South repair centre"),
)
CREWS = (
    ("1", "一班", "crew 1", "low_voltage", True),
    ("2", "二班", "crew 2", "medium_voltage", False),
    ("3", "社区班", "community crew", "community_service", True),
)
VOLTAGES = {
    "low_voltage": ("0.4",),
    "medium_voltage": ("10",),
    "community_service": ("0.4",),
}
PEOPLE = (("班长", 0, 1), ("副班长", 1, 2), ("成员甲", 0, None), ("成员乙", 1, None))
DESK = (("主任", 0, 1), ("副主任", 1, 2))
"""Titles to be replaced by names; team (days, nights); rank of leaders."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login to print once set up. `terminal`: digits of the one in the crew's vehicle."""

    login: str
    password: str
    role: str
    name: str
    terminal: str = ""


def ensure_starter(data_dir: Path) -> list[Login]:
    """Make the first organisation if there is none. Returns the logins that were made here."""
    file = data_dir / "logins.txt"
    with session_factory()() as session:
        real = select(func.count()).select_from(Organisation).where(~Organisation.demo)
        if session.execute(real).scalar_one() == 0:
            logins = _make(session)
            _keep(file, logins)
            session.commit()
            return logins
    if not file.exists():
        return []
    return [Login(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def _keep(file: Path, logins: list[Login]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in logins)


def _make(session: Session) -> list[Login]:
    session.add(
        Organisation(
            id=ORG_ID, code="main", name_zh="供电公司", name_en="Power utility", created_at=now()
        )
    )
    session.flush()
    hotline = _unit(session, None, "hotline", "hotline", "95598 热线", "Hotline 95598", "hq")
    logins = [
        _user(session, hotline, Role.AGENT, "agent", "坐席"),
        _user(session, hotline, Role.SHIFT_LEAD, "lead", "值长"),
        _user(session, hotline, Role.SUPERVISOR, "supervisor", "主管"),
        _user(session, hotline, Role.ADMINISTRATOR, "admin", "管理员"),
    ]
    _people(session, hotline, "hotline", "热线", DESK)
    for number, (code, zh, en) in enumerate(CENTRES, start=1):
        centre = _unit(session, hotline, "centre", code, zh, en, code)
        logins.append(_user(session, centre, Role.DISPATCHER, f"{code}.desk", f"{zh}调度"))
        _people(session, centre, code, zh.removesuffix("报修中心"), DESK)
        logins.extend(_crews(session, centre, number, code, zh, en))
    keep_planned(session, ORG_ID, now())
    return logins


def _people(
    session: Session,
    unit: UUID,
    code: str,
    zh: str,
    titles: tuple[tuple[str, int, int | None], ...],
    trade: str = "",
) -> None:
    """Leaders and members under their titles, half of them by day and half by night."""
    trades = (trade,) if trade else ()
    recruits = [
        Recruit(f"{zh}{title}", code, team, rank, None, None, trades, VOLTAGES.get(trade, ()))
        for title, team, rank in titles
    ]
    add_people(session, ORG_ID, unit, recruits)


def _crews(session: Session, centre: UUID, number: int, code: str, zh: str, en: str) -> list[Login]:
    logins = []
    for name, crew_zh, crew_en, trade, same_site in CREWS:
        site = code if same_site else f"{code}-{name}"
        title_zh = zh.removesuffix("报修中心") + crew_zh
        title_en = f"{en.removesuffix(' repair centre')} {crew_en}"
        unit = _unit(session, centre, "crew", f"{code}-{name}", title_zh, title_en, site)
        crew = Crew(org_id=ORG_ID, id=unit, trade=trade, voltage_classes=list(VOLTAGES[trade]))
        session.add(crew)
        _people(session, unit, f"{code}-{name}", title_zh, PEOPLE, trade)
        vehicle = Vehicle(org_id=ORG_ID, id=new_id(), plate=f"京A·D{number}{name}01", crew_id=unit)
        session.add(vehicle)
        session.flush()
        terminal = f"1380000{number}{name}01"
        session.add(
            Device(
                org_id=ORG_ID,
                id=new_id(),
                kind="terminal",
                protocol="jt808",
                identity=terminal,
                vehicle_id=vehicle.id,
            )
        )
        login = _user(session, unit, Role.CREW, f"{code}.crew{name}", title_zh)
        logins.append(replace(login, terminal=terminal))
    return logins


def _unit(
    session: Session, parent: UUID | None, kind: str, code: str, zh: str, en: str, site: str
) -> UUID:
    unit = Unit(
        org_id=ORG_ID,
        id=new_id(),
        parent_id=parent,
        kind=kind,
        code=code,
        name_zh=zh,
        name_en=en,
        site=site,
    )
    session.add(unit)
    session.flush()
    return unit.id


def _user(session: Session, unit_id: UUID, role: Role, login: str, name: str) -> Login:
    password = secrets.token_urlsafe(9)
    session.add(
        User(
            org_id=ORG_ID,
            id=new_id(),
            login=login,
            name=name,
            password_hash=hash_password(password),
            role=role.value,
            unit_id=unit_id,
        )
    )
    session.flush()
    return Login(login=login, password=password, role=role.value, name=name)
