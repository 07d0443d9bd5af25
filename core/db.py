"""The database: declarative base, one engine per process, sessions that refuse lazy loading."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    LargeBinary,
    MetaData,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from core.engines import sqlalchemy_url
from core.listen import NOTICES_THE_END
from core.settings import settings

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables. Python types map to PostgreSQL types here, once."""

    metadata = MetaData(naming_convention=NAMING)


def _annotations() -> dict[Any, Any]:
    from datetime import datetime
    from uuid import UUID

    return {
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        int: BigInteger(),
    }


Base.registry.update_type_annotation_map(_annotations())


_MAKING = threading.RLock()


def engine() -> Engine:
    """The engine of this process. Dead connections are noticed before use, statements time out."""
    with _MAKING:  # the cache alone would let two threads make one each, and lose one of them
        return _engine()


def session_factory() -> sessionmaker[Session]:
    """What makes the sessions of this process."""
    with _MAKING:
        return _session_factory()


@lru_cache(maxsize=1)
def _engine() -> Engine:
    url = settings().database_url
    if not url:
        raise RuntimeError("PAIDAN_DATABASE_URL is not set; start through `paidan`")
    return create_engine(
        sqlalchemy_url(url),
        pool_size=settings().database_pool,
        max_overflow=4,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # names and phones do not belong into logged errors
        connect_args={
            **NOTICES_THE_END,
            "application_name": "paidan",
            "options": "-c timezone=UTC -c statement_timeout=60000 -c lock_timeout=15000",
        },
    )


@lru_cache(maxsize=1)
def _session_factory() -> sessionmaker[Session]:
    return sessionmaker(_engine(), expire_on_commit=False, autoflush=False)


@contextmanager
def read_session() -> Iterator[Session]:
    """A read-only, repeatable-read session: everything in it is of one moment."""
    with session_factory()() as session:
        session.connection(
            execution_options={
                "isolation_level": "REPEATABLE READ",
                "postgresql_readonly": True,
            }
        )
        yield session
        session.expunge_all()  # what was read stays readable after the transaction
        session.commit()  # at a rollback the driver would forget all that it has prepared


@contextmanager
def glance() -> Iterator[Session]:
    """A session for single questions: each statement is of its own moment, none waits for a begin.

    Nothing may be written with it.
    """
    with session_factory()() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield session
        session.expunge_all()
        session.commit()


def reset() -> None:
    """Forget engine and sessions (after a fork, and between tests).

    What another thread is doing ends undisturbed, and its connection is closed afterwards.
    """
    with _MAKING:
        if _engine.cache_info().currsize:
            event.listen(_engine(), "checkin", _close)  # also of the pool that comes after
            _engine().dispose(close=True)
        _session_factory.cache_clear()
        _engine.cache_clear()


def _close(connection: DBAPIConnection | None, _record: object) -> None:
    """Nobody will ask a forgotten engine for this connection again."""
    if connection is not None:
        connection.close()
