"""The sweep: fires what is due, then lets the screens show it. Any number may run at once.

Each takes cases that no other holds, and a transaction does the firing of a whole batch, so that
a herd of deadlines is served set by set. The screens' rows cost much more than the facts: they
follow in transactions of their own. A sweep that is killed leaves nothing half done.
"""

from datetime import datetime

from core.db import read_session, session_factory
from core.identity import system_actor
from core.logging import logger
from core.uow import unit_of_work
from sla import escalation, repository
from sla.firing import SOURCE, fire
from sla.rules import delay, set_back_since

BATCH = 250
SHOWN_AT_ONCE = 10
"""Orders whose screens are told in one transaction: a dispatcher waits for no more than these."""
WORTH_A_WORD_S = 5.0
log = logger(__name__)


def sweep(now: datetime, limit: int = BATCH) -> int:
    """Fire what is due at `now`, about `limit` timers per organisation, and show all that has
    fired; returns how many fired.
    """
    fired = fire_due(now, limit)
    while show():
        pass
    return fired


def fire_due(now: datetime, limit: int = BATCH) -> int:
    """Fire what is due at `now`, about `limit` timers of each organisation; how many fired."""
    with read_session() as session:
        due = [org_id for org_id, at in repository.dues(session).items() if at < now]
    return sum(_fire_batch(org_id, now, limit) for org_id in due)


def _fire_batch(org_id: int, now: datetime, limit: int) -> int:
    with unit_of_work(system_actor(org_id, SOURCE), now=now) as uow:
        rows = repository.claim_due(uow.session, org_id, now, limit)
        if not rows:
            return 0
        steps = repository.clock_steps(uow.session)

        found = [
            delay(row.due_at, row.armed_at, now, set_back_since(steps, row.clock_step))
            for row in rows
        ]

        for row, one in zip(rows, found, strict=True):
            fire(uow, row, one)
        late = [(row.id, one.late_s) for row, one in zip(rows, found, strict=True)]
        repository.mark_fired(uow.session, org_id, late, now)
        escalation.begin(uow, rows, now)
    worst = max(one.late_s for one in found)
    if worst > WORTH_A_WORD_S:
        log.warning("deadlines_noticed_late", org_id=org_id, count=len(rows), late_s=worst)
    return len(rows)


def show(limit: int = SHOWN_AT_ONCE) -> int:
    """Tell the screens of some timers that fired; returns of how many orders."""
    with read_session() as session:
        waiting = repository.organisations_to_show(session)
    return sum(_show_batch(org_id, limit) for org_id in waiting)


def _show_batch(org_id: int, limit: int) -> int:
    with unit_of_work(system_actor(org_id, SOURCE)) as uow:
        cases = repository.claim_to_show(uow.session, org_id, limit)
        for case_id in cases:
            uow.touch("order", case_id)
    return len(cases)


def outlook() -> tuple[datetime | None, bool]:
    """When there is something to fire next, if ever; whether screens are still to be told."""
    with read_session() as session:
        due = repository.next_due(session)
        return due, bool(repository.organisations_to_show(session))


def last_clock_step() -> int:
    """The number of the last step of the clock that is known."""
    with read_session() as session:
        return max(repository.clock_steps(session), default=0)


def clock_set_back(back_s: float, now: datetime, known: int) -> int:
    """The clock was set back: timers that run since before say so when they fire.

    `known`: the last step that the caller knew of; another sweep may have noticed the same one.
    Returns the number of the last step now.
    """
    with session_factory()() as session:
        repository.lock_clock_steps(session)
        others = repository.clock_steps(session)
        if not any(number > known and abs(back_s - others[number]) < 1.0 for number in others):
            repository.add_clock_step(session, now, back_s)
            log.warning("clock_set_back", back_s=back_s)
        last = max(repository.clock_steps(session))
        session.commit()
    return last
