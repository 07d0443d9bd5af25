"""The sweep of deadlines as a thread of `paidan engine`: sleeps until the next one is due.

A NOTIFY tells it of deadlines that come before the one it sleeps for, so that an order costs
nothing until its time has come. It looks for itself now and then, since a NOTIFY is lost with its
connection, and looks at the clock every second, since the clock may be set.
"""

import threading
from collections.abc import Callable
from datetime import datetime

import psycopg

from core.clock import monotonic, now, rate, real_and_steady, seconds_until
from core.correlation import correlated
from core.listen import listening
from core.logging import logger
from core.trouble import Trouble
from sla import sweep
from sla.firing import CHANNEL
from sla.rules import set_back

LOOK_AGAIN_S = 5.0
CLOCK_S = 1.0
BUSY_S = 0.02
"""Until it tries again where others hold all cases that are due."""
RECONNECT_S = 0.25
log = logger(__name__)


class Sweeper:
    """One sweep; any number may run. `stopping` ends it within a second. `idle` is set while
    nothing is being fired.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self.idle = threading.Event()
        self.idle.set()
        self._fired = threading.Event()
        self._due: datetime | None = None
        self._wall, self._steady = real_and_steady()
        self._step: int | None = None

    def run(self) -> None:
        """Work until `stopping` is set; a lost database is awaited."""
        beside = threading.Thread(target=self._until_stopped, args=(self._show,), name="shower")
        beside.start()
        self._until_stopped(self._run_connected)
        self._fired.set()
        beside.join()

    def _until_stopped(self, work: Callable[[], None]) -> None:
        trouble = Trouble(log, "sweep_interrupted")
        while not self.stopping.is_set():
            try:
                work()
            except Exception as error:
                self.idle.set()
                trouble.failed(error)
                self.stopping.wait(RECONNECT_S)

    def _show(self) -> None:
        """Screens are told in a thread of their own: their rows wait for the numbers of others, and
        that must hold up no deadline.
        """
        self._fired.wait(LOOK_AGAIN_S)
        self._fired.clear()
        unshown = True
        while unshown and not self.stopping.is_set():
            with correlated():
                if not sweep.show():
                    _, unshown = sweep.outlook()
                    self.stopping.wait(BUSY_S)  # where another process, or a dispatcher, is at them

    def _run_connected(self) -> None:
        with listening(CHANNEL, name="paidan-sweep") as connection:
            while not self.stopping.is_set():
                if not self.turn():
                    self._sleep(connection)

    def turn(self) -> bool:
        """Fire what is due; True where there may be more at once."""
        with correlated():
            self._watch_clock()
            self.idle.clear()
            fired = sweep.fire_due(now())
            (self._fired if fired else self.idle).set()
            self._due, _ = sweep.outlook()
        late = self._due is not None and self._due < now()
        if late and not fired:
            self.stopping.wait(BUSY_S)
        return bool(late or fired)

    def _sleep(self, connection: psycopg.Connection) -> None:
        """Until the next deadline, one that comes before it, or it is time to look again."""
        until = monotonic() + LOOK_AGAIN_S
        while not self.stopping.is_set() and not self._set_back():
            pause = min(until - monotonic(), CLOCK_S)
            if self._due is not None:
                pause = min(pause, seconds_until(self._due))
            if pause <= 0:
                return
            for one in connection.notifies(timeout=pause, stop_after=1):
                due = datetime.fromisoformat(one.payload)
                self._due = due if self._due is None else min(self._due, due)

    def _set_back(self) -> float:
        """Real seconds that the clock was set back since it was last looked at."""
        wall, steady = real_and_steady()
        back = set_back((wall - self._wall).total_seconds(), steady - self._steady)
        if not back:
            self._wall, self._steady = wall, steady
        return back

    def _watch_clock(self) -> None:
        """Keep in mind for all timers that run that the clock was set back."""
        if self._step is None:
            self._step = sweep.last_clock_step()
        if back := self._set_back():
            self._step = sweep.clock_set_back(back * rate(), now(), self._step)
            self._wall, self._steady = real_and_steady()
