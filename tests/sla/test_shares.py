"""Whose time it was: what overlaps belongs to one party."""

from datetime import timedelta

import pytest

from dispatch.orders.lost_time import Units, lost_time
from sla.documents import load_policy
from sla.intervals import Interval
from sla.policy import Pause
from sla.segments import segments
from sla.shares import Share, pieces, shares
from sla.slack import spender
from tests.sla.test_segments import ON_TIME, at, timeline

BEIJING = load_policy("beijing")
BRIEF = BEIJING.model_copy(
    update={
        "pauses": (
            *BEIJING.pauses,
            Pause(kind="parking", name=BEIJING.name, stops=("GH",), responsible="outside"),
        )
    }
)
"""With a hold that stops a segment, not the promise."""


def interval(kind: str, start: float, end: float, party: str = "hotline") -> Interval:
    return Interval(kind, at(start), at(end), party, approved=True)


PAUSE = interval("unsafe_weather", 500, 700, "outside")
DETOUR = interval("detour", 600, 800)
PARKING = interval("parking", 750, 900, "outside")
CLOSED = interval("desk_closed", 850, 950, "centre")
QUEUED = interval("queued", 900, 1000, "capacity")


def test_of_all_that_overlaps_each_microsecond_has_one_owner() -> None:
    line = timeline(ON_TIME, intervals=(QUEUED, CLOSED, PARKING, DETOUR, PAUSE))
    judged = segments(BRIEF, line, at(9000))
    found = pieces(BRIEF, line, judged, at(9000))
    held = [
        (one.kind, one.code, (one.start - at(0)).total_seconds(), one.lasted.total_seconds())
        for one in found
        if one.kind != "segment"
    ]
    assert held == [
        ("pause", "unsafe_weather", 500, 100),
        ("pause", "unsafe_weather", 600, 100),
        ("interval", "detour", 700, 50),
        ("interval", "detour", 750, 50),
        ("interval", "parking", 800, 50),
        ("interval", "parking", 850, 50),
        ("interval", "desk_closed", 900, 50),
        ("interval", "queued", 950, 50),
    ]
    assert sum((one.lasted for one in found), timedelta(0)) == timedelta(seconds=1500)
    assert shares(BRIEF, line, judged, at(9000)) == (
        Share("capacity", excluded_s=50),
        Share("centre", spent_s=80, excluded_s=50),
        Share("crew", spent_s=100 + 700),
        Share("hotline", spent_s=60, excluded_s=100),
        Share("network", spent_s=15),
        Share("outside", excluded_s=100, paused_s=200),
        Share("receiver", spent_s=45),
    )


def test_a_hold_that_stops_one_segment_is_the_crews_time_in_another() -> None:
    line = timeline(ON_TIME, intervals=(interval("parking", 210, 250, "outside"),))
    found = {
        one.party: one for one in shares(BRIEF, line, segments(BRIEF, line, at(9000)), at(9000))
    }
    assert "outside" not in found
    assert found["crew"].spent_s == 1300


def test_what_lies_about_a_missing_point_is_nobodys() -> None:
    line = timeline({name: value for name, value in ON_TIME.items() if name != "E"})
    found = pieces(BEIJING, line, segments(BEIJING, line, at(9000)), at(9000))
    assert [(one.kind, one.lasted.total_seconds()) for one in found if one.kind == "nobody"] == [
        ("nobody", 50)
    ]


@pytest.mark.parametrize("now", [None, at(9000)])
def test_the_spender_is_who_took_the_promises_time(now) -> None:
    long_pause = interval("unsafe_weather", 300, 1400, "outside")
    line = timeline({**ON_TIME, "C": 400}, intervals=(long_pause, interval("detour", 1390, 1450)))
    found = spender(BEIJING, line, segments(BEIJING, line, at(9000)), now)
    assert found is not None
    assert (found.code, found.over_s) == ("BC", 100)


def test_a_hold_past_its_cap_and_a_refused_one_take_no_more_than_they_may() -> None:
    capped = interval("unsafe_weather", 300, 300 + 9000, "outside")
    refused = Interval("no_access", at(310), at(320), "customer")
    line = timeline({**ON_TIME, "H": 12_000}, intervals=(capped, refused))
    units = Units({}, {})
    lost = {one.code: one for one in lost_time(BEIJING, [line], at(99_999), units)}
    assert (lost["unsafe_weather"].spent_s, lost["unsafe_weather"].over_s) == (7200, 0)
    assert "no_access" not in lost
    assert lost["GH"].over_s == 12_000 - 300 - 7200 - 1680
