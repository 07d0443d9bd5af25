"""How far a message has come, and into how many segments a text falls: rules alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.delivery import ENDED, GSM, GSM_LONG, STATES, encoding, moves, segments

REPORTS = st.lists(st.sampled_from(STATES), max_size=12)


def after(reports: list[str]) -> list[str]:
    """The states that a message is in, one after the other."""
    seen = ["queued"]
    for one in reports:
        if moves(seen[-1], one):
            seen.append(one)
    return seen


@given(REPORTS)
def test_reports_in_any_order_end_a_message_once(reports: list[str]) -> None:
    seen = after(reports)
    ends = [one for one in seen if one in ENDED]
    assert len([one for one in ends if one != "unknown"]) <= 1
    if ends:
        assert set(seen[seen.index(ends[0]) :]) <= set(ENDED)


@given(REPORTS)
def test_a_report_that_comes_again_is_no_news(reports: list[str]) -> None:
    doubled = [one for report in reports for one in (report, report)]
    assert after(doubled) == after(reports)


def test_sent_that_comes_after_delivered_does_not_move_it_back() -> None:
    assert after(["delivered", "sent", "accepted"]) == ["queued", "delivered"]


def test_what_nobody_knew_gives_way_to_the_carriers_word() -> None:
    assert after(["unknown", "sent", "delivered"])[-1] == "delivered"
    assert after(["failed", "delivered"])[-1] == "failed"


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        ("", "gsm7", 1),
        ("a" * 160, "gsm7", 1),
        ("a" * 161, "gsm7", 2),
        ("a" * 306, "gsm7", 2),
        ("a" * 307, "gsm7", 3),
        ("€" * 80, "gsm7", 1),
        ("€" * 81, "gsm7", 2),
        ("a" * 152 + "€" + "a" * 152, "gsm7", 3),  # the sign of two places is not cut in two
        ("停" * 70, "ucs2", 1),
        ("停" * 71, "ucs2", 2),
        ("停" * 134, "ucs2", 2),
        ("停" * 135, "ucs2", 3),
        ("😀" * 35, "ucs2", 1),
        ("😀" * 36, "ucs2", 2),
        ("😀" * 66, "ucs2", 2),
        ("😀" * 67, "ucs2", 3),  # 33 to a part, as a pair is not cut
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, kind: str, count: int) -> None:
    assert (encoding(text), segments(text)) == (kind, count)


@given(st.text(st.sampled_from([*sorted(GSM | GSM_LONG), "停", "😀"]), max_size=400))
def test_a_longer_text_never_has_fewer_segments(text: str) -> None:
    assert segments(text) <= segments(text + "a")
