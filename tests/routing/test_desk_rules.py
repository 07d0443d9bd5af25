"""Presence: who was there is decided from leases, and no second is answered for twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import events as ev
from core.events import Payload
from core.recorded import Recorded
from dispatch.desks.rules import Closing, DeskState, Lease, closings, decide, evolve_desk
from dispatch.orders.rules import HopState, OrderState
from dispatch.orders.stamps import StampState
from dispatch.orders.timeline import timelines
from sla.documents import load_policy
from sla.segments import Segment, segments
from sla.shares import shares

T0 = datetime(2026, 3, 2, 4, tzinfo=UTC)
LONG = timedelta(seconds=15)
OPEN = DeskState(is_open=True, since=T0)
SHUT = DeskState(is_open=False, since=T0, cause="left", on_duty=True)
CENTRE, ORDER, HOP = uuid4(), uuid4(), uuid4()


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def here(since: float, until: float, settled: float | None = None) -> Lease:
    return Lease(at(since), at(since + 5 if settled is None else settled), at(until))


def gone(since: float, when: float, cause: str = "left") -> Lease:
    return Lease(at(since), at(since + 5), at(when + 5), at(when), cause)


def said(desk: DeskState | None, leases: Sequence[Lease], now: float, **more: bool) -> object:
    found = decide(desk, leases, at(now), at(now), **{"on_duty": True, **more})
    return found and (found.payload, (found.at - T0).total_seconds())


def closed(cause: str, *, on_duty: bool = True) -> Payload:
    return ev.DeskClosed(cause=cause, on_duty=on_duty)


@pytest.mark.parametrize(
    ("desk", "leases", "now", "expected"),
    [
        (None, [], 20, (closed("absent"), 20)),
        (None, [here(10, 40)], 12, None),  # just arrived: does not count yet
        (None, [here(10, 40)], 15, (ev.DeskOpened(), 10)),
        (OPEN, [here(10, 40)], 30, None),
        (OPEN, [gone(10, 30)], 34, None),  # may come back within the grace
        (OPEN, [gone(10, 30)], 35, (closed("left"), 30)),
        (OPEN, [gone(10, 30, "lost")], 35, (closed("lost"), 30)),
        (OPEN, [here(10, 40)], 40, (closed("expired"), 40)),  # its process died
        (OPEN, [gone(10, 30), here(20, 60)], 36, None),  # another process has one
        (OPEN, [here(0, 20), gone(10, 30)], 36, (closed("left"), 30)),
        (SHUT, [gone(10, 12)], 14, None),  # a connection of two seconds
        (SHUT, [gone(10, 12)], 18, None),
        (SHUT, [here(10, 40)], 16, (ev.DeskOpened(), 10)),
        (SHUT, [], 90, None),
    ],
)
def test_what_is_new_about_a_desk(
    desk: DeskState | None, leases: list[Lease], now: float, expected: object
) -> None:
    assert said(desk, leases, now) == expected


def test_duty_that_begins_or_ends_at_a_closed_desk_is_said_again() -> None:
    assert said(SHUT, [], 90, on_duty=False) == (closed("left", on_duty=False), 90)
    assert said(OPEN, [here(0, 100)], 90, on_duty=False) is None


def test_a_phone_that_vanished_closes_nothing_but_one_that_was_closed_does() -> None:
    assert said(OPEN, [gone(10, 30, "lost")], 40, tells=False) is None
    assert said(OPEN, [here(10, 40)], 60, tells=False) is None
    assert said(None, [], 60, tells=False) is None
    assert said(OPEN, [gone(10, 30, "left")], 40, tells=False) == (closed("left"), 30)


def recorded(payload: Payload, seconds: float) -> Recorded:
    return Recorded(
        org_id=1,
        id=uuid4(),
        stream="desk",
        stream_id=CENTRE,
        payload=payload,
        occurred_at=at(seconds),
        recorded_at=at(seconds),
        actor_kind="presence",
        actor_id=None,
        source="presence",
        correlation_id="-",
    )


FACTS = st.lists(
    st.tuples(
        st.sampled_from(
            [ev.DeskOpened(), closed("left"), closed("lost"), closed("left", on_duty=False)]
        ),
        st.floats(0, 400),
    ),
    max_size=12,
).map(lambda found: [recorded(*one) for one in sorted(found, key=itemgetter(1))])


@given(FACTS)
def test_closings_are_apart_in_order_and_never_empty(facts: list[Recorded]) -> None:
    found = closings(facts)
    assert all(one.end is None or one.start < one.end for one in found)
    assert all(a.end is not None and a.end <= b.start for a, b in pairwise(found))
    state = None
    for fact in facts:
        state = evolve_desk(state, fact)
    owes = state is not None and not state.is_open and state.on_duty
    assert owes == bool(found and found[-1].end is None)


def stamp(point: str, seconds: float, hop_id: UUID | None = None) -> StampState:
    when = at(seconds)
    return StampState(uuid4(), uuid4(), point, when, when, "receipt", "user", None, hop_id=hop_id)


def judged(shut: list[Closing], b: float, c: float | None, now: float) -> tuple[Segment, float]:
    """B–C of an order to the centre, and the seconds that its desk answers for."""
    hop = HopState(HOP, 1, CENTRE, "released", at(b), at(c) if c is not None else None)
    order = OrderState(
        ORDER, "1", "paidan", "released", T0, ticket_id=None, centre_id=CENTRE, hops=(hop,)
    )
    stamps = [stamp("A", 0), stamp("B", b, HOP)]
    if c is not None:
        stamps.append(stamp("C", c, HOP))
    (timeline,) = timelines(order, [], stamps, (), {CENTRE: shut})
    policy = load_policy("beijing")
    (segment,) = [one for one in segments(policy, timeline, at(now)) if one.code == "BC"]
    of_desk = sum(
        ((one.end or at(now)) - one.start).total_seconds()
        for one in timeline.intervals
        if one.kind == "desk_closed" and one.responsible == "centre"
    )
    found = shares(policy, timeline, segments(policy, timeline, at(now)), at(now))
    parties = {share.party: share.excluded_s for share in found}
    assert parties.get("centre", 0.0) == pytest.approx(of_desk)
    return segment, of_desk


@given(FACTS, st.floats(0, 100), st.none() | st.floats(0, 250))
def test_the_desks_seconds_and_the_networks_make_the_segment(
    facts: list[Recorded], b: float, took: float | None
) -> None:
    segment, of_desk = judged(closings(facts), b, None if took is None else b + took, 400)
    wall = took if took is not None else 400 - b
    assert segment.spent_s is not None
    assert 0 <= of_desk <= wall + 1e-6
    assert segment.excluded_s == pytest.approx(of_desk, abs=1e-4)
    assert segment.spent_s + of_desk == pytest.approx(wall, abs=1e-4)


def test_a_closed_desk_moves_the_deadline_of_the_network() -> None:
    open_again, _ = judged([Closing(at(20), at(200))], 60, 300, 400)
    assert (open_again.spent_s, open_again.excluded_s) == (100, 140)
    assert open_again.within is True
    assert open_again.deadline == at(60 + 240 + 140)
    still, of_desk = judged([Closing(at(20), None)], 60, None, 400)
    assert (still.spent_s, still.deadline, of_desk) == (0, None, 340)
