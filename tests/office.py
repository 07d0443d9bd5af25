"""A whole office inside the test's process: starter organisation, people, server, engine turns.

Making the organisation takes a second, so it is done once: it and everybody's
login live in a template database that each office copies.
"""

import hashlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from psycopg import sql
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import hub
from api.app import PAGES, create_app
from api.engine import Engine
from api.wiring import wire
from core.clock import now
from core.db import session_factory
from core.engines import EngineUrls
from core.ids import new_id
from core.models import LoginSession, Unit, User
from dispatch.routing.models import RoutingSettings
from dispatch.starter import ORG_ID, ensure_starter
from sla import sweep
from tests.engine_fixtures import execute, forget_settings, fresh_database, sibling_url
from tests.people import Person
from tests.telephony.carrier import TOKEN

T = TypeVar("T")
STARTER = "paidan_starter"
# A second person beside some of the starter's: login → whose colleague, name.
COLLEAGUES = {
    "lead2": ("lead", "值长乙"),
    "east.desk2": ("east.desk", "城东调度乙"),
    "west.desk2": ("west.desk", "城西调度乙"),
    "east.crew1b": ("east.crew1", "城东一班乙"),
    "west.crew1b": ("west.crew1", "城西一班乙"),
}
NEEDS = {
    "fault_code": "no_power_building",
    "place": "景山街道 12 号楼",
    "lat": 39.9239,
    "lon": 116.3966,
    "trade": "low_voltage",
}


@dataclass(frozen=True)
class Starter:
    """The template: its database, and password and open session of each login."""

    database: str
    passwords: dict[str, str]
    tokens: dict[str, str]


@contextmanager
def environment(url: str, redis_url: str, folder: Path, **more: str) -> Iterator[None]:
    """The settings of this process name these engines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAIDAN_DATABASE_URL", url)
        patch.setenv("PAIDAN_REDIS_URL", redis_url)
        patch.setenv("PAIDAN_DATA_DIR", str(folder))
        for name, value in more.items():
            patch.setenv(f"PAIDAN_{name.upper()}", value)
        forget_settings()
        wire()
        yield
    forget_settings()


@pytest.fixture(scope="session")
def starter(
    engines: EngineUrls, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Starter:
    """The starter organisation with everybody logged in, ready to be copied."""
    if engines not in _MADE:  # each folder's conftest has this fixture; one database serves all
        folder = tmp_path_factory.mktemp("starter")
        _MADE[engines] = _make_starter(engines, template_database, folder)
    return _MADE[engines]


_MADE: dict[EngineUrls, Starter] = {}


def _make_starter(engines: EngineUrls, template_database: str, folder: Path) -> Starter:
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    execute(
        engines.database_url,
        create.format(sql.Identifier(STARTER), sql.Identifier(template_database)),
    )
    url = sibling_url(engines.database_url, STARTER)
    with environment(url, engines.redis_url, folder), session_factory()() as session:
        passwords = {one.login: one.password for one in ensure_starter(folder)}
        for login, (colleague, name) in COLLEAGUES.items():
            _add_colleague(session, login, colleague, name)
        people = session.scalars(select(User)).all()
        tokens = {user.login: open_session(session, user) for user in people}
        # Most tests take their time and are no lead; those of the automatic release turn it on.
        session.add(RoutingSettings(org_id=ORG_ID, release_after_s=None, desk_grace_s=5, version=1))
        session.commit()
    return Starter(STARTER, passwords, tokens)


def _add_colleague(session: Session, login: str, colleague: str, name: str) -> None:
    known = session.scalars(select(User).where(User.login == colleague)).one()
    place = {"role": known.role, "unit_id": known.unit_id, "password_hash": "-"}
    session.add(User(org_id=known.org_id, id=new_id(), login=login, name=name, **place))
    session.flush()


def open_session(session: Session, user: User) -> str:
    """What a login leaves behind, without the hashing. Gives the cookie's value."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            org_id=user.org_id,
            id=new_id(),
            user_id=user.id,
            token_hash=hashlib.sha256(token.encode()).digest(),
            csrf_token=secrets.token_urlsafe(24),
            created_at=now(),
            expires_at=now() + timedelta(hours=14),
        )
    )
    return token


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a free loopback port, as `paidan api` serves it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app,
            log_config=None,
            ws="websockets-sansio",
            ws_max_size=65_536,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            listener.listen()  # requests wait here until the server takes them
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Office:
    """A running office. `person` sits somebody down at a screen, logged in."""

    url: str
    app: FastAPI
    starter: Starter
    stack: ExitStack = field(repr=False)
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, login: str) -> Person:
        """The one person of that login, in a session that is already open."""
        if login not in self.people:
            self.people[login] = self.another(login)
        return self.people[login]

    def another(self, login: str) -> Person:
        """One more screen of that login."""
        person = Person(self.url, token=self.starter.tokens[login])
        self.stack.callback(person.close)
        return person

    @staticmethod
    def turn() -> None:
        """Let the engine do all that is due."""
        turn()

    def unit(self, code: str) -> str:
        return str(unit_id(code))

    def filed(self, **changes: Any) -> dict[str, Any]:
        """A new order from a ticket of the web form; its clock runs."""
        agent = self.person("agent")
        ticket = agent.post("/api/tickets", {"channel": "web", "description": "整栋楼停电"})
        order: dict[str, Any] = agent.post(
            "/api/orders", {**NEEDS, "ticket_id": ticket["id"], **changes}
        )
        return order

    def to_call(self) -> dict[str, Any]:
        """An order that is closed, so that its customer waits for the follow-up call."""
        agent, phone = self.person("agent"), "+8613800138000"
        ticket = agent.post("/api/tickets", {"channel": "web", "caller_phone": phone})
        order = agent.post("/api/orders", {**NEEDS, "ticket_id": ticket["id"]})
        body = {"outcome": "customer_side"}
        row: dict[str, Any] = self.person("lead").post(f"/api/orders/{order['id']}/close", body)
        self.turn()
        return row

    def released(self, centre: str = "east") -> dict[str, Any]:
        order = self.filed()
        body = {"centre_id": self.unit(centre)}
        row: dict[str, Any] = self.person("lead").post(f"/api/orders/{order['id']}/release", body)
        return row

    def sent(self, crew: str = "east-1") -> dict[str, Any]:
        """An order that its centre has sent to a crew."""
        centre = crew.partition("-")[0]
        order = self.released(centre)
        row: dict[str, Any] = self.person(f"{centre}.desk").post(
            f"/api/orders/{order['id']}/dispatch", {"crew_id": self.unit(crew)}
        )
        return row


def unit_id(code: str) -> UUID:
    """The unit of that code in the starter organisation."""
    wanted = select(Unit.id).where(Unit.org_id == ORG_ID, Unit.code == code)
    return query(lambda session: session.scalars(wanted).one())


def user_id(login: str) -> UUID:
    return query(lambda session: session.scalars(select(User.id).where(User.login == login)).one())


def query(read: Callable[[Session], T]) -> T:
    """What `read` finds in the database now."""
    with session_factory()() as session:
        return read(session)


def turn() -> None:
    """Let the engine do all that is due."""
    engine = Engine()
    while engine.turn() or sweep.sweep(now()):
        pass


def _empty_screens(web: Path) -> Path:
    (web / "assets").mkdir(parents=True)
    for page in PAGES.values():
        (web / page).write_text(f"<title>{page}</title>")
    return web


@contextmanager
def open_office(
    engines: EngineUrls, starter: Starter, folder: Path, web: Path | None = None, **more: str
) -> Iterator[Office]:
    """An office on a copy of the starter organisation, with the screens in `web`.

    Without it the screens are empty pages.
    """
    web = web or _empty_screens(folder / "web")
    quick = {
        "receipt_retry_seconds": "0.2",
        "database_pool": "16",
        "twilio_auth_token": TOKEN,
        **more,
    }
    with fresh_database(engines, starter.database) as url, ExitStack() as outer:
        outer.enter_context(environment(url, engines.redis_url, folder, **quick))
        patch = outer.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(hub, "HEARTBEAT_S", 0.5)
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[plain])
        app = create_app(web)
        address = outer.enter_context(serving(app))
        people = outer.enter_context(ExitStack())
        yield Office(address, app, starter, people)


@pytest.fixture(scope="module")
def office(
    engines: EngineUrls, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """An office shared by the tests of one file; each makes orders of its own."""
    with open_office(engines, starter, tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture
def own_office(engines: EngineUrls, starter: Starter, tmp_path: Path) -> Iterator[Office]:
    """An office for one test alone."""
    with open_office(engines, starter, tmp_path) as opened:
        yield opened


@pytest.fixture
def organisation(engines: EngineUrls, starter: Starter, tmp_path: Path) -> Iterator[int]:
    """The starter organisation in a database of its own, without a server. Gives its id."""
    with (
        fresh_database(engines, starter.database) as url,
        environment(url, engines.redis_url, tmp_path),
    ):
        yield ORG_ID


@pytest.fixture(scope="module")
def module_organisation(
    engines: EngineUrls, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """Like `organisation`, shared by the tests of one file."""
    with (
        fresh_database(engines, starter.database) as url,
        environment(url, engines.redis_url, tmp_path_factory.mktemp("organisation")),
    ):
        yield ORG_ID
