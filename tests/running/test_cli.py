"""The command line by itself: messages, exit codes, other rooms' commands."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.cli_ports import PortTaken, holder_of, require_free
from core.engines import open_engines
from core.settings import Settings
from tests.engine_fixtures import data_folder
from tests.harness import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as path:
        yield path


def paidan(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PAIDAN_")}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        cwd=ROOT,
        env={**kept, "PAIDAN_DATA_DIR": str(folder), **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_is_quick_and_starts_nothing(folder: Path) -> None:
    done = paidan("--help", folder=folder)
    assert done.returncode == 0
    assert "report" in done.stdout
    assert list(folder.iterdir()) == []


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert holder_of(port) == (os.getpid(), Path("/proc/self/comm").read_text().strip())
        with pytest.raises(PortTaken, match=str(os.getpid())):
            require_free("127.0.0.1", port)
        done = paidan("up", "--port", str(port), folder=folder)
        assert done.returncode == 2
        assert f"port {port} is taken" in done.stderr
        assert "--port" in done.stderr
    assert not (folder / "engines").exists()
    require_free("127.0.0.1", port)


def test_the_second_port_is_checked_too(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = paidan("up", "--port", str(port - 1), folder=folder)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr


def test_an_unexpected_error_is_short_and_keeps_secrets(folder: Path) -> None:
    url = "postgresql://paidan:verysecret@127.0.0.1:1/paidan"
    done = paidan("verify", folder=folder, PAIDAN_DATABASE_URL=url, PAIDAN_REDIS_URL="redis://x")
    assert done.returncode == 1
    assert "verysecret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "unexpected error" in done.stderr


def test_a_wrong_setting_is_an_error(folder: Path) -> None:
    done = paidan("migrate", folder=folder, PAIDAN_PORT="nonsense")
    assert done.returncode == 1
    assert "port" in done.stderr


@pytest.mark.parametrize(("words", "expected"), [
    (("import", "--help"), "history"),
    (("report", "--help"), "segments"),
    (("replay", "--help"), "tracks"),
])  # fmt: skip
def test_other_rooms_bring_their_commands(
    folder: Path, words: tuple[str, str], expected: str
) -> None:
    done = paidan(*words, folder=folder)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
    assert not (folder / "engines").exists()


def test_migrate_starts_and_stops_servers_of_its_own(folder: Path) -> None:
    done = paidan("migrate", folder=folder)
    assert done.returncode == 0, done.stderr
    assert not (folder / "run.json").exists()


def test_a_backup_comes_back(folder: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.dump"
    own = Settings(data_dir=folder, database_url=None, redis_url=None)
    with open_engines(own) as urls, psycopg.connect(urls.psycopg_dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS id")
        connection.commit()
        assert paidan("dump", str(backup), folder=folder).returncode == 0
        connection.execute("DELETE FROM kept")
        connection.commit()
    assert backup.stat().st_mode & 0o077 == 0
    done = paidan("restore", str(backup), folder=folder)
    assert done.returncode == 0, done.stderr
    with open_engines(own) as urls, psycopg.connect(urls.psycopg_dsn) as connection:
        assert connection.execute("SELECT id FROM kept").fetchall() == [(7,)]


def test_restoring_nonsense_says_so(folder: Path, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.dump"
    nonsense.write_text("nonsense")
    done = paidan("restore", str(nonsense), folder=folder)
    assert done.returncode == 2
    assert "pg_restore" in done.stderr
