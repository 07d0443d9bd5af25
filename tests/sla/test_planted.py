"""The laws are worth something: each of these mistakes, planted, breaks one of them soon.

Random histories are drawn anew from three fixed beginnings; every mistake must be caught from each
of them within `WITHIN` histories.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from dispatch.orders import stamps
from dispatch.orders import timeline as chain
from sla import intervals
from sla import segments as judging
from sla import shares as sharing
from sla.intervals import Interval
from tests.sla import laws
from tests.sla.histories import History, arrivals, histories

WITHIN = 150
SEEDS = (1, 2, 3)
_due, _done, _holds = judging.due, judging._done, judging.holds_of
_pieces = sharing.pieces


def off_by_a_microsecond(*values: Any) -> datetime | None:
    found = _due(*values)
    return None if found is None else found + timedelta(microseconds=1)


def short_by_a_microsecond(*values: Any) -> datetime | None:
    found = _due(*values)
    return None if found is None else found - timedelta(microseconds=1)


def each_counts(held: Any) -> Any:
    """Where two holds, or a hold and a detour, overlap, both count."""
    whole = [one for one in held if one.end is None or one.end > one.start]
    return [(one.start, one.end) for one in sorted(whole, key=lambda one: one.start)]


def held_twice(*values: Any) -> list[Interval]:
    """The same hold once more, right behind itself."""
    found = _holds(*values)
    again = [
        replace(one, start=one.end, end=one.end + (one.end - one.start))
        for one in found
        if one.end is not None
    ]
    return [*found, *again]


def without_corrections(found: Any) -> Any:
    return stamps.counting([replace(one, reason=None) for one in found])


def last_evidence(found: Any) -> Any:
    """Whatever came last counts, not the best."""
    return max(found, key=lambda one: (one.reason is not None, one.recorded_at), default=None)


def nothing(*_values: Any) -> list[Interval]:
    return []


def a_closed_one_moves(policy: Any, base: Any, limit: Any, stops: Any, timeline: Any) -> Any:
    """A segment is judged by what came after it."""
    found = _done(policy, base, limit, stops, timeline)
    if base.code == "AB" and timeline.at("G") is not None:
        return replace(found, spent_s=(found.spent_s or 0) + 1)
    return found


def both_own(policy: Any, timeline: Any, judged: Any, until: Any) -> Any:
    """Where a hold and a detour overlap, both parties have spent the time."""
    found = _pieces(policy, timeline, judged, until)
    for one in timeline.intervals:
        if one.kind == "detour":
            found += [
                replace(each, kind="interval", code=one.kind, party=one.responsible)
                for each in found
                if each.kind == "pause" and one.start <= each.start and each.end <= one.end
            ]
    return found


def last_arrival(_policy: Any, _subject: Any, _ends: Any, timeline: Any) -> Any:
    """The promise runs on after a crew was there that gave the order back."""
    return timeline


def order(told: tuple[History, list[int]]) -> None:
    laws.arrival_does_not_matter(*told)


MISTAKES = {
    "limit a microsecond too long": (
        judging, "due", off_by_a_microsecond, laws.at_the_limit_is_met,
    ),
    "limit a microsecond too short": (
        judging, "due", short_by_a_microsecond, laws.at_the_limit_is_met,
    ),
    "overlapping holds both count": ((intervals, judging), "union", each_counts, laws.parts_add_up),
    "a hold counts twice": (judging, "holds_of", held_twice, laws.parts_add_up),
    "a hold is lost": (judging, "holds_of", nothing, laws.parts_add_up),
    "corrections are ignored": (
        chain, "counting", without_corrections, laws.points_are_those_that_count,
    ),
    "a detour to a wrong crew is lost": (chain, "_assignment_detours", nothing, laws.parts_add_up),
    "a detour to a wrong centre is lost": (chain, "_hop_detours", nothing, laws.parts_add_up),
    "what came last counts": (chain, "counting", last_evidence, order),
    "a hold and a detour both own": (
        sharing, "pieces", both_own, laws.each_microsecond_has_one_owner,
    ),
    "the last arrival counts": (judging, "decided", last_arrival, laws.parts_add_up),
    "a closed segment moves": (judging, "_done", a_closed_one_moves, laws.what_is_closed_stays),
}  # fmt: skip


def caught_after(law: Callable[[Any], None], beginning: int) -> int | None:
    """How many histories it took until the law broke; None where it held."""
    tried = 0

    @seed(beginning)
    @settings(
        max_examples=WITHIN,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(arrivals() if law is order else histories())
    def run(drawn: Any) -> None:
        nonlocal tried
        tried += 1
        law(drawn)

    try:
        run()
    except AssertionError:
        return tried
    return None


@pytest.mark.parametrize("beginning", SEEDS)
@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_caught(
    name: str, beginning: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms, function, mistake, law = MISTAKES[name]
    for room in rooms if isinstance(rooms, tuple) else (rooms,):
        monkeypatch.setattr(room, function, mistake)
    found = caught_after(law, beginning)
    assert found is not None, f"{name}: not in {WITHIN} histories"
    assert found <= WITHIN


@pytest.mark.parametrize("law", sorted({law for *_, law in MISTAKES.values()}, key=str))
def test_without_a_mistake_nothing_is_caught(law: Callable[[Any], None]) -> None:
    assert caught_after(law, SEEDS[0]) is None
