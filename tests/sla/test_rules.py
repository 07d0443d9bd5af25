"""Verdicts on deadlines, and the fold of a case's facts."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.events import (
    CallOpened,
    SlaAcknowledged,
    SlaAlarmRaised,
    SlaBreached,
    SlaCaseOpened,
    SlaWithdrawn,
)
from sla.rules import fold_case, timer_id, verdict
from sla.timers import Timer

T0 = datetime(2024, 1, 15, 8, 0, tzinfo=UTC)
SUBJECT, CASE = UUID(int=1), UUID(int=2)


def timer(stopped: float | None, *, due: float | None = 240, judged: bool = True) -> Timer:
    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else T0 + timedelta(seconds=seconds)

    return Timer("BC", "breach", SUBJECT, T0, at(due), 240, at(stopped), judged)


@pytest.mark.parametrize(
    ("one", "now_s", "fired", "expected"),
    [
        (timer(None), 100, False, "leave"),
        (timer(None), 300, False, "leave"),  # the sweep's work
        (timer(300), 400, False, "fire"),
        (timer(240), 400, False, "leave"),
        (timer(200), 400, True, "withdraw"),
        (timer(300), 400, True, "leave"),
        (timer(None), 300, True, "leave"),
        (timer(300, judged=False), 400, True, "withdraw"),
        (timer(None, due=None), 400, True, "withdraw"),
        (timer(None, due=900), 400, True, "withdraw"),
    ],
)
def test_verdicts(one, now_s, fired, expected):
    assert verdict(one, T0 + timedelta(seconds=now_s), fired=fired) == expected


def test_the_fold_follows_a_timer_through_its_life():
    first, second = timer_id(CASE, "BC", SUBJECT), timer_id(CASE, "not_accepted_centre", SUBJECT)
    assert first != second
    facts = [
        SlaCaseOpened(policy="beijing", version=1),
        SlaBreached(code="BC", subject_id=SUBJECT, timer_id=first, limit_s=240),
        SlaAlarmRaised(
            code="not_accepted_centre", subject_id=SUBJECT, timer_id=second, limit_s=240
        ),
        SlaAcknowledged(timer_id=second),
        SlaWithdrawn(code="BC", subject_id=SUBJECT, timer_id=first),
    ]
    state = fold_case(facts)
    assert (state.policy, state.policy_version) == ("beijing", 1)
    assert (state.timers[first].fired, state.timers[first].withdrawn) == (False, True)
    assert (state.timers[second].fired, state.timers[second].acknowledged) == (True, True)
    again = fold_case([*facts, facts[1]])
    assert (again.timers[first].fired, again.timers[first].withdrawn) == (True, False)


def test_a_foreign_fact_is_refused():
    with pytest.raises(TypeError, match="CallOpened"):
        fold_case([CallOpened(carrier="t", carrier_call="c", direction="in")])
