"""`paidan up` as people run it: everything real, started, hurt and stopped."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from api.supervisor import _processes
from core.engines import libpq_url
from core.engines.embedded import embedded_urls
from core.engines.processes import ProcessId
from core.settings import Settings
from tests.harness import RunningPaidan, StartedByPeople
from tests.people import WAIT_S

ALL = ("api", "gps", "engine", "dial", "worker", "bulk", "postgres", "valkey")


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with StartedByPeople() as started:
        yield started


def processes(paidan: RunningPaidan) -> dict[str, ProcessId]:
    return {name: paidan.process(name) for name in ALL}


def wait_ready_again(paidan: RunningPaidan) -> None:
    paidan.wait_ready()


def count_users(paidan: RunningPaidan) -> object:
    urls = embedded_urls(paidan.data_dir)
    assert urls is not None
    with psycopg.connect(libpq_url(urls[0])) as connection:
        row = connection.execute("SELECT count(*) FROM app_user").fetchone()
    return row and row[0]


def test_says_where_it_is_and_who_may_log_in(paidan: RunningPaidan) -> None:
    assert paidan.base_url in paidan.output
    for login, password in paidan.logins.items():
        assert f"{login} " in paidan.output
        assert password in paidan.output
    assert re.search(r"crew +east\.crew1 .* JT/T 808 13800001101$", paidan.output, re.MULTILINE)
    assert all(process.alive for process in processes(paidan).values())


def test_more_gateways_are_processes_of_their_own() -> None:
    assert {"gps", "gps2", "gps3"} <= _processes(Settings(gps_processes=3)).keys()
    assert "gps2" not in _processes(Settings())


def test_lives_and_is_ready(paidan: RunningPaidan) -> None:
    assert paidan.get("/health/live")
    assert paidan.is_ready()


def test_listens_nowhere_else(paidan: RunningPaidan) -> None:
    """Two ports, on loopback only: the servers have none."""
    told = subprocess.run(
        [sys.executable, "-c", LISTENERS, *(str(p.pid) for p in processes(paidan).values())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(told.stdout.split()) == sorted(
        [f"127.0.0.1:{paidan.port}", f"127.0.0.1:{paidan.port + 1}"]
    )


def test_a_command_beside_it_uses_its_servers(paidan: RunningPaidan) -> None:
    before = processes(paidan)
    done = paidan.command("verify")
    assert done.returncode == 0, done.stderr
    assert processes(paidan) == before


def test_a_second_one_is_refused(paidan: RunningPaidan) -> None:
    done = paidan.command("up")
    assert done.returncode == 2
    assert str(paidan.supervisor.pid) in done.stderr
    assert paidan.is_ready()


def test_a_deleted_run_file_is_written_again(paidan: RunningPaidan) -> None:
    before = paidan.run
    (paidan.data_dir / "run.json").unlink()
    until = time.monotonic() + WAIT_S
    while paidan.run is None and time.monotonic() < until:
        time.sleep(0.02)
    assert paidan.run == before
    assert paidan.command("verify").returncode == 0


@pytest.mark.chaos
@pytest.mark.parametrize("name", ALL)
def test_what_dies_is_replaced(paidan: RunningPaidan, name: str) -> None:
    users = count_users(paidan)
    old = paidan.kill(name)
    assert paidan.wait_replaced(name, old).alive
    wait_ready_again(paidan)
    assert count_users(paidan) == users


def squat(address: tuple[str, int]) -> socket.socket | None:
    """A socket that listens there, or None while somebody else does."""
    taken = socket.socket()
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen()
    except OSError:
        taken.close()
        return None
    return taken


@pytest.mark.chaos
def test_what_keeps_dying_says_so_once_per_try(paidan: RunningPaidan) -> None:
    old = paidan.kill("gps")
    while (squatter := squat(paidan.jt808)) is None:  # the new gateway was faster
        paidan.wait_replaced("gps", old)
        old = paidan.kill("gps")
    with squatter:  # until it lets go, no gateway can listen
        until = time.monotonic() + 2 * WAIT_S
        told = ""
        while not ("at its start: 6 times" in told and "address already in use" in told):
            assert time.monotonic() < until, paidan.output[-3000:]
            time.sleep(0.1)
            told = paidan.output.partition("gps keeps ending at its start: 5 times")[2]
        assert "gps    │" not in told
    assert paidan.wait_replaced("gps", old).alive
    wait_ready_again(paidan)


@pytest.fixture
def other() -> Iterator[RunningPaidan]:
    with StartedByPeople() as started:
        yield started


def test_two_run_side_by_side_and_stop_apart(paidan: RunningPaidan, other: RunningPaidan) -> None:
    mine, theirs = processes(paidan), processes(other)
    assert not set(mine.values()) & set(theirs.values())
    assert not set(paidan.logins.values()) & set(other.logins.values())
    assert other.stop() == 0
    assert not any(process.alive for process in theirs.values())
    assert other.run is None
    assert all(process.alive for process in mine.values())
    assert paidan.is_ready()


@pytest.mark.chaos
def test_a_killed_supervisor_leaves_nothing_lost(other: RunningPaidan) -> None:
    before = processes(other)
    logins = other.logins
    users = count_users(other)
    other.kill("up")
    for name in ("api", "gps", "engine", "dial", "worker", "bulk"):
        assert before[name].wait(WAIT_S)
    other.start()
    assert not any(process.alive for process in before.values())
    assert other.logins == logins
    assert count_users(other) == users
    assert other.stop(signal.SIGTERM) == 0


@pytest.fixture
def copied() -> Iterator[RunningPaidan]:
    """One that starts and stops within seconds."""
    with RunningPaidan() as started:
        yield started


def test_interrupted_while_it_starts(copied: RunningPaidan) -> None:
    copied.stop()
    before = copied.output.count("preparing the schema")
    copied.start(wait=False)
    until = time.monotonic() + WAIT_S
    while copied.output.count("preparing the schema") == before and time.monotonic() < until:
        time.sleep(0.01)
    assert copied.output.count("preparing the schema") == before + 1
    assert copied.stop() == 0
    assert copied.run is None
    copied.start()
    assert copied.is_ready()


LISTENERS = """
import os, sys
from pathlib import Path
inodes = set()
for pid in sys.argv[1:]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(os.readlink(link))
        except OSError:
            pass
for table in ("tcp", "tcp6"):
    for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
            address, port = fields[1].split(":")
            octets = bytes.fromhex(address)[::-1]
            print(".".join(map(str, octets)) + ":" + str(int(port, 16)))
"""
