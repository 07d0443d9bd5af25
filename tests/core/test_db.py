"""One engine per process, also where several threads ask for the first time at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from core import db

WAIT_S = 0.3


def test_threads_that_begin_together_share_one_engine(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second engine would be forgotten with its connections open."""
    both = threading.Barrier(2)
    made = []

    def make(*parts: Any, **more: Any) -> Engine:
        with suppress(threading.BrokenBarrierError):
            both.wait(WAIT_S)  # for a second one who makes an engine: nobody comes
        made.append(create_engine(*parts, **more))
        return made[-1]

    def begin(_number: int) -> Engine:
        with db.session_factory()() as session:
            bound = session.get_bind()
        assert isinstance(bound, Engine)
        return bound

    monkeypatch.setattr(db, "create_engine", make)
    with ThreadPoolExecutor(2) as pool:
        bound = set(pool.map(begin, range(2)))
    assert bound == set(made) == {db.engine()}
    assert len(made) == 1


def test_a_connection_in_use_is_closed_after_its_engine_was_forgotten(database: str) -> None:
    before, after = db.session_factory()(), db.session_factory()()
    used = [before.connection().connection.dbapi_connection]
    db.reset()
    used.append(after.connection().connection.dbapi_connection)
    for session in (before, after):
        assert session.scalar(text("SELECT 1")) == 1
        session.close()
    assert [one is not None and one.closed for one in used] == [True, True]


def test_reading_keeps_what_the_driver_has_prepared(database: str) -> None:
    """The driver forgets all of it at a rollback, and everything would be planned anew."""
    for _ in range(12):
        with db.read_session() as session:
            session.execute(text("SELECT count(*) FROM organisation"))
    with db.read_session() as session:
        kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%organisation%'"
        assert session.scalar(text(kept)) == 1
