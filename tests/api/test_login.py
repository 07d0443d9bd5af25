"""Logging in: argon2id, the cookie, the CSRF token, lock-out, logging out."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from core.auth import MAX_FAILURES
from core.clock import now
from core.db import session_factory
from core.engines import EngineUrls
from core.models import LoginSession, User
from tests.line import Line
from tests.office import Office, Starter, open_office, query
from tests.people import visitor


def log_in(office: Office, login: str, password: str) -> httpx.Response:
    with visitor(office.url) as client:
        return client.post("/api/login", json={"login": login, "password": password})


def cookie_of(answer: httpx.Response) -> tuple[str, set[str]]:
    """The token in the cookie, and the cookie's attributes in lower case."""
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    return pair.partition("=")[2], {one.lower() for one in attributes}


def test_passwords_are_argon2id(office: Office) -> None:
    found = query(lambda session: session.execute(select(User.login, User.password_hash)).all())
    made = [hash_ for login, hash_ in found if login in office.starter.passwords]
    assert len(made) == 16
    assert all(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in made)


def test_a_hash_of_other_strength_is_renewed_by_a_login(own_office: Office) -> None:
    password = own_office.starter.passwords["lead"]
    wanted = select(User.password_hash).where(User.login == "lead")
    with session_factory()() as session:
        costly = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4).hash(password)
        session.execute(update(User).where(User.login == "lead").values(password_hash=costly))
        session.commit()
    assert log_in(own_office, "lead", "wrong").status_code == 401
    assert query(lambda session: session.scalar(wanted)) == costly
    assert log_in(own_office, "lead", password).status_code == 200
    renewed = query(lambda session: session.scalar(wanted))
    assert str(renewed).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert log_in(own_office, "lead", password).status_code == 200
    assert query(lambda session: session.scalar(wanted)) == renewed


def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_stored(
    office: Office,
) -> None:
    answer = log_in(office, "Lead", office.starter.passwords["lead"])
    assert answer.status_code == 200
    assert answer.json()["user"]["role"] == "shift_lead"
    token, attributes = cookie_of(answer)
    assert {"httponly", "samesite=lax", "path=/", "max-age=50400"} <= attributes
    assert "secure" not in attributes
    stored = query(lambda session: session.scalars(select(LoginSession.token_hash)).all())
    assert token.encode() not in stored


def test_behind_tls_the_cookie_is_secure(
    engines: EngineUrls, starter: Starter, tmp_path: Path
) -> None:
    with open_office(engines, starter, tmp_path, secure_cookies="true") as opened:
        answer = log_in(opened, "lead", starter.passwords["lead"])
    assert "secure" in cookie_of(answer)[1]


def test_wrong_password_and_unknown_login_look_alike(own_office: Office) -> None:
    answers = [log_in(own_office, "agent", "wrong"), log_in(own_office, "nobody", "wrong")]
    assert [one.status_code for one in answers] == [401, 401]
    bodies = [{**one.json(), "correlation_id": ""} for one in answers]
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "wrong_credentials"
    assert "set-cookie" not in answers[0].headers


def test_five_failures_lock_the_login_for_a_minute(own_office: Office) -> None:
    password = own_office.starter.passwords["agent"]
    for _ in range(MAX_FAILURES):
        assert log_in(own_office, "agent", "wrong").status_code == 401
    answer = log_in(own_office, "agent", password)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    with session_factory()() as session:  # a minute later
        past = now() - timedelta(seconds=1)
        session.execute(update(User).where(User.login == "agent").values(locked_until=past))
        session.commit()
    assert log_in(own_office, "agent", password).status_code == 200


@pytest.mark.parametrize("ending", ["logged out", "expired", "deactivated"])
def test_a_login_that_ended_opens_nothing(own_office: Office, ending: str) -> None:
    person = own_office.person("lead")
    line = Line(own_office.url, own_office.starter.tokens["lead"])
    with line:
        line.subscribe("board")
        line.until(lambda frame: frame["type"] == "heartbeat")
        if ending == "logged out":
            headers = {"Idempotency-Key": "out"}
            assert person.http.post("/api/logout", headers=headers).status_code == 204
        else:
            end_login(ending)
        with visitor(own_office.url) as client:
            client.cookies.set("paidan_session", own_office.starter.tokens["lead"])
            assert client.get("/api/me").status_code == 401
        assert line.closed() == 4401


def end_login(how: str) -> None:
    with session_factory()() as session:
        if how == "expired":
            session.execute(update(LoginSession).values(expires_at=now()))
        else:
            session.execute(update(User).where(User.login == "lead").values(active=False))
        session.commit()
