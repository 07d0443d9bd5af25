"""Addresses of the two servers, in the forms that SQLAlchemy, psycopg and redis-py take."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_DIALECT = "postgresql+psycopg://"
_PLAIN = ("postgresql://", "postgres://")


def sqlalchemy_url(url: str) -> str:
    """`postgresql://…` (or `postgres://…`) as SQLAlchemy with psycopg 3 wants it."""
    for prefix in _PLAIN:
        if url.startswith(prefix):
            return _DIALECT + url.removeprefix(prefix)
    return url


def libpq_url(url: str) -> str:
    """A database URL as libpq, psycopg and psql take it."""
    if url.startswith(_DIALECT):
        return _PLAIN[0] + url.removeprefix(_DIALECT)
    return url


def socket_database_url(directory: Path, user: str, password: str, database: str) -> str:
    """URL of a database behind the Unix socket in `directory`, for SQLAlchemy."""
    where = quote(str(directory), safe="")
    return f"{_DIALECT}{user}:{quote(password, safe='')}@/{database}?host={where}"


def socket_redis_url(socket: Path, password: str, number: int = 0) -> str:
    """URL of database `number` of the server behind a Unix socket, for redis-py."""
    return f"unix://:{quote(password, safe='')}@{quote(str(socket))}?db={number}"


@dataclass(frozen=True, slots=True)
class EngineUrls:
    """Where the two servers are. `owned`: this process started or adopted at least one."""

    database_url: str
    redis_url: str
    owned: bool

    @property
    def psycopg_dsn(self) -> str:
        """The database for `psycopg.connect`, `psql` and `pg_dump`."""
        return libpq_url(self.database_url)

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which another process finds these servers."""
        return {"PAIDAN_DATABASE_URL": self.database_url, "PAIDAN_REDIS_URL": self.redis_url}
