"""Commands of `paidan`, and processes of the tests' own, as copies of one that has read everything.

Reading a thousand modules takes each command seconds of processor time. Here one process of each
test worker does it; `paidan up` makes its own processes the same way (`api.forked`). Where the
start itself is what is tested, a real command is run.
"""

import ctypes
import json
import os
import queue
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 240.0
COMMAND = "api.cli"
_PR_SET_PDEATHSIG = 1
READ = ("api.cli", "api.verify", "pypinyin", "core.migrate", "dispatch.starter", "api.screens")


class Copy:
    """One running copy, used like a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended = threading.Event()
        self._code = 0

    def ended(self, code: int) -> None:
        """The original says that it has ended."""
        self._code = code
        self._ended.set()

    def poll(self) -> int | None:
        return self._code if self._ended.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"copy {self.pid}", timeout or 0)
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> "Copy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """However it ended: nothing of it is left."""
        self.kill()
        self.wait()


class Original:
    """The process that copies are made of; it ends with us."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.copies"],
            cwd=ROOT,
            env={key: text for key, text in os.environ.items() if not key.startswith("PAIDAN_")}
            | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests: IO[bytes] = self._process.stdin
        self._started: queue.Queue[Copy] = queue.Queue()
        self._asking = threading.Lock()
        words = self._process.stdout
        threading.Thread(target=self._listen, args=(words,), daemon=True).start()

    def start(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        errors: Path,
        module: str = COMMAND,
    ) -> Copy:
        """Begin `paidan WORDS`, or `main(words)` of another module.

        What it writes is added to the files, which may be one.
        """
        asked = {
            "module": module,
            "words": list(words),
            "environment": dict(environment),
            "output": str(output),
            "errors": str(errors),
        }
        with self._asking:
            self._requests.write(json.dumps(asked).encode() + b"\n")
            self._requests.flush()
            return self._started.get(timeout=START_SECONDS)

    def run(
        self, words: Sequence[str], environment: Mapping[str, str], seconds: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """`paidan WORDS` to its end."""
        with tempfile.TemporaryDirectory() as folder:
            output, errors = Path(folder, "output"), Path(folder, "errors")
            with self.start(words, environment, output, errors) as copy:
                code = copy.wait(seconds)
            return subprocess.CompletedProcess(
                list(words), code, output.read_text(), errors.read_text()
            )

    def _listen(self, words: IO[bytes]) -> None:
        copies: dict[int, Copy] = {}
        with words:
            for line in words:
                told = json.loads(line)
                if "code" in told:
                    copies.pop(told["pid"]).ended(told["code"])
                else:
                    copies[told["pid"]] = Copy(told["pid"])
                    self._started.put(copies[told["pid"]])

    def close(self) -> None:
        """Nothing more is asked for."""
        self._requests.close()
        self._process.wait(START_SECONDS)


def serve() -> None:
    """Be the original: make a copy for each line that asks for one, tell when a copy ends."""
    from api.forked import preload
    from api.supervisor import CITY, PROCESSES

    preload([*READ, *(one.module for one in (*PROCESSES.values(), *CITY.values()))])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for those who asked
    signal.signal(signal.SIGCHLD, lambda *_: None)
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    while True:
        ready, _, _ = select.select([requests, awake], [], [])
        if awake in ready:
            os.read(awake, 4096)
            _tell_ends()
        if requests in ready:
            line = requests.readline()
            if not line:
                return
            _begin(json.loads(line))


def _begin(asked: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        _become(asked)
    _tell({"pid": pid})


def _become(asked: dict[str, Any]) -> None:
    from api.forked import become

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # a killed run leaves none behind
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    output = os.open(asked["output"], flags, 0o600)
    errors = os.open(asked["errors"], flags, 0o600)

    def run() -> int:
        main: Any = import_module(asked["module"]).main
        return main(asked["words"]) or 0

    name = " ".join(asked["words"][:1]) if asked["module"] == COMMAND else asked["module"]
    become(name, asked["environment"], output, run, errors=errors)


def _tell_ends() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(what: dict[str, int]) -> None:
    sys.stdout.buffer.write(json.dumps(what).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve()
