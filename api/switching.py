"""The switchboard as a thread of `paidan dial`: sleeps until somebody comes to another state.

A NOTIFY tells it; it also wakes for the next deadline, and looks for itself now and then, since a
notice is lost with its connection. Any number may run: one turn at a time.
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
"""What does not let a phone ring is seen to so soon after news, and when no more news came."""
CREDIT_S = 0.25
"""So long it may work on end; then it rests as long as it works. What comes alone is looked at at
once, and what comes by the dozen in one turn.
"""
BREATH_S = 0.05
"""Screens draw the phones that ring before it looks again: its own news wakes it."""
RECONNECT_S = 0.25
log = logger(__name__)


class Credit:
    """Working time that may be spent without a rest. It grows with the time in which others work.

    `now` is in seconds, of one monotonic clock.
    """

    def __init__(self, now: float) -> None:
        self._left = CREDIT_S
        self._at = now

    def spent(self, began: float, ended: float) -> float:
        """It worked; seconds to rest until it may work again."""
        idle = max(0.0, began - self._at)
        self._left = min(CREDIT_S, self._left + idle) - (ended - began)
        self._left = max(self._left, -CREDIT_S)
        self._at = ended
        return max(0.0, -self._left)


class Switching:
    """One loop. `stopping` ends it within a second."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self._look_at = self._mend_at = monotonic()
        self._credit = Credit(monotonic())

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
            news = True
            while not self.stopping.is_set():
                _drain(connection)
                if self._is_to_mend(monotonic(), news=news):
                    news = self._mend() or news
                else:
                    news = self._connect()
                news = news or self._sleep(connection)

    def _is_to_mend(self, moment: float, *, news: bool) -> bool:
        """Phones ring first, but the rest does not wait for ever."""
        return moment >= self._mend_at + (MEND_S if news else 0.0)

    def _connect(self) -> bool:
        busy = self._turn(switchboard.CONNECT)
        if busy:
            self.stopping.wait(BREATH_S)
        self._look_at = monotonic() + LOOK_AGAIN_S
        self._mend_at = min(self._mend_at, monotonic() + MEND_S)
        return busy

    def _mend(self) -> bool:
        busy = self._turn(switchboard.MEND)
        self._mend_at = monotonic() + LOOK_AGAIN_S
        return busy

    def _turn(self, part: switchboard.Part) -> bool:
        began = monotonic()
        with correlated():
            busy = switchboard.sweep(now(), part)
        self.stopping.wait(self._credit.spent(began, monotonic()))
        return bool(busy)

    def _sleep(self, connection: psycopg.Connection) -> bool:
        """Until a notice, the next deadline, or it is time to look again; whether somebody may be
        waiting to be connected.
        """
        if _drain(connection):
            return True
        with read_session() as session:
            due = switchboard.next_due(session, now())
        due_at = self._look_at if due is None else monotonic() + seconds_until(due)
        until = min(self._look_at, self._mend_at, due_at)
        while not self.stopping.is_set() and (left := until - monotonic()) > 0:
            for _ in connection.notifies(timeout=min(left, 1.0), stop_after=1):
                return True
        return until < self._mend_at


def _drain(connection: psycopg.Connection) -> bool:
    """Take the notices that have come; whether there were any."""
    return sum(1 for _ in connection.notifies(timeout=0)) > 0
