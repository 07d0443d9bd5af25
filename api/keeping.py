"""Old positions as a thread of `paidan engine`: now and then it thins and drops what is due.

Copying a day takes a while, and deadlines cannot wait for it. Of any number of engines one does it.
"""

import threading

from core.clock import now
from core.correlation import correlated
from core.logging import logger
from core.settings import settings
from core.trouble import Trouble
from dispatch.evidence import spans
from gps import retention

EVERY_S = 300.0
log = logger(__name__)


class Keeping:
    """One loop. `stopping` ends it behind the day that it is at."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def run(self) -> None:
        """Work until stopped; what fails is tried again the next time."""
        trouble = Trouble(log, "keeping_interrupted")
        while not self._stopping.is_set():
            try:
                with correlated():
                    keep(self._stopping)
            except Exception as error:
                trouble.failed(error)
            self._stopping.wait(EVERY_S)


def keep(stopping: threading.Event) -> int:
    """Days that were thinned or dropped."""
    set_ = settings()
    wanted = retention.Wanted(set_.gps_keep_days, set_.gps_thin_after_days, set_.gps_thin_seconds)
    return retention.sweep(now(), wanted, spans, stopping.is_set)
