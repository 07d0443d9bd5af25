"""From stamps and attempts to the timelines that the SLA engine judges: pure.

Each pair of centre hop and assignment is one attempt with a timeline of its own. Time lost to an
attempt that was returned or recalled is a named detour, attributed to whoever sent it wrong:
the hotline for a hop or for a wrong place, the centre for an assignment. Time on the way to a desk
that is on duty and closed is the desk's, not the network's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from dispatch.desks.rules import Closing
from dispatch.holds.rules import HoldState, intervals
from dispatch.orders.oddities import wrong_clock
from dispatch.orders.rules import AssignmentState, HopState, OrderState
from dispatch.orders.stamps import PLACE_CORRECTED, StampState, counting, counting_start
from sla.arrivals import with_first
from sla.facts import Facts
from sla.intervals import Interval
from sla.timelines import PointTime, Timeline

HOP_POINTS = ("B", "C", "centre_accepted")
UNKNOWN = Facts()
WRONG_PLACE = "wrong_place"
"""Why a crew gave an order back that was not where it had been sent: it never was at the site."""
ASSIGNMENT_POINTS = ("D", "E", "F", "activated", "G", "H", "recorded")
_BROKEN_OFF = ("returned", "recalled")


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch in which a crew had an order active; `end` is None while it lasts."""

    assignment_id: UUID
    crew_id: UUID
    start: datetime
    end: datetime | None


def timelines(
    order: OrderState,
    assignments: Sequence[AssignmentState],
    stamps: Sequence[StampState],
    busy: Sequence[Busy] = (),
    closed: Mapping[UUID, Sequence[Closing]] = MappingProxyType({}),
    holds: Sequence[HoldState] = (),
    about: Facts = UNKNOWN,
) -> list[Timeline]:
    """The timelines of an order, oldest attempt first; the last is the one that is running.

    `busy`: when the crews of these assignments had other orders active. `closed`: when the desks of
    these centres, and the phones of these crews, were on duty and closed. `holds`: of the order;
    each is in every timeline, as the total runs through all attempts. `about`: what is known of the
    order besides.
    """
    stamps = _still_true(order, stamps)
    found = [
        _timeline(order, hop, assignment, assignments, stamps, busy, closed, holds, about)
        for hop in order.hops
        for assignment in _of_hop(assignments, hop) or [None]
    ]
    last = found[-1] if found else None
    if last is None or (last.ended_at is not None and order.state in _OPEN):
        hop = order.hop if order.hop and order.hop.ended_at is None else None
        found.append(_timeline(order, hop, None, assignments, stamps, busy, closed, holds, about))
    return with_first(found, {one.id for one in assignments if one.reason == WRONG_PLACE})


def _still_true(order: OrderState, stamps: Sequence[StampState]) -> list[StampState]:
    """Without closings of the order that an undone merge took back."""
    closings = [one for one in stamps if one.point == "closed" and one.assignment_id is None]
    if not closings:
        return list(stamps)
    last = max(closings, key=lambda one: (one.recorded_at, str(one.id)))
    gone = {one.id for one in closings if order.state != "closed" or one is not last}
    return [one for one in stamps if one.id not in gone]


def _during_call(first_hop: HopState | None, points: dict[str, PointTime]) -> bool:
    """Released while the caller talked, unless the carrier's late word says otherwise."""
    if first_hop is None or not first_hop.during_call:
        return False
    ended = points.get("A")
    return ended is None or ended.at >= first_hop.released_at


_OPEN = ("filed", "released", "accepted", "assigned", "returned")


def _of_hop(assignments: Sequence[AssignmentState], hop: HopState) -> list[AssignmentState | None]:
    mine = [one for one in assignments if one.hop_id == hop.id]
    return [*sorted(mine, key=lambda one: one.attempt)]


def _timeline(
    order: OrderState,
    hop: HopState | None,
    assignment: AssignmentState | None,
    assignments: Sequence[AssignmentState],
    stamps: Sequence[StampState],
    busy: Sequence[Busy],
    closed: Mapping[UUID, Sequence[Closing]],
    holds: Sequence[HoldState],
    about: Facts,
) -> Timeline:
    points = _points(stamps, hop.id if hop else None, assignment.id if assignment else None)
    first_hop = order.hops[0] if order.hops else None
    return Timeline(
        order_id=order.id,
        hop_id=hop.id if hop else None,
        assignment_id=assignment.id if assignment else None,
        points=points,
        facts=replace(
            about,
            same_site=assignment.same_site if assignment else None,
            area_class=order.area_class,
            released_during_call=_during_call(first_hop, points),
        ),
        intervals=(
            *_hop_detours(order, hop),
            *_assignment_detours(assignments, hop, assignment),
            *_misled(stamps, assignment),
            *_queued(assignment, points, busy),
            *_desk_closed(hop, assignment, points, closed),
            *intervals(holds),
        ),
        ended_at=_ended(order, hop, assignment, points),
        broken_off=_was_broken_off(assignment or hop),
    )


def _points(
    stamps: Sequence[StampState], hop_id: UUID | None, assignment_id: UUID | None
) -> dict[str, PointTime]:
    groups: dict[str, list[StampState]] = {}
    for stamp in stamps:
        if stamp.point in HOP_POINTS and (hop_id is None or stamp.hop_id not in (hop_id, None)):
            continue
        if stamp.point in ASSIGNMENT_POINTS and (
            assignment_id is None or stamp.assignment_id not in (assignment_id, None)
        ):
            continue
        groups.setdefault(stamp.point, []).append(stamp)
    chosen = {
        point: counting_start(group) if point == "A" else counting(group)
        for point, group in groups.items()
    }
    return {
        point: PointTime(stamp.at, stamp.source, stamp.uncertainty_s, stamp.id, wrong_clock(stamp))
        for point, stamp in chosen.items()
        if stamp is not None
    }


def _hop_detours(order: OrderState, hop: HopState | None) -> list[Interval]:
    """Time between sending to a wrong centre and sending to the next one."""
    starts = [one.released_at for one in order.hops]
    ends: list[datetime | None] = [*starts[1:], None][: len(starts)]
    found = []
    for one, start, end in zip(order.hops, starts, ends, strict=True):
        if one.state in _BROKEN_OFF and (hop is None or one.attempt < hop.attempt):
            found.append(Interval("detour", start, end, "hotline"))
    return found


def _assignment_detours(
    assignments: Sequence[AssignmentState], hop: HopState | None, current: AssignmentState | None
) -> list[Interval]:
    """Time between sending to a crew that gave it back and sending to the next one."""
    mine = sorted(
        (one for one in assignments if hop and one.hop_id == hop.id and one.sent_at),
        key=lambda one: one.attempt,
    )
    found = []
    for index, one in enumerate(mine):
        later = current is None or one.attempt < current.attempt
        if one.state in _BROKEN_OFF and later and one.sent_at:
            end = mine[index + 1].sent_at if index + 1 < len(mine) else None
            found.append(Interval("detour", one.sent_at, end, "centre"))
    return found


def _misled(stamps: Sequence[StampState], assignment: AssignmentState | None) -> list[Interval]:
    """Time between arriving where the order said and arriving where the fault is."""
    mine = [
        stamp
        for stamp in stamps
        if assignment and stamp.point == "H" and stamp.assignment_id == assignment.id
    ]
    right = [stamp for stamp in mine if stamp.reason == PLACE_CORRECTED]
    wrong = [stamp.at for stamp in mine if stamp.reason is None]
    if not right or not wrong:
        return []
    end = max(right, key=lambda stamp: (stamp.recorded_at, str(stamp.id))).at
    start = min(wrong)
    return [Interval("detour", start, end, "hotline")] if end > start else []


def _queued(
    assignment: AssignmentState | None, points: dict[str, PointTime], busy: Sequence[Busy]
) -> list[Interval]:
    """Between acceptance and start: the time in which the crew had another order active.

    When the order in front is over and the crew does not take this one up, the crew's own time
    runs again.
    """
    if assignment is None or assignment.queued_behind is None or "F" not in points:
        return []
    begun = points["F"].at
    activated = points.get("activated")
    over = activated.at if activated else assignment.ended_at
    found = []
    for one in sorted(busy, key=lambda one: one.start):
        if one.crew_id != assignment.crew_id or one.assignment_id == assignment.id:
            continue
        start = max(begun, one.start)
        end = min((at for at in (one.end, over) if at is not None), default=None)
        if end is None or end > start:
            found.append(Interval("queued", start, end, "capacity"))
    return found


def _desk_closed(
    hop: HopState | None,
    assignment: AssignmentState | None,
    points: dict[str, PointTime],
    closed: Mapping[UUID, Sequence[Closing]],
) -> list[Interval]:
    """Time on the way to a closed desk: from the sending until it came, or was taken up unseen."""
    found: list[Interval] = []
    if hop is not None:
        came = _first(points, ("C", "centre_accepted", "D"), hop.ended_at)
        sent = points["B"].at if "B" in points else hop.released_at
        found += _within(closed.get(hop.centre_id, ()), sent, came, "centre")
    if assignment is not None and assignment.crew_id and "D" in points:
        came = _first(points, ("E", "F", "activated", "G", "H"), assignment.ended_at)
        found += _within(closed.get(assignment.crew_id, ()), points["D"].at, came, "receiver")
    return found


def _first(
    points: dict[str, PointTime], names: Sequence[str], ended_at: datetime | None
) -> datetime | None:
    known = [points[name].at for name in names if name in points]
    return min((at for at in (*known, ended_at) if at is not None), default=None)


def _within(
    closings: Sequence[Closing], start: datetime, end: datetime | None, party: str
) -> list[Interval]:
    found = []
    for one in closings:
        begun = max(one.start, start)
        over = min((at for at in (one.end, end) if at is not None), default=None)
        if over is None or over > begun:
            found.append(Interval("desk_closed", begun, over, party))
    return found


def _ended(
    order: OrderState,
    hop: HopState | None,
    assignment: AssignmentState | None,
    points: dict[str, PointTime],
) -> datetime | None:
    if assignment is not None and assignment.ended_at is not None:
        return assignment.ended_at
    if hop is not None and hop.ended_at is not None:
        return hop.ended_at
    closed = points.get("closed")
    return closed.at if order.state == "closed" and closed else None


def _was_broken_off(attempt: AssignmentState | HopState | None) -> bool:
    return attempt is not None and attempt.state in _BROKEN_OFF
