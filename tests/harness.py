"""A real `paidan up` in a process of its own, for tests that need all of it."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from core.engines.home import remove_home
from core.engines.owner import RunFile, read_run_file
from core.engines.processes import ProcessId
from tests.copies import Copy
from tests.folders import new_data_folder
from tests.prepared import fill, original

ROOT = Path(__file__).resolve().parents[1]
# Patience costs nothing where all is well; a busy machine may need it.
READY_SECONDS = 240.0
STOP_SECONDS = 120.0
REPLACED_SECONDS = 120.0


def free_port_pair() -> int:
    """A port N such that N and N + 1 are free on loopback now.

    Each parallel test worker picks from a range of its own, so that two never pick the same.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = 20_000 + worker * 3_000 + 2 * random.randrange(1_500)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


class RunningPaidan:
    """`paidan up` on free ports. Use as a context manager; `settings` are PAIDAN_* variables.

    It begins with everything read and with the data of a first start: see `tests.copies`.
    """

    as_people_start_it = False
    """By a real command, on an empty folder: seconds of processor time more."""

    def __init__(
        self, data_dir: Path | None = None, port: int | None = None, **settings: str
    ) -> None:
        self._own_folder = data_dir is None
        self.data_dir = data_dir or new_data_folder("paidan-up-")
        self.port = port or free_port_pair()
        self._settings = settings
        self._child: subprocess.Popen[bytes] | Copy | None = None
        if self._own_folder and not self.as_people_start_it and "database_url" not in settings:
            fill(self.data_dir)

    def __enter__(self) -> "RunningPaidan":
        try:
            self.start()
        except BaseException:
            self.clean()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clean()

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.host}:{self.port}"

    @property
    def jt808(self) -> tuple[str, int]:
        return self.host, self.port + 1

    @property
    def log(self) -> Path:
        return self.data_dir / "up.log"

    @property
    def environment(self) -> dict[str, str]:
        """Environment of `paidan` commands beside this one."""
        kept = {key: text for key, text in os.environ.items() if not key.startswith("PAIDAN_")}
        own = {f"PAIDAN_{key.upper()}": text for key, text in self._settings.items()}
        own.setdefault("PAIDAN_DEMO", "false")
        return {**kept, **own, "PAIDAN_DATA_DIR": str(self.data_dir), "PAIDAN_PORT": str(self.port)}

    def start(self, *, wait: bool = True) -> None:
        """Start it; with `wait`, until it is ready."""
        if self.as_people_start_it:
            self._child = self._command()
        else:
            self._child = original().start(["up"], self.environment, self.log, self.log)
        if wait:
            self.wait_ready()

    def _command(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "api.cli", "up"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait for /health/ready and the printed logins."""
        until = time.monotonic() + seconds
        while not (self.run is not None and self.run.serving and self.is_ready()):
            if self._child is not None and self._child.poll() is not None:
                raise AssertionError(f"paidan up ended:\n{self.output[-6000:]}")
            if time.monotonic() > until:
                raise AssertionError(f"paidan up is not ready:\n{self.output[-6000:]}")
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """What /health/ready says."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def output(self) -> str:
        """Everything printed so far, all starts."""
        return self.log.read_text(errors="replace")

    @property
    def run(self) -> RunFile | None:
        return read_run_file(self.data_dir)

    @property
    def supervisor(self) -> ProcessId:
        if self._child is None:
            raise AssertionError("not started")
        found = ProcessId.of(self._child.pid)
        if found is None:
            raise AssertionError("paidan up has ended")
        return found

    @property
    def logins(self) -> dict[str, str]:
        """Password of each login of the first organisation."""
        lines = (self.data_dir / "logins.txt").read_text(encoding="utf-8").splitlines()
        known = [json.loads(line) for line in lines]
        return {one["login"]: one["password"] for one in known}

    def process(self, name: str) -> ProcessId:
        """The process `api`, `gps`, `engine`, `worker`, `postgres` or `valkey` of this moment."""
        run = self.run
        found = run.process(name) if run else None
        if found is None:
            raise AssertionError(f"there is no process {name}: {run}")
        return found

    def kill(self, name: str) -> ProcessId:
        """SIGKILL a process by name (or `up`, the supervisor); the one that was killed."""
        victim = self.supervisor if name == "up" else self.process(name)
        victim.signal(signal.SIGKILL)
        if name == "up" and self._child is not None:
            self._child.wait(STOP_SECONDS)
        return victim

    def wait_replaced(
        self, name: str, old: ProcessId, seconds: float = REPLACED_SECONDS
    ) -> ProcessId:
        """Wait until another process has taken the place of a killed one."""
        until = time.monotonic() + seconds
        while True:
            run = self.run
            new = run.process(name) if run else None
            if new is not None and new != old and new.alive:
                return new
            if time.monotonic() > until:
                raise AssertionError(f"{name} was not replaced:\n{self.output[-6000:]}")
            time.sleep(0.05)

    def command(self, *words: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run another `paidan …` beside this one."""
        if not self.as_people_start_it:
            return original().run(words, self.environment, seconds)
        return subprocess.run(
            [sys.executable, "-m", "api.cli", *words],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def get(self, path: str) -> Any:
        """GET without a login; the JSON."""
        with urllib.request.urlopen(f"{self.base_url}{path}", timeout=10) as answer:
            return json.load(answer)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does and give its exit code; killed when it does not end in time."""
        child = self._child
        if child is None:
            return 0
        if child.poll() is None:
            child.send_signal(number)
        try:
            return child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise AssertionError(f"paidan up does not stop:\n{self.output[-6000:]}") from None
        finally:
            self._child = None

    def clean(self) -> None:
        """Stop and remove everything of it."""
        run = self.run
        try:
            self.stop()
        finally:
            for pair in run.processes.values() if run else ():
                left = ProcessId(*pair)
                left.signal(signal.SIGKILL)
                left.wait(5)
            if self._own_folder:
                remove_home(self.data_dir)
                shutil.rmtree(self.data_dir, ignore_errors=True)


class StartedByPeople(RunningPaidan):
    """`paidan up` as a command, on an empty folder."""

    as_people_start_it = True
