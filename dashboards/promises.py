"""The promise of an order as rows show it: due, latest departure, spender, what is expected."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dashboards.values import iso
from sla.models import SlaForecast, SlaTimer
from sla.policy import Policy
from sla.segments import Segment
from sla.slack import Spender, leave_by, spender, travel_of
from sla.timelines import Timeline


def promise_row(
    policy: Policy | None,
    whole: Segment | None,
    timers: Sequence[SlaTimer],
    expected: SlaForecast | None,
    judged: Sequence[Segment],
    timeline: Timeline,
) -> dict[str, Any]:
    """The promise as the board's row shows it; nothing of it depends on the clock."""
    if whole is None or policy is None:
        return {
            "due_at": None,
            "limit_s": None,
            "state": "unknown",
            "leave_by": None,
            "spender": None,
            "forecast": None,
        }
    travel = expected.travel_s if expected else None
    fired = any(t.code == whole.code and t.fired_at is not None and t.shown for t in timers)
    if whole.state == "running":
        state = "broken" if fired else "running"
    elif whole.state == "done":
        state = "met" if whole.within else "broken"
    else:
        state = "unknown"
    due = whole.deadline if whole.state == "running" else None
    return {
        "due_at": iso(whole.deadline),
        "limit_s": whole.limit_s,
        "state": state,
        "leave_by": iso(leave_by(due, judged, travel_of(judged, travel))),
        "spender": spender_row(spender(policy, timeline, judged, None)),
        "forecast": forecast_row(expected),
    }


def forecast_row(found: SlaForecast | None) -> dict[str, Any] | None:
    """What is expected of a promise that runs, as it was last worth saying."""
    if found is None or found.level is None:
        return None
    return {
        "level": found.level,
        "probability": None if found.probability is None else round(found.probability, 3),
        "expected_at": iso(found.expected_at),
        "sd_s": found.sd_s,
        "journey": found.journey,
        "at_best": found.optimistic,
        "unknown": found.unknown,
        "spender": found.spender,
        "responsible": found.responsible,
        "since": iso(found.changed_at) if found.standing else None,
    }


def spender_row(found: Spender | None) -> dict[str, Any] | None:
    """Who took most of what the promise had to spare."""
    return asdict(found) if found else None
