"""Both embedded servers of one data directory, as one thing to start, watch and stop."""

from collections.abc import Mapping
from pathlib import Path

from core.engines.home import known_home, open_home
from core.engines.owner import Ownership
from core.engines.postgres import DATABASE, ROLE, Postgres
from core.engines.processes import ProcessId
from core.engines.urls import socket_database_url, socket_redis_url
from core.engines.valkey import Valkey


class Embedded:
    """The servers that nobody named by a setting. Call from the main thread only.

    `dies_with_us`: the servers shut down orderly when our process ends in any way.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        postgres: bool = True,
        valkey: bool = True,
        postgres_options: Mapping[str, str] | None = None,
    ) -> None:
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        if not (postgres or valkey):
            return  # nothing of ours is made where all servers are named
        home = open_home(data_dir)
        self.postgres = Postgres(home, postgres_options) if postgres else None
        self.valkey = Valkey(home) if valkey else None

    @property
    def _servers(self) -> list[Postgres | Valkey]:
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def start(self) -> None:
        """Start or adopt the servers; see `Postgres.start`."""
        for server in self._servers:
            server.start()

    def heal(self) -> list[str]:
        """Start again what has died; names of those."""
        dead = [server for server in self._servers if not server.alive]
        for server in dead:
            server.start()
        return [server.title for server in dead]

    def stop(self) -> None:
        """Stop both, Valkey first."""
        for server in reversed(self._servers):
            server.stop()

    @property
    def processes(self) -> dict[str, ProcessId]:
        """The live servers by name."""
        return {server.name: server.process for server in self._servers if server.process}


def embedded_urls(data_dir: Path) -> tuple[str, str] | None:
    """Database and Valkey URL of servers that another process may be running, if any ever did."""
    known = known_home(data_dir)
    if known is None:
        return None
    sockets, words = known
    database = socket_database_url(sockets, ROLE, words.database, DATABASE)
    return database, socket_redis_url(sockets / "valkey.sock", words.redis)


def record(ownership: Ownership, embedded: Embedded) -> None:
    """Write the servers' pids into the run file."""
    pids = {name: (process.pid, process.started) for name, process in embedded.processes.items()}
    ownership.update(processes={**ownership.run.processes, **pids})
