"""The check of house rules sees what it is there for."""

from pathlib import Path

import pytest

from scripts import check_house_rules as rules


def test_the_project_keeps_them() -> None:
    assert rules.offences() == []


@pytest.mark.parametrize(
    "line",
    ["datetime.now(UTC)", "datetime.datetime.utcnow()", "time.time()", "date.today()"],
)
def test_reading_the_clock_is_seen(line: str) -> None:
    source = f"import time\nx = {line}\n"
    assert list(rules.clock_readers(Path("sla/x.py"), source)) == [
        "sla/x.py:2: only core/clock.py reads the clock"
    ]
    assert list(rules.clock_readers(rules.CLOCK, source)) == []


def test_names_and_lengths_are_seen() -> None:
    assert list(rules.bad_shape(Path("core/string_utils.py"), ""))
    assert list(rules.bad_shape(Path("core/x.py"), "\n" * 501))
    assert not list(rules.bad_shape(Path("core/x.py"), "\n" * 500))
