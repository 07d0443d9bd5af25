"""Whether the `make` that started us was told to stop.

Interrupted by a signal to itself alone, GNU make passes nothing on: it waits for its children
without end, with its handler for SIGINT taken down. That is how a child can tell.
"""

import os
import signal
from pathlib import Path

_INTERRUPT = 1 << (signal.SIGINT - 1)


class ParentMake:
    """The `make` that is our parent now, or nothing to follow."""

    def __init__(self) -> None:
        parent = os.getppid()
        self._pid = parent if _name(parent) in ("make", "gmake") else None

    @property
    def stopped(self) -> bool:
        """It has ended, or waits for us to end after an interrupt. Source: proc(5), status."""
        if self._pid is None:
            return False
        if os.getppid() != self._pid:
            return True
        fields = _status(self._pid)
        heeded = int(fields.get("SigCgt", "0"), 16) | int(fields.get("SigIgn", "0"), 16)
        return not heeded & _INTERRUPT


def _name(pid: int) -> str:
    return _status(pid).get("Name", "")


def _status(pid: int) -> dict[str, str]:
    """Name → text of /proc/<pid>/status; empty when there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: text.strip() for name, _, text in (line.partition(":") for line in lines)}
