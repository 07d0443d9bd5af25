"""A loop that fails at each try is told of once a minute, with what was left out."""

import psycopg
import pytest
from sqlalchemy import exc
from structlog.testing import capture_logs

from core import trouble
from core.logging import logger
from core.trouble import Trouble, try_again
from core.uow import ConcurrentChange

LOST = psycopg.OperationalError("server closed the connection unexpectedly")


def test_each_kind_is_told_once_a_minute(monkeypatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(trouble, "monotonic", lambda: moment[0])
    loop = Trouble(logger("test"), "loop_failed", loop="serve")
    with capture_logs() as lines:
        for second in range(150):
            moment[0] = float(second)
            loop.failed(ConnectionRefusedError("nobody there\nat all"))
        loop.failed(ValueError("planted"))
    told = [(line["error"], line["before"]) for line in lines]
    assert told == [
        ("ConnectionRefusedError: nobody there", 0),
        ("ConnectionRefusedError: nobody there", 59),
        ("ConnectionRefusedError: nobody there", 59),
        ("ValueError: planted", 29),
    ]
    assert [line["exc_info"] is not None for line in lines] == [False, False, False, True]
    assert {line["loop"] for line in lines} == {"serve"}


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (LOST, True),
        (exc.OperationalError("SELECT 1", {}, LOST), True),
        (exc.DBAPIError("COPY", {}, LOST), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (exc.InterfaceError("SELECT 1", {}, psycopg.InterfaceError()), True),
        (exc.DBAPIError("SELECT 1", {}, ValueError(), connection_invalidated=True), True),
        (exc.TimeoutError("QueuePool limit reached"), True),
        (psycopg.errors.ReadOnlySqlTransaction("a stand-by"), True),
        (psycopg.errors.DeadlockDetected("deadlock"), True),
        (ConcurrentChange(), True),
        (exc.IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation()), False),
        (exc.DataError("INSERT", {}, psycopg.DataError()), False),
        (psycopg.errors.CheckViolation("planted"), False),
        (ValueError("planted"), False),
    ],
)
def test_what_the_database_is_the_reason_of_is_tried_again(error: Exception, wanted: bool) -> None:
    assert try_again(error) is wanted
