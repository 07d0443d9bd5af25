"""The switchboard: reads who waits and who is free, and lets phones ring.

It remembers nothing: what it does follows from the rows, so that any process may do the next turn.
One turn of an organisation at a time. It waits for no row that somebody else holds.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import read_session
from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from telephony.routing import agents, bridge, callbacks, offers, repository
from telephony.routing import callback_repository as book
from telephony.routing.legs import Fate, fates
from telephony.routing.matching import Match, match, next_change, waited_out
from telephony.routing.models import Agent, Offer
from telephony.routing.queues import plan

PART = "switchboard"
Part = Callable[[UnitOfWork], int]


def sweep(now: datetime, part: Part) -> int:
    """One part of a turn (`CONNECT`, `MEND`) for every organisation; how much was done."""
    with read_session() as session:
        organisations = repository.organisations(session)
    return sum(_part(org_id, now, part) for org_id in organisations)


def next_due(session: Session, now: datetime) -> datetime | None:
    """When there is something to do that nobody will announce."""
    moments = [repository.next_due(session)]
    for org_id in repository.organisations(session):
        waiting = repository.waiting_calls(session, org_id)
        moments.append(next_change(waiting, plan(), now))
    return min((one for one in moments if one is not None), default=None)


def turn(org_id: int, now: datetime) -> int:
    """Look at all that waits in one organisation; how much was done.

    Phones ring before anything else is seen to: two transactions.
    """
    return sum(_part(org_id, now, work) for work in PARTS)


def _part(org_id: int, now: datetime, work: Part) -> int:
    with unit_of_work(system_actor(org_id, PART), now=now) as uow:
        return work(uow) if repository.one_switchboard(uow.session, org_id) else 0


def _connect(uow: UnitOfWork) -> int:
    """Let the phones of those ring who are free."""
    done = agents.end_due_wrap_ups(uow) + _settle_offers(uow)
    uow.session.flush()
    return done + _offer(uow)


def _mend(uow: UnitOfWork) -> int:
    """What follows where a phone or a call is over, and where somebody has waited too long."""
    return bridge.settle(uow) + _give_up(uow)


CONNECT, MEND = PARTS = (_connect, _mend)


def _settle_offers(uow: UnitOfWork) -> int:
    """End reservations that are over: nobody answered, the phone failed, the caller has gone."""
    found = repository.open_offers(uow.session, uow.org_id)
    if not found:
        return 0
    over = fates(uow, [one.leg_id for one in found])
    wanted = repository.still_wanted(uow.session, uow.org_id, found)
    settled = 0
    for one in found:
        outcome = _outcome(uow, one, over[one.leg_id], wanted=one.id in wanted)
        if outcome is None:
            continue
        if repository.call_now(uow.session, uow.org_id, one.call_id) is None:
            continue  # a report about it is just being taken: perhaps the phone was answered
        agent = repository.agent_now(uow.session, uow.org_id, one.user_id)
        offer = repository.offer_locked(uow.session, uow.org_id, one.id) if agent else None
        if agent is not None and offer is not None and offer.ended_at is None:
            offers.fail(uow, offer, agent, outcome)
            settled += 1
    return settled


def _outcome(uow: UnitOfWork, offer: Offer, fate: Fate, *, wanted: bool) -> str | None:
    """How an open offer ends now; None: it goes on."""
    if fate != "open":
        return "failed" if fate == "failed" else "no_answer"
    if not wanted:
        return "left"
    return "no_answer" if uow.now >= offer.expires_at else None


def _give_up(uow: UnitOfWork) -> int:
    """Who has waited as long as one may is called back instead."""
    late = waited_out(repository.waiting_calls(uow.session, uow.org_id), plan(), uow.now)
    return sum(bridge.promise(uow, one) for one in late)


def _offer(uow: UnitOfWork) -> int:
    free = repository.free_agents(uow.session, uow.org_id)
    if not free:
        return 0
    waiting = repository.waiting_calls(uow.session, uow.org_id) + callbacks.due(uow)
    return sum(_reserve(uow, pair) for pair in match(waiting, free, plan(), uow.now))


def _reserve(uow: UnitOfWork, pair: Match) -> bool:
    """False where somebody holds one of the rows, or was faster: the next turn looks again."""
    if pair.waiting.called:
        return _call_back(uow, pair)
    call = repository.call_now(uow.session, uow.org_id, pair.waiting.id)
    agent = _taken(uow, pair.agent.id) if call is not None else None
    if call is None or agent is None:
        return False
    offers.make(uow, agent, call, "caller", queue=pair.queue)
    return True


def _call_back(uow: UnitOfWork, pair: Match) -> bool:
    row = book.now_locked(uow.session, uow.org_id, pair.waiting.id)
    agent = _taken(uow, pair.agent.id) if row is not None else None
    if row is None or agent is None:
        return False
    call = callbacks.call_for(uow, row)
    offers.make(uow, agent, call, "callback", queue=pair.queue, callback_id=row.id)
    return True


def _taken(uow: UnitOfWork, user_id: UUID) -> Agent | None:
    agent = repository.agent_now(uow.session, uow.org_id, user_id)
    return agent if agent is not None and agent.state == "available" else None
