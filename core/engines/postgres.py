"""An embedded PostgreSQL: own cluster, scram passwords, one Unix socket and no TCP port."""

import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from core.clock import monotonic
from core.engines.errors import EngineFailed
from core.engines.home import Home, make_private, write_private
from core.engines.processes import POLL_SECONDS, ProcessId, find_server, launch, run
from core.engines.urls import libpq_url, socket_database_url

DATABASE = "paidan"
ROLE = "paidan"
SUPERUSER = "postgres"
START_SECONDS = 60.0
START_TRIES = 20
RETRY_SECONDS = 0.25
STOP_SECONDS = 10.0

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %q%a ",
    "log_min_duration_statement": "2s",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
}
_MOST_BUFFERS = 2 * 1024**3
_LEAST_BUFFERS = 128 * 1024**2
_HBA = "local all all scram-sha-256\n"


def _memory() -> dict[str, str]:
    """An eighth of the machine for its own buffers; it may count on half to be cached."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    buffers = min(_MOST_BUFFERS, max(_LEAST_BUFFERS, machine // 8))
    return {
        "shared_buffers": f"{buffers // 1024}kB",
        "effective_cache_size": f"{machine // 2 // 1024}kB",
    }


class Postgres:
    """The server of one home. `options` override settings for this run only (tests)."""

    name = "postgres"
    title = "PostgreSQL"

    def __init__(self, home: Home, options: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._data = home.postgres_data
        self._options = dict(options or {})
        self.process: ProcessId | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the application's database, as its owner (no superuser)."""
        return socket_database_url(self._home.sockets, ROLE, self._home.secrets.database, DATABASE)

    @property
    def _superuser_url(self) -> str:
        return libpq_url(
            socket_database_url(
                self._home.sockets, SUPERUSER, self._home.secrets.superuser, "postgres"
            )
        )

    def start(self, dies_by: signal.Signals | None = signal.SIGINT) -> None:
        """Adopt the running server of this home or start one, and wait until it answers.

        Raises:
            EngineFailed: with the last lines of its log.
        """
        if not self._data.exists():
            self._init()
        self._check_version()
        until = monotonic() + START_SECONDS
        self.process = self._running()
        failures = 0
        while not self._answers():
            if not self.alive:
                # Retried: after a SIGKILL, backends of the dead server hold its memory a moment.
                if failures == START_TRIES:
                    raise self._failed("it ends at once")
                time.sleep(RETRY_SECONDS if failures else 0)
                failures += 1
                self._launch(dies_by)
            if monotonic() > until:
                raise self._failed("no answer")
            time.sleep(POLL_SECONDS)
        self._ensure_database()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Fast shutdown (checkpoint, open transactions rolled back); immediate after `seconds`."""
        process = self.process or self._running()
        if process is not None:
            process.signal(signal.SIGINT)
            if not process.wait(seconds):
                process.signal(signal.SIGQUIT)
                process.wait(seconds)
        self.process = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.alive

    def _running(self) -> ProcessId | None:
        pid_file = self._data / "postmaster.pid"
        return find_server(pid_file, "postgres", self._data)

    def _launch(self, dies_by: signal.Signals | None) -> None:
        self._clear_remains()
        settings = {
            **_SETTINGS,
            **_memory(),
            "unix_socket_directories": str(self._home.sockets),
            "hba_file": str(self._hba_file),
            **self._options,
        }
        arguments = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self._hba_file.write_text(_HBA)
        self._hba_file.chmod(0o644)
        trim(self._log_file)
        self.process = launch(
            [str(self._home.binaries.postgres), "-D", str(self._data), *arguments],
            account=self._home.account,
            directory=self._data,
            output=self._log_file,
            dies_by=dies_by,
        )

    def _clear_remains(self) -> None:
        """Lock files of a crash may name a number that another process has today.

        PostgreSQL would then refuse to start. `_running` knows whether it is really a server.
        """
        if self.process is not None:
            self.process.wait(0)  # reaped: a zombie still has its number
        if self._running() is None:
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
                (self._home.sockets / name).unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise self._failed("engines.json does not fit this database") from None
            return False
        return True

    def _ensure_database(self) -> None:
        """Make the application's role and database at the first start."""
        with psycopg.connect(self._superuser_url, autocommit=True) as connection:
            role = sql.Identifier(ROLE)
            word = sql.Literal(self._home.secrets.database)
            if _missing(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", ROLE):
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, word)
                )
            if _missing(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role)
                )

    def _init(self) -> None:
        """Make the cluster beside its place and move it there, so that half a one never counts."""
        account = self._home.account
        work = self._home.path / "postgres.new"
        shutil.rmtree(work, ignore_errors=True)
        make_private(work)
        account.give(work)
        password = self._home.path / "password"
        write_private(password, self._home.secrets.superuser + "\n")
        account.give(password)
        try:
            self._run_initdb(work, password)
        finally:
            password.unlink()
        work.rename(self._data)

    def _run_initdb(self, work: Path, password: Path) -> None:
        done = run(
            [
                str(self._home.binaries.initdb),
                *("-D", str(work), "-U", SUPERUSER, f"--pwfile={password}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            account=self._home.account,
            directory=self._home.path,
            seconds=120,
        )
        if done.returncode:
            raise EngineFailed(engine=self.title, why="initdb failed", log=done.stdout[-2000:])

    def _check_version(self) -> None:
        have = (self._data / "PG_VERSION").read_text().strip()
        done = run(
            [str(self._home.binaries.postgres), "--version"],
            account=self._home.account,
            directory=self._home.path,
            seconds=30,
        )
        need = done.stdout.split()[-1].split(".")[0]
        if have != need:
            why = f"its data is of version {have}, the program of version {need}; use pg_dump"
            raise EngineFailed(engine=self.title, why=why, log="")

    @property
    def _hba_file(self) -> Path:
        return self._home.path / "pg_hba.conf"

    @property
    def _log_file(self) -> Path:
        return self._home.logs / "postgres.log"

    def _failed(self, why: str) -> EngineFailed:
        return EngineFailed(engine=self.title, why=why, log=last_lines(self._log_file))


def _missing(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is None


def last_lines(path: Path, count: int = 10) -> str:
    """The end of a log, for a message."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def trim(log: Path, megabytes: int = 10) -> None:
    """Put a log that has grown aside, as `<name>.1`, before a server starts to write it."""
    if log.exists() and log.stat().st_size > megabytes * 1_000_000:
        log.replace(log.with_name(log.name + ".1"))
