"""Readings that protocols share."""

from datetime import UTC, datetime

import pytest

from gps.protocols.objects import identity, moment_of, named, typed, words
from gps.protocols.reading import degrees, since
from gps.protocols.seam import Malformed, Message, Position, answering
from tests.protocols.stream import talk


@pytest.mark.parametrize(
    "text", ["", ".5", "9" * 400, "3115." + "9" * 5000, "-3115.0", "31x5.0", "3160.0", "²115.0"]
)
def test_what_is_no_angle(text: str) -> None:
    with pytest.raises(Malformed, match="north"):
        degrees(text, "N", "north")


def test_an_angle() -> None:
    assert degrees("3115.0000", "S", "north") == -31.25
    assert degrees("12130", "e", "east") == 121.5


@pytest.mark.parametrize("seconds", [1e18, -1e18, float("inf"), float("nan")])
def test_seconds_beyond_the_calendar(seconds: float) -> None:
    with pytest.raises(Malformed):
        since(datetime(2000, 1, 1, tzinfo=UTC), seconds)


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "", "today", True, None, 1e300])
def test_what_is_no_time(value: object) -> None:
    with pytest.raises(Malformed, match="time"):
        moment_of(value)


def test_names_texts_and_values() -> None:
    assert (named("batteryLevel"), named(" Fuel-1 "), named("漢")) == (
        "battery_level",
        "fuel_1",
        "",
    )
    assert words(" a\x00b\ud800 c\r\n") == "a b c"
    assert [typed(one) for one in ("7", "-7.5", "TRUE", "1e5", "٧")] == [7, -7.5, True, "1e5", "٧"]
    assert identity(7) == "7"


def test_texts_and_identities_can_be_stored() -> None:
    at = Position(None, True, 1, 2, attributes={"event": "a\x00b", "rpm": 7})
    told = answering(Message("x", "7", (at,), b"!", {"name": "\x00van\r\n7"}), talk())
    assert (told.positions[0].attributes, told.attributes, told.answer) == (
        {"event": "a b", "rpm": 7},
        {"name": "van\n7"},
        b"!",
    )
    with pytest.raises(Malformed, match="identity"):
        answering(Message("x", "7\x00"), talk())
