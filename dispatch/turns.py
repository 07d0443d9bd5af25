"""Work of cases that is due, done by the engine turn by turn: batches first, one by one where one
fails.

Any number of engines may run: a batch takes cases that no other holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import read_session
from core.identity import system_actor
from core.logging import logger
from core.uow import UnitOfWork, unit_of_work

log = logger(__name__)


class Serve(Protocol):
    """Claim at most `limit` cases that are due, and serve them; returns how much was done. `only`:
    of this case.
    """

    def __call__(self, uow: UnitOfWork, limit: int, only: UUID | None = None) -> int: ...


@dataclass(frozen=True, slots=True)
class Turns:
    """One kind of due work. `organisations`, `cases`: what has some, the longest awaited first;
    `postpone`: a case that failed is due again at a later moment. `at_once`: cases of one
    transaction.
    """

    name: str
    organisations: Callable[[Session, datetime], Sequence[int]]
    serve: Serve
    cases: Callable[[Session, int, datetime, int], Sequence[UUID]]
    postpone: Callable[[Session, int, UUID, datetime, datetime], None]
    try_again: timedelta
    at_once: int

    def sweep(self, now: datetime, limit: int) -> int:
        """Do what is due at `now`, about `limit` of each organisation; returns how much.

        Where one case cannot be served, the others are, one by one; that one is tried again later.
        """
        with read_session() as session:
            organisations = self.organisations(session, now)
        return sum(self._of(org_id, now, limit) for org_id in organisations)

    def _of(self, org_id: int, now: datetime, limit: int) -> int:
        done = 0
        try:
            while done < limit and (served := self._batch(org_id, now, self.at_once)):
                done += served
        except Exception:
            log.exception("turn_failed", work=self.name, org_id=org_id)
            done += self._one_by_one(org_id, now, self.at_once)
        return done

    def _batch(self, org_id: int, now: datetime, limit: int, only: UUID | None = None) -> int:
        with unit_of_work(system_actor(org_id, self.name), now=now) as uow:
            return self.serve(uow, limit, only)

    def _one_by_one(self, org_id: int, now: datetime, limit: int) -> int:
        done = 0
        with read_session() as session:
            due = self.cases(session, org_id, now, limit)
        for case_id in due:
            try:
                done += self._batch(org_id, now, 1, case_id)
            except Exception:
                log.exception("case_failed", work=self.name, case_id=str(case_id))
                with unit_of_work(system_actor(org_id, self.name), now=now) as uow:
                    self.postpone(uow.session, org_id, case_id, now, now + self.try_again)
        return done
