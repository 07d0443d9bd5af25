"""What holds for every history, whatever happened: the laws that random histories must keep."""

from collections.abc import Sequence

from core import events as ev
from sla.shares import shares
from tests.sla.histories import (
    BEIJING,
    LIMITS,
    LONG,
    POINTS,
    SECOND,
    T0,
    History,
    closed,
    fold,
    judge,
    outside,
    prefixes,
    us,
)


def micro(seconds: float | None) -> int:
    assert seconds is not None
    return round(seconds * SECOND)


def arrival_does_not_matter(history: History, order: Sequence[int]) -> None:
    """Late, offline and doubled evidence comes to the same judgement."""
    here, there = judge(history), judge(history, history.arrived(order))
    assert here == there


def points_are_those_that_count(history: History) -> None:
    """The best evidence of the last attempt, unless somebody corrected it."""
    line = fold(history.order_id, history.arrived()).timelines(history.holds)[-1]
    assert {one: us(line.points[one].at) for one in POINTS} == history.points


def parts_add_up(history: History) -> None:
    """Segments of the accepted path, detours and holds make A–H, to the microsecond."""
    *judged, whole = judge(history)
    if any(one.state == "anomaly" for one in (*judged, whole)):
        return
    wall = history.points["H"] - history.points["A"]
    assert sum(micro(one.spent_s) + micro(one.excluded_s) for one in judged) == wall
    assert micro(whole.spent_s) + micro(whole.excluded_s) == history.arrival - history.points["A"]
    for one in judged:
        assert one.start is not None
        assert one.end is not None
        start, end = us(one.start), us(one.end)
        assert micro(one.spent_s) == history.counted(one.code, start, end), one.code
        assert micro(one.excluded_s) == end - start - history.counted(one.code, start, end)


def each_microsecond_has_one_owner(history: History) -> None:
    """What parties spent, and the pauses of the promise, make A–H, to the microsecond; a detour
    yields to a hold that stops the promise, a segment to both.
    """
    line = fold(history.order_id, history.arrived()).timelines(history.holds)[-1]
    *judged, whole = judge(history)
    if any(one.state == "anomaly" for one in (*judged, whole)):
        return
    found = shares(BEIJING, line, judged, T0 + LONG)
    assert sum(micro(one.spent_s) + micro(one.excluded_s) for one in found) == micro(whole.spent_s)
    assert sum(micro(one.paused_s) for one in found) == micro(whole.excluded_s)
    start, end = history.points["A"], history.arrival
    lost = sum(micro(one.excluded_s) for one in found)
    pauses = history.held("AH")
    assert lost == outside(pauses, start, end) - outside([*pauses, *history.detours], start, end)


def at_the_limit_is_met(history: History) -> None:
    """Within its limit is who spent no more than it; a microsecond more is too late."""
    *judged, _whole = judge(history)
    for one in judged:
        if one.state == "anomaly":
            assert one.within is None
            assert history.points[one.to_point] < history.points[one.from_point]
            continue
        start, end = history.points[one.from_point], history.points[one.to_point]
        spent = history.counted(one.code, start, end)
        assert one.within is (spent <= LIMITS[one.code] * SECOND), (one.code, spent)


def what_is_closed_stays(history: History) -> None:
    """A later fact changes no closed segment, except a correction, or better evidence of one of its
    own points.
    """
    for known, told in prefixes(history):
        before = closed(fold(history.order_id, known).timelines(history.holds))
        if told.correction:
            continue
        after = closed(fold(history.order_id, [*known, told.event]).timelines(history.holds))
        own = _own_point(told.event.payload)
        for key, value in before.items():
            if own not in key[0]:
                assert after.get(key) == value, (key, told.event.type, value, after.get(key))


def _own_point(payload: ev.Payload) -> str:
    return {
        ev.TicketClockStarted: "A",
        ev.OrderReachedCentre: "C",
        ev.AssignmentReachedCrew: "E",
        ev.AssignmentDeparted: "G",
        ev.AssignmentArrived: "H",
    }.get(type(payload), "-")  # type: ignore[call-overload]
