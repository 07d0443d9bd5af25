"""The way that a vehicle took, from all of its fixes in the order of their own time. Pure."""

from collections.abc import Iterable

from gps.filters import Known, judge
from gps.fix import Fix
from gps.motion import Sight


def in_order(fixes: Iterable[Fix]) -> list[Sight]:
    """Those that count, oldest first: late ones stand where they belong, jumps stay out.

    Whether their times are to be believed was judged when they came.
    """
    known, found = Known(), []
    for fix in sorted(fixes, key=lambda fix: fix.at):
        verdict, known = judge(fix, known, fix.at)
        if verdict.decision == "keep":
            found.append(sight_of(fix))
    return found


def sight_of(fix: Fix) -> Sight:
    """What motion sees of a fix that counts."""
    return Sight(fix.at, fix.lat, fix.lon, fix.speed_kmh, fix.ignition)
