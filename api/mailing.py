"""Notices to many as a thread of `paidan engine`: looks twice a second at what campaigns want.

What they want is in rows; any number of engines may run.
"""

import threading

from core.clock import now
from core.correlation import correlated
from core.logging import logger
from core.trouble import Trouble
from dispatch.outbound import mailing

POLL_S = 0.5
RECONNECT_S = 0.5
log = logger(__name__)


class Mailing:
    """One loop. `stopping` ends it within a second."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping

    def run(self) -> None:
        """Work until `stopping` is set; a lost database is awaited."""
        trouble = Trouble(log, "mailing_interrupted")
        while not self.stopping.is_set():
            try:
                with correlated():
                    more = mailing.sweep(now())
                self.stopping.wait(0.0 if more else POLL_S)
            except Exception as error:
                trouble.failed(error)
                self.stopping.wait(RECONNECT_S)
