"""Reports that were taken are told: many calls in one transaction, by any number of tellers.

A report is taken when the carrier is answered, and told here: its call, legs and stays are brought
to it, facts and screens follow. What cannot be told is set aside, and the others go on.
"""

import os
import threading
from collections.abc import Sequence

import psycopg
from sqlalchemy.exc import DBAPIError

from core.clock import monotonic, now
from core.correlation import correlated
from core.db import read_session, session_factory
from core.errors import Problem
from core.identity import system_actor
from core.listen import REPORTS, listening
from core.logging import logger
from core.trouble import Trouble, try_again
from core.uow import unit_of_work
from telephony import folding, service, untold_repository
from telephony.untold_repository import Taken

AT_ONCE = 100
"""Reports in one transaction: while it lasts, others wait for the screens' numbers."""
LOOK_AGAIN_S = 1.0
HELD_S = 0.02
"""Until it tries again where somebody else holds the calls."""
RECONNECT_S = 0.25
BEHIND_OTHERS = 10
"""Its thread's niceness: whoever is on a line waits for the web process, and nobody for this."""
log = logger(__name__)


class Teller:
    """One loop. `stopping` ends it within a second."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping

    def run(self) -> None:
        """Work until `stopping` is set; a lost database is awaited."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND_OTHERS)
        trouble = Trouble(log, "telling_interrupted")
        while not self.stopping.is_set():
            try:
                self._run_connected()
            except Exception as error:
                trouble.failed(error)
                self.stopping.wait(RECONNECT_S)

    def _run_connected(self) -> None:
        with listening(REPORTS, name="paidan-teller") as connection:
            while not self.stopping.is_set():
                with correlated():
                    told, left = turn()
                if not left:
                    self._sleep(connection)
                elif not told:
                    self.stopping.wait(HELD_S)

    def _sleep(self, connection: psycopg.Connection) -> None:
        until = monotonic() + LOOK_AGAIN_S
        while not self.stopping.is_set() and (left := until - monotonic()) > 0:
            for _ in connection.notifies(timeout=left, stop_after=1):
                return


def turn(limit: int = AT_ONCE) -> tuple[int, bool]:
    """Tell those that wait longest. Returns (how many were dealt with, whether some may be left).

    Raises what the database raises when it is away.
    """
    with read_session() as session:
        waiting = untold_repository.waiting(session, limit)
        owners = service.organisations(session, [one.event for one in waiting])
    dealt = 0
    by_owner: dict[int, list[Taken]] = {}
    for one, owner in zip(waiting, owners, strict=True):
        if isinstance(owner, Problem):
            dealt += _set_aside(one, owner)
        else:
            by_owner.setdefault(owner, []).append(one)
    for org_id, taken in by_owner.items():
        dealt += _tell(org_id, taken)
    return dealt, len(waiting) == limit or dealt < len(waiting)


def _tell(org_id: int, taken: Sequence[Taken]) -> int:
    """Tell these; where that fails, each by itself, so that one does not hold up the others.

    Raises what is the matter with the database where none can be told.
    """
    try:
        return _told(org_id, taken)
    except Exception as error:
        if len(taken) == 1:
            if try_again(error):
                raise
            return _set_aside(taken[0], error)
        log.warning("reports_told_one_by_one", reports=len(taken), because=type(error).__name__)
    dealt = 0
    trouble: Exception | None = None
    for one in taken:
        try:
            dealt += _tell(org_id, [one])
        except Exception as error:
            if not try_again(error):
                raise
            trouble = error
    if trouble is not None and not dealt:
        raise trouble
    return dealt


def _told(org_id: int, taken: Sequence[Taken]) -> int:
    ids = [one.id for one in taken if one.id is not None]
    with unit_of_work(system_actor(org_id, "carrier")) as uow:
        mine = untold_repository.claimed(uow.session, ids)
        told = folding.fold(uow, mine, wait=False) if mine else []
        done = [one.id for one, _ in told if one.id is not None]
        untold_repository.drop(uow.session, done)
    return len(done)


def _set_aside(one: Taken, error: Exception) -> int:
    assert one.id is not None
    failure = error.code if isinstance(error, Problem) else type(error).__name__
    with session_factory()() as session:
        untold_repository.set_aside(session, one.id, now(), failure)
        session.commit()
    told = {"report": one.id, "webhook": one.event.kind, "because": failure}
    # A database error would print the row, numbers included.
    log.error("report_set_aside", **told, exc_info=None if isinstance(error, DBAPIError) else error)
    return 1
