"""Arrived by the tap, and the vehicle was never seen there although it was heard."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.clock import real_now, seconds_until
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.orders.rules import AssignmentState
from dispatch.orders.stamps import StampState, counting
from dispatch.orders.taps import CREW_SOURCES
from gps import service as gps
from gps.motion import ACCURACY_M, Site
from sla.anomalies import Odd

WAIT = timedelta(minutes=10)
"""So long GPS has to see an arrival that was tapped: it must see that the vehicle stays."""
HEARD = timedelta(minutes=5)
"""A vehicle that said nothing so long before and behind the tap was not heard: nothing is odd."""
LOOK_AGAIN = "orders.arrival_unseen"


def never_there(
    session: Session,
    org_id: int,
    assignments: Iterable[AssignmentState],
    stamps: Sequence[StampState],
    site: Site | None,
    now: datetime,
) -> list[Odd]:
    """Attempts of an order whose arrival stands by the crew's word alone, against the track."""
    found = []
    for one in assignments:
        tapped = _by_word_alone(one, stamps)
        if tapped is None or (one.ended_at is None and now < tapped.recorded_at + WAIT):
            continue
        if site is None or one.vehicle_id is None or one.sent_at is None:
            continue
        sights = gps.way(session, org_id, one.vehicle_id, one.sent_at, one.ended_at or now)
        if not any(abs(sight.at - tapped.at) <= HEARD for sight in sights):
            continue
        nearest = min(site.beyond_m(sight) for sight in sights)
        if nearest > ACCURACY_M:
            found.append(Odd("no_arrival", "H", one.id, 0.0, tapped.id, nearest))
    return found


def _by_word_alone(one: AssignmentState, stamps: Sequence[StampState]) -> StampState | None:
    """The tap that counts as H because GPS says nothing, as long as nobody corrected it."""
    group = [stamp for stamp in stamps if stamp.point == "H" and stamp.assignment_id == one.id]
    chosen = counting(group)
    by_word = chosen is not None and chosen.source in CREW_SOURCES and chosen.reason is None
    return chosen if by_word else None


def look_again(uow: UnitOfWork, event: Recorded) -> None:
    """At a tapped arrival, when GPS should have seen it."""
    due = real_now() + timedelta(seconds=max(0.0, seconds_until(uow.now + WAIT)))
    uow.effect("subscriber", name=LOOK_AGAIN, body={"event_id": str(event.id)}, due_at=due)
