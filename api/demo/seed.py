"""The demo organisation: made once, beside the real one and never mixed with it.

`demo.json` in the data directory (mode 0600) tells whoever drives the city what only the database
knows. Its passwords open the demo organisation and nothing else:

    {"version": 2, "seed": 1, "org_id": 2,
     "hotline_number": "+8616400095598",   number that callers dial
     "carrier_token": "…",                 signs webhooks where no setting names a carrier's token
     "people": [{"login", "password", "role", "name", "unit", "unit_id"}],   demo.*, for people
     "staff":  [the same],                                                   sim.*, simulated
     "centres": [{"code", "unit_id", "lat", "lon"}],
     "crews": [{"code", "unit_id", "centre", "trade", "same_site", "lat", "lon",
                "vehicle_id", "plate", "terminal", "login"}]}

A crew's point is its home, `terminal` the digits of its vehicle's JT/T 808 terminal, `login` that
of its simulated members. Ground, streets, customers and their phones follow from `seed` by
`api.demo.city.make_city`.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from api.demo.basemap import base_map
from api.demo.city import DEFAULT_SEED, City, make_city
from api.demo.desk_phones import add_desk_phones
from api.demo.directory_rows import add_directory
from api.demo.fences import add_fences
from api.demo.people import add_roster
from api.demo.retire import retire
from api.demo.staff import GUESTS, Post, staff
from api.demo.units import HOTLINE_NUMBER, add_units, crews_of, units_of
from core.auth import hash_password
from core.clock import now
from core.db import session_factory
from core.ids import new_id
from core.models import Organisation, User
from dispatch.directory.repository import map_digest
from dispatch.directory.service import digest_of
from dispatch.starter import Login

CODE = "demo"
FILE = "demo.json"
VERSION = 3
"""Of the file and of the city: raised whenever the same seed gives another city."""
_LOCK = 7_245_002


def ensure_demo(data_dir: Path) -> list[Login]:
    """Make the demo organisation if there is none. Returns the logins of its desks for people.

    Where it is there and `demo.json` is lost, everybody gets a new password and it is written anew.
    Where it holds the city of another edition, it is closed and a new one made.
    """
    with session_factory()() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        org_id = demo_organisation(session)
        kept = read_demo(data_dir)
        if org_id is None or kept is None or kept["org_id"] != org_id:
            city = make_city(DEFAULT_SEED)
            if org_id is not None and not _is_home_of(session, org_id, city):
                retire(session, org_id, CODE)
                org_id = None
            if org_id is None:
                org_id = _make(session, city)
            passwords = _give_passwords(session, org_id, _posts(city))
            kept = _describe(session, org_id, city, passwords)
            _keep(data_dir / FILE, kept)
        add_roster(session, kept["org_id"], kept["seed"], now())
        add_desk_phones(session, kept["org_id"])
        session.commit()
    names = ("login", "password", "role", "name")
    return [Login(**{name: one[name] for name in names}) for one in kept["people"]]


def demo_organisation(session: Session) -> int | None:
    """The number of the demo organisation, where there is one."""
    query = select(Organisation.id).where(Organisation.code == CODE, Organisation.demo)
    return session.scalar(query)


def read_demo(data_dir: Path) -> dict[str, Any] | None:
    """What `demo.json` holds; None where there is none of this version."""
    try:
        found = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("version") == VERSION else None


def _is_home_of(session: Session, org_id: int, city: City) -> bool:
    return map_digest(session, org_id) == digest_of(base_map(city))


def _make(session: Session, city: City) -> int:
    """The organisation with everything but passwords."""
    org_id = 1 + (session.scalar(select(func.max(Organisation.id))) or 0)
    session.add(
        Organisation(
            id=org_id,
            code=CODE,
            name_zh="演示城",
            name_en="Demo City",
            demo=True,
            created_at=now(),
        )
    )
    session.flush()
    add_units(session, org_id, city)
    units = units_of(session, org_id)
    add_directory(session, org_id, city, units)
    add_fences(session, org_id, city, units)
    session.execute(
        insert(User),
        [
            {
                "org_id": org_id,
                "id": new_id(),
                "login": post.login,
                "name": post.name,
                "password_hash": "-",
                "role": post.role.value,
                "unit_id": units[post.unit],
            }
            for post in _posts(city)
        ],
    )
    return org_id


def _posts(city: City) -> tuple[Post, ...]:
    return (*GUESTS, *staff(tuple(site.code for site in city.sites)))


def _give_passwords(session: Session, org_id: int, posts: Sequence[Post]) -> dict[str, str]:
    """New random passwords; login → password. The simulated staff share one: hashing takes time."""
    people = {post.login for post in GUESTS}
    shared = secrets.token_urlsafe(12)
    passwords = {
        post.login: secrets.token_urlsafe(12) if post.login in people else shared for post in posts
    }
    hashes = {password: hash_password(password) for password in set(passwords.values())}
    for login, password in passwords.items():
        session.execute(
            update(User)
            .where(User.org_id == org_id, User.login == login)
            .values(password_hash=hashes[password])
        )
    return passwords


def _describe(
    session: Session, org_id: int, city: City, passwords: Mapping[str, str]
) -> dict[str, Any]:
    """The content of `demo.json`."""
    units = units_of(session, org_id)

    def accounts(posts: Sequence[Post]) -> list[dict[str, str]]:
        return [
            {
                "login": post.login,
                "password": passwords[post.login],
                "role": post.role.value,
                "name": post.name,
                "unit": post.unit,
                "unit_id": str(units[post.unit]),
            }
            for post in posts
        ]

    posts = _posts(city)
    return {
        "version": VERSION,
        "seed": city.seed,
        "org_id": org_id,
        "hotline_number": HOTLINE_NUMBER,
        "carrier_token": secrets.token_hex(16),
        "people": accounts(GUESTS),
        "staff": accounts(posts[len(GUESTS) :]),
        "centres": [
            {
                "code": site.code,
                "unit_id": str(units[site.code]),
                "lat": site.at[0],
                "lon": site.at[1],
            }
            for site in city.sites
        ],
        "crews": crews_of(session, org_id, city),
    }


def _keep(file: Path, kept: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(kept, out, ensure_ascii=False, indent=1)
