"""Several tickets share an order: each keeps its own A, and the policy says whose arrival stops it.

Pure; the rule is that of `sla.arrivals`. A crew that was there at a ticket's A kept its promise at
once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from dispatch.orders.stamps import StampState, counting
from sla.arrivals import first_arrival
from sla.policy import Policy
from sla.segments import total
from sla.timelines import PointTime, Timeline

ALREADY_THERE = "already_there"


@dataclass(frozen=True, slots=True)
class TicketClock:
    """The promise to one customer, judged. `rule`: whose arrival stopped it, by the policy."""

    ticket_id: UUID
    rule: str
    start: datetime
    arrival: datetime | None
    limit_s: float | None
    spent_s: float | None
    state: str
    within: bool | None
    mark: str | None = None


def ticket_clocks(
    policy: Policy, attempts: Sequence[Timeline], stamps: Sequence[StampState], now: datetime
) -> list[TicketClock]:
    """The clock of each ticket that has an A, by A. `attempts`: oldest first."""
    groups: dict[UUID, list[StampState]] = {}
    for one in stamps:
        if one.point == "A" and one.ticket_id is not None:
            groups.setdefault(one.ticket_id, []).append(one)
    found = []
    for ticket_id, group in groups.items():
        start = counting(group)
        if start is not None:
            arrival = _arrival(policy, attempts, start.at)
            found.append(_judged(policy, attempts[-1], ticket_id, start, arrival, now))
    return sorted(found, key=lambda one: (one.start, str(one.ticket_id)))


def _arrival(policy: Policy, attempts: Sequence[Timeline], start: datetime) -> PointTime | None:
    return first_arrival(attempts if policy.arrival == "first" else attempts[-1:], start)


def _judged(
    policy: Policy,
    timeline: Timeline,
    ticket_id: UUID,
    start: StampState,
    arrival: PointTime | None,
    now: datetime,
) -> TicketClock:
    at = arrival.at if arrival else None
    if at is not None and at < start.at:
        return TicketClock(
            ticket_id, policy.arrival, start.at, at, None, 0.0, "done", True, ALREADY_THERE
        )
    points = {**timeline.points, "A": PointTime(start.at, start.source, start.uncertainty_s)}
    points.pop("H", None)
    if arrival is not None:
        points["H"] = arrival
    whole = total(
        policy, replace(timeline, points=MappingProxyType(points), first_arrival=None), now
    )
    if whole is None:
        return TicketClock(ticket_id, policy.arrival, start.at, at, None, None, "unknown", None)
    return TicketClock(
        ticket_id,
        policy.arrival,
        start.at,
        at,
        whole.limit_s,
        whole.spent_s,
        whole.state,
        whole.within,
        whole.mark,
    )
