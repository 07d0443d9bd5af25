"""A process of ours that begins with everything imported: a copy of the one that asks for it.

Importing takes seconds of processor time in each process that does it for itself; a copy runs
within milliseconds and shares the memory of what was imported. See docs/decisions/0008.
"""

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import NoReturn

_PR_SET_NAME = 15
_MOST_FILES = 65_536
_INHERITED = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


def preload(modules: Iterable[str]) -> None:
    """Import what the processes will run. Nothing of it may start a thread or open a connection."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start some
    gc.disable()  # what is imported stays: looking through it again and again is a fifth of it all
    for module in modules:
        import_module(module)
    gc.enable()
    gc.collect()
    gc.freeze()  # a collection in a copy would write to, and so copy, every page


class Forked:
    """A running copy. Its output, standard and error, is `output`; make it inside a loop."""

    def __init__(self, pid: int, output: asyncio.StreamReader) -> None:
        self.pid = pid
        self.output = output
        self._code: int | None = None

    @classmethod
    async def start(
        cls, name: str, environment: Mapping[str, str], run: Callable[[], int]
    ) -> "Forked":
        """Begin a copy of this process that does `run` and ends with the code it returns.

        It has a session, an environment and signal handlers of its own, and none of our files.
        """
        theirs, ours = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            become(name, environment, ours, run)
        os.close(ours)
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(theirs, "rb", 0)
        )
        return cls(pid, reader)

    def ended(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs. Ask after each SIGCHLD."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def terminate(self) -> None:
        """SIGTERM, unless it has ended."""
        if self.ended() is None:
            os.kill(self.pid, signal.SIGTERM)

    def kill_group(self) -> None:
        """SIGKILL for it and whatever it forked, also when it has ended itself."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self.ended() is None:  # it may not have its own session yet
            os.kill(self.pid, signal.SIGKILL)


def become(
    name: str,
    environment: Mapping[str, str],
    output: int,
    run: Callable[[], int],
    *,
    errors: int | None = None,
) -> NoReturn:
    """In the copy: leave behind what belongs to the original, then run.

    It writes to the descriptor `output`, and its errors to `errors` where that is another one.
    """
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in _INHERITED:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output if errors is None else errors, 2)
        os.closerange(3, _MOST_FILES)
        gc.freeze()  # nothing of the original's is ever collected: its files are not ours
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]  # a file
        os.environ.clear()
        os.environ.update(environment)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_NAME, f"paidan {name}".encode(), 0, 0, 0)
        code = run()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
