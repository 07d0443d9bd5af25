"""The recorder as a thread of `paidan engine`: looks when calls or commands come to another state,
and now and then, since a notice is lost with its connection. Any number of engines may run.
"""

import threading

from core.clock import now
from core.correlation import correlated
from core.listen import SWITCH, listening
from core.logging import logger
from core.trouble import Trouble
from telephony.recordings import recorder

LOOK_AGAIN_S = 1.0
GATHER_S = 0.2
"""What comes within this time is looked at in one turn."""
RECONNECT_S = 0.25
log = logger(__name__)


class Recorder:
    """One loop. `stopping` ends it within a second."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def run(self) -> None:
        """Work until stopped; a lost database is awaited."""
        trouble = Trouble(log, "recorder_interrupted")
        while not self._stopping.is_set():
            try:
                self._run_connected()
            except Exception as error:
                trouble.failed(error)
                self._stopping.wait(RECONNECT_S)

    def _run_connected(self) -> None:
        with listening(SWITCH, name="paidan-recorder") as connection:
            while not self._stopping.is_set():
                with correlated():
                    recorder.sweep(now())
                for _ in connection.notifies(timeout=LOOK_AGAIN_S, stop_after=1):
                    pass
                self._stopping.wait(GATHER_S)
