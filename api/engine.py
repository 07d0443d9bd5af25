"""`paidan engine`: outbox relay, SLA sweep, recorder, automatic release, notices to many,
housekeeping.

Any number may run.
"""

import signal
import sys
import threading
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from api.jobs import hand_over
from api.keeping import Keeping
from api.mailing import Mailing
from api.recorder import Recorder
from api.sweeper import Sweeper
from core import digests, live, outbox
from core.clock import now, real_now, seconds_until
from core.correlation import correlated
from core.db import read_session, session_factory
from core.listen import OUTBOX, listening
from core.logging import logger
from core.models import Organisation
from core.trouble import Trouble
from dispatch.directory.imports import service as imports
from dispatch.escalation import service as escalation
from dispatch.notices import carried
from dispatch.outbound import crews, customers
from dispatch.planning import service as planning
from dispatch.routing import automatic
from dispatch.silence import jobs as telling
from dispatch.silence import service as silence
from telephony import untold_repository

log = logger(__name__)
POLL_S = 0.5
HERD_S = 2.0
TURN_S = 0.0005
"""How long other threads compute while a deadline waits for the interpreter: ten times less than
usual, as it waits after each of a dozen statements.
"""
LISTEN = timedelta(seconds=2)
KEEP_DELTAS = timedelta(hours=1)
KEEP_ANSWERS = timedelta(days=2)
KEEP_UNTOLD = timedelta(days=31)


class Engine:
    """The loop: run what is due, then sleep until a NOTIFY or the next release by the system."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.sweeper = Sweeper(self.stopping)
        self._tidied_at: datetime | None = None
        self._listened_at: datetime | None = None

    def run(self) -> None:
        """Work until `stopping` is set; a fault is logged, and the loop begins anew."""
        trouble = Trouble(log, "engine_loop_failed")
        while not self.stopping.is_set():
            try:
                self._run_connected()
            except Exception as error:
                trouble.failed(error)
                self.stopping.wait(1.0)

    def _run_connected(self) -> None:
        with listening(OUTBOX, name="paidan-engine") as connection:
            while not self.stopping.is_set():
                self.sweeper.idle.wait(HERD_S)  # what follows from a herd waits until it is served
                busy = self.turn()
                if not busy:
                    for _ in connection.notifies(timeout=self._pause(), stop_after=1):
                        pass

    def turn(self) -> bool:
        """One round. True where there may be more to do at once."""
        real = real_now()
        with correlated():
            told = escalation.sweep(now())  # people are told before what follows is written down
            handed = outbox.hand_over_due_jobs(hand_over)
            ran = outbox.run_due_subscribers()
            looked = planning.sweep(now())
            released = automatic.sweep(now())
            self._listen(real)
            if self._tidied_at is None or real - self._tidied_at > timedelta(minutes=5):
                self._tidied_at = real
                tidy(now(), real)
        return bool(ran or handed or told or looked or released)

    def _listen(self, real: datetime) -> None:
        """Look for vehicles that nobody hears, and for customers and crews who should be told:
        all of them are looked through, so not every turn.
        """
        if self._listened_at is None or real - self._listened_at >= LISTEN:
            self._listened_at = real
            silence.sweep(now())
            customers.sweep(now())
            crews.sweep(now())
            carried.sweep(now())
            telling.sweep(now())

    def _pause(self) -> float:
        """Seconds until the next deadline, at most the poll interval."""
        with read_session() as session:
            sweeps = (escalation, planning, automatic)
            due = [at for at in (one.next_due(session) for one in sweeps) if at]
        if not due:
            return POLL_S
        return max(0.01, min(POLL_S, seconds_until(min(due))))


def tidy(moment: datetime, real: datetime) -> None:
    """Drop what has served its time; write the digests of days that are over.

    `moment` is business time, which facts and screens carry; logins end by `real` time.
    """
    with session_factory()() as session:
        live.prune(session, moment - KEEP_DELTAS)
        session.execute(
            text("DELETE FROM idempotency WHERE created_at < :before"),
            {"before": moment - KEEP_ANSWERS},
        )
        session.execute(
            text("DELETE FROM login_session WHERE expires_at < :before"), {"before": real}
        )
        session.execute(
            text("DELETE FROM outbox WHERE done_at < :before"),
            {"before": moment - KEEP_ANSWERS},
        )
        untold_repository.forget(session, moment - KEEP_UNTOLD)
        for org_id in session.scalars(select(Organisation.id)).all():
            imports.forget_files(session, org_id, moment)
        digests.write_due(session, moment)
        session.commit()


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    sys.setswitchinterval(TURN_S)
    engine = Engine()

    def stop(_signal: int, _frame: Any) -> None:
        engine.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    beside = [
        threading.Thread(target=engine.sweeper.run, name="sweeper"),
        threading.Thread(target=Mailing(engine.stopping).run, name="mailing"),
        threading.Thread(target=Recorder(engine.stopping).run, name="recorder"),
    ]
    for one in beside:
        one.start()
    # Nobody waits for a day that is being copied: it is begun anew.
    threading.Thread(target=Keeping(engine.stopping).run, name="keeping", daemon=True).start()
    log.info("engine_started")
    engine.run()
    for one in beside:
        one.join()
