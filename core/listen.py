"""PostgreSQL's NOTIFY: the names of its channels, and connections that wait for it.

A notice is lost with its connection: whoever listens looks for itself now and then as well.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql

from core.engines import libpq_url
from core.settings import settings

OUTBOX = "paidan_outbox"
"""The engine looks for what is due at once: effects, steps of ladders, promises."""
LIVE = "paidan_live"
"""Organisation, topic and head of a live screen that changed."""
DIAL = "paidan_dial"
"""The carrier is asked for something."""
SWITCH = "paidan_switch"
"""A caller or an agent has come to another state: somebody may be matched."""
REPORTS = "paidan_reports"
"""Reports of the carrier were taken, and wait to be told."""
DELIVER = "paidan_deliver"
"""Organisation and unit that something is to be delivered to."""

GIVEN_UP_S = 15
NOTICES_THE_END: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": GIVEN_UP_S * 1000,
}
"""Of every connection: a server whose machine went away without a word is noticed in this time."""


@contextmanager
def listening(*channels: str, name: str) -> Iterator[psycopg.Connection]:
    """A connection on which `notifies()` gives what is announced on these channels.

    `name` is shown in `pg_stat_activity`. Raises psycopg.OperationalError.
    """
    with psycopg.connect(_url(), autocommit=True, application_name=name, **NOTICES_THE_END) as one:
        for channel in channels:
            one.execute(_listen(channel))
        yield one


@asynccontextmanager
async def listening_async(*channels: str, name: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """The same for an event loop."""
    async with await connected(name) as connection:
        for channel in channels:
            await connection.execute(_listen(channel))
        yield connection


async def connected(name: str) -> psycopg.AsyncConnection:
    """A connection of an event loop's own, which commits each statement.

    Cancelled in the middle, it is closed first: half open, the server would wait a minute for it
    and drop no database meanwhile.
    """
    connecting = asyncio.ensure_future(
        psycopg.AsyncConnection.connect(
            _url(), autocommit=True, application_name=name, **NOTICES_THE_END
        )
    )
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        with suppress(psycopg.Error):
            await (await connecting).close()
        raise


def _url() -> str:
    return libpq_url(settings().database_url or "")


def _listen(channel: str) -> sql.Composed:
    return sql.SQL("LISTEN {}").format(sql.Identifier(channel))
