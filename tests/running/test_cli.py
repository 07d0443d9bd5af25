"""The command line by itself: messages, exit codes, other rooms' commands."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from api.cli_ports import PortTaken, holder_of, require_free
from core.engines import EngineUrls, open_engines, start_embedded
from core.engines.owner import try_own
from core.settings import Settings
from tests.folders import data_folder
from tests.harness import ROOT, free_port_pair
from tests.prepared import original


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as path:
        yield path


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PAIDAN_")}
    return {**kept, "PAIDAN_DATA_DIR": str(folder), **settings}


def paidan(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """What a command says and ends with, in a copy of a process that has read everything."""
    return original().run(words, environment(folder, settings))


def command(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The same as people run it."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        cwd=ROOT,
        env=environment(folder, settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_is_quick_and_starts_nothing(folder: Path) -> None:
    done = command("--help", folder=folder)
    assert done.returncode == 0
    assert "report" in done.stdout
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("words", "settings"), [
    (("up",), {"PAIDAN_PORT": "nonsense"}),
    (("verify",), {"PAIDAN_DATABASE_URL": "postgresql://paidan:very@secret@127.0.0.1:1/paidan"}),
    (("no-such-command",), {}),
    (("report", "--help"), {}),
])  # fmt: skip
def test_a_copy_says_what_the_command_says(
    folder: Path, words: tuple[str, ...], settings: dict[str, str]
) -> None:
    """What the tests below stand on."""
    copied = paidan(*words, folder=folder, **settings)
    run = command(*words, folder=folder, **settings)
    assert copied.returncode == run.returncode
    assert (copied.stdout, copied.stderr) == (run.stdout, run.stderr)


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


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        ("queues.toml", "ring_s = -5", "queues.toml: ring_s"),
        ("recordings.toml", "keep = [", "recordings.toml"),
        ("announcements.toml", "no = 1", "announcements.toml"),
        ("flows/hotline.toml", "no = 1", "hotline.toml"),
        ("own.toml", "[templates.delay]\ncategory = 'no'", "template"),
    ],
)
def test_a_document_with_a_mistake_stops_the_start(
    folder: Path, file: str, text: str, named: str
) -> None:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    own = {"PAIDAN_MESSAGE_TEMPLATES": str(path)} if file == "own.toml" else {}
    done = paidan("up", folder=folder, **own)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "engines").exists()


def test_the_second_port_is_checked_too(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = paidan("up", "--port", str(port - 1), folder=folder)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Two sentences, Chinese and English, exit code 2, and nothing else."""
    assert done.returncode == 2, done.stderr
    zh, en = done.stderr.splitlines()
    assert not zh.isascii()
    for word in words:
        assert word in zh
        assert word in en
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("up",), ("verify",), ("up", "--port", "9000")])
@pytest.mark.parametrize("address", ["127.0.0.1:1/paidan", "no.such.host.invalid/paidan"])
def test_a_database_out_of_reach_is_named_without_its_password(
    folder: Path, words: tuple[str, ...], address: str
) -> None:
    url = f"postgresql://paidan:very@secret@{address}"
    done = paidan(*words, folder=folder, PAIDAN_DATABASE_URL=url)
    refused(done, "PAIDAN_DATABASE_URL", "PostgreSQL")
    assert "secret" not in done.stdout + done.stderr
    assert not (folder / "engines").exists()
    assert not (folder / "run.json").exists()


def test_a_valkey_out_of_reach_is_named_without_its_password(folder: Path) -> None:
    url = "redis://:verysecret@127.0.0.1:1/0"
    done = paidan("up", "--port", str(free_port_pair()), folder=folder, PAIDAN_REDIS_URL=url)
    refused(done, "PAIDAN_REDIS_URL", "Valkey")
    assert "verysecret" not in done.stdout + done.stderr
    assert not (folder / "engines").exists()


@pytest.mark.parametrize(("name", "value"), [
    ("PORT", "nonsense"),
    ("PORT", "70000"),
    ("JT808_PORT", "70000"),
    ("JT808_PORT", "8700"),
    ("TIMEZONE", "Mars/Olympus"),
    ("JT808_TIMEZONE", ""),
    ("DATABASE_URL", "mysql://paidan:verysecret@db/paidan"),
    ("REDIS_URL", "http://:verysecret@cache"),
    ("PUBLIC_URL", "paidan.example"),
    ("LOG_LEVEL", "LOUD"),
    ("GPS_FLUSH_SECONDS", "inf"),
    ("GPS_PROTOCOLS", "gt07"),
])  # fmt: skip
def test_a_wrong_setting_is_named(folder: Path, name: str, value: str) -> None:
    done = paidan("up", folder=folder, **{f"PAIDAN_{name}": value})
    refused(done, f"PAIDAN_{name}")
    assert "verysecret" not in done.stderr
    assert "pydantic" not in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("words", [
    ("api",), ("gps",), ("migrate",), ("verify",), ("dump", "file"), ("report", "segments"),
    ("import", "history", "file"), ("replay", "tracks", "file", "--to", "127.0.0.1:1"),
])  # fmt: skip
def test_every_command_looks_at_the_settings_first(folder: Path, words: tuple[str, ...]) -> None:
    refused(paidan(*words, folder=folder, PAIDAN_TIMEZONE="Mars/Olympus"), "PAIDAN_TIMEZONE")
    assert list(folder.iterdir()) == []


def test_the_gateway_looks_at_its_ports_first(folder: Path) -> None:
    done = paidan("gps", folder=folder, PAIDAN_GPS_PROTOCOLS="gt06:5023, teltonika:5023")
    refused(done, "PAIDAN_GPS_PROTOCOLS")
    assert list(folder.iterdir()) == []


def test_small_letters_are_a_log_level_too() -> None:
    assert Settings(log_level="debug").log_level == "DEBUG"


def test_a_data_directory_that_cannot_be_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/paidan")):
        for words in (("up", "--data-dir", str(place)), ("migrate",)):
            refused(paidan(*words, folder=place), str(place), "--data-dir")


def test_an_address_of_another_machine_is_named(folder: Path) -> None:
    done = paidan("up", "--host", "192.0.2.1", folder=folder)
    refused(done, "192.0.2.1", "--host")
    assert "does not have the address" in done.stderr
    refused(paidan("up", "--host", "no.such.host.invalid", folder=folder), "--host")


@pytest.mark.parametrize("words", [("up",), ("verify",)])
def test_an_owner_that_nothing_names_is_told(folder: Path, words: tuple[str]) -> None:
    ownership = try_own(folder, "command")
    assert ownership is not None
    try:
        (folder / "run.json").unlink()
        refused(paidan(*words, folder=folder), "owner.lock", "run.json", str(folder))
    finally:
        ownership.release()


def test_with_servers_of_ones_own_nothing_is_made(folder: Path, engines: EngineUrls) -> None:
    settings = Settings(
        data_dir=folder, database_url=engines.database_url, redis_url=engines.redis_url
    )
    ownership = try_own(folder, "up")
    assert ownership is not None
    try:
        start_embedded(settings, ownership).stop()
    finally:
        ownership.release()
    assert not list(folder.glob("engines*"))


def hear_interrupts() -> None:
    """A shell starts what runs in its background deaf to them, and children stay so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_make_is_noticed() -> None:
    script = "from api.cli_make import ParentMake as P\nm = P()\nprint(m.stopped, flush=True)\n"
    wait = "import time\nwhile not m.stopped: time.sleep(0.02)\nprint('noticed', flush=True)\n"
    makefile = 'run:\n\t@exec $(PY) -c "$$CODE"\n'
    outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # the tests may run under a make themselves
    kept = {name: value for name, value in os.environ.items() if name not in outer}
    with subprocess.Popen(
        ["make", "-f", "-", "run", f"PY={sys.executable}"],
        cwd=ROOT,
        env={**kept, "CODE": script + wait},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    ) as make:
        assert make.stdin is not None
        assert make.stdout is not None
        try:
            make.stdin.write(makefile)
            make.stdin.close()
            assert make.stdout.readline() == "False\n"
            make.send_signal(signal.SIGINT)
            assert make.stdout.readline() == "noticed\n"
            assert make.wait(60) != 0
        finally:
            make.kill()


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


@pytest.mark.parametrize(("file", "why"), [("gone.dump", "No such file"), (".", "Is a directory")])
def test_a_backup_that_is_not_there_is_named_before_anything_starts(
    folder: Path, tmp_path: Path, file: str, why: str
) -> None:
    done = paidan("restore", str(tmp_path / file), folder=folder)
    assert done.returncode == 2
    assert f"{tmp_path / file} cannot be read: {why}" in done.stderr
    assert "无法读取备份文件" in done.stderr
    assert list(folder.iterdir()) == [], "nothing was started"


def test_restoring_nonsense_says_so(folder: Path, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.dump"
    nonsense.write_text("nonsense")
    done = paidan("restore", str(nonsense), folder=folder)
    assert done.returncode == 2
    assert "pg_restore" in done.stderr
