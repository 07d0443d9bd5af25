"""The fixtures that all other tests stand on."""

import psycopg
import pytest
import redis
from sqlalchemy import text

from core import db
from core.engines import libpq_url


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_database_of_its_own(database: str, turn: int) -> None:
    with psycopg.connect(libpq_url(database)) as connection:
        connection.execute("CREATE TABLE mark (turn int)")
        connection.execute("INSERT INTO mark VALUES (%s)", [turn])
    with db.read_session() as session:
        assert session.scalar(text("SELECT turn FROM mark")) == turn


@pytest.mark.parametrize("turn", [1, 2])
def test_valkey_is_empty_at_first(valkey: str, turn: int) -> None:
    with redis.Redis.from_url(valkey) as client:
        assert client.dbsize() == 0
        client.set("turn", turn)
