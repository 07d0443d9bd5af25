"""Processes by their true identity: a pid alone may have been given to somebody else since."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.clock import monotonic

_LAUNCH = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.02


def started_at(pid: int) -> int | None:
    """Start of a process in clock ticks since boot, or None when there is no such process.

    Source: field 22 of /proc/<pid>/stat (proc(5)); a zombie counts as gone.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that cannot be confused with a later one of the same number."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The process that has this number now."""
        started = started_at(pid)
        return None if started is None else cls(pid, started)

    @property
    def alive(self) -> bool:
        return started_at(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended meanwhile."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait until the process has ended; False when it still lives after `seconds`."""
        until = monotonic() + seconds
        while self.alive:
            if monotonic() > until:
                return False
            time.sleep(POLL_SECONDS)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return True


def find_server(pid_file: Path, program: str, directory: Path) -> ProcessId | None:
    """The live server that a pid file names: right program, working in `directory`, or None."""
    try:
        pid = int(pid_file.read_text().split()[0])
        process = ProcessId.of(pid)
        runs = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
        works_in = os.readlink(f"/proc/{pid}/cwd")
    except (OSError, ValueError, IndexError):
        return None
    same = Path(runs).name == program and Path(works_in) == directory.resolve()
    return process if same else None


@dataclass(frozen=True, slots=True)
class Account:
    """The account that servers run as; uid -1: the one we have."""

    uid: int = -1
    gid: int = -1

    @property
    def other(self) -> bool:
        return self.uid >= 0

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder of ours."""
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def launch(
    program: Sequence[str],
    *,
    account: Account,
    directory: Path,
    output: Path,
    dies_by: signal.Signals | None,
) -> ProcessId:
    """Start `program` in a session of its own, without our terminal and our secrets.

    `dies_by` is sent to it when the *thread* that called us ends: call from the main thread.
    """
    with output.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own words
            _command(program, account, dies_by),
            cwd=directory,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    child.returncode = 0  # waited for by ProcessId.wait, never by this object
    return ProcessId.of(child.pid) or ProcessId(child.pid, -1)


def run(
    program: Sequence[str], *, account: Account, directory: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run `program` to its end under `account`; its output as text, stderr included."""
    return subprocess.run(  # noqa: S603 - our own words
        _command(program, account, None),
        cwd=directory,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )


def _command(program: Sequence[str], account: Account, dies_by: signal.Signals | None) -> list[str]:
    number = int(dies_by) if dies_by else 0
    ids = [os.getpid(), number, account.uid, account.gid]
    return [sys.executable, "-I", "-S", str(_LAUNCH), *map(str, ids), *program]
