"""A real sweep in a process of its own. A file may hold seconds by which this process sees the
clock shifted: a machine's clock cannot be set in a test.
"""

import signal
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import FrameType

from core import clock
from tests.copies import Copy
from tests.prepared import begin


class Shifted(datetime):
    """`now` as a machine with another clock has it."""

    file: Path

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        try:
            seconds = float(cls.file.read_text())
        except (OSError, ValueError):
            seconds = 0.0
        return datetime.now(tz) + timedelta(seconds=seconds)


def start(clock_file: Path | None = None) -> Copy:
    """A sweep of the database that the settings name."""
    return begin("tests.sla.sweep_process", *([str(clock_file)] if clock_file else ()))


def main(clock_files: Sequence[str]) -> None:
    for one in clock_files:
        Shifted.file = Path(one)
        clock.datetime = Shifted  # type: ignore[misc]
    from api.sweeper import Sweeper
    from api.wiring import wire

    wire()
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    Sweeper(stopping).run()
