"""Real PostgreSQL and Valkey for tests: started once, a fresh database for each test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from core.engines import EngineUrls, libpq_url, open_engines, sqlalchemy_url
from core.settings import Settings, settings
from tests.folders import data_folder

# Durability is not what these databases are for; `paidan up` in tests runs with all of it.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",  # it may be memory that they take
    "shared_buffers": "128MB",
    "autovacuum_naptime": "1h",
}


def sibling_url(url: str, database: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{database}?{query}"


def execute(url: str, statement: sql.Composable) -> None:
    """One statement outside a transaction."""
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def fresh_database(engines: EngineUrls, template: str | None = None) -> Iterator[str]:
    """URL of a new database, a copy of `template` when given; dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
    execute(engines.database_url, statement)
    try:
        yield sqlalchemy_url(sibling_url(engines.database_url, name))
    finally:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        execute(engines.database_url, drop)


@pytest.fixture(scope="session")
def engines() -> Iterator[EngineUrls]:
    """The servers of this test run."""
    with data_folder() as folder:
        own = Settings(data_dir=folder, database_url=None, redis_url=None)
        with open_engines(own, postgres_options=FAST) as urls:
            yield urls


@pytest.fixture(scope="session")
def template_database(engines: EngineUrls) -> str:
    """Name of a database with the newest schema and no rows; nobody stays connected to it."""
    from core import migrate

    name = "paidan_template"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    execute(engines.database_url, create)
    migrate.upgrade(sibling_url(engines.database_url, name))
    return name


def forget_settings() -> None:
    """Let settings and database be read again from the environment."""
    from core import db

    db.reset()
    settings.cache_clear()


@pytest.fixture
def database(
    engines: EngineUrls,
    template_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """URL of a database of the newest schema for this test alone; `core.db` uses it."""
    with fresh_database(engines, template_database) as url:
        monkeypatch.setenv("PAIDAN_DATABASE_URL", url)
        monkeypatch.setenv("PAIDAN_REDIS_URL", engines.redis_url)
        monkeypatch.setenv("PAIDAN_DATA_DIR", str(tmp_path))
        forget_settings()
        yield url
        forget_settings()


@pytest.fixture
def valkey(engines: EngineUrls, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty Valkey database; the settings name it."""
    with redis.Redis.from_url(engines.redis_url) as client:
        client.flushall()
    monkeypatch.setenv("PAIDAN_REDIS_URL", engines.redis_url)
    settings.cache_clear()
    return engines.redis_url
