"""Who owns the embedded servers of a data directory: one lock, one run file.

The lock is `flock` on `<data dir>/owner.lock`: the kernel drops it with its holder, however that
ends. `<data dir>/run.json` says who holds it and, for `paidan up`, what runs.
Guests (commands beside the owner) hold a shared lock on `guests.lock`.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

from core.clock import monotonic
from core.engines.errors import DataDirUnusable, EnginesBusy, OwnerUnknown
from core.engines.home import make_private, write_private
from core.engines.processes import ProcessId, started_at

LOCK = "owner.lock"
GUESTS = "guests.lock"
RUN_FILE = "run.json"
# An owner writes its run file right after it has the lock, and removes it right before it lets go.
UNNAMED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RunFile:
    """The owner. `role`: `up` or `command`; `processes`: name → pid and start in ticks.

    `ready`: servers and schema can be used; `serving`: `paidan up` has said its address.
    """

    pid: int
    started: int
    role: str
    ready: bool = False
    serving: bool = False
    base_url: str = ""
    jt808_port: int = 0
    processes: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        return ProcessId(self.pid, self.started).alive

    def process(self, name: str) -> ProcessId | None:
        """A named process of `paidan up`: api, gps, engine, worker, postgres, valkey."""
        known = self.processes.get(name)
        return None if known is None else ProcessId(*known)


def read_run_file(data_dir: Path) -> RunFile | None:
    """The run file, also one that a killed owner left; None when there is none."""
    try:
        values = json.loads((data_dir / RUN_FILE).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    values["processes"] = {key: tuple(pair) for key, pair in values["processes"].items()}
    return RunFile(**values)


class Ownership:
    """Holds the owner's lock of one data directory until `release`."""

    def __init__(self, data_dir: Path, lock: IO[str], role: str) -> None:
        self._data_dir = data_dir
        self._lock = lock
        pid = os.getpid()
        self.previous = read_run_file(data_dir)
        """What an owner that was killed has left."""
        self.run = RunFile(pid=pid, started=started_at(pid) or 0, role=role)
        self.update()

    def update(self, **changes: object) -> None:
        """Change the run file, e.g. `update(ready=True)`."""
        self.run = replace(self.run, **changes)  # type: ignore[arg-type]  # fields of the run
        write_private(self._data_dir / RUN_FILE, json.dumps(asdict(self.run), indent=2) + "\n")

    def keep_told(self) -> None:
        """Write the run file again if somebody has deleted it."""
        if not (self._data_dir / RUN_FILE).exists():
            self.update()

    def wait_for_guests(self, seconds: float) -> bool:
        """Wait until no guest uses the servers; False when some still do after `seconds`."""
        until = monotonic() + seconds
        with (self._data_dir / GUESTS).open("a") as guests:
            while not _try_lock(guests, fcntl.LOCK_EX):
                if monotonic() > until:
                    return False
                time.sleep(0.1)
            return True

    def release(self) -> None:
        """Give the data directory up."""
        (self._data_dir / RUN_FILE).unlink(missing_ok=True)
        self._lock.close()


def try_own(data_dir: Path, role: str) -> Ownership | None:
    """Become the owner, or None when another process is. Raises DataDirUnusable."""
    try:
        make_private(data_dir, mode=0o711)
        lock = (data_dir / LOCK).open("a")
    except OSError as error:
        raise DataDirUnusable(data_dir=data_dir, why=error.strerror or error) from None
    if _try_lock(lock, fcntl.LOCK_EX):
        return Ownership(data_dir, lock, role)
    lock.close()
    return None


def own(data_dir: Path, role: str, seconds: float) -> Ownership:
    """Become the owner, waiting for a short command that is.

    Raises:
        EnginesBusy: when `paidan up` runs there, or the command does not end in `seconds`.
        DataDirUnusable: when it cannot be made.
    """
    until = monotonic() + seconds
    owner = OwnerWatch(data_dir)
    while (ownership := try_own(data_dir, role)) is None:
        run = owner.read()
        if (run is not None and run.role == "up") or monotonic() > until:
            pid, kind = (run.pid, run.role) if run else (0, "unknown")
            raise EnginesBusy(data_dir=data_dir, pid=pid, role=kind)
        time.sleep(0.1)
    return ownership


class OwnerWatch:
    """Looks at the run file of another owner until it ends or gets ready."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._seen = monotonic()

    def read(self) -> RunFile | None:
        """The run file. Raises OwnerUnknown when there has been none for a while."""
        run = read_run_file(self._data_dir)
        if run is not None:
            self._seen = monotonic()
        elif monotonic() - self._seen > UNNAMED_SECONDS:
            raise OwnerUnknown(data_dir=self._data_dir)
        return run


@contextlib.contextmanager
def as_guest(data_dir: Path) -> Iterator[None]:
    """Use the owner's servers; an owner that is a short command waits for us before it ends."""
    with (data_dir / GUESTS).open("a") as guests:
        _try_lock(guests, fcntl.LOCK_SH)
        yield


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
