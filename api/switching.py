"""The switchboard as a thread of `paidan engine`: sleeps until somebody comes to another state.

A NOTIFY tells it; it also wakes for the next deadline, and looks for itself now and then, since a
notice is lost with its connection. Any number of engines may run: one turn at a time.
"""

import threading

import psycopg

from core.clock import monotonic, now, seconds_until
from core.correlation import correlated
from core.db import read_session
from core.listen import SWITCH, listening
from core.logging import logger
from core.trouble import Trouble
from telephony.routing import switchboard

LOOK_AGAIN_S = 2.0
MEND_S = 0.2
"""Between two looks at what does not let a phone ring."""
REST = 1.0
"""A turn is followed by so many times its length in which others compute, and news gathers: what
comes alone is looked at at once, what comes by the dozen in one turn.
"""
REST_S = (0.02, 0.25)
"""The shortest rest and the longest."""
RECONNECT_S = 0.25
log = logger(__name__)


class Switching:
    """One loop. `stopping` ends it within a second."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self._mend_at = monotonic()

    def run(self) -> None:
        """Work until `stopping` is set; a lost database is awaited."""
        trouble = Trouble(log, "switchboard_interrupted")
        while not self.stopping.is_set():
            try:
                self._run_connected()
            except Exception as error:
                trouble.failed(error)
                self.stopping.wait(RECONNECT_S)

    def _run_connected(self) -> None:
        with listening(SWITCH, name="paidan-switchboard") as connection:
            while not self.stopping.is_set():
                began = monotonic()
                whole = began >= self._mend_at
                with correlated():
                    busy = switchboard.sweep(now(), all_of_it=whole)
                if whole:
                    self._mend_at = monotonic() + MEND_S
                self.stopping.wait(rest(monotonic() - began))
                if not busy:
                    self._sleep(connection, LOOK_AGAIN_S if whole else MEND_S)

    def _sleep(self, connection: psycopg.Connection, most_s: float) -> None:
        """Until a notice, the next deadline, or it is time to look again."""
        with read_session() as session:
            due = switchboard.next_due(session, now())
        pause = most_s if due is None else min(most_s, seconds_until(due))
        until = monotonic() + pause
        while not self.stopping.is_set() and (left := until - monotonic()) > 0:
            for _ in connection.notifies(timeout=min(left, 1.0), stop_after=1):
                return


def rest(worked_s: float) -> float:
    """Seconds until the next turn after one of this length."""
    shortest, longest = REST_S
    return min(longest, max(shortest, REST * worked_s))
