"""The recorder: lets conversations be recorded, ends pauses, lets be erased what has expired.

It remembers nothing: each turn reads what is wanted and what the carrier has done. It waits for no
row that somebody else holds.
"""

from datetime import datetime, timedelta

from core.db import read_session
from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from telephony.recordings import repository, service
from telephony.recordings.policy import policy
from telephony.routing import legs
from telephony.routing.repository import call_now

PART = "recorder"
ERASED_AT_ONCE = 50


def sweep(now: datetime) -> int:
    """One turn for every organisation; how much was done."""
    with read_session() as session:
        organisations = repository.organisations(session)
    return sum(turn(org_id, now) for org_id in organisations)


def turn(org_id: int, now: datetime) -> int:
    """Look at all recordings of one organisation with which something is to do; how much was."""
    with unit_of_work(system_actor(org_id, PART), now=now) as uow:
        if not repository.one_recorder(uow.session, org_id):
            return 0
        done = _begin(uow)
        done += sum(service.settle(uow, one) for one in repository.at_work(uow.session, org_id))
        return done + _retain(uow)


def _begin(uow: UnitOfWork) -> int:
    """Conversations that are always recorded, and of which nothing was."""
    begun = 0
    for found in repository.unrecorded(uow.session, uow.org_id):
        if policy().rule(found.queue) != "always":
            continue
        call = call_now(uow.session, uow.org_id, found.call.id)
        if call is None:
            continue  # a report about it is just being taken
        begun += service.begin(uow, found, legs.customer_leg(uow, call)) is not None
    return begun


def _retain(uow: UnitOfWork) -> int:
    """What has been kept as long as the policy says, and nobody keeps, is erased."""
    gone = 0
    for kind, days in policy().days.items():
        before = uow.now - timedelta(days=days)
        found = repository.past_retention(uow.session, uow.org_id, kind, before, ERASED_AT_ONCE)
        for row in found:
            service.expire(uow, row, "retention")
        gone += len(found)
    return gone
