"""The simulated agents at their telephones."""

from datetime import UTC, datetime, timedelta

import pytest

from api.demo.floor import NOTE_S, noted

SINCE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "after_s", "over"),
    [
        ("wrap_up", NOTE_S, True),
        ("wrap_up", NOTE_S - 1, False),
        ("on_call", NOTE_S * 9, False),
        ("available", NOTE_S * 9, False),
    ],
)
def test_after_call_work_of_which_nothing_comes_is_short(
    state: str, after_s: float, over: bool
) -> None:
    row = {"state": state, "since": SINCE.isoformat()}
    assert noted(row, SINCE + timedelta(seconds=after_s)) is over
