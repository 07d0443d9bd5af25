"""A real sweep in a process of its own. The file `SWEEP_CLOCK` holds seconds by which this process
sees the clock shifted: a machine's clock cannot be set in a test.
"""

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import FrameType

from core import clock

ROOT = Path(__file__).resolve().parents[2]


class Shifted(datetime):
    """`now` as a machine with another clock has it."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        try:
            seconds = float(Path(os.environ["SWEEP_CLOCK"]).read_text())
        except (OSError, ValueError):
            seconds = 0.0
        return datetime.now(tz) + timedelta(seconds=seconds)


def start(clock_file: Path | None = None) -> "subprocess.Popen[bytes]":
    """A sweep of the database that the settings name."""
    more = {"SWEEP_CLOCK": str(clock_file)} if clock_file else {}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sla.sweep_process"], cwd=ROOT, env={**os.environ, **more}
    )


def main() -> None:
    if "SWEEP_CLOCK" in os.environ:
        clock.datetime = Shifted  # type: ignore[misc]
    from api.sweeper import Sweeper
    from api.wiring import wire

    wire()
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    Sweeper(stopping).run()


if __name__ == "__main__":
    main()
