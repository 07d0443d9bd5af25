"""Whether servers that a setting names can be used, said without their passwords."""

import re

import psycopg
import redis

from core.engines.urls import libpq_url
from core.errors import Problem

CONNECT_SECONDS = 5


class ServerUnreachable(Problem):
    """A server that a setting names does not answer, or not to us."""

    status = 503
    code = "server_unreachable"
    zh = "无法使用 {variable} 指定的 {server}：{why}"
    en = "The {server} that {variable} names cannot be used: {why}"


def require_database(url: str) -> None:
    """Connect once. Raises ServerUnreachable."""
    try:
        psycopg.connect(libpq_url(url), connect_timeout=CONNECT_SECONDS).close()
    except psycopg.Error as error:
        raise ServerUnreachable(
            variable="PAIDAN_DATABASE_URL", server="PostgreSQL", why=_without_secret(error, url)
        ) from None


def require_valkey(url: str) -> None:
    """Ask once. Raises ServerUnreachable."""
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        raise ServerUnreachable(
            variable="PAIDAN_REDIS_URL", server="Valkey", why=_without_secret(error, url)
        ) from None


def _without_secret(error: Exception, url: str) -> str:
    """The first line of an error, without any part of the password in `url`.

    A password with unescaped signs is read as parts of the address, and named as such.
    """
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    secret = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    for piece in sorted(re.split(r"[@:/?#]", secret), key=len, reverse=True):
        if piece:
            line = line.replace(piece, "***")
    return line
