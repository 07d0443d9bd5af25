"""The embedded servers themselves, started and stopped for real, with durability on."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from core.engines import EnginesBusy, open_engines, start_embedded
from core.engines.binaries import copied, installed
from core.engines.home import open_home, remove_home
from core.engines.owner import own, read_run_file, try_own
from core.engines.postgres import Postgres
from core.engines.processes import ProcessId, run
from core.engines.urls import EngineUrls
from core.settings import Settings
from tests.folders import data_folder

ROOT = Path(__file__).resolve().parents[2]
ORPHANS = """
import os, sys
from pathlib import Path
from core.engines.embedded import Embedded, record
from core.engines.owner import own
folder = Path(sys.argv[1])
ownership = own(folder, "up", 10)
embedded = Embedded(folder)
for server in embedded._servers:
    server.start(dies_by=None)
record(ownership, embedded)
os._exit(0)
"""
HOLDER = """
import sys
from pathlib import Path
from core.engines import open_engines
from core.settings import Settings
with open_engines(Settings(data_dir=Path(sys.argv[1]))) as urls:
    print(urls.owned, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as path:
        yield path


@pytest.fixture
def own_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("PAIDAN_DATABASE_URL", raising=False)
    monkeypatch.delenv("PAIDAN_REDIS_URL", raising=False)
    return Settings(data_dir=folder)


def python(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def write(urls: EngineUrls) -> None:
    with psycopg.connect(urls.psycopg_dsn) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    with redis.Redis.from_url(urls.redis_url) as client:
        client.set("kept", "7")


def read(urls: EngineUrls) -> tuple[object, object]:
    with psycopg.connect(urls.psycopg_dsn) as connection:
        row = connection.execute("SELECT id FROM kept").fetchone()
    with redis.Redis.from_url(urls.redis_url) as client:
        return row and row[0], client.get("kept")


def pids(folder: Path) -> dict[str, ProcessId]:
    found = read_run_file(folder)
    assert found is not None
    return {name: ProcessId(*pair) for name, pair in found.processes.items()}


def test_data_outlives_the_servers(own_settings: Settings, folder: Path) -> None:
    with open_engines(own_settings) as urls:
        assert urls.owned
        servers = pids(folder)
        assert servers.keys() == {"postgres", "valkey"}
        write(urls)
    assert not any(server.alive for server in servers.values())
    assert read_run_file(folder) is None
    with open_engines(own_settings) as urls:
        assert read(urls) == (7, b"7")


def test_only_we_get_in(own_settings: Settings, folder: Path) -> None:
    home_mode = None
    with open_engines(own_settings) as urls:
        home = open_home(folder)
        home_mode = stat.S_IMODE(home.sockets.stat().st_mode)
        wrong = urls.psycopg_dsn.replace(home.secrets.database, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong)
        with (
            redis.Redis(unix_socket_path=str(home.redis_socket)) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
        with psycopg.connect(urls.psycopg_dsn) as connection:
            row = connection.execute(
                "SELECT rolsuper, current_setting('listen_addresses'), current_setting('fsync')"
                " FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert row == (False, "", "on")
    assert home_mode == 0o700
    assert stat.S_IMODE((folder / "engines.json").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
def test_root_runs_servers_as_somebody_else(own_settings: Settings, folder: Path) -> None:
    with open_engines(own_settings):
        for server in pids(folder).values():
            assert Path(f"/proc/{server.pid}").stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
def test_an_unreachable_data_directory_is_left_closed(own_settings: Settings, folder: Path) -> None:
    folder.chmod(0o700)
    with open_engines(own_settings) as urls:
        write(urls)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    home = Path(json.loads((folder / "engines.json").read_text())["home"])
    assert home.is_relative_to("/var/lib/paidan")
    remove_home(folder)
    assert not home.exists()


def test_programs_run_from_a_copy(tmp_path: Path, own_settings: Settings, folder: Path) -> None:
    copy = copied(installed(), tmp_path / "store")
    account = open_home(folder).account
    for program in (copy.postgres, copy.initdb, copy.valkey_server):
        done = subprocess.run([program, "--version"], capture_output=True, check=True)
        assert done.stdout
    assert account == open_home(folder).account


def test_a_long_path_gets_a_short_socket(own_settings: Settings, folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    try:
        with open_engines(own_settings.model_copy(update={"data_dir": deep})) as urls:
            write(urls)
    finally:
        remove_home(deep)


def test_a_second_command_uses_the_first_ones_servers(own_settings: Settings, folder: Path) -> None:
    with open_engines(own_settings) as urls:
        write(urls)
        before = pids(folder)
        with open_engines(own_settings) as beside:
            assert not beside.owned
            assert read(beside) == (7, b"7")
        assert pids(folder) == before


def test_the_owner_waits_for_its_guests(own_settings: Settings, folder: Path) -> None:
    owner = python(HOLDER, folder)
    assert owner.stdout is not None
    assert owner.stdin is not None
    assert owner.stdout.readline() == "True\n"
    with open_engines(own_settings) as urls:
        assert not urls.owned
        owner.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            owner.wait(1)
        write(urls)
    assert owner.wait(60) == 0
    owner.stdout.close()


def test_up_does_not_share(folder: Path) -> None:
    first = own(folder, "up", 5)
    with pytest.raises(EnginesBusy, match=str(os.getpid())):
        own(folder, "up", 5)
    assert try_own(folder, "command") is None
    first.release()
    own(folder, "up", 5).release()


def test_orphans_are_adopted(own_settings: Settings, folder: Path) -> None:
    maker = python(ORPHANS, folder)
    maker.communicate(timeout=240)
    before = pids(folder)
    assert all(server.alive for server in before.values())
    with open_engines(own_settings) as urls:
        assert urls.owned
        assert pids(folder) == before
        write(urls)
    assert not any(server.alive for server in before.values())


def test_servers_end_with_a_killed_owner(own_settings: Settings, folder: Path) -> None:
    holder = python(HOLDER, folder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    servers = pids(folder)
    holder.kill()
    holder.communicate()
    assert all(server.wait(60) for server in servers.values())
    with open_engines(own_settings) as urls:
        write(urls)


def test_a_stale_pid_file_of_somebody_elses_process(own_settings: Settings, folder: Path) -> None:
    with open_engines(own_settings) as urls:
        write(urls)
    home = open_home(folder)
    stranger = run_stranger(home.account.uid)
    pid_file = home.postgres_data / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{home.postgres_data}\n")
    (home.valkey_data / "valkey.pid").write_text(f"{stranger.pid}\n")
    try:
        with open_engines(own_settings) as urls:
            assert read(urls) == (7, b"7")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def run_stranger(uid: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], user=uid if uid >= 0 else None)


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_killed_server_is_started_again(own_settings: Settings, folder: Path, name: str) -> None:
    ownership = own(folder, "up", 5)
    embedded = start_embedded(own_settings, ownership)
    try:
        victim = embedded.processes[name]
        with psycopg.connect(embedded.postgres.url.replace("+psycopg", "")) as connection:  # type: ignore[union-attr]
            connection.execute("CREATE TABLE kept (id int)")
        victim.signal(signal.SIGKILL)
        assert victim.wait(60)
        assert len(embedded.heal()) == 1
        assert embedded.processes[name] != victim
        with psycopg.connect(embedded.postgres.url.replace("+psycopg", "")) as connection:  # type: ignore[union-attr]
            connection.execute("SELECT * FROM kept")
        assert embedded.heal() == []
    finally:
        embedded.stop()
        ownership.release()


def test_an_interrupted_first_start_is_repeated(own_settings: Settings, folder: Path) -> None:
    home = open_home(folder)
    half = home.path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with open_engines(own_settings) as urls:
        write(urls)


def test_data_of_another_version_is_refused(own_settings: Settings, folder: Path) -> None:
    with open_engines(own_settings):
        pass
    (open_home(folder).postgres_data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Exception, match="17"), open_engines(own_settings):
        pass


def test_named_servers_are_used_as_they_are(folder: Path) -> None:
    named = Settings(
        data_dir=folder, database_url="postgresql://u:p@db/x", redis_url="redis://cache"
    )
    with open_engines(named) as urls:
        assert urls.database_url == "postgresql+psycopg://u:p@db/x"
        assert urls.psycopg_dsn == "postgresql://u:p@db/x"
        assert urls.redis_url == "redis://cache"
        assert not urls.owned
    assert list(folder.iterdir()) == []


def test_program_output_is_kept(folder: Path) -> None:
    home = open_home(folder)
    done = run(
        [str(home.binaries.postgres), "-V"], account=home.account, directory=home.path, seconds=30
    )
    assert done.returncode == 0
    assert "PostgreSQL" in done.stdout
    assert Postgres(home).alive is False
