"""Logins: argon2id passwords, server-side sessions, lock-out after repeated failures.

Times here are real, never business time: they guard people at real screens.
"""

import hashlib
import secrets
from datetime import timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import real_now
from core.db import session_factory
from core.errors import NotAuthenticated, TooManyAttempts, WrongCredentials
from core.identity import Principal
from core.ids import new_id
from core.models import LoginSession, User
from core.rights import Role
from core.settings import settings

MAX_FAILURES = 5
LOCK = timedelta(seconds=60)
# OWASP's least for argon2id. All passwords are made by us, of 72 bits or more: what guards them is
# that nobody can guess them. More would cost each login, and each try of a stranger, a fifth of a
# second of processor time and 64 MB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Argon2id hash, about 30 ms."""
    return _hasher.hash(password)


@lru_cache(maxsize=1)
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return hash_password(secrets.token_urlsafe(16))


def log_in(login: str, password: str) -> tuple[str, Principal]:
    """Check credentials and open a session. Returns (cookie token, principal).

    Raises WrongCredentials, or TooManyAttempts for a minute after five failures in a row.
    """
    with session_factory()() as session:
        query = select(User).where(func.lower(User.login) == login.lower()).with_for_update()
        user = session.scalars(query).one_or_none()
        moment = real_now()
        if user and user.locked_until and user.locked_until > moment:
            wait = int((user.locked_until - moment).total_seconds()) + 1
            raise TooManyAttempts(seconds=wait)
        if user is None or not user.active or not _verify(user.password_hash, password):
            if user is None:
                _verify(_nobody(), password)  # an unknown login takes as long as a known one
            else:
                user.failed_logins += 1
                if user.failed_logins % MAX_FAILURES == 0:
                    user.locked_until = moment + LOCK
                session.commit()
            raise WrongCredentials
        user.failed_logins, user.locked_until = 0, None
        if _hasher.check_needs_rehash(user.password_hash):
            user.password_hash = hash_password(password)
        opened = let_in(session, user)
        session.commit()
        return opened


def let_in(session: Session, user: User) -> tuple[str, Principal]:
    """Open a session for `user`, whoever has found out that it is them; the caller commits.

    Returns (cookie token, principal).
    """
    moment = real_now()
    token = secrets.token_urlsafe(32)
    login_session = LoginSession(
        org_id=user.org_id,
        id=new_id(),
        user_id=user.id,
        token_hash=_digest(token),
        csrf_token=secrets.token_urlsafe(24),
        created_at=moment,
        expires_at=moment + timedelta(hours=settings().session_hours),
    )
    session.add(login_session)
    return token, _principal(login_session, user)


def principal_of(session: Session, token: str | None) -> Principal:
    """Who holds this cookie. Raises NotAuthenticated when nobody does any more."""
    if not token:
        raise NotAuthenticated
    query = (
        select(LoginSession, User)
        .join(User, (User.org_id == LoginSession.org_id) & (User.id == LoginSession.user_id))
        .where(
            LoginSession.token_hash == _digest(token),
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > real_now(),
            User.active,
        )
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotAuthenticated
    return _principal(row[0], row[1])


def log_out(principal: Principal) -> None:
    """End the session; its cookie and live connections stop working."""
    with session_factory()() as session:
        found = session.get(LoginSession, (principal.org_id, principal.session_id))
        if found is not None:
            found.ended_at = real_now()
        session.commit()


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _principal(login_session: LoginSession, user: User) -> Principal:
    return Principal(
        org_id=user.org_id,
        user_id=user.id,
        session_id=login_session.id,
        login=user.login,
        name=user.name,
        role=Role(user.role),
        unit_id=user.unit_id,
        csrf_token=login_session.csrf_token,
    )
