"""Orders judged per second by the policy, beside the same arithmetic as plain NumPy code.

    python -m bench.judge [--orders 20000]

Both get the same random orders: eight stamps in microseconds, one detour. The NumPy code is written
for this one policy: seven fixed limits, every stamp known, one detour, no holds, no calendar; it
gives spent seconds and within or not of each segment and of the total. The policy is the product's:
any segments, conditions, holds, anomalies, who answers. Both must come to the same. One process;
prints one JSON object.
"""

import argparse
import json
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np

from core.clock import monotonic
from sla.assess import assess_line
from sla.documents import load_policy
from sla.facts import Facts
from sla.intervals import Interval
from sla.segments import Segment, segments, total
from sla.timelines import PointTime, Timeline

POINTS = "ABCDEFGH"
T0 = datetime(2026, 1, 5, tzinfo=UTC)
POLICY = load_policy("beijing")
FACTS = Facts(same_site=True, area_class="urban")
LIMITS = np.array([120, 240, 120, 120, 120, 180, 1680, 2700]) * 1_000_000


def at(us: int) -> datetime:
    return T0 + timedelta(microseconds=us)


def made(count: int) -> tuple[Any, Any]:
    """Stamps (orders × 8) and detours (orders × 2) in microseconds."""
    random = np.random.default_rng(1)
    gaps = random.integers(0, 2 * LIMITS[:7], size=(count, 7))
    stamps = np.concatenate([np.zeros((count, 1), dtype=np.int64), gaps.cumsum(axis=1)], axis=1)
    begun = random.integers(0, stamps[:, -1] + 1)
    return stamps, np.stack([begun, begun + random.integers(0, 600_000_000, count)], axis=1)


def in_numpy(stamps: Any, detours: Any) -> tuple[Any, Any]:
    """Spent microseconds and within or not: orders × (seven segments, total)."""
    starts = np.concatenate([stamps[:, :7], stamps[:, :1]], axis=1)
    ends = np.concatenate([stamps[:, 1:], stamps[:, 7:]], axis=1)
    low = np.maximum(starts, detours[:, :1])
    out = np.clip(np.minimum(ends, detours[:, 1:]) - low, 0, None)
    out[:, 7] = 0  # the total never stands still
    spent = ends - starts - out
    return spent, spent <= LIMITS


def timelines(stamps: Any, detours: Any) -> list[Timeline]:
    return [
        Timeline(
            UUID(int=number),
            points={
                name: PointTime(at(int(us)), "x") for name, us in zip(POINTS, row, strict=True)
            },
            facts=FACTS,
            intervals=(Interval("detour", at(int(lost[0])), at(int(lost[1])), "centre"),),
        )
        for number, (row, lost) in enumerate(zip(stamps, detours, strict=True))
    ]


def judged(line: Timeline, now: datetime) -> list[Segment]:
    whole = total(POLICY, line, now)
    assert whole is not None
    return [*segments(POLICY, line, now), whole]


def record(line: Timeline) -> str:
    (lost,) = line.intervals
    return json.dumps(
        {
            "order": str(line.order_id),
            "conditions": {"same_site": True, "area_class": "urban"},
            "stamps": {name: one.at.isoformat() for name, one in line.points.items()},
            "detours": [{"start": lost.start.isoformat(), "end": str(lost.end)}],
            "now": at(10**11).isoformat(),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=20_000)
    count = parser.parse_args().orders
    stamps, detours = made(count)
    lines = timelines(stamps, detours)
    now = at(10**11)
    times = [monotonic()]
    found = [judged(line, now) for line in lines]
    times.append(monotonic())
    spent, within = in_numpy(stamps, detours)
    times.append(monotonic())
    texts = [record(line) for line in lines[: count // 4]]
    times.append(monotonic())
    for number, text in enumerate(texts):
        assess_line(POLICY, text, number)
    times.append(monotonic())
    for row, segs in enumerate(found):
        for column, one in enumerate(segs):
            assert one.spent_s is not None
            assert round(one.spent_s * 1e6) == spent[row, column], (row, one)
            assert one.within == within[row, column], (row, one)
    policy_s, numpy_s, _, assess_s = (after - before for before, after in pairwise(times))
    print(
        json.dumps(
            {
                "orders": count,
                "policy_orders_per_s": round(count / policy_s),
                "numpy_orders_per_s": round(count / numpy_s),
                "ratio": round(policy_s / numpy_s),
                "assess_lines_per_s": round(len(texts) / assess_s),
                "load": round(os.getloadavg()[0], 1),
            }
        )
    )


if __name__ == "__main__":
    main()
