"""PostgreSQL and Valkey for this process: those named by settings, else embedded real servers."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.clock import monotonic
from core.engines.embedded import Embedded, embedded_urls, record
from core.engines.errors import (
    DataDirUnusable,
    EngineFailed,
    EnginesBusy,
    EnginesUnavailable,
    OwnerUnknown,
)
from core.engines.owner import Ownership, OwnerWatch, as_guest, try_own
from core.engines.reach import require_database, require_valkey
from core.engines.urls import EngineUrls, libpq_url, sqlalchemy_url
from core.settings import Settings

__all__ = [
    "DataDirUnusable",
    "EngineFailed",
    "EngineUrls",
    "EnginesBusy",
    "EnginesUnavailable",
    "OwnerUnknown",
    "libpq_url",
    "open_engines",
    "require_named",
    "sqlalchemy_url",
]

WAIT_FOR_OWNER_SECONDS = 90.0
WAIT_FOR_GUESTS_SECONDS = 600.0


@contextmanager
def open_engines(
    settings: Settings, *, postgres_options: Mapping[str, str] | None = None
) -> Iterator[EngineUrls]:
    """Servers for one command, for as long as the context lasts.

    Servers named by `database_url` / `redis_url` are used as they are. Otherwise those of a
    running `paidan up` on the same data directory are used; with none running they are started
    here and stopped at the end (after other commands that use them too).
    `postgres_options` are server settings for servers started here (tests).

    Raises:
        EnginesUnavailable: no embedded servers on this machine.
        EngineFailed: a server does not start.
        EnginesBusy: the owner of the data directory does not get ready, or is not told.
        DataDirUnusable: the data directory cannot be made.
    """
    if settings.database_url and settings.redis_url:
        database = sqlalchemy_url(settings.database_url)
        yield EngineUrls(database, settings.redis_url, owned=False)
        return
    data_dir = settings.data_dir.resolve()
    ownership = _own_or_wait(data_dir)
    if ownership is None:
        with as_guest(data_dir):
            yield _urls(settings, data_dir, owned=False)
        return
    try:
        embedded = start_embedded(settings, ownership, postgres_options)
        try:
            ownership.update(ready=True)
            yield _urls(settings, data_dir, owned=True)
        finally:
            ownership.wait_for_guests(WAIT_FOR_GUESTS_SECONDS)
            embedded.stop()
    finally:
        ownership.release()


def require_named(settings: Settings, *, valkey: bool = True) -> None:
    """Try the servers that settings name, once each. Raises ServerUnreachable."""
    if settings.database_url:
        require_database(settings.database_url)
    if valkey and settings.redis_url:
        require_valkey(settings.redis_url)


def start_embedded(
    settings: Settings,
    ownership: Ownership,
    postgres_options: Mapping[str, str] | None = None,
) -> Embedded:
    """Start the servers that no setting names; the caller holds the data directory."""
    embedded = Embedded(
        settings.data_dir.resolve(),
        postgres=not settings.database_url,
        valkey=not settings.redis_url,
        postgres_options=postgres_options,
    )
    try:
        embedded.start()
    except BaseException:
        embedded.stop()
        raise
    record(ownership, embedded)
    return embedded


def _urls(settings: Settings, data_dir: Path, *, owned: bool) -> EngineUrls:
    embedded = embedded_urls(data_dir)
    if embedded is None:
        raise EnginesUnavailable(why=f"{data_dir} has no servers")
    database = sqlalchemy_url(settings.database_url or embedded[0])
    return EngineUrls(database, settings.redis_url or embedded[1], owned=owned)


def urls_of(settings: Settings) -> EngineUrls:
    """The servers of a data directory whose owner we are, settings first."""
    if settings.database_url and settings.redis_url:
        database = sqlalchemy_url(settings.database_url)
        return EngineUrls(database, settings.redis_url, owned=False)
    return _urls(settings, settings.data_dir.resolve(), owned=True)


def _own_or_wait(data_dir: Path) -> Ownership | None:
    """The ownership, or None as soon as another owner has its servers ready."""
    until = monotonic() + WAIT_FOR_OWNER_SECONDS
    owner = OwnerWatch(data_dir)
    while True:
        ownership = try_own(data_dir, "command")
        if ownership is not None:
            return ownership
        run = owner.read()
        if run is not None and run.alive and run.ready:
            return None
        if monotonic() > until:
            pid, role = (run.pid, run.role) if run else (0, "unknown")
            raise EnginesBusy(data_dir=data_dir, pid=pid, role=role)
        time.sleep(0.05)
