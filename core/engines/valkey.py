"""An embedded Valkey: append-only file every second, a password, one Unix socket, no TCP port."""

import signal
import time
from pathlib import Path

import redis

from core.clock import monotonic
from core.engines.errors import EngineFailed
from core.engines.home import Home, write_private
from core.engines.postgres import last_lines, trim
from core.engines.processes import POLL_SECONDS, ProcessId, find_server, launch
from core.engines.urls import socket_redis_url

START_SECONDS = 30.0
STOP_SECONDS = 5.0

_CONFIG = """\
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
dir {data}
pidfile {data}/valkey.pid
daemonize no
appendonly yes
appendfsync everysec
save ""
databases 16
maxmemory-policy noeviction
"""


class Valkey:
    """The server of one home."""

    name = "valkey"
    title = "Valkey"

    def __init__(self, home: Home) -> None:
        self._home = home
        self._data = home.valkey_data
        self.process: ProcessId | None = None

    @property
    def url(self) -> str:
        """URL for `redis.Redis.from_url`, database 0."""
        return socket_redis_url(self._home.redis_socket, self._home.secrets.redis)

    def start(self, dies_by: signal.Signals | None = signal.SIGTERM) -> None:
        """Adopt the running server of this home or start one, and wait until it answers.

        Raises:
            EngineFailed: with the last lines of its log.
        """
        until = monotonic() + START_SECONDS
        self.process = self._running()
        failures = 0
        while not self._answers():
            if not self.alive:
                failures += 1
                if failures > 3:
                    raise self._failed("it ends at once")
                self._launch(dies_by)
            if monotonic() > until:
                raise self._failed("no answer")
            time.sleep(POLL_SECONDS)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Orderly stop; killed after `seconds`."""
        process = self.process or self._running()
        if process is not None:
            process.signal(signal.SIGTERM)
            if not process.wait(seconds):
                process.signal(signal.SIGKILL)
                process.wait(seconds)
        self.process = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.alive

    def _running(self) -> ProcessId | None:
        return find_server(self._data / "valkey.pid", "valkey-server", self._data)

    def _launch(self, dies_by: signal.Signals | None) -> None:
        config = self._home.path / "valkey.conf"
        text = _CONFIG.format(
            socket=self._home.redis_socket,
            password=self._home.secrets.redis,
            data=self._data,
        )
        write_private(config, text)
        account = self._home.account
        account.give(config)
        trim(self._log_file)
        self.process = launch(
            [str(self._home.binaries.valkey_server), str(config)],
            account=account,
            directory=self._data,
            output=self._log_file,
            dies_by=dies_by,
        )

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                client.ping()
        except redis.AuthenticationError:
            raise self._failed("engines.json does not fit this server") from None
        except redis.RedisError:
            return False
        return True

    @property
    def _log_file(self) -> Path:
        return self._home.logs / "valkey.log"

    def _failed(self, why: str) -> EngineFailed:
        return EngineFailed(engine=self.title, why=why, log=last_lines(self._log_file))
