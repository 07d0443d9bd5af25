"""How a command goes on: every history ends, and nothing is made twice without a look-up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from telephony.dialling_rules import (
    CREATES,
    DONE,
    LATE_S,
    Pace,
    Times,
    Tried,
    after_failure,
    not_found,
    unseen,
)
from telephony.gateway import Busy, CarrierFailed, Refused, Unreached, Unsure

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
TIMES = Times()
KINDS = (*CREATES, "hang_up", "redirect", "hold", "take_from_queue", "remove")

failures = st.sampled_from([Unsure("timeout"), Unreached("no"), Refused("21211"), Busy("429", 1.0)])


def tried(kind: str, tries: int = 1, gone_s: float = 0.0, **more: object) -> Tried:
    at = NOW - timedelta(seconds=gone_s)
    return Tried(kind, tries, at, more.pop("expires_at", None), **more)  # type: ignore[arg-type]


@given(st.sampled_from(KINDS), st.integers(1, 2000), failures)
def test_an_unsure_creation_is_never_simply_tried_again(
    kind: str, tries: int, failure: CarrierFailed
) -> None:
    step = after_failure(tried(kind, tries), failure, NOW, TIMES)
    if isinstance(failure, Unsure) and kind in CREATES:
        assert step.state == "unsure"
    assert (step.due_at is None) == (step.state in ("failed", "done", "expired"))
    assert step.due_at is None or step.due_at >= NOW


@given(st.sampled_from(KINDS), st.lists(failures, min_size=1010, max_size=1010))
def test_every_history_of_failures_ends(kind: str, told: list[CarrierFailed]) -> None:
    for tries, failure in enumerate(told, 1):
        step = after_failure(tried(kind, tries), failure, NOW, TIMES)
        if step.state == "unsure":
            step = not_found(tried(kind, tries, TIMES.sure_s), NOW, TIMES)
        if step.due_at is None:
            return
    raise AssertionError("it never ended")


@given(st.sampled_from(CREATES), st.floats(0, 2000))
def test_what_is_not_found_is_tried_again_only_when_it_is_sure(kind: str, gone_s: float) -> None:
    step = not_found(tried(kind, gone_s=gone_s), NOW, TIMES)
    assert step.state == ("unsure" if gone_s < TIMES.sure_s else "waiting")


@given(st.floats(0, 2000))
def test_a_look_up_that_fails_is_given_up_in_the_end(gone_s: float) -> None:
    step = unseen(tried("place_call", gone_s=gone_s), Unsure("timeout"), NOW, TIMES)
    if gone_s >= TIMES.give_up_s:
        assert (step.state, step.code) == ("failed", "unsure")
    else:
        assert step.state == "unsure"


def test_who_is_gone_after_an_unsure_try_was_taken_by_it() -> None:
    unsure = tried("take_from_queue", 2, failure="unsure:timeout")
    assert after_failure(unsure, Refused("404"), NOW, TIMES) == DONE
    assert after_failure(tried("take_from_queue"), Refused("404"), NOW, TIMES).state == "failed"


def test_what_would_come_too_late_expires() -> None:
    late = tried("place_call", expires_at=NOW)
    assert after_failure(late, Unreached("no"), NOW, TIMES).state == "expired"


@given(st.floats(0.1, 100), st.lists(st.floats(0, 3), min_size=1, max_size=30))
def test_the_pace_is_kept_in_every_stretch_of_time(per_second: float, waits: list[float]) -> None:
    pace, moment, gone = Pace(per_second), 1000.0, []
    for wait in waits:
        moment += wait
        moment += pace.wait_s(moment)
        room = pace.room(moment)
        assert room > 0
        pace.go(moment, room)
        assert pace.room(moment) == 0
        gone += [moment] * room
    made_up = int(LATE_S * per_second)
    for first, began in enumerate(gone):
        for last, ended in enumerate(gone[first:], first):
            assert last - first <= (ended - began) * per_second + made_up + 1e-3


@given(st.floats(1 / LATE_S, 100), st.floats(0.01, 1))
def test_who_looks_late_keeps_the_pace(per_second: float, share: float) -> None:
    look_s = share * int(LATE_S * per_second) / per_second
    pace, gone, looks = Pace(per_second), 0, 400
    for moment in (1000.0 + number * look_s for number in range(looks)):
        room = pace.room(moment)
        pace.go(moment, room)
        gone += room
    assert gone >= int((looks - 1) * look_s * per_second)


def test_nobody_goes_where_none_waits() -> None:
    pace = Pace(2.0)
    pace.go(1000.0, 0)
    assert pace.room(1000.0) == 1
