"""Each rule of the filter list, and that recovery from a jump is possible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gps.filters import RULES, Known, Place, judge
from gps.fix import Fix, distance_m

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
DEVICE, OTHER = UUID(int=1), UUID(int=2)
FIX = Fix(device_id=DEVICE, fix_at=NOW, received_at=NOW, lat=39.9, lon=116.3)
LATEST = Known(latest=Place(DEVICE, NOW - timedelta(seconds=10), 39.9, 116.3))

KEPT = replace(LATEST, kept_days=30)


@pytest.mark.parametrize(
    ("fix", "known", "decision", "reason"),
    [
        (FIX, Known(), "keep", "ok"),
        (FIX, LATEST, "keep", "ok"),
        (replace(FIX, fix_at=None), LATEST, "drop", "no_time"),
        (replace(FIX, fix_at=NOW + timedelta(days=2)), LATEST, "drop", "far_future"),
        (replace(FIX, fix_at=NOW - timedelta(days=91)), LATEST, "drop", "far_past"),
        (replace(FIX, fix_at=NOW - timedelta(days=31)), KEPT, "drop", "not_kept"),
        (replace(FIX, fix_at=NOW - timedelta(days=30, hours=8)), KEPT, "aside", "late"),
        (replace(FIX, lat=0.0, lon=0.0), LATEST, "drop", "null_island"),
        (replace(FIX, fix_at=NOW - timedelta(seconds=10)), LATEST, "drop", "duplicate"),
        (
            replace(FIX, fix_at=NOW - timedelta(seconds=10), device_id=OTHER),
            LATEST,
            "aside",
            "beside",
        ),
        (replace(FIX, positioned=False), LATEST, "aside", "outdated"),
        (replace(FIX, accuracy_m=500.0), LATEST, "aside", "inaccurate"),
        (replace(FIX, accuracy_m=60.0), LATEST, "keep", "ok"),
        (replace(FIX, fix_at=NOW + timedelta(minutes=5)), LATEST, "aside", "future"),
        (replace(FIX, fix_at=NOW + timedelta(seconds=30)), LATEST, "keep", "ok"),
        (replace(FIX, fix_at=NOW - timedelta(days=3)), LATEST, "aside", "late"),
        (replace(FIX, lat=40.2), LATEST, "aside", "jump"),
    ],
)
def test_verdicts(fix: Fix, known: Known, decision: str, reason: str) -> None:
    verdict, after = judge(fix, known, NOW)
    assert (verdict.decision, verdict.reason) == (decision, reason)
    assert (after.latest == known.latest) == (decision != "keep")


def test_every_rule_can_object() -> None:
    names = [rule.__name__ for rule in RULES]
    assert len(set(names)) == len(names) == 13


def test_a_single_jump_is_forgotten_and_a_confirmed_one_believed() -> None:
    far = [replace(FIX, fix_at=NOW + timedelta(seconds=s), lat=40.2) for s in (0, 10)]
    back = replace(FIX, fix_at=NOW + timedelta(seconds=10))
    verdict, known = judge(far[0], LATEST, NOW)
    assert verdict.reason == "jump"
    assert judge(back, known, NOW)[0].decision == "keep"
    verdict, known = judge(far[1], known, NOW)
    assert verdict.decision == "keep"
    assert known.latest is not None
    assert known.latest.lat == 40.2


def test_jumps_to_different_places_do_not_confirm_each_other() -> None:
    known = LATEST
    for second, lat in enumerate((41.0, 42.0, 43.0, 44.0)):
        fix = replace(FIX, fix_at=NOW + timedelta(seconds=second), lat=lat)
        verdict, known = judge(fix, known, NOW)
        assert verdict.reason == "jump"


def test_distance_of_one_degree_of_latitude() -> None:
    assert distance_m(39, 116, 40, 116) == pytest.approx(111_195, abs=1)
